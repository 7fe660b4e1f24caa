"""Which actor, and which of its routes, answers an HTTP request.

The first segment of the path is the id of an actor, the rest a route of it; a route answers what is below it too, and
the longest that fits wins: `/files/read` before `/files`. Paths that name no actor belong to the node's delegate, so
that `/state` is `/master/state` on a master. An actor's own root is the route `/`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote


class Route(NamedTuple):
    """One route of one actor."""

    path: str
    handler: Callable[[Any], Any]
    help: str


class Routes:
    """The routes of all actors of a node, by id and path."""

    def __init__(self) -> None:
        self._routes: dict[str, dict[str, Route]] = {}

    def add(self, id: str, path: str, *, handler: Callable[[Any], Any], help: str) -> None:
        """Raises ValueError for a path that no request could have."""
        if not path.startswith("/") or (path.endswith("/") and path != "/"):
            raise ValueError(f"route {path!r} of {id}: expected a path that starts with / and does not end with it")
        self._routes.setdefault(id, {})["" if path == "/" else path] = Route(path, handler, help)

    def remove(self, id: str) -> None:
        """The actor ended: its routes end with it."""
        self._routes.pop(id, None)

    def find(self, id: str, path: str) -> Route | None:
        """The route of that actor for `path`: itself, or the closest above it. Its root answers for itself only."""
        routes = self._routes.get(id, {})
        path = path.rstrip("/")
        if not path:
            return routes.get("")
        while path:
            if path in routes:
                return routes[path]
            path = path.rpartition("/")[0]
        return None

    def all(self) -> list[tuple[str, Route]]:
        """Every route with its actor's id, in the order in which they were added."""
        return [(id, route) for id, routes in self._routes.items() for route in routes.values()]


def split_id(path: str) -> tuple[str, str]:
    """The actor's id and what follows it, decoded. Cut first: an id may hold an encoded slash."""
    id, slash, rest = path.lstrip("/").partition("/")
    return unquote(id), slash + unquote(rest)
