"""What a route handler answers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final, Self

import msgspec

from libprocess_py.http.pipe import Pipe, PipeReader
from libprocess_py.message import encode

JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"
HTML: Final = "text/html; charset=utf-8"
BINARY: Final = "application/octet-stream"

Headers = tuple[tuple[str, str], ...]


class Response(msgspec.Struct, frozen=True):
    """One HTTP response. An empty `content_type` writes none; the length of the body is for the driver to write."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: Headers = ()
    reader: PipeReader | None = None  # The body as it is written, in the place of `body`.
    length: int | None = None  # Of such a body, where it is known; otherwise it goes in chunks.

    @classmethod
    def json(cls, value: object, status: int = 200) -> Self:
        """A record, or plain dicts, lists and scalars, as compact JSON."""
        return cls(status, encode(value), JSON)

    @classmethod
    def text(cls, status: int, text: str) -> Self:
        """One line for people: what errors are made of."""
        return cls(status, text.encode(), TEXT)

    @classmethod
    def error(cls, status: int) -> Self:
        """The plain answer to a request that found nothing to answer it, e.g. `404 Not Found.`"""
        return cls.text(status, f"{status} {reason(status)}.")

    @classmethod
    def stream(
        cls, pipe: Pipe, content_type: str = BINARY, *, headers: Headers = (), length: int | None = None
    ) -> Self:
        """200, with whatever is written to the pipe. If the actor ends first, its reader sees that it is cut short."""
        return cls(200, b"", content_type, headers, pipe.reader, length)

    def header(self, name: str) -> str | None:
        """The first value of a header that a server sent, whatever the case of its name."""
        name = name.lower()
        return next((value for key, value in self.headers if key.lower() == name), None)


def reason(status: int) -> str:
    """The phrase that goes with a status code; empty for codes that nobody registered."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
