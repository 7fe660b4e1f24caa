"""Supervisors on virtual time: who comes back, when, in which order, and what happens when nothing helps."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libprocess_py import PID, ActorFailed, Future, Node, NodeOptions, Policy, Process, Promise
from libprocess_py.http.request import Request
from libprocess_py.sim import Simulation
from libprocess_py.supervisor import (
    Backoff,
    Child,
    ChildExists,
    Restart,
    Rules,
    Strategy,
    Supervisor,
    TooManyRestarts,
)

MS = 1_000_000
SECOND = 1_000 * MS
RULES = Rules(backoff=Backoff(first_ns=100 * MS, max_ns=SECOND, jitter=0.0))


class Story:
    """What the children of a test did, in order. A plain object: all of them live in one simulation."""

    def __init__(self) -> None:
        self.lines: list[str] = []


class Worker(Process):
    """Says when it begins and ends."""

    def __init__(self, name: str, story: Story) -> None:
        super().__init__(name)
        self.name, self.story = name, story

    def initialize(self) -> None:
        self.story.lines.append(f"+{self.name}")

    def finalize(self) -> None:
        self.story.lines.append(f"-{self.name}")

    def fail(self) -> None:
        raise ValueError(f"{self.name} is broken")

    def whose(self) -> str:
        return self.name


class Watcher(Process):
    """Keeps why the one that it is linked to ended."""

    def __init__(self, watched: PID) -> None:
        super().__init__()
        self.watched = watched
        self.why: list[Exception | None] = []

    def initialize(self) -> None:
        self.link(self.watched)

    def exited_with(self, pid: PID, failure: Exception | None) -> None:
        self.why.append(failure)


class World:
    """A simulation of one node with a supervisor of workers a, b, c, ..."""

    def __init__(
        self, names: str = "abc", *, restart: Restart = Restart.PERMANENT, rules: Rules = RULES, seed: int = 1
    ) -> None:
        self.simulation = Simulation(seed=seed)
        self.node = self.simulation.node("10.0.0.1", options=NodeOptions(policy=Policy.END_ACTOR))
        self.story = Story()
        self.supervisor = Supervisor([self.child(name, restart) for name in names], "top", rules=rules)
        self.pid = self.node.spawn(self.supervisor)
        self.watcher = Watcher(self.pid)
        self.node.spawn(self.watcher)
        self.simulation.settle()

    def child(self, name: str, restart: Restart = Restart.PERMANENT) -> Child:
        return Child(name, lambda: Worker(name, self.story), restart)

    def fail(self, name: str) -> None:
        self.node.dispatch(self.at(name), Worker.fail)
        self.simulation.settle()

    def end(self, name: str) -> None:
        self.node.terminate(self.at(name))
        self.simulation.settle()

    def at(self, name: str) -> PID:
        return PID(name, self.node.address)

    def told_after(self, act: Callable[[], object], ns: int = 0) -> str:
        """What the children do in that time once this has happened."""
        before = len(self.story.lines)
        act()
        self.simulation.settle()
        self.simulation.advance(ns)
        return " ".join(self.story.lines[before:])

    def children(self) -> dict[str, PID | None]:
        future = self.node.dispatch(self.pid, Supervisor.children)
        self.simulation.settle()
        return future.get()


def test_children_start_in_order() -> None:
    world = World("abc")

    assert world.story.lines == ["+a", "+b", "+c"]
    assert world.children() == {name: world.at(name) for name in "abc"}


def test_the_children_are_shown_at_the_route_of_the_supervisor() -> None:
    world = World("ab")
    world.fail("b")

    page = world.node.request(Request("GET", "/top"))
    world.simulation.settle()

    assert json.loads(page.get().body) == [
        {"id": "a", "state": "up", "restart": "permanent", "pid": "a@10.0.0.1:5050"},
        {"id": "b", "state": "waiting", "restart": "permanent", "pid": None},
    ]


def test_a_child_that_failed_is_back_after_its_backoff_and_not_before_under_the_same_pid() -> None:
    world = World("ab")

    world.fail("a")

    assert world.children()["a"] is None
    assert world.told_after(lambda: None, 99 * MS) == ""
    assert world.told_after(lambda: None, 1 * MS) == "+a"
    answer = world.node.dispatch(world.at("a"), Worker.whose)
    world.simulation.settle()
    assert answer.get() == "a"


@pytest.mark.parametrize(
    ("restart", "after_failure", "after_end"),
    [
        (Restart.PERMANENT, "+a", "-a +a"),
        (Restart.TRANSIENT, "+a", "-a"),
        (Restart.TEMPORARY, "", "-a"),
    ],
)
def test_what_the_end_of_a_child_means_is_up_to_its_kind(restart: Restart, after_failure: str, after_end: str) -> None:
    failing, ending = World("a", restart=restart), World("a", restart=restart)

    assert failing.told_after(lambda: failing.fail("a"), SECOND) == after_failure
    assert ending.told_after(lambda: ending.end("a"), SECOND) == after_end


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Strategy.ONE_FOR_ONE, "+b"),
        (Strategy.REST_FOR_ONE, "-d -c +b +c +d"),
        (Strategy.ONE_FOR_ALL, "-d -c -a +a +b +c +d"),
    ],
)
def test_who_is_started_anew_with_a_child_is_up_to_the_strategy(strategy: Strategy, expected: str) -> None:
    world = World("abcd", rules=Rules(strategy=strategy, backoff=RULES.backoff))

    assert world.told_after(lambda: world.fail("b"), SECOND) == expected


def test_a_supervisor_whose_children_fail_too_often_ends_them_in_reverse_and_fails_itself() -> None:
    world = World("abc", rules=Rules(restarts_max=2, window_ns=10 * SECOND, backoff=RULES.backoff))
    for _ in range(2):
        world.fail("b")
        world.simulation.advance(SECOND)

    assert world.told_after(lambda: world.fail("b"), SECOND) == "-c -a"

    assert [type(why) for why in world.watcher.why] == [TooManyRestarts]
    assert str(world.watcher.why[0]) == "b needs a restart after 2 of them within 10secs"


def test_failures_that_are_far_apart_are_mended_for_ever() -> None:
    world = World("a", rules=Rules(restarts_max=1, window_ns=10 * SECOND, backoff=RULES.backoff))

    for _ in range(20):
        assert world.told_after(lambda: world.fail("a"), 10 * SECOND) == "+a"

    assert world.watcher.why == []


def test_a_supervisor_stops_its_children_in_reverse_and_then_ends_in_good_order() -> None:
    world = World("abc")

    assert world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.stop)) == "-c -b -a"

    assert world.watcher.why == [None]


def test_who_asks_a_supervisor_to_stop_is_told_when_it_is_gone() -> None:
    world = World("abc")

    gone = world.node.dispatch(world.pid, Supervisor.stop)
    world.simulation.settle()

    assert gone.get() is True
    assert "top" not in world.node.kernel.mailboxes


def test_a_supervisor_that_is_terminated_takes_its_children_along() -> None:
    world = World("abc")

    assert world.told_after(lambda: world.node.terminate(world.pid)) == "-c -b -a"


def test_children_are_added_and_removed_while_it_runs() -> None:
    world = World("a")

    added = world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.add, world.child("b")))
    removed = world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.remove, "a"), SECOND)

    assert (added, removed) == ("+b", "-a")
    assert list(world.children()) == ["b"]


def test_of_a_child_that_is_removed_while_it_waits_nothing_is_kept() -> None:
    world = World("ab")
    world.fail("a")

    told = world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.remove, "a"), SECOND)

    assert told == ""
    assert list(world.children()) == list(world.supervisor._specs) == ["b"]


@pytest.mark.parametrize("strategy", [Strategy.REST_FOR_ONE, Strategy.ONE_FOR_ALL])
def test_a_temporary_child_that_goes_down_with_another_one_does_not_come_back(strategy: Strategy) -> None:
    world = World("a", rules=Rules(strategy=strategy, backoff=RULES.backoff))
    world.told_after(
        lambda: world.node.dispatch(world.pid, Supervisor.add, world.child("b", Restart.TEMPORARY), world.child("c"))
    )

    assert world.told_after(lambda: world.fail("a"), SECOND) == "-c -b +a +c"


def test_a_child_of_an_id_that_is_taken_fails_the_call_and_nobody_else() -> None:
    world = World("a")

    refused = world.node.dispatch(world.pid, Supervisor.add, world.child("a"))
    world.simulation.settle()

    assert isinstance(refused.failure, ChildExists)
    assert list(world.children()) == ["a"]
    with pytest.raises(ValueError, match="the same id"):
        Supervisor([world.child("a"), world.child("a")])


def test_a_child_that_cannot_be_made_is_tried_again_like_one_that_failed() -> None:
    world = World("")
    made: list[int] = []

    def start() -> Process:
        made.append(world.simulation.now)
        if len(made) < 3:
            raise OSError("the disk is not mounted yet")
        return Worker("late", world.story)

    told = world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.add, Child("late", start)), SECOND)

    assert told == "+late"
    assert [at - made[0] for at in made] == [0, 100 * MS, 300 * MS]


def test_a_supervisor_of_supervisors_starts_a_branch_anew() -> None:
    world = World("")
    rules = Rules(restarts_max=0, backoff=RULES.backoff)
    branch = Child("branch", lambda: Supervisor([world.child("a"), world.child("b")], "branch", rules=rules))
    assert world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.add, branch)) == "+a +b"

    assert world.told_after(lambda: world.fail("a"), SECOND) == "-b +a +b"


def test_a_start_that_takes_its_time_is_given_up_when_nobody_wants_it_and_ended_if_it_comes_late() -> None:
    world = World("a")
    late: Promise[PID] = Promise()
    world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.add, Child("late", lambda: late)))
    assert world.children()["late"] is None

    world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.remove, "late"))
    assert late.discard_requested
    assert list(world.children()) == ["a"]
    pid = world.node.spawn(Worker("late", world.story))

    assert world.told_after(lambda: late.set(pid)) == "+late -late"
    assert list(world.children()) == ["a"]


def test_what_a_start_brings_when_its_supervisor_was_ended_is_ended_too() -> None:
    world = World("")
    late: Promise[PID] = Promise()
    world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.add, Child("late", lambda: late)))

    world.told_after(lambda: world.node.terminate(world.pid))
    assert late.discard_requested
    pid = world.node.spawn(Worker("late", world.story))

    assert world.told_after(lambda: late.set(pid)) == "+late -late"


def test_a_supervisor_that_stops_waits_for_no_start() -> None:
    world = World("a")
    never: Promise[PID] = Promise()
    world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.add, Child("never", lambda: never)))

    assert world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.stop)) == "-a"

    assert world.watcher.why == [None]


def test_a_child_on_another_node_is_started_there_again_when_its_host_was_lost() -> None:
    world = World("")
    there: list[Node] = [world.simulation.node("10.0.0.2", options=NodeOptions(policy=Policy.END_ACTOR))]

    def start() -> Future[PID]:
        started: Promise[PID] = Promise()
        if there:
            started.set(there[0].spawn(Worker("far", world.story)))
        else:
            started.fail("no host")
        return started

    world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.add, Child("far", start)))
    lost = there.pop()
    world.simulation.crash(lost)
    without = world.told_after(lambda: None, SECOND)
    there.append(world.simulation.node("10.0.0.2", options=NodeOptions(policy=Policy.END_ACTOR)))

    assert world.told_after(lambda: None, 2 * SECOND) == "+far"
    assert without == ""
    assert world.children() == {"far": PID("far", there[0].address)}


def test_the_loss_of_a_host_is_no_failure_of_the_many_that_lived_there() -> None:
    world = World("")
    there: list[Node] = []

    def start(name: str) -> Future[PID]:
        started: Promise[PID] = Promise()
        started.set(there[-1].spawn(Worker(name, world.story)))
        return started

    def lose_the_host() -> None:
        world.simulation.crash(there[-1])
        there.append(world.simulation.node("10.0.0.2", options=NodeOptions(policy=Policy.END_ACTOR)))

    there.append(world.simulation.node("10.0.0.2", options=NodeOptions(policy=Policy.END_ACTOR)))
    children = [Child(name, partial(start, name)) for name in "abcdefgh"]  # More than restarts that there may be.
    world.told_after(lambda: world.node.dispatch(world.pid, Supervisor.add, *children))
    world.told_after(lose_the_host, 10 * SECOND)
    world.told_after(lose_the_host, 10 * SECOND)

    assert list(world.children().values()) == [PID(name, there[-1].address) for name in "abcdefgh"]
    assert world.watcher.why == []


def test_under_the_policy_of_simulations_children_are_mended_and_only_giving_up_fails_the_run() -> None:
    simulation, story = Simulation(seed=1), Story()
    node = simulation.node("10.0.0.1")
    rules = Rules(restarts_max=1, backoff=RULES.backoff)
    node.spawn(Supervisor([Child("a", lambda: Worker("a", story))], rules=rules))
    simulation.settle()
    worker = PID("a", node.address)
    node.dispatch(worker, Worker.fail)
    simulation.advance(SECOND)
    node.dispatch(worker, Worker.fail)

    with pytest.raises(ActorFailed, match="TooManyRestarts"):
        simulation.settle()

    assert story.lines == ["+a", "+a"]


def test_supervisors_whose_children_failed_together_start_them_apart() -> None:
    simulation = Simulation(seed=1)
    node = simulation.node("10.0.0.1")
    begun: list[int] = []

    class Once(Process):
        def initialize(self) -> None:
            begun.append(simulation.now)
            if simulation.now == start:
                raise OSError("all at once")

    start = simulation.now
    for _ in range(20):
        node.spawn(Supervisor([Child("once", Once)]))
    simulation.advance(SECOND)

    again = [at - start for at in begun[20:]]
    assert len(set(again)) == 20
    assert all(50 * MS <= at <= 100 * MS for at in again)


@settings(max_examples=30)
@given(
    strategy=st.sampled_from(Strategy),
    acts=st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), st.integers(0, 3 * SECOND)), max_size=12),
    seed=st.integers(0, 1_000),
)
def test_whatever_happens_to_permanent_children_they_are_all_back_and_nobody_lives_twice(
    strategy: Strategy, acts: Sequence[tuple[str, bool, int]], seed: int
) -> None:
    world = World("abcd", rules=Rules(strategy=strategy, restarts_max=100), seed=seed)

    for name, fails, ns in acts:
        if name in world.node.kernel.mailboxes:
            (world.fail if fails else world.end)(name)
        world.simulation.advance(ns)
    world.simulation.advance(60 * SECOND)

    assert world.children() == {name: world.at(name) for name in "abcd"}
    assert world.watcher.why == []
