"""What a route handler answers."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Self

from libprocess_py.message import encode

JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response, whole. An empty `content_type` writes none; `Content-Length` is for the driver to write."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: Headers = ()

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


def reason(status: int) -> str:
    """The phrase that goes with a status code; empty for codes that nobody registered."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
