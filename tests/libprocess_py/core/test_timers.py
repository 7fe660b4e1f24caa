"""Timers against a sorted list."""

from __future__ import annotations

from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from libprocess_py.core.timers import SLICE_BITS, SWEEP_MIN, Timer, Timers

SLICE: Final = 1 << SLICE_BITS
# Within a slice, on both sides of its edges, and slices away: each is another way through the code.
DELAYS: Final = st.integers(0, 20) | st.integers(SLICE - 2, SLICE + 2) | st.integers(0, 5).map(lambda n: n * SLICE // 2)


class TimersAgainstAList(RuleBasedStateMachine):
    """The model is a list in order of creation; its stable sort by deadline is the order that must come out."""

    def __init__(self) -> None:
        super().__init__()
        self.timers = Timers()
        self.now = 0
        self.model: list[tuple[int, Timer]] = []

    @rule(delay=DELAYS, copies=st.integers(1, SWEEP_MIN))
    def add(self, delay: int, copies: int) -> None:
        for _ in range(copies):
            self.model.append((self.now + delay, self.timers.add(self.now + delay, self, method=self.add, args=())))

    @rule(data=st.data(), count=st.integers(1, 2 * SWEEP_MIN))
    def cancel(self, data: st.DataObject, count: int) -> None:
        for _ in range(min(count, len(self.model))):
            index = data.draw(st.integers(0, len(self.model) - 1))
            _, timer = self.model.pop(index)
            assert timer.cancel()
            assert not timer.cancel()

    @rule(passed=DELAYS)
    def fire(self, passed: int) -> None:
        self.now += passed
        due = [timer for when, timer in sorted(self.model, key=lambda entry: entry[0]) if when <= self.now]
        self.model = [entry for entry in self.model if entry[0] > self.now]

        assert self.timers.pop_due(self.now) == due

    @rule(ns=DELAYS)
    def shift_all(self, ns: int) -> None:
        self.timers.shift(self, ns)
        self.model = [(when - ns, timer) for when, timer in self.model]

    @rule(ns=DELAYS)
    def shift_those_of_somebody_else(self, ns: int) -> None:
        self.timers.shift(None, ns)

    @invariant()
    def the_earliest_is_the_models(self) -> None:
        assert self.timers.earliest() == min((when for when, _ in self.model), default=None)

    @invariant()
    def as_many_are_live(self) -> None:
        assert len(self.timers) == len(self.model)

    @invariant()
    def those_are_the_live_ones(self) -> None:
        assert sorted(map(id, self.timers)) == sorted(id(timer) for _, timer in self.model)


TestTimersAgainstAList = TimersAgainstAList.TestCase
TestTimersAgainstAList.settings = settings(max_examples=60)  # A second or so.


def test_cancelled_timers_do_not_pile_up() -> None:
    timers = Timers()
    for due in range(10_000):
        timers.add(due, None, method=print, args=()).cancel()

    assert timers._made - timers._left <= SWEEP_MIN


class Swept(Timers):
    """Counts how often all are looked through."""

    sweeps = 0

    def _rebuild(self, earlier_ns: int, owner: object) -> None:
        self.sweeps += 1
        super()._rebuild(earlier_ns, owner)


def test_a_sweep_is_paid_for_by_as_many_cancelled_timers_as_there_are_live_ones() -> None:
    timers = Swept()
    for due in range(1_000):
        timers.add(due, None, method=print, args=())

    for due in range(10_000):
        timers.add(due, None, method=print, args=()).cancel()

    assert 1 <= timers.sweeps <= 10


def test_timers_that_have_rung_do_not_put_off_the_sweep() -> None:
    timers = Swept()
    for due in range(1_000):
        timers.add(due, None, method=print, args=())
    timers.pop_due(1_000)

    for due in range(SWEEP_MIN):
        timers.add(due, None, method=print, args=()).cancel()

    assert timers.sweeps == 1


def test_a_timer_that_was_cancelled_after_it_left_the_heap_does_nothing() -> None:
    timers = Timers()
    ran: list[int] = []
    timers.add(1, None, method=ran.append, args=(1,))
    (timer,) = timers.pop_due(1)

    assert timer.cancel()
    timer.run()

    assert ran == []


def test_a_slice_that_is_next_no_more_takes_in_what_comes_and_stays_in_order() -> None:
    timers = Timers()
    at = 5 * SLICE

    def add(due: int) -> Timer:
        return timers.add(due, None, method=timers.clear, args=())

    late = add(at + 500)
    assert timers.earliest() == at + 500  # Its slice is next,
    early = add(3 * SLICE)  # and now another one is.
    middle = add(at + 100)

    assert timers.pop_due(at + 100) == [early, middle]
    assert timers.pop_due(at + 500) == [late]


def test_timers_that_were_cleared_are_forgotten_whatever_their_slice() -> None:
    timers = Timers()
    for due in (1, SLICE + 1, 7 * SLICE):
        timers.add(due, None, method=timers.clear, args=())

    timers.clear()

    assert timers.earliest() is None
    assert timers.pop_due(8 * SLICE) == []
    kept = timers.add(2, None, method=timers.clear, args=())
    assert timers.pop_due(8 * SLICE) == [kept]
