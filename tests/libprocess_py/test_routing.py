"""Routes against a model: the longest that fits, whatever was asked before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.routing import FOUND_MAX, FOUND_PATH_MAX, Routes, route_of, split_id

PATHS = st.lists(st.sampled_from(["a", "b", "ab"]), max_size=4).map(lambda parts: "/" + "/".join(parts))


def answer(_: Request) -> Response:
    return Response(200)


def add(routes: Routes, path: str, *, below: bool = False) -> None:
    routes.add("actor", route_of(path, answer, help=path, options={"below": below}))


@given(st.lists(PATHS, unique=True), st.lists(PATHS), st.lists(PATHS, unique=True), st.booleans())
def test_the_longest_route_that_fits_wins_before_and_after_others_are_added(
    first: list[str], asked: list[str], second: list[str], below: bool
) -> None:
    routes, added = Routes(), set[str]()
    for paths in (first, second):
        for path in paths:
            add(routes, path, below=below)
            added.add(path)
        for path in asked:
            fitting = [each for each in added if path == each or (each != "/" and path.startswith(f"{each}/"))]
            fitting += ["/"] if below and "/" in added else []
            found = routes.find("actor", path)

            assert (found.path if found else None) == max(fitting, key=len, default=None)


def test_routes_that_went_with_their_actor_are_not_remembered() -> None:
    routes = Routes()
    add(routes, "/a")
    assert routes.find("actor", "/a") is not None

    routes.remove("actor")

    assert routes.find("actor", "/a") is None


def test_what_strangers_ask_for_is_not_kept_without_end() -> None:
    routes = Routes()
    add(routes, "/a")
    for number in range(3 * FOUND_MAX):
        routes.find("actor", f"/a/{number}")
    long = "/a/" + "b" * FOUND_PATH_MAX
    assert routes.find("actor", long) is not None

    assert len(routes._found) <= FOUND_MAX
    assert ("actor", long) not in routes._found


@given(st.text(max_size=30))
def test_any_path_is_an_id_and_a_rest(path: str) -> None:
    id, rest = split_id(path)

    assert rest == "" or rest.startswith("/")
    assert isinstance(id, str)
