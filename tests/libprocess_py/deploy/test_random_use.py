"""Random use of another node against a dictionary: spawns, calls and ends in any order, and the loss of the node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libprocess_py import PID, ConnectionLost, Future, NodeOptions, Policy
from libprocess_py.deploy import RemoteError, Spawner
from libprocess_py.deploy.remotes import Remotes
from tests.libprocess_py.deploy.actors import SECOND, Counter, World

Act = tuple[str, str, int]
Right = Callable[[Future[Any]], object]  # Whether a future became what it should.

IDS = st.sampled_from("abc")
ACTS = st.one_of(
    st.tuples(st.just("spawn"), IDS, st.integers(0, 9)),
    st.tuples(st.just("add"), IDS, st.integers(0, 9)),
    st.tuples(st.sampled_from(["fail", "end", "link", "find"]), IDS, st.just(0)),
    st.tuples(st.sampled_from(["wait", "crash"]), st.just(""), st.integers(0, 2)),
)


def or_abandoned(right: Right) -> Right:
    return lambda future: future.abandoned or right(future)


class Use(World):
    """Does what it is told to both, and keeps what each future has to become."""

    def __init__(self) -> None:
        super().__init__()
        self.remote = self.connect()
        self.model: dict[str, int] = {}
        self.expected: list[tuple[Future[Any], Right]] = []
        self.doubtful: dict[str, list[int]] = {}  # By actor: the calls that its end may overtake.
        self.linked: set[str] = set()

    def act(self, what: str, id: str, *, number: int) -> None:
        getattr(self, what)(id, number)

    def spawn(self, id: str, number: int) -> None:
        future = self.remote.using(id=id).spawn(Counter, number)
        if id in self.model:
            self.expect(future, lambda future: "taken by a live actor" in str(future.failure))
        else:
            self.model[id] = number
            self.expect(future, lambda future: future.get() == self.remote.pid(id))

    def add(self, id: str, number: int) -> None:
        future = self.here.dispatch(self.remote.pid(id), Counter.add, number)
        if id not in self.model:
            self.expect(future, lambda future: future.abandoned)
            return
        total = self.model[id] = self.model[id] + number
        self.doubtful.setdefault(id, []).append(len(self.expected))
        self.expect(future, lambda future: future.get() == total)

    def fail(self, id: str, _: int) -> None:
        future = self.here.dispatch(self.remote.pid(id), Counter.fail, "x")
        if id in self.model:
            self.doubtful.setdefault(id, []).append(len(self.expected))
            self.expect(future, lambda future: isinstance(future.failure, RemoteError))
            # It ends in a turn of its own: what follows at once may find it alive.
            self.wait("", 1)
            del self.model[id]
        else:
            self.expect(future, lambda future: future.abandoned)

    def end(self, id: str, _: int) -> None:
        self.here.terminate(self.remote.pid(id))
        for index in self.doubtful.pop(id, ()):
            future, right = self.expected[index]
            self.expected[index] = future, or_abandoned(right)
        if id in self.model:
            self.wait("", 1)
            del self.model[id]

    def find(self, id: str, _: int) -> None:
        there = id in self.model
        self.expect(self.remote.find(id), lambda future: future.get() is there)

    def link(self, id: str, _: int) -> None:
        self.watch(self.remote.pid(id))
        self.linked.add(id)

    def wait(self, _: str, seconds: int) -> None:
        self.simulation.advance(seconds * SECOND)

    def crash(self, _: str, seconds: int) -> None:
        """The node is lost, and comes back with nobody on it."""
        self.simulation.advance(seconds * 40_000)  # Within what takes some hundred microseconds to come and go.
        self.simulation.crash(self.there)
        self.wait("", 1)
        for index, (future, right) in enumerate(self.expected):
            lost = future.abandoned or isinstance(future.failure, ConnectionLost)
            assert lost or right(future)
            self.expected[index] = future, lambda _: True
        self.model.clear()
        self.doubtful.clear()
        self.there = self.simulation.node("10.0.0.2", options=NodeOptions(policy=Policy.END_ACTOR))
        self.there.spawn(Spawner(allow=True))
        self.remote = self.connect()

    def expect(self, future: Future[Any], right: Right) -> None:
        self.expected.append((future, right))


@settings(max_examples=60)
@given(acts=st.lists(ACTS, max_size=25))
def test_what_is_done_to_another_node_comes_out_as_done_to_a_dictionary(acts: list[Act]) -> None:
    use(acts)


@pytest.mark.long
@pytest.mark.timeout(1_200)
@settings(max_examples=4_000, deadline=None)
@given(acts=st.lists(ACTS, max_size=80))
def test_no_long_use_of_another_node_parts_it_from_a_dictionary(acts: list[Act]) -> None:
    use(acts)


def use(acts: list[Act]) -> None:
    world = Use()

    for what, id, number in acts:
        world.act(what, id, number=number)
    world.wait("", 1)

    assert [right(future) for future, right in world.expected] == [True] * len(world.expected)
    assert {id for id in "abc" if id in world.there.kernel.mailboxes} == set(world.model)
    world.crash("", 1)
    assert {id for id, _ in world.watcher.why} == world.linked
    remotes = Remotes.of(world.here)
    assert (remotes._under_way, remotes._bytes, remotes._connecting) == ({}, {}, {})
    assert world.here.kernel.links.addresses() == [world.there.address]
    world.here.kernel.links.check()
    assert PID("__remotes__", world.here.address) == remotes.pid
