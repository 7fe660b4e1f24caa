"""Responses as bytes. Header names keep the order and the case that clients were seen to depend on."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from libprocess_py.http.response import Response, reason

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
NO_BODY: Final = frozenset({204, 304})  # These have no body by definition, and no length either.
STATUSES_MAX: Final = 128  # Lines kept; more than there are registered statuses.

_BREAK: Final = re.compile("[\r\n\0]")


def encode_response(response: Response, *, keep_alive: bool = True, with_body: bool = True) -> bytes:
    """The whole response. `with_body=False` answers HEAD: the length that a GET would have had, and no body.

    Raises ValueError for a header that would end early and smuggle another one in.
    """
    lines = [_status_line(response.status)]
    lines += [_header(name, value) for name, value in response.headers]
    if response.content_type:
        lines.append(_header("Content-Type", response.content_type))
    if response.status not in NO_BODY:
        lines.append(f"Content-Length: {len(response.body)}")
    if not keep_alive:
        lines.append("Connection: close")
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    return head + response.body if with_body and response.status not in NO_BODY else head


@lru_cache(maxsize=STATUSES_MAX)
def _status_line(status: int) -> str:
    return f"HTTP/1.1 {status} {reason(status)}"


def _header(name: str, value: str) -> str:
    if _BREAK.search(name) or _BREAK.search(value):
        raise ValueError(f"header {name!r}: expected one line, got {value!r}")
    return f"{name}: {value}"
