"""One HTTP answer out of bytes. Heads go through llhttp; bodies are cut here, where their end has to be known exactly.

Answers on one connection follow one another without a mark, and the one to HEAD names a length that does not follow: so
a parser takes one answer, and gives back what lies behind it. Pure: bytes in, values out.
"""

from __future__ import annotations

import re
from typing import Final, Protocol

import httptools

from libprocess_py.core.wire_head import HEAD_END, HEAD_MAX, HEADERS_MAX, WireError

CHUNK_LINE_MAX: Final = 256  # As for requests.
BODILESS: Final = frozenset({204, 304})

_CHUNK_LINE: Final = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(;[^\r\n]*)?")


class _Body(Protocol):
    """Takes the bytes of one body."""

    is_whole: bool

    def feed(self, data: bytes, pieces: list[bytes]) -> bytes:
        """Put what belongs to it into `pieces`; what lies behind it comes back. Raises WireError."""


class AnswerParser:
    """Takes bytes until the answer is whole."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.keeps_alive = True
        self._rest = b""  # Of a head whose end has not come.
        self._body: _Body | None = None
        self._pieces: list[bytes] = []

    @property
    def head_is_whole(self) -> bool:
        return self._body is not None

    @property
    def is_whole(self) -> bool:
        return self._body is not None and self._body.is_whole

    @property
    def ends_with_connection(self) -> bool:
        """Whether the body under way has no other end than that of the connection."""
        return isinstance(self._body, _Unframed)

    def take(self) -> bytes:
        """What came of the body since the last time."""
        body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        return body

    def feed(self, data: bytes, *, without_body: bool = False) -> bytes:
        """Take bytes of this answer; what lies behind it comes back. Raises WireError for what is no HTTP.

        `without_body`: the answer to HEAD, whatever length it names.
        """
        while self._body is None and data:
            data = self._feed_head(self._rest + data, without_body=without_body)
        return self._body.feed(data, self._pieces) if self._body is not None and data else data

    def _feed_head(self, data: bytes, *, without_body: bool) -> bytes:
        end = data.find(HEAD_END, 0, HEAD_MAX + len(HEAD_END)) + len(HEAD_END)
        if end < len(HEAD_END):
            if len(data) > HEAD_MAX:
                raise WireError(502, f"answer with a head of more than {HEAD_MAX} bytes")
            self._rest = data
            return b""
        self._rest = b""
        parser = httptools.HttpResponseParser(self)
        self.headers.clear()
        try:
            parser.feed_data(data[:end])
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise WireError(502, f"malformed answer: {error}") from error
        if len(self.headers) > HEADERS_MAX:
            raise WireError(502, f"answer with more than {HEADERS_MAX} headers")
        self.status = parser.get_status_code()
        if self.status >= 200:  # Otherwise it is interim, and the answer is still to come.
            self._body = self._begin_body(without_body=without_body or self.status in BODILESS)
            self.keeps_alive = parser.should_keep_alive() and not self.ends_with_connection
        return data[end:]

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by llhttp."""
        self.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def _begin_body(self, *, without_body: bool) -> _Body:
        lengths = {value for name, value in self.headers if name.lower() == "content-length"}
        codings = [value.strip().lower() for name, value in self.headers if name.lower() == "transfer-encoding"]
        if without_body:
            return _Counted(0)
        if codings:
            if codings != ["chunked"] or lengths:
                raise WireError(502, f"Transfer-Encoding {', '.join(codings)}: expected chunked, and no length")
            return _Chunked()
        if not lengths:
            return _Unframed()
        length = lengths.pop()
        if lengths or not (length.isascii() and length.isdigit() and len(length) <= 15):
            raise WireError(502, f"Content-Length {length!r}: expected one number")
        return _Counted(int(length))


class _Counted:
    """A body of known length."""

    def __init__(self, length: int) -> None:
        self._missing = length
        self.is_whole = not length

    def feed(self, data: bytes, pieces: list[bytes]) -> bytes:
        piece = data[: self._missing]
        if piece:
            pieces.append(piece)
        self._missing -= len(piece)
        self.is_whole = not self._missing
        return data[len(piece) :]


class _Unframed:
    """A body that ends when the connection does."""

    is_whole = False

    def feed(self, data: bytes, pieces: list[bytes]) -> bytes:
        pieces.append(data)
        return b""


class _Chunked:
    """A body in chunks, each with its length before it; one without length and a trailer end it."""

    def __init__(self) -> None:
        self.is_whole = False
        self._rest = b""  # Of an unfinished line.
        self._missing = 0  # Of the chunk under way, and then of the line break behind it.
        self._in_trailer = False
        self._trailer = 0  # Bytes of it.

    def feed(self, data: bytes, pieces: list[bytes]) -> bytes:
        data, self._rest = self._rest + data, b""
        while data and not self.is_whole:
            if self._missing > 2:
                piece = data[: self._missing - 2]
                pieces.append(piece)
                self._missing -= len(piece)
                data = data[len(piece) :]
                continue
            line, found, behind = data.partition(b"\r\n")
            if not found:
                if len(data) > CHUNK_LINE_MAX:
                    raise WireError(502, f"chunk line of more than {CHUNK_LINE_MAX} bytes")
                self._rest = data
                return b""
            self._line(line)
            data = behind
        return data

    def _line(self, line: bytes) -> None:
        if self._missing:
            if line:
                raise WireError(502, "chunk longer than its length")
            self._missing = 0
        elif self._in_trailer:
            self._trailer += len(line)
            if self._trailer > HEAD_MAX:
                raise WireError(502, f"trailer of more than {HEAD_MAX} bytes")
            self.is_whole = not line
        else:
            match = _CHUNK_LINE.fullmatch(line)
            if match is None:
                raise WireError(502, f"chunk length {line[:20]!r}: expected hexadecimal digits")
            size = int(match[1], 16)
            self._in_trailer = not size
            self._missing = size + 2 if size else 0
