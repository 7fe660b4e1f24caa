"""A request as a process' route handler sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import parse_qsl

QUERY_FIELDS_MAX: Final = 256  # More names than any endpoint has; keeps a hostile query cheap.


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, whole.

    A driver sets `path` to the target's path as it was sent, percent-encoded: the node cuts it at `/` before it
    decodes; the handler gets what follows the process id, decoded: "/state" of "/slave(1)/state".
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)  # Decoded; of a repeated name the last value.
    headers: Mapping[str, str] = field(default_factory=dict)  # Names in lower case; repeated ones joined with ", ".
    body: bytes = b""
    peer: str = ""  # The IP address it came from.
    target: str = ""  # As it stood in the request line.

    @classmethod
    def of(cls, method: str, target: str, *, headers: Mapping[str, str], body: bytes, peer: str) -> Self:
        """Take a request target apart. Raises ValueError for one that is not a path, or for too long a query."""
        path, _, query = target.partition("#")[0].partition("?")
        if "://" in path and not path.startswith("/"):  # The absolute form, as a proxy sends it.
            path = "/" + path.partition("://")[2].partition("/")[2]
        if not path.startswith("/"):
            raise ValueError(f"request target {target!r}: expected a path")
        fields = parse_qsl(query, keep_blank_values=True, max_num_fields=QUERY_FIELDS_MAX) if query else ()
        return cls(method, path, query=dict(fields), headers=headers, body=body, peer=peer, target=target)

    def within(self, path: str) -> Request:
        """The same request, with the part of its path that is left to route."""
        return Request(self.method, path, self.query, self.headers, self.body, self.peer, self.target)
