"""Supervisors that fail, or are told nonsense: no child lives on without one, and whoever is linked hears."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pytest

from libprocess_py import PID, Future, NodeOptions, Policy, Process, Promise
from libprocess_py.future import ready
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.sim import Simulation
from libprocess_py.supervisor import (
    Backoff,
    Child,
    NotAChild,
    Restart,
    Rules,
    Strategy,
    Supervisor,
    TooManyRestarts,
)
from tests.libprocess_py.test_supervisor import MS, RULES, SECOND, Story, Worker, World


class Broken(Exception):
    """What a supervisor fails with here."""


class Clumsy(Supervisor):
    """Fails at the end of the handler that it was told to fail in, when all is done that it does."""

    breaks_in = ""

    def _done(self, handler: str) -> None:
        if handler == self.breaks_in:
            raise Broken(handler)

    def initialize(self) -> None:
        super().initialize()
        self._done("initialize")

    def add(self, *children: Child) -> None:
        super().add(*children)
        self._done("add")

    def remove(self, id: str) -> None:
        super().remove(id)
        self._done("remove")

    def children(self) -> dict[str, PID | None]:
        self._done("children")
        return super().children()

    def stop(self) -> Future[bool]:
        gone = super().stop()
        self._done("stop")
        return gone

    def exited_with(self, pid: PID, failure: Exception | None) -> None:
        super().exited_with(pid, failure)
        self._done("exited_with")

    def finalize(self) -> None:
        self._done("finalize")

    def _start_over(self, id: str, made: Future[PID]) -> None:
        super()._start_over(id, made)
        self._done("_start_over")

    def _waited(self, id: str) -> None:
        super()._waited(id)
        self._done("_waited")

    def _show(self, request: Request) -> Response:
        self._done("_show")
        return super()._show(request)


class ClumsyWorld(World):
    """Workers a, b and c, and a start that has not brought its actor yet, under a supervisor that fails."""

    def __init__(self, handler: str) -> None:
        super().__init__("")
        self.late: Promise[PID] = Promise()
        children = [self.child(name) for name in "abc"]
        self.clumsy = Clumsy([*children, Child("late", lambda: self.late)], "clumsy", rules=RULES)
        if handler == "initialize":
            self.clumsy.breaks_in = handler
        self.pid = self.node.spawn(self.clumsy)
        self.node.link(self.watcher.pid, self.pid)
        self.simulation.settle()
        self.clumsy.breaks_in = handler

    def alive(self) -> set[str]:
        return set(self.node.kernel.mailboxes) & {"clumsy", "a", "b", "c", "late"}


def late_comes(world: ClumsyWorld) -> object:
    return world.late.set(world.node.spawn(Worker("late", world.story)))


PROVOKED: dict[str, Callable[[ClumsyWorld], object]] = {
    "initialize": lambda world: None,
    "add": lambda world: world.node.dispatch(world.pid, Supervisor.add, world.child("d")),
    "remove": lambda world: world.node.dispatch(world.pid, Supervisor.remove, "b"),
    "children": lambda world: world.node.dispatch(world.pid, Supervisor.children),
    "stop": lambda world: world.node.dispatch(world.pid, Supervisor.stop),
    "exited_with": lambda world: world.fail("b"),
    "finalize": lambda world: world.node.terminate(world.pid),
    "_start_over": late_comes,
    "_waited": lambda world: world.fail("b"),
    "_show": lambda world: world.node.request(Request("GET", "/clumsy")),
}


@pytest.mark.parametrize("handler", PROVOKED)
def test_no_child_outlives_a_supervisor_that_fails_in(handler: str) -> None:
    world = ClumsyWorld(handler)

    PROVOKED[handler](world)
    world.simulation.settle()
    world.simulation.advance(10 * SECOND)

    assert not world.alive()
    assert not {"d"} & set(world.node.kernel.mailboxes)
    assert [str(why) for why in world.watcher.why] == [handler]
    assert world.late.is_settled or world.late.discard_requested


def test_what_a_start_brings_when_its_supervisor_has_failed_is_ended() -> None:
    world = ClumsyWorld("children")
    world.node.dispatch(world.pid, Supervisor.children)
    world.simulation.settle()

    late_comes(world)
    world.simulation.settle()

    assert not world.alive()


def test_a_start_whose_producer_raises_when_it_is_given_up_keeps_no_other_child_alive() -> None:
    world = ClumsyWorld("children")

    def object_to_it(_: Future[PID]) -> None:
        raise Broken("on_discard")

    world.late.on_discard(object_to_it)
    other: Promise[PID] = Promise()
    world.node.dispatch(world.pid, Supervisor.add, Child("other", lambda: other))
    world.node.dispatch(world.pid, Supervisor.children)
    world.simulation.settle()

    assert not world.alive()
    assert other.discard_requested


def test_a_branch_whose_supervisor_failed_is_started_anew_with_all_that_is_on_it() -> None:
    world, made = World(""), []

    def branch() -> Supervisor:
        made.append(Clumsy([world.child("a"), world.child("b")], "branch", rules=RULES))
        return made[-1]

    world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.add, Child("branch", branch)))
    made[0].breaks_in = "children"

    told = world.told_after(lambda: world.node.dispatch(world.at("branch"), Supervisor.children), SECOND)

    assert told == "-b -a +a +b"
    assert len(made) == 2


@pytest.mark.parametrize("nonsense", ["a", None, Worker, ("a", Worker)])
def test_who_adds_something_else_than_a_child_is_refused_and_the_children_live_on(nonsense: object) -> None:
    world = World("a")

    refused = world.node.dispatch(world.pid, Supervisor.add, world.child("b"), cast(Child, nonsense))
    world.simulation.settle()

    assert isinstance(refused.failure, NotAChild)
    assert repr(nonsense) in str(refused.failure)
    assert list(world.children()) == ["a"]
    assert world.watcher.why == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"id": 5}, "id of a child: 5, expected a str"),
        ({"start": "Worker"}, "start of child 'a': 'Worker', expected a function that makes an actor"),
        ({"restart": "permanent"}, "restart of a child: 'permanent', expected a Restart"),
        ({"policy": None}, "policy of a child: None, expected a Policy"),
    ],
)
def test_a_mistake_in_what_is_told_of_a_child_is_found_where_it_is_written(wrong: dict[str, Any], told: str) -> None:
    fields: dict[str, Any] = {"id": "a", "start": Process, **wrong}

    with pytest.raises(TypeError) as raised:
        Child(**fields)

    assert str(raised.value) == told


def leaves() -> Process:
    raise SystemExit(3)


def breaks() -> Process:
    raise Broken("no actor today")


@pytest.mark.parametrize(
    "start",
    [
        breaks,
        leaves,
        lambda: None,
        lambda: Worker,
        lambda: "worker",
        lambda: ready("worker"),
        lambda: ready(PID.parse("top@10.0.0.1:5050")),
        lambda: ready(PID.parse("a@10.0.0.1:5050")),
    ],
)
def test_a_start_that_brings_no_actor_of_its_own_is_one_that_failed(start: Callable[[], Any]) -> None:
    world = World("a", rules=Rules(restarts_max=2, backoff=RULES.backoff))

    added = world.node.dispatch(world.pid, Supervisor.add, Child("odd", start))
    world.simulation.settle()
    before = world.children()
    world.simulation.advance(10 * SECOND)

    assert added.is_ready
    assert before == {"a": world.at("a"), "odd": None}
    assert [type(why) for why in world.watcher.why] == [TooManyRestarts]
    assert str(world.watcher.why[0]).startswith("odd needs a restart")
    assert world.story.lines == ["+a", "-a"]


class Stuck(Process):
    """Its `initialize` waits for what never comes."""

    def __init__(self, never: Promise[None]) -> None:
        super().__init__("stuck")
        self.never = never

    async def initialize(self) -> None:  # type: ignore[override]  # As handlers may be.
        await self.never


def test_a_child_that_is_stuck_in_its_initialize_holds_up_no_other_and_goes_when_it_has_to() -> None:
    world, never = World("", rules=Rules(strategy=Strategy.ONE_FOR_ALL, backoff=RULES.backoff)), Promise[None]()
    children = (Child("stuck", lambda: Stuck(never)), world.child("a"))

    begun = world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.add, *children))
    anew = world.told_after(lambda: world.fail("a"), SECOND)
    ended = world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.stop))

    assert (begun, anew, ended) == ("+a", "+a", "-a")
    assert world.watcher.why == [None]
    assert "stuck" not in world.node.kernel.mailboxes


@pytest.mark.parametrize("strategy", Strategy)
@pytest.mark.parametrize("ns", [0, 50 * MS, 100 * MS, 101 * MS])
def test_a_supervisor_that_is_stopped_while_it_restarts_children_is_gone_at_once_and_they_with_it(
    strategy: Strategy, ns: int
) -> None:
    world = World("abc", rules=Rules(strategy=strategy, backoff=RULES.backoff))
    world.node.dispatch(world.at("b"), Worker.fail)
    world.simulation.advance(ns)

    gone = world.node.dispatch(world.pid, Supervisor.stop)
    world.simulation.settle()
    lines = len(world.story.lines)
    world.simulation.advance(10 * SECOND)

    assert gone.get() is True
    assert len(world.story.lines) == lines
    assert not set("abc") & set(world.node.kernel.mailboxes)


def test_the_backoff_of_a_child_that_was_removed_is_not_for_the_next_one_of_its_id() -> None:
    rules = Rules(backoff=Backoff(first_ns=10 * SECOND, max_ns=30 * SECOND, jitter=0.0))
    world = World("a", rules=rules)
    world.fail("a")
    world.simulation.advance(9 * SECOND)

    world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.remove, "a"))
    world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.add, world.child("a")))
    world.fail("a")

    assert world.told_after(lambda: None, 9 * SECOND) == ""
    assert world.told_after(lambda: None, 1 * SECOND) == "+a"


def test_a_temporary_child_that_is_removed_while_it_goes_down_is_not_missed() -> None:
    world = World("ab", restart=Restart.TEMPORARY)

    world.node.terminate(world.at("a"))
    world.node.dispatch(world.pid, Supervisor.remove, "a")
    world.node.dispatch(world.pid, Supervisor.remove, "a")
    world.simulation.advance(SECOND)

    assert list(world.children()) == ["b"]
    assert world.watcher.why == []


def test_a_node_that_stops_ends_the_children_of_a_supervisor_that_failed_in_the_same_breath() -> None:
    simulation, story = Simulation(seed=1), Story()
    node = simulation.node("10.0.0.1", options=NodeOptions(policy=Policy.END_ACTOR))
    clumsy = Clumsy([Child(name, partial(Worker, name, story)) for name in "ab"])
    pid = node.spawn(clumsy)
    simulation.settle()
    clumsy.breaks_in = "children"
    node.dispatch(pid, Supervisor.children)

    stopped = node.finalize()
    simulation.settle()

    assert stopped.is_ready
    assert sorted(story.lines) == ["+a", "+b", "-a", "-b"]
