"""A timer that is alone in its instant is a call of its method: whatever that does is as if an event had brought it."""

from __future__ import annotations

import pytest

from libprocess_py import ActorFailed, Message, Policy, Process
from libprocess_py.future import Promise
from libprocess_py.pid import PID
from libprocess_py.sim import Simulation, SimulationOptions

SECOND_NS = 1_000_000_000
UNSEEN = SimulationOptions(record=False)  # With a log there is an observer, and no short way.


class Word(Message):
    text: str


class Clock(Process):
    """Does something at one time, and keeps what it is told."""

    def __init__(self) -> None:
        super().__init__("clock")
        self.told: list[str] = []
        self.answer: Promise[str] = Promise()

    def word(self, sender: PID, word: Word) -> None:
        self.told.append(word.text)

    def fail(self) -> None:
        self.send(self.pid, Word(text="too late"))
        raise RuntimeError("it stopped")

    def leave(self) -> None:
        self.send(self.pid, Word(text="too late"))
        self.terminate()
        self.told.append("left")

    async def wait(self) -> None:
        self.told.append(await self.answer)

    def talk(self) -> None:
        self.send(self.pid, Word(text="later"))
        self.told.append("now")

    def finalize(self) -> None:
        self.told.append("the end")


class Heir(Process):
    """Is told how the clock ended."""

    def __init__(self, clock: PID) -> None:
        super().__init__("heir")
        self.clock_pid = clock
        self.heard: list[str] = []

    def initialize(self) -> None:
        self.link(self.clock_pid)

    def exited_with(self, pid: PID, failure: Exception | None) -> None:
        self.heard.append(str(failure))


def a_clock(policy: Policy = Policy.END_ACTOR) -> tuple[Simulation, Clock, Heir]:
    simulation, clock = Simulation(seed=1, options=UNSEEN), Clock()
    node = simulation.node("10.0.0.1")
    heir = Heir(node.spawn(clock, policy))
    node.spawn(heir)
    simulation.settle()
    return simulation, clock, heir


def test_what_a_timer_sends_is_served_after_it() -> None:
    simulation, clock, _ = a_clock()
    clock.delay(SECOND_NS, clock.talk)

    simulation.advance(SECOND_NS)

    assert clock.told == ["now", "later"]


def test_a_timer_that_raises_ends_its_actor_and_those_who_are_linked_hear_why() -> None:
    simulation, clock, heir = a_clock()
    clock.delay(SECOND_NS, clock.fail)

    simulation.advance(SECOND_NS)

    assert (clock.told, heir.heard) == ([], ["it stopped"])


def test_a_timer_that_raises_fails_the_run_if_that_is_the_policy() -> None:
    simulation, clock, _ = a_clock(Policy.FAIL)
    clock.delay(SECOND_NS, clock.fail)

    with pytest.raises(ActorFailed, match=r"clock@10\.0\.0\.1:5050 failed in .*Clock\.fail: RuntimeError: it stopped"):
        simulation.advance(SECOND_NS)


def test_a_timer_that_ends_its_actor_ends_it_before_anything_else_is_served() -> None:
    simulation, clock, heir = a_clock()
    clock.delay(SECOND_NS, clock.leave)

    simulation.advance(SECOND_NS)

    assert (clock.told, heir.heard) == (["left", "the end"], ["None"])


def test_a_timer_with_a_coroutine_waits_in_turns_of_its_actor() -> None:
    simulation, clock, _ = a_clock()
    clock.delay(SECOND_NS, clock.wait)

    simulation.advance(SECOND_NS)
    before = list(clock.told)
    clock.answer.set("heard")
    simulation.settle()

    assert (before, clock.told) == ([], ["heard"])
