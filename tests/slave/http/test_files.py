"""Sandboxes over HTTP: what is in one can be read, and nothing outside, whatever a task or a client does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.pid import PID
from libprocess_py.sim.simulation import Simulation
from mesos_py.protocol.detector import StandaloneDetector
from slave.containerizer.simulated import SimulatedContainerizer
from slave.http.files import DOWNLOAD_MAX, READ_MAX, FileReader
from slave.perform import Surroundings
from slave.sandboxes import DiskSandboxes
from slave.slave import AgentOptions, Slave
from tests.slave.builders import FRAMEWORK_ID, a_launch, settings
from tests.slave.cluster import SECOND, SmallMaster

SECRET = "not for everybody"
RACES = 1_000  # A listing that looks twice at a path is caught well before.
EXCHANGING = """
import os, sys
while os.getppid() == int(sys.argv[1]):
    os.rename("shifting", "away")
    os.rename("link", "shifting")
    os.rename("shifting", "link")
    os.rename("away", "shifting")
"""


class Sandboxed:
    """An agent with simulated containers and real sandboxes; one task runs."""

    def __init__(self, work_dir: Path) -> None:
        self.simulation = Simulation(1)
        master_node, self.node = self.simulation.node("10.0.0.1"), self.simulation.node("10.0.0.2", 5051)
        master = SmallMaster()
        master_node.spawn(master)
        surroundings = Surroundings(
            containerizer=self.node.spawn(SimulatedContainerizer()),
            detector=StandaloneDetector(master.pid),
            sandboxes=DiskSandboxes(),
        )
        self.agent = Slave(
            settings(pid=PID("slave(1)", self.node.address), work_dir=str(work_dir)),
            surroundings,
            options=AgentOptions(files=self.node.spawn(FileReader()), checked=True),
        )
        self.node.spawn(self.agent)
        self.simulation.run_until(lambda: master.agent is not None, limit_ns=30 * SECOND)
        master_node.dispatch(master.pid, SmallMaster.tell, a_launch("t1", label="fate=forever"))
        assert self.simulation.run_until(lambda: master.states("t1"), limit_ns=30 * SECOND)
        (executor,) = self.agent.books.containers.values()
        self.sandbox = Path(executor.sandbox)
        self.virtual = f"/frameworks/{FRAMEWORK_ID}/executors/e1/runs/latest"

    def get(self, what: str, path: str, **query: object) -> Response:
        fields = {"path": path, **{name: str(value) for name, value in query.items()}}
        request = Request("GET", f"/slave(1)/files/{what}", query=fields, peer="10.0.0.9")
        answer = self.node.request(request)
        self.simulation.settle()
        return answer.get()


@pytest.fixture
def sandboxed(tmp_path: Path) -> Sandboxed:
    (tmp_path / "outside").write_text(SECRET)
    made = Sandboxed(tmp_path / "work")
    (made.sandbox / "stdout").write_text("hello\n")
    return made


def test_a_sandbox_is_for_its_user_only_and_latest_points_at_it(sandboxed: Sandboxed) -> None:
    assert sandboxed.sandbox.stat().st_mode & 0o777 == 0o700
    latest = sandboxed.sandbox.parent / "latest"
    assert os.readlink(latest) == sandboxed.sandbox.name


@pytest.mark.parametrize("by_virtual_name", [True, False])
def test_a_file_is_read_by_either_name(sandboxed: Sandboxed, by_virtual_name: bool) -> None:
    directory = sandboxed.virtual if by_virtual_name else str(sandboxed.sandbox)

    answer = sandboxed.get("read", f"{directory}/stdout", offset=1, length=3)

    assert json.loads(answer.body) == {"data": "ell", "offset": 1}


def test_without_an_offset_the_size_is_told(sandboxed: Sandboxed) -> None:
    answer = sandboxed.get("read", f"{sandboxed.virtual}/stdout")

    assert json.loads(answer.body) == {"data": "", "offset": 6}


def test_a_read_is_bounded(sandboxed: Sandboxed) -> None:
    (sandboxed.sandbox / "large").write_bytes(b"x" * (READ_MAX + 1))

    answer = sandboxed.get("read", f"{sandboxed.virtual}/large", offset=0, length=10 * READ_MAX)

    assert len(json.loads(answer.body)["data"]) == READ_MAX


def test_bytes_that_are_no_text_are_shown_as_such(sandboxed: Sandboxed) -> None:
    (sandboxed.sandbox / "binary").write_bytes(b"\xff\x00a")

    answer = sandboxed.get("read", f"{sandboxed.virtual}/binary", offset=0)

    assert json.loads(answer.body)["data"] == "\ufffd\x00a"


def test_a_directory_is_listed_with_full_paths(sandboxed: Sandboxed) -> None:
    (sandboxed.sandbox / "logs").mkdir()

    entries = json.loads(sandboxed.get("browse", sandboxed.virtual).body)

    assert [entry["path"] for entry in entries] == [f"{sandboxed.virtual}/logs", f"{sandboxed.virtual}/stdout"]
    assert entries[1]["size"] == 6
    assert entries[1]["mode"] == "-rw-r--r--"


def test_a_name_that_is_no_text_does_not_hide_its_directory(sandboxed: Sandboxed) -> None:
    Path(os.fsdecode(os.fsencode(sandboxed.sandbox) + b"/odd\xff")).touch()

    answer = sandboxed.get("browse", sandboxed.virtual)

    assert answer.status == 200
    assert [entry["path"].rpartition("/")[2] for entry in json.loads(answer.body)] == ["odd\ufffd", "stdout"]


def test_a_directory_that_is_exchanged_for_a_link_is_never_listed_from_outside(
    sandboxed: Sandboxed, tmp_path: Path
) -> None:
    """As a task would that wants to see more than its sandbox: what is seen is either the directory or nothing."""
    (sandboxed.sandbox / "shifting").mkdir()
    (sandboxed.sandbox / "link").symlink_to(tmp_path)
    task = subprocess.Popen([sys.executable, "-c", EXCHANGING, str(os.getpid())], cwd=sandboxed.sandbox)
    try:
        bodies = {sandboxed.get("browse", f"{sandboxed.virtual}/shifting").body for _ in range(RACES)}
    finally:
        task.kill()
        task.wait()

    assert not any(b"outside" in body for body in bodies)


def test_a_file_is_downloaded_whole(sandboxed: Sandboxed) -> None:
    answer = sandboxed.get("download", f"{sandboxed.virtual}/stdout")

    assert answer.body == b"hello\n"
    assert ("Content-Disposition", 'attachment; filename="stdout"') in answer.headers


def test_a_file_that_is_too_large_for_one_answer_is_refused(sandboxed: Sandboxed) -> None:
    with (sandboxed.sandbox / "huge").open("wb") as huge:
        huge.truncate(DOWNLOAD_MAX + 1)

    assert sandboxed.get("download", f"{sandboxed.virtual}/huge").status == 413


@pytest.mark.parametrize("what", ["browse", "read", "download"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/etc/passwd",
        "{work}",
        "{virtual}/../../../../../../../outside",
        "{sandbox}/../../../../../../../../../../outside",
        "{sandbox}/../..",
        "{sandbox}/link",
        "{sandbox}/up/outside",
        "{sandbox}/none",
        "{sandbox}\0/stdout",
        "{sandbox}/st\0dout",
        "relative",
    ],
)
def test_nothing_outside_a_sandbox_is_shown(sandboxed: Sandboxed, tmp_path: Path, what: str, path: str) -> None:
    (sandboxed.sandbox / "link").symlink_to(tmp_path / "outside")
    (sandboxed.sandbox / "up").symlink_to(tmp_path)

    answer = sandboxed.get(
        what,
        path.format(work=tmp_path / "work", virtual=sandboxed.virtual, sandbox=sandboxed.sandbox),
        offset=0,
    )

    assert answer.status == 404
    assert SECRET.encode() not in answer.body


@pytest.mark.parametrize("what", ["read", "download"])
def test_what_is_no_regular_file_is_not_opened(sandboxed: Sandboxed, what: str) -> None:
    os.mkfifo(sandboxed.sandbox / "pipe")

    assert sandboxed.get(what, f"{sandboxed.virtual}/pipe", offset=0).status == 400
    assert sandboxed.get(what, sandboxed.virtual, offset=0).status == 400


def test_a_link_that_stays_inside_is_followed(sandboxed: Sandboxed) -> None:
    (sandboxed.sandbox / "alias").symlink_to("stdout")

    assert sandboxed.get("download", f"{sandboxed.virtual}/alias").body == b"hello\n"


@pytest.mark.parametrize("offset", [7, 2**63 - 1, 2**63, 10**30])
def test_beyond_the_end_of_a_file_there_is_nothing(sandboxed: Sandboxed, offset: int) -> None:
    answer = sandboxed.get("read", f"{sandboxed.virtual}/stdout", offset=offset)

    assert (answer.status, json.loads(answer.body)["data"]) == (200, "")


@pytest.mark.parametrize("query", [{"offset": "x"}, {"offset": "-2"}, {"length": "-2"}, {"offset": "1e3"}])
def test_numbers_that_are_none_are_refused(sandboxed: Sandboxed, query: dict[str, str]) -> None:
    assert sandboxed.get("read", f"{sandboxed.virtual}/stdout", **query).status == 400


def test_a_path_is_expected(sandboxed: Sandboxed) -> None:
    answer = sandboxed.get("browse", "")

    assert (answer.status, answer.body) == (400, b"Expecting 'path=value' in query.")


def test_a_file_cannot_be_listed(sandboxed: Sandboxed) -> None:
    assert sandboxed.get("browse", f"{sandboxed.virtual}/stdout").status == 400


def test_only_reading_is_allowed(sandboxed: Sandboxed) -> None:
    answer = sandboxed.node.request(Request("POST", "/slave(1)/state", peer="10.0.0.9"))
    sandboxed.simulation.settle()

    assert answer.get().status == 405


def test_the_sandbox_of_an_executor_that_is_over_can_still_be_read(sandboxed: Sandboxed) -> None:
    sandboxed.node.dispatch(sandboxed.agent.surroundings.containerizer, SimulatedContainerizer.finalize)
    (executor,) = sandboxed.agent.books.containers.values()
    assert executor.pid is not None
    sandboxed.node.terminate(executor.pid)
    sandboxed.simulation.advance(SECOND)

    assert sandboxed.agent.books.containers == {}
    assert sandboxed.get("download", f"{sandboxed.virtual}/stdout").body == b"hello\n"
