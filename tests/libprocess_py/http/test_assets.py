"""Files over HTTP: what is served, and above all what is not."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.http.assets import PIECE, find, type_of
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.process import Process
from libprocess_py.sim import Simulation

SECRET = b"nobody's business"


class Site(Process):
    """Serves a folder and a file."""

    def __init__(self, folder: Path) -> None:
        super().__init__("site")
        self.folder = folder

    def initialize(self) -> None:
        self.provide("/static", self.folder)
        self.provide("/logo", self.folder / "logo.svg")
        self.provide("/", self.folder / "sub")


class Served:
    """A folder, with something beside it, and a node that serves the folder."""

    def __init__(self, tmp: Path) -> None:
        self.folder = tmp / "public"
        (self.folder / "sub" / "deep").mkdir(parents=True)
        (tmp / "public-not").mkdir()
        for outside in (tmp / "secret.txt", tmp / "public-not" / "secret.txt"):
            outside.write_bytes(SECRET)
        (self.folder / "page.html").write_text("<p>page</p>")
        (self.folder / "logo.svg").write_text("<svg/>")
        (self.folder / "sub" / "index.html").write_text("index")
        (self.folder / "sub" / "a b.js").write_text("script")
        (self.folder / "large.bin").write_bytes(bytes(range(256)) * 1_000)
        (self.folder / "out").symlink_to(tmp / "secret.txt")
        (self.folder / "outer").symlink_to(tmp)
        (self.folder / "inner.html").symlink_to("page.html")
        (self.folder / "circle").symlink_to("circle")
        os.mkfifo(self.folder / "fifo")
        self.simulation = Simulation(seed=1)
        self.node = self.simulation.node("10.0.0.1")
        self.node.spawn(Site(self.folder))

    def get(self, target: str, method: str = "GET", **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        future = self.node.request(Request.of(method, target, headers=named, body=b"", peer=""))
        self.simulation.settle()
        return future.get()

    def read(self, response: Response) -> bytes:
        if response.reader is None:
            return response.body
        whole = response.reader.read_all(10_000_000)
        self.simulation.settle()
        return whole.get()


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(tmp_path)


@pytest.mark.parametrize(
    ("target", "body", "content_type"),
    [
        ("/site/static/page.html", b"<p>page</p>", "text/html; charset=utf-8"),
        ("/site/static/inner.html", b"<p>page</p>", "text/html; charset=utf-8"),
        ("/site/static/sub/a%20b.js", b"script", "text/javascript; charset=utf-8"),
        ("/site/static/sub/", b"index", "text/html; charset=utf-8"),
        ("/site/logo", b"<svg/>", "image/svg+xml"),
        ("/site/a%20b.js", b"script", "text/javascript; charset=utf-8"),
        ("/site/", b"index", "text/html; charset=utf-8"),
    ],
)
def test_a_file_is_served_with_its_type(served: Served, target: str, body: bytes, content_type: str) -> None:
    response = served.get(target)

    assert (response.status, response.body, response.content_type) == (200, body, content_type)


@pytest.mark.parametrize(
    "target",
    [
        "/site/static/../secret.txt",
        "/site/static/%2e%2e/secret.txt",
        "/site/static/..%2fsecret.txt",
        "/site/static/%2e%2e%2fpublic-not%2fsecret.txt",
        "/site/static/sub/../../../secret.txt",
        "/site/static/-not/secret.txt",
        "/site/static-not/secret.txt",
        "/site/static//page.html",
        "/site/static/./page.html",
        "/site/static/out",
        "/site/static/outer/secret.txt",
        "/site/static/circle",
        "/site/static/fifo",
        "/site/static/page.html/",
        "/site/static/page.html%00.png",
        "/site/static/none",
        "/site/static/sub/deep/",
        "/site/static",
        "/site/static/" + "a" * 5_000,
        "/site/static/%ff%fe",
        "/site/logo/more",
        "/site/..%2f..%2f..%2fetc%2fpasswd",
        "/site/static//etc/passwd",
        "/site/static/%2fetc/passwd",
    ],
)
def test_nothing_else_is_served(served: Served, target: str) -> None:
    assert served.get(target).status == 404


@given(st.lists(st.sampled_from(["..", ".", "", "sub", "outer", "test_assets.py", "page.html", "%2e%2e", "\\", "~"])))
def test_no_path_leads_outside(parts: list[str]) -> None:
    root = Path(__file__).resolve().parent
    found = find(root, "/" + "/".join(parts))

    assert found is None or found.is_relative_to(root)


@given(st.text(max_size=40))
def test_any_path_is_a_file_inside_or_none(asked: str) -> None:
    root = Path(__file__).resolve().parent
    found = find(root, asked)

    assert found is None or (found.is_file() and found.is_relative_to(root))


def test_a_socket_is_no_file(served: Served) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(served.folder)  # A socket's path is short.
        try:
            listening.bind("socket")
        finally:
            os.chdir(here)

    assert served.get("/site/static/socket").status == 404


def test_a_folder_without_its_slash_is_found_with_it(served: Served) -> None:
    response = served.get("//site/static/sub")

    assert (response.status, response.headers) == (301, (("Location", "/site/static/sub/"),))


def test_a_large_file_comes_in_pieces_of_known_length(served: Served) -> None:
    response = served.get("/site/static/large.bin")

    assert response.length == 256_000 > PIECE
    assert served.read(response) == bytes(range(256)) * 1_000


def test_a_file_that_becomes_shorter_is_cut_short_and_not_filled_up(served: Served) -> None:
    response = served.get("/site/static/large.bin")
    os.truncate(served.folder / "large.bin", 100_000)
    assert response.reader is not None

    response.reader.take()
    while response.reader.has_more:
        response.reader.take()

    assert response.reader.is_broken


def test_an_answer_that_nobody_reads_leaves_no_file_open(served: Served) -> None:
    before = len(os.listdir("/proc/self/fd"))
    response = served.get("/site/static/large.bin")
    assert response.reader is not None
    assert len(os.listdir("/proc/self/fd")) == before + 1

    response.reader.close()

    assert len(os.listdir("/proc/self/fd")) == before


def test_a_client_that_has_this_version_is_told_so(served: Served) -> None:
    first = served.get("/site/static/page.html")
    tag, modified = first.header("etag"), first.header("last-modified")
    assert tag is not None
    assert modified is not None

    statuses = [
        served.get("/site/static/page.html", if_none_match=tag).status,
        served.get("/site/static/page.html", if_none_match=f'"other", W/{tag}').status,
        served.get("/site/static/page.html", if_none_match="*").status,
        served.get("/site/static/page.html", if_modified_since=modified).status,
        served.get("/site/static/page.html", if_none_match='"other"', if_modified_since=modified).status,
        served.get("/site/static/page.html", if_modified_since="Mon, 01 Jan 1990 00:00:00 GMT").status,
        served.get("/site/static/page.html", if_modified_since="yesterday").status,
    ]

    assert statuses == [304, 304, 304, 304, 200, 200, 200]


def test_a_changed_file_has_another_tag(served: Served) -> None:
    tag = served.get("/site/static/page.html").header("etag")
    assert tag is not None

    (served.folder / "page.html").write_text("<p>another</p>")

    assert served.get("/site/static/page.html", if_none_match=tag).body == b"<p>another</p>"


@pytest.mark.parametrize(
    ("wanted", "status", "begin", "end"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=10-19", 206, 10, 20),
        ("bytes=255990-999999", 206, 255_990, 256_000),
        ("bytes=100000-", 206, 100_000, 256_000),
        ("bytes=-10", 206, 255_990, 256_000),
        ("bytes=-999999", 206, 0, 256_000),
        ("bytes=20-10", 200, 0, 256_000),
        ("bytes=-", 200, 0, 256_000),
        ("bytes=0-1,3-4", 200, 0, 256_000),
        ("lines=0-1", 200, 0, 256_000),
        ("bytes=256000-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
    ],
)
def test_a_part_can_be_asked_for(served: Served, wanted: str, status: int, begin: int, end: int) -> None:
    response = served.get("/site/static/large.bin", range=wanted)

    assert response.status == status
    assert served.read(response) == (bytes(range(256)) * 1_000)[begin:end]
    if status == 206:
        assert response.header("content-range") == f"bytes {begin}-{end - 1}/256000"


def test_a_part_of_another_version_is_not_given(served: Served) -> None:
    tag = served.get("/site/static/large.bin").header("etag")
    assert tag is not None

    assert served.get("/site/static/large.bin", range="bytes=0-0", if_range='"other"').status == 200
    assert served.get("/site/static/large.bin", range="bytes=0-0", if_range=tag).status == 206


def test_files_are_read_only(served: Served) -> None:
    assert served.get("/site/static/page.html", "POST").status == 405
    assert served.get("/site/static/page.html", "HEAD").status == 200


def test_what_is_not_there_cannot_be_provided(served: Served) -> None:
    site = Process("other")
    served.node.spawn(site)

    with pytest.raises(FileNotFoundError):
        site.provide("/static", served.folder / "none")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.css", "text/css; charset=utf-8"),
        ("a.json", "application/json"),
        ("a.md", "text/markdown; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.woff2", "font/woff2"),
        ("a.png", "image/png"),
        ("a.tar.gz", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
def test_the_type_follows_from_the_name(name: str, kind: str) -> None:
    assert type_of(Path(quote(name))) == kind
