"""What actors may do to themselves, to one another and to the runtime, in numbers and at awkward moments."""

from __future__ import annotations

from collections.abc import Callable

from libprocess_py import PID, Future, Message, Process, Promise, Timer
from tests.conformance.runtime.actors import Asker, Note, Recorder, Responder
from tests.conformance.runtime.harness import Harness

MS = 1_000_000
MANY = 10_000


class Crowd(Process):
    """Linked to everybody."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: list[str] = []

    def watch(self, pids: list[PID]) -> None:
        for pid in pids:
            self.link(pid)

    def exited(self, pid: PID) -> None:
        self.lost.append(pid.id)


class Fickle(Process):
    """Sets timers and changes its mind inside of them."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[object] = []
        self.timer: Timer | None = None
        self.other: Timer | None = None

    def begin(self) -> None:
        self.timer = self.delay(MS, self.first)
        self.other = self.delay(MS, self.second)

    def first(self) -> None:
        assert self.timer is not None
        assert self.other is not None
        self.told += [self.timer.cancel(), self.other.cancel()]

    def second(self) -> None:
        self.told.append("second")


class Phoenix(Process):
    """Spawns its successor under its own id when it hears that its predecessor ended."""

    def __init__(self, watched: PID, heir: Callable[[], Process]) -> None:
        super().__init__()
        self.watched = watched
        self.heir = heir
        self.spawned: list[PID] = []

    def initialize(self) -> None:
        self.link(self.watched)

    def exited(self, pid: PID) -> None:
        self.spawned.append(self.spawn(self.heir()))


class Legacy(Recorder):
    """Does everything that one can do, in its last turn."""

    def __init__(self, other: PID) -> None:
        super().__init__("legacy")
        self.other = other
        self.future: Future[int] | None = None

    def finalize(self) -> None:
        super().finalize()
        self.terminate()
        self.link(self.other)
        self.send(self.other, Note(number=7))
        self.send(self.pid, Note(number=8))
        self.future = self.dispatch(self.pid, Recorder.add, 1)
        self.delay(0, self.never)
        self.spawn(Recorder("child"))

    def never(self) -> None:
        self.story.append("never")


class Chain(Process):
    def hang_on(self, length: int, gate: Future[int]) -> Future[int]:
        future = gate
        for _ in range(length):
            future = future.then(lambda value: value + 1)
        return future

    async def descend(self, left: int) -> int:
        return 0 if not left else 1 + await self.dispatch(self.pid, Chain.descend, left - 1)


class Careful(Process):
    """A coroutine that cleans up behind itself."""

    def __init__(self) -> None:
        super().__init__()
        self.gate: Promise[None] = Promise()
        self.told: list[str] = []

    async def work(self) -> None:
        try:
            await self.gate
        finally:
            self.told.append("cleaned up")
        self.told.append("went on")


class Hello(Message):
    wire_name = "mesos.internal.Hello World/\u00e9?#%"


class Greeted(Process):
    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.senders: list[PID] = []

    def hello(self, sender: PID, hello: Hello) -> None:
        self.senders.append(sender)

    def greet(self, to: PID) -> None:
        self.send(to, Hello())


def test_ten_thousand_linked_actors_that_end_at_once_are_all_told_of_in_order(harness: Harness) -> None:
    node = harness.node()
    crowd = Crowd()
    pids = [node.spawn(Responder()) for _ in range(MANY)]
    node.dispatch(node.spawn(crowd), Crowd.watch, pids)
    harness.settle()

    for pid in pids:
        node.terminate(pid)
    harness.settle()

    assert crowd.lost == [pid.id for pid in pids]


def test_ten_thousand_actors_linked_to_one_are_all_told(harness: Harness) -> None:
    node = harness.node()
    to = node.spawn(Responder())
    askers = [Asker(to) for _ in range(MANY)]
    for asker in askers:
        node.dispatch(node.spawn(asker), Asker.watch)
    harness.settle()

    node.terminate(to)
    harness.settle()

    assert all(asker.lost == [to] for asker in askers)


def test_ten_thousand_links_to_one_node_are_lost_with_its_connection(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    crowd, probe = Crowd(), Asker(there.spawn(Responder()))
    pids = [PID(f"remote({number})", there.address) for number in range(MANY)]
    here.dispatch(here.spawn(crowd), Crowd.watch, pids)
    here.dispatch(here.spawn(probe), Asker.ask, 1)
    harness.until(lambda: probe.answers)

    harness.crash(there)
    harness.until(lambda: len(crowd.lost) >= MANY)
    harness.settle()

    assert crowd.lost == [pid.id for pid in pids]


def test_a_timer_in_its_own_turn_cannot_be_cancelled_and_one_of_the_same_time_can(harness: Harness) -> None:
    node = harness.node()
    fickle = Fickle()

    node.dispatch(node.spawn(fickle), Fickle.begin)
    harness.until(lambda: fickle.told)
    harness.pass_time(2 * MS)

    assert fickle.told == [False, True]


def test_whoever_hears_of_an_end_may_spawn_a_successor_of_the_same_id(harness: Harness) -> None:
    node = harness.node()
    heir = Recorder("same")
    watched = node.spawn(Recorder("same"))
    phoenix = Phoenix(watched, lambda: heir)
    node.spawn(phoenix)
    harness.settle()

    node.terminate(watched)
    node.send(watched, Note(number=1))
    harness.settle()
    node.send(watched, Note(number=2))
    harness.settle()

    assert phoenix.spawned == [watched]
    assert heir.story == ["initialize", 2]


def test_what_an_actor_does_in_its_last_turn_reaches_others_and_not_itself(harness: Harness) -> None:
    node = harness.node()
    other = Recorder("other")
    legacy = Legacy(node.spawn(other))
    pid = node.spawn(legacy)
    harness.settle()

    node.terminate(pid)
    harness.settle()
    node.terminate(other.pid)
    harness.pass_time(MS)

    assert legacy.story == ["initialize", "finalize"]
    assert legacy.future is not None
    assert legacy.future.abandoned
    assert other.story == ["initialize", 7, "finalize"]
    assert node.wait(PID("child", node.address)).is_pending


def test_a_chain_of_futures_of_any_length_completes_at_once(harness: Harness) -> None:
    node = harness.node()
    gate: Promise[int] = Promise()
    end = node.dispatch(node.spawn(Chain()), Chain.hang_on, MANY, gate)
    harness.settle()

    gate.set(0)
    harness.settle()

    assert end.get() == MANY


def test_coroutines_that_wait_for_one_another_may_be_many(harness: Harness) -> None:
    node = harness.node()

    depth = node.dispatch(node.spawn(Chain()), Chain.descend, MANY)
    harness.settle()

    assert depth.get() == MANY


def test_a_coroutine_cleans_up_when_its_actor_is_terminated(harness: Harness) -> None:
    node = harness.node()
    careful = Careful()
    pid = node.spawn(careful)
    future = node.dispatch(pid, Careful.work)
    harness.settle()

    node.terminate(pid)
    harness.settle()
    careful.gate.set(None)
    harness.settle()

    assert careful.told == ["cleaned up"]
    assert future.abandoned


def test_names_that_a_path_cannot_hold_travel_between_nodes(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    names = ["a/b", "..", "slave(1)", "h\u00e9 \u4f60\u597d", "100%", "?a=b#c", "a@b", "%2F", "\U0001f600"]
    greeted = [Greeted(name) for name in names]
    for actor in greeted:
        there.spawn(actor)
        greeter = here.spawn(Greeted(actor.pid.id))
        here.dispatch(greeter, Greeted.greet, actor.pid)

    harness.until(lambda: all(actor.senders for actor in greeted))

    assert [actor.senders for actor in greeted] == [[PID(name, here.address)] for name in names]
