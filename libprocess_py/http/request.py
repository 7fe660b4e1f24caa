"""A request as a process' route handler sees it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Self
from urllib.parse import parse_qsl

import msgspec

from libprocess_py.http.pipe import PipeReader

QUERY_FIELDS_MAX: Final = 256  # More names than any endpoint has; keeps a hostile query cheap.
NO_FIELDS: Final[Mapping[str, str]] = MappingProxyType({})


class Request(msgspec.Struct, frozen=True):
    """One HTTP request.

    A driver sets `path` to the target's path as it was sent, percent-encoded: the node cuts it at `/` before it
    decodes; the handler gets what follows the process id, decoded: "/state" of "/slave(1)/state".
    """

    method: str
    path: str
    query: Mapping[str, str] = NO_FIELDS  # Decoded; of a repeated name the last value.
    headers: Mapping[str, str] = NO_FIELDS  # Names in lower case; repeated ones joined with ", ".
    body: bytes = b""
    peer: str = ""  # The IP address it came from.
    target: str = ""  # As it stood in the request line.
    principal: str | None = None  # Who asks, as the realm of the route found out; None where none is set.
    reader: PipeReader | None = None  # The body as it comes in, for routes that take it so; `body` is empty then.

    @classmethod
    def of(cls, method: str, target: str, *, headers: Mapping[str, str], body: bytes, peer: str) -> Self:
        """Take a request target apart. Raises ValueError for one that is not a path, or for too long a query."""
        path, query = split_target(target)
        return cls(method, path, query, headers, body, peer, target)

    def within(self, path: str) -> Request:
        """The same request, with the part of its path that is left to route."""
        return Request(
            self.method,
            path,
            self.query,
            self.headers,
            self.body,
            self.peer,
            self.target,
            self.principal,
            self.reader,
        )

    def by(self, principal: str | None) -> Request:
        """The same request, now that it is known who asks."""
        return msgspec.structs.replace(self, principal=principal)

    def streamed(self, reader: PipeReader) -> Request:
        """The same request, with its body to be read in pieces."""
        return msgspec.structs.replace(self, body=b"", reader=reader)


def split_target(target: str) -> tuple[str, Mapping[str, str]]:
    """The path, still encoded, and the query. Raises ValueError as `Request.of`."""
    path, _, query = target.partition("#")[0].partition("?")
    if "://" in path and not path.startswith("/"):  # The absolute form, as a proxy sends it.
        path = "/" + path.partition("://")[2].partition("/")[2]
    if not path.startswith("/"):
        raise ValueError(f"request target {target!r}: expected a path")
    if not query:
        return path, NO_FIELDS
    fields = parse_qsl(query, keep_blank_values=True, max_num_fields=QUERY_FIELDS_MAX)
    return path, MappingProxyType(dict(fields))
