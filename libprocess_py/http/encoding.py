"""Responses and requests as bytes. Header names keep the order and the case that clients were seen to depend on."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from libprocess_py.http.request import Request
from libprocess_py.http.response import Response, reason

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
NO_BODY: Final = frozenset({204, 304})  # These have no body by definition, and no length either.
STARTS_MAX: Final = 256  # Lines kept; more than the statuses that there are with the types that a program answers.

LAST_CHUNK: Final = b"0\r\n\r\n"
FRAMING: Final = frozenset({"content-length", "transfer-encoding"})  # Said here and by nobody else.
BODILESS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})  # Without a body they need not say so.

_BREAK: Final = re.compile("[\r\n\0]")
_TOKEN: Final = re.compile("[A-Za-z]+")
_TARGET: Final = re.compile("[!-~]+")


def encode_response(
    response: Response, *, keep_alive: bool = True, with_body: bool = True, chunks: bool = True
) -> bytes:
    """The whole response, or the head of one whose body is still being written.

    `with_body=False` answers HEAD: the length that a GET would have had, and no body. `chunks=False` is for clients
    that do not know them. Raises ValueError for a header that would end early and smuggle another one in.
    """
    plain = encode_plain(response) if keep_alive and with_body else None
    if plain is not None:
        return plain
    if not isinstance(response.headers, tuple):  # The names of a dict of two letters each would pass for pairs.
        raise TypeError(f"headers: expected a tuple of pairs, not {type(response.headers).__name__}")
    body = response.body
    lines = [_status_line(response.status)]
    lines += [_header(name, value) for name, value in response.headers]
    if response.content_type:
        lines.append(_header("Content-Type", response.content_type))
    if may_have_body(response):
        lines += _framing(response, chunks=chunks)
    if not keep_alive:
        lines.append("Connection: close")
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    return head + body if with_body and may_have_body(response) else head


def encode_plain(response: Response) -> bytes | None:
    """The whole response, if it is like nearly all: to a connection that goes on, with a body and no headers.

    None for any other, and for what is none, or cannot be sent.
    """
    if response.__class__ is not Response or response.headers or response.reader is not None:
        return None
    status, body = response.status, response.body
    try:
        if status in NO_BODY:
            return None
        return b"%b%d\r\n\r\n%b" % (_start(status, response.content_type), len(body), body)
    except (TypeError, ValueError):  # What is wrong with it is told to whoever encodes it line by line.
        return None


def may_have_body(response: Response) -> bool:
    return response.status not in NO_BODY


def _framing(response: Response, *, chunks: bool) -> list[str]:
    """How a client finds the end of the body."""
    if response.reader is None:
        return [f"Content-Length: {len(response.body)}"]
    if response.length is not None:
        return [f"Content-Length: {response.length}"]
    return ["Transfer-Encoding: chunked"] if chunks else []  # The connection ends with it.


@lru_cache(maxsize=STARTS_MAX)
def _start(status: int, content_type: str) -> bytes:
    """Everything up to the length, of a response without headers of its own."""
    lines = [_status_line(status), *([_header("Content-Type", content_type)] if content_type else [])]
    return ("\r\n".join(lines) + "\r\nContent-Length: ").encode("latin-1")


@lru_cache(maxsize=STARTS_MAX)
def _status_line(status: int) -> str:
    return f"HTTP/1.1 {status} {reason(status)}"


def _header(name: str, value: str) -> str:
    if _BREAK.search(name) or _BREAK.search(value):
        raise ValueError(f"header {name!r}: expected one line, got {value!r}")
    return f"{name}: {value}"


def encode_request(request: Request) -> bytes:
    """The whole request, or the head of one whose body is still being written, which goes in chunks.

    Raises ValueError for a method, target or header that would end early and smuggle something in.
    """
    if not _TOKEN.fullmatch(request.method):
        raise ValueError(f"method {request.method!r}: expected a word")
    if not _TARGET.fullmatch(request.target):
        raise ValueError(f"target {request.target!r}: expected a path without spaces")
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines += [_header(name, value) for name, value in request.headers.items() if name not in FRAMING]
    if request.reader is not None:
        lines.append("transfer-encoding: chunked")
    elif request.body or request.method not in BODILESS:
        lines.append(f"content-length: {len(request.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + request.body


def chunk(piece: bytes) -> tuple[bytes, bytes, bytes]:
    """A piece of a body, not empty, as it goes where the length of the whole is not known."""
    return b"%x\r\n" % len(piece), piece, b"\r\n"
