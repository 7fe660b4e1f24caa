"""Requests out of bytes: the receiving side of libprocess' wire and of everything else on the same port.

`RequestParser.feed` takes whatever a read delivered and gives the requests that are complete with it, so a caller's
work per message is one dictionary lookup (see `wire_head`), a length and a slice. What the bytes mean never depends on
how they were split. Bodies that arrive in pieces are collected until they are whole, unless somebody reads them as
they come: such a request is given as soon as its body begins, and has no bound if it comes in chunks. The first error
is final: `error` is set, requests before it are still given, and every byte after it is ignored, because a peer that
framed one request wrongly may have smuggled another one in. Pure: bytes in, values out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from libprocess_py.core.wire_body import Body
from libprocess_py.core.wire_head import BODY_MAX, CACHED_HEAD_MAX, HEAD_END, HEAD_MAX, Head, HeadCache, WireError
from libprocess_py.future import Future
from libprocess_py.http.pipe import Pipe, PipeReader

CHUNK_LINE_MAX: Final = 256  # A length has at most eight digits; the rest is for extensions, which nobody uses.
SMALL_CHUNKS: Final = 4_096  # Lengths looked up instead of parsed; most messages are shorter.
TLS_FIRST: Final = b"\x16"  # How TLS begins, and no request.
LAST_CHUNK: Final = b"\r\n0\r\n\r\n"  # Ends a body that came as one chunk.

_CHUNK_SIZES: Final = {b"%x" % size: size for size in range(1, SMALL_CHUNKS)}
_HEXADECIMAL: Final = b"0123456789abcdefABCDEF"
_CHUNK_LINE: Final = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(;[^\r\n]*)?")

Item = tuple[Head, bytes | PipeReader]  # A body that is whole, or one that is still coming in.
Opens = Callable[[Head], Pipe | None]


class RequestParser:
    """Cuts one connection's bytes into requests."""

    __slots__ = (
        *("_cache", "_collected", "_head", "_known", "_missing", "_opens", "_rest", "_size", "_trailer", "error"),
        *("pipe", "room"),
    )

    def __init__(self, cache: HeadCache, opens: Opens = lambda head: None) -> None:
        """`opens` gives a pipe to a request whose body is not all there, if it is to be read as it comes."""
        self.error: WireError | None = None
        self.pipe: Pipe | None = None  # Takes the body under way.
        self.room: Future[bool] | None = None  # Whether it can take more; as `PipeWriter.write` says.
        self._opens = opens
        self._cache = cache
        self._known = cache.known
        self._rest = b""  # Bytes of an unfinished head, chunk line or trailer; at most HEAD_MAX and one read.
        self._head: Head | None = None  # Whose body is under way.
        self._collected = Body()
        self._size = 0  # Of all its chunks that were announced.
        self._missing = 0  # Bytes until the body, or the chunk under way, is whole.
        self._trailer = -1  # Bytes of the trailer seen; -1 until the last chunk has come.

    @property
    def is_between(self) -> bool:
        """Whether no request is under way: the connection rests."""
        return self._head is None and not self._rest

    @property
    def collected(self) -> int:
        """Bytes kept of a body under way."""
        return self._collected.size

    @property
    def waits_to_continue(self) -> bool:
        """Whether the client holds the body back until it is told to go on."""
        head = self._head
        if head is None or not head.expects_continue:
            return False
        return self._missing == head.length if head.length is not None else not self._size and self._trailer < 0

    def give_up(self) -> None:
        """There will be no more bytes: who reads a body under way learns that it is not whole."""
        if self.pipe is not None:
            self.pipe.writer.fail()
            self.pipe = None

    def feed(self, data: bytes) -> list[Item]:
        """The requests that these bytes complete, in order. Look at `error` afterwards."""
        items: list[Item] = []
        if self.error is not None:
            return items
        if len(data) < CACHED_HEAD_MAX and self._head is None and not self._rest:
            head = self._known.get(data)
            if head is not None and head.length == 0:  # One request without a body: so do clients ask that wait.
                items.append((head, b""))
                return items
        if self._rest:
            data, self._rest = self._rest + data, b""
        try:
            position = 0 if self._head is None else self._body(data, 0, items=items)
            while position >= 0:
                position = self._requests(data, position, items=items)
                if position >= 0:
                    position = self._body(data, position, items=items)
        except WireError as error:
            self.error, self._head, self._collected, self._rest = error, None, Body(), b""
            self.give_up()
        return items

    def _requests(self, data: bytes, position: int, *, items: list[Item]) -> int:
        """Take whole requests off `data`: the hot path. Where the first incomplete body starts, or -1: all is taken."""
        known, sizes, find = self._known, _CHUNK_SIZES, data.find
        while True:
            end = find(HEAD_END, position) + 4
            if end < 4:
                if position < len(data):
                    self._keep_head(data, position)
                return -1
            head = known.get(data[position:end]) or self._learn(data, position, end=end)
            if head is None:  # An empty line before the request.
                position += 2
                continue
            if head.length is not None:
                body = data[end : end + head.length]
                if len(body) < head.length:
                    self._begin(head, items)
                    return end
                items.append((head, body))
                position = end + head.length
                continue
            line = find(b"\r\n", end, end + 8)
            size = sizes.get(data[end:line]) or _size_of(data[end:line]) if line > 0 else 0
            start = line + 2
            position = start + size + 7
            if not size or data[start + size : position] != LAST_CHUNK:
                self._begin(head, items)
                return end
            items.append((head, data[start : start + size]))

    def _learn(self, data: bytes, position: int, *, end: int) -> Head | None:
        if data.startswith(b"\r\n", position):
            return None
        block = data[position:end]
        if len(block) > HEAD_MAX:
            raise WireError(431, f"head of more than {HEAD_MAX} bytes")
        _refuse_hopeless(block)
        return self._cache.learn(block)

    def _keep_head(self, data: bytes, position: int) -> None:
        while data.startswith(b"\r\n", position):
            position += 2
        rest = data[position:]
        if len(rest) >= HEAD_MAX + len(HEAD_END):
            raise WireError(431, f"head of more than {HEAD_MAX} bytes")
        _refuse_hopeless(rest)
        self._rest = rest

    def _begin(self, head: Head, items: list[Item]) -> None:
        self._head, self._size, self._trailer = head, 0, -1
        self._missing = head.length or 0
        self.pipe = self._opens(head) if head.route is None else None
        if self.pipe is not None:
            items.append((head, self.pipe.reader))

    def _body(self, data: bytes, position: int, *, items: list[Item]) -> int:
        """Go on with the body under way. Where the next request starts, or -1: all is taken and more is needed."""
        head = self._head
        assert head is not None
        while True:
            position = self._part(data, position)
            if position >= 0 and head.length is None:
                position = self._chunk_line(data, position)
            if position < 0:
                return -1
            if not self._missing:
                break
        if self.pipe is None:
            items.append((head, self._collected.whole()))
        else:
            self.pipe.writer.close()
        self._head, self._collected, self.pipe = None, Body(), None
        return position

    def _part(self, data: bytes, position: int) -> int:
        part = data[position : position + self._missing]
        if self.pipe is None:
            self._collected.add(part)
        else:
            self.room = self.pipe.writer.write(part)
        self._missing -= len(part)
        return -1 if self._missing else position + len(part)

    def _chunk_line(self, data: bytes, position: int) -> int:
        """Read what stands before the next chunk, or the end of the body. Where that ends, or -1: more is needed."""
        if self._trailer >= 0:
            return self._read_trailer(data, position)
        if self._size:  # The line break that ends the chunk before.
            if len(data) - position < 2:
                return self._wait(data, position)
            if not data.startswith(b"\r\n", position):
                raise WireError(400, "chunk longer than its length")
            begin = position + 2
        else:
            begin = position
        line = data.find(b"\r\n", begin, begin + CHUNK_LINE_MAX)
        if line < 0:
            if len(data) - begin >= CHUNK_LINE_MAX or b"\n" in data[begin:]:
                raise WireError(400, f"chunk length: expected a line of at most {CHUNK_LINE_MAX} bytes")
            return self._wait(data, position)
        match = _CHUNK_LINE.fullmatch(data, begin, line)
        if match is None:
            raise WireError(400, "chunk length: expected hexadecimal digits")
        size = int(match[1], 16)
        self._size += size
        if self._size > BODY_MAX and self.pipe is None:
            raise WireError(413, f"body of more than {BODY_MAX} bytes")
        if size:
            self._missing = size
            return line + 2
        self._trailer = 0
        return self._read_trailer(data, line + 2)

    def _read_trailer(self, data: bytes, position: int) -> int:
        """Skip trailer fields; nothing we speak uses them."""
        while True:
            line = data.find(b"\r\n", position)
            if line == position:
                return line + 2
            self._trailer += (len(data) if line < 0 else line + 2) - position
            if self._trailer > HEAD_MAX:
                raise WireError(431, f"trailer of more than {HEAD_MAX} bytes")
            if line < 0:
                self._trailer -= len(data) - position  # Seen again with the next read.
                return self._wait(data, position)
            if b":" not in data[position:line] or b"\n" in data[position:line]:
                raise WireError(400, "malformed trailer")
            position = line + 2

    def _wait(self, data: bytes, position: int) -> int:
        self._rest = data[position:]
        return -1


def _size_of(line: bytes) -> int:
    """A length of a chunk without an extension; 0 for whatever has to be looked at more closely."""
    return int(line, 16) if line and not line.strip(_HEXADECIMAL) else 0


def _refuse_hopeless(head: bytes) -> None:
    """What never ends for us. With bare line breaks it does for a laxer reader, so nothing may follow it."""
    if b"\n\n" in head:
        raise WireError(400, "malformed request: lines end in CR LF")
    if head[:1] == TLS_FIRST:  # It would wait for our part of its handshake, and we for the end of a head.
        raise WireError(400, "malformed request: this port speaks no TLS")
