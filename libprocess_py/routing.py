"""Which actor, and which of its routes, answers an HTTP request.

The first segment of the path is the id of an actor, the rest a route of it; a route answers what is below it too, and
the longest that fits wins: `/files/read` before `/files`. Paths that name no actor belong to the node's delegate, so
that `/state` is `/master/state` on a master. An actor's own root is the route `/`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypedDict
from urllib.parse import unquote

from libprocess_py.future import Future
from libprocess_py.http.help import Help
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response

FOUND_MAX: Final = 4_096  # Answers of `find` kept; forgotten when that many, since peers choose the paths.
FOUND_PATH_MAX: Final = 256  # Longer paths are not asked for often, and would fill the memory.
SPLIT_MAX: Final = 1_024  # Paths kept that were taken apart; at most 16 MiB if a peer chooses the longest there are.

Handler = Callable[[Request], "Response | Future[Response]"]
Authorize = Callable[[Request], "bool | Future[bool]"]


class RouteOptions(TypedDict, total=False):
    """What a route may ask for beside its handler."""

    realm: str | None  # Whose authenticator has to know who asks. Open while the node has none of that name.
    authorize: Authorize | None  # Asked with the principal in the request: False is answered 403.
    stream: bool  # The handler takes the body as it comes, from `request.reader`.
    below: bool  # For the route `/`: answer for what is below it, as every other route does anyway.


class Route(NamedTuple):
    """One route of one actor."""

    path: str
    handler: Handler
    help: Help
    realm: str | None = None
    authorize: Authorize | None = None
    stream: bool = False
    below: bool = False


class Routes:
    """The routes of all actors of a node, by id and path."""

    def __init__(self) -> None:
        self._routes: dict[str, dict[str, Route]] = {}
        self._found: dict[tuple[str, str], Route | None] = {}
        self.changes = 0  # So many: whoever remembers a route looks again when there was one more.

    def add(self, id: str, route: Route) -> None:
        """Raises ValueError for a path that no request could have."""
        path = route.path
        if not path.startswith("/") or (path.endswith("/") and path != "/"):
            raise ValueError(f"route {path!r} of {id}: expected a path that starts with / and does not end with it")
        self._routes.setdefault(id, {})["" if path == "/" else path] = route
        self._changed()

    def remove(self, id: str) -> None:
        """The actor ended: its routes end with it."""
        if self._routes.pop(id, None) is not None:
            self._changed()

    def find(self, id: str, path: str) -> Route | None:
        """The route of that actor for `path`: itself, or the closest above; most roots answer for themselves only."""
        asked = (id, path)
        try:
            return self._found[asked]
        except KeyError:
            route = self._find(id, path)
        if len(path) <= FOUND_PATH_MAX:
            if len(self._found) >= FOUND_MAX:
                self._found.clear()
            self._found[asked] = route
        return route

    def all(self) -> list[tuple[str, Route]]:
        """Every route with its actor's id, in the order in which they were added."""
        return [(id, route) for id, routes in self._routes.items() for route in routes.values()]

    def _changed(self) -> None:
        self._found.clear()
        self.changes += 1

    def _find(self, id: str, path: str) -> Route | None:
        routes = self._routes.get(id, {})
        path = path.rstrip("/")
        if not path:
            return routes.get("")
        while path:
            if path in routes:
                return routes[path]
            path = path.rpartition("/")[0]
        root = routes.get("")
        return root if root is not None and root.below else None


@lru_cache(maxsize=SPLIT_MAX)
def split_id(path: str) -> tuple[str, str]:
    """The actor's id and what follows it, decoded. Cut first: an id may hold an encoded slash."""
    id, slash, rest = path.lstrip("/").partition("/")
    return unquote(id), slash + unquote(rest)


def route_of(path: str, handler: Callable[[Any], Any], *, help: str | Help, options: RouteOptions) -> Route:
    """A route from what `Process.route` takes."""
    return Route(path, handler, Help(tldr=help) if isinstance(help, str) else help, **options)
