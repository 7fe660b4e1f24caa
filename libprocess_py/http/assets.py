"""Files as they lie on disk: pages, scripts, pictures.

`provide` serves one file, or what is in a folder and below, and nothing else: not what a path climbs to with `..`,
however it is encoded, and not what a link inside leads to outside. A folder is shown by its `index.html`; what is in it
is not listed. Clients may ask whether what they have is still good, and for a part.

A file of any size costs one piece at a time: the next is read when the client has room for it. Reading blocks for as
long as the disk takes: what is served here should be local, as the files of a program are.
"""

from __future__ import annotations

import mimetypes
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from libprocess_py.duration import SECOND
from libprocess_py.http.pipe import Pipe, PipeWriter
from libprocess_py.http.request import Request
from libprocess_py.http.response import BINARY, TEXT, Headers, Response

PIECE: Final = 65_536  # Read at a time; smaller files are answered whole.
INDEX: Final = "index.html"

_TYPES: Final = mimetypes.MimeTypes(filenames=())  # The same on every machine: without what the system adds.
_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)
for _ending, _kind in {  # Pythons differ on these.
    ".js": "text/javascript",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".woff2": "font/woff2",
}.items():
    _TYPES.add_type(_kind, _ending)

# The last part may not be a link any more when it is opened, and a pipe with no writer must not hold us up.
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def asset_handler(id: str, path: str, *, where: Path) -> Callable[[Request], Response]:
    """A route handler that serves `where` under that path of that actor. Raises FileNotFoundError."""
    root = where.resolve(strict=True)

    def serve(request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response(405, b"Expecting 'GET'.", TEXT, (("Allow", "GET, HEAD"),))
        asked = request.path.removeprefix(path.rstrip("/"))
        found = find(root, asked)
        if found is None:
            return Response.error(404)
        if found.name == INDEX and not asked.endswith((INDEX, "/")) and root.is_dir():
            location = quote(f"/{id}{request.path}/")  # Links in the page are relative to the folder.
            return Response(301, headers=(("Location", location),))
        return _opened(found, request)

    return serve


def find(root: Path, asked: str) -> Path | None:
    """The file that is meant by a decoded path below `root`, which is resolved; None for anything but a file there."""
    named = asked.removeprefix("/").removesuffix("/")
    parts = named.split("/") if named else []
    if any(part in ("", ".", "..") or "\0" in part for part in parts):
        return None
    try:
        found = root.joinpath(*parts).resolve(strict=True)
        if found.is_dir():
            found = (found / INDEX).resolve(strict=True)
        elif asked.endswith("/"):
            return None
    except (OSError, RuntimeError, ValueError):  # Not there, not ours to read, links in a circle, or no name at all.
        return None
    return found if found == root or found.is_relative_to(root) else None


@dataclass(frozen=True, slots=True)
class Part:
    """Of a file: which bytes to send, and whether that is all of it."""

    begin: int
    length: int
    status: int = 200


def _opened(path: Path, request: Request) -> Response:
    try:
        file = os.open(path, _FLAGS)
    except OSError:
        return Response.error(404)
    try:
        facts = os.fstat(file)
        if not stat.S_ISREG(facts.st_mode):
            os.close(file)
            return Response.error(404)
        return _answer(file, facts, path=path, request=request)
    except BaseException:
        os.close(file)
        raise


def _answer(file: int, facts: os.stat_result, *, path: Path, request: Request) -> Response:
    """Takes over the open file."""
    tag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'
    headers: Headers = (
        ("ETag", tag),
        ("Last-Modified", formatdate(facts.st_mtime_ns // SECOND, usegmt=True)),
        ("Cache-Control", "no-cache"),  # Ask whether it is still good: a new version shows at once.
        ("Accept-Ranges", "bytes"),
        ("X-Content-Type-Options", "nosniff"),
    )
    if _is_known(request, tag, modified_s=facts.st_mtime_ns // SECOND):
        os.close(file)
        return Response(304, headers=headers)
    part = _part(request, facts.st_size, tag=tag)
    if part is None:
        os.close(file)
        return Response(416, b"", TEXT, (("Content-Range", f"bytes */{facts.st_size}"),))
    if part.status == 206:
        last = part.begin + part.length - 1
        headers = (*headers, ("Content-Range", f"bytes {part.begin}-{last}/{facts.st_size}"))
    os.lseek(file, part.begin, os.SEEK_SET)
    if part.length <= PIECE:
        with os.fdopen(file, "rb") as opened:
            return Response(part.status, opened.read(part.length), type_of(path), headers)
    pipe = Pipe(room=PIECE)
    _Pump(file, pipe.writer, length=part.length).pump(room=True)
    return Response(part.status, b"", type_of(path), headers, pipe.reader, part.length)


class _Pump:
    """Writes a part of a file into a pipe, a piece whenever there is room, and closes it at the end."""

    def __init__(self, file: int, writer: PipeWriter, *, length: int) -> None:
        self._file = file
        self._writer = writer
        self._missing = length

    def pump(self, room: bool) -> None:
        while room and self._missing:
            piece = os.read(self._file, min(PIECE, self._missing))
            if not piece:  # It became shorter meanwhile.
                self._writer.fail()
                break
            self._missing -= len(piece)
            space = self._writer.write(piece)
            if space.is_pending:
                space.on_ready(self.pump)
                return
            room = space.get()
        self._writer.close()
        os.close(self._file)


def type_of(path: Path) -> str:
    """By the name's ending."""
    kind, encoding = _TYPES.guess_type(path.name)
    if kind is None or encoding is not None:
        return BINARY
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def _is_known(request: Request, tag: str, *, modified_s: int) -> bool:
    """Whether the client has this version already."""
    known = request.headers.get("if-none-match")
    if known is not None:
        tags = [text.strip().removeprefix("W/") for text in known.split(",")]
        return tag in tags or "*" in tags
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return modified_s <= parsedate_to_datetime(since).timestamp()
    except (ValueError, OverflowError):
        return False


def _part(request: Request, size: int, *, tag: str) -> Part | None:
    """What to send. Requests for several parts, or that make no sense, get everything; None: there is no such part."""
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None or not (match[1] or match[2]) or request.headers.get("if-range", tag) != tag:
        return Part(0, size)
    if not match[1]:
        begin, end = max(0, size - int(match[2])), size
    else:
        begin, end = int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)
        if match[2] and int(match[2]) < begin:
            return Part(0, size)
    return Part(begin, end - begin, 206) if begin < end else None
