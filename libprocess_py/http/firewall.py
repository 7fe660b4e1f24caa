"""Endpoints that a node's operator does not want answered, whoever asks.

Rules are asked in order before anything else looks at a request; the first that has a reason answers 403 with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from libprocess_py.http.request import Request


class Rule(Protocol):
    """One rule of a firewall."""

    def __call__(self, request: Request, endpoint: str) -> str | None:
        """Why not, or None.

        `request.path` is whole and decoded, with the id of the actor that would answer. `endpoint` is that of the route
        that would: `/files` for `/files/and/what/is/below`, and the path itself where there is no route.
        """


class DisabledEndpoints:
    """Refuses the paths given, by whatever spelling and through whatever name they are reached; nothing else."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(_plain(path) for path in paths)

    def __call__(self, request: Request, endpoint: str) -> str | None:
        disabled = endpoint in self._paths or _plain(request.path) in self._paths
        return f"Endpoint '{endpoint}' is disabled." if disabled else None


def _plain(path: str) -> str:
    return "/" + path.strip("/")
