"""Permits: evenly spaced, first come first served, given back by whoever gives up."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py import Future, Node, Process, Rate, RateLimiter
from libprocess_py.duration import SECOND
from libprocess_py.rate_limiter import TooManyWaiting
from libprocess_py.sim import Simulation
from tests.libprocess_py.still_driver import StillDriver, a_node, run


class Turnstile(Process):
    """Notes when each caller got through."""

    def __init__(self, rate: Rate, *, waiting_max: int = 100) -> None:
        super().__init__()
        self.limiter = RateLimiter(self, rate, waiting_max=waiting_max)
        self.futures: list[Future[None]] = []
        self.through: list[tuple[int, int]] = []

    def finalize(self) -> None:
        self.limiter.close()

    def enter(self, number: int) -> None:
        future = self.limiter.acquire()
        self.futures.append(future)
        future.on_ready(lambda _: self.through.append((number, self.clock.now())))


def _turnstile(rate: Rate, waiting_max: int = 100) -> tuple[Simulation, Turnstile]:
    simulation = Simulation(seed=1)
    turnstile = Turnstile(rate, waiting_max=waiting_max)
    simulation.node("10.0.0.1").spawn(turnstile)
    simulation.settle()
    return simulation, turnstile


def _enter(simulation: Simulation, turnstile: Turnstile, *numbers: int) -> None:
    for number in numbers:
        turnstile.node.dispatch(turnstile.pid, Turnstile.enter, number)
    simulation.settle()


def _one_through_and_one_waiting() -> tuple[Node, StillDriver, Turnstile]:
    """On a node whose time and turns are the test's."""
    node, driver = a_node()
    turnstile = Turnstile(Rate(1))
    node.spawn(turnstile)
    for number in range(2):
        node.dispatch(turnstile.pid, Turnstile.enter, number)
    run(node)
    return node, driver, turnstile


@given(st.lists(st.integers(0, 3 * SECOND), max_size=12), st.integers(1, 5))
def test_permits_are_given_in_order_and_never_closer_than_the_rate_allows(pauses: list[int], permits: int) -> None:
    simulation, turnstile = _turnstile(Rate(permits))

    for number, pause in enumerate(pauses):
        _enter(simulation, turnstile, number)
        simulation.advance(pause)
    simulation.advance(len(pauses) * SECOND)

    assert [number for number, _ in turnstile.through] == list(range(len(pauses)))
    times = [time for _, time in turnstile.through]
    assert all(later - earlier >= SECOND / permits for earlier, later in pairwise(times))


def test_an_idle_time_saves_up_no_burst() -> None:
    simulation, turnstile = _turnstile(Rate(2))
    simulation.advance(3_600 * SECOND)
    start = simulation.now

    _enter(simulation, turnstile, 0, 1, 2)
    simulation.advance(SECOND)

    assert [time - start for _, time in turnstile.through] == [0, SECOND // 2, SECOND]


def test_whoever_gives_up_leaves_its_place_to_the_next() -> None:
    simulation, turnstile = _turnstile(Rate(1), waiting_max=2)
    start = simulation.now
    _enter(simulation, turnstile, 0, 1, 2, 3)
    assert isinstance(turnstile.futures[3].failure, TooManyWaiting)

    turnstile.futures[1].discard()
    _enter(simulation, turnstile, 4)
    simulation.advance(2 * SECOND)

    assert turnstile.futures[1].is_discarded
    assert [(number, time - start) for number, time in turnstile.through] == [(0, 0), (2, SECOND), (4, 2 * SECOND)]


def test_closing_discards_whoever_waits() -> None:
    simulation, turnstile = _turnstile(Rate(1))
    _enter(simulation, turnstile, 0, 1, 2)

    turnstile.node.terminate(turnstile.pid)
    simulation.settle()

    assert [future.is_discarded for future in turnstile.futures] == [False, True, True]


@given(st.integers(1, 10**6), st.integers(1, 10**15))
def test_a_rate_reads_as_it_was_written(permits: int, per_ns: int) -> None:
    assert Rate.parse(str(Rate(permits, per_ns))) == Rate(permits, per_ns)


@pytest.mark.parametrize("text", ["", "2", "/1secs", "2/", "two/1secs", "2/soon", "0/1secs", "-1/1secs", "1/-1secs"])
def test_a_text_that_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"rate|duration"):
        Rate.parse(text)


def test_a_line_that_everybody_left_costs_nobody_anything() -> None:
    simulation, turnstile = _turnstile(Rate(1))
    _enter(simulation, turnstile, 0, 1, 2)
    for future in turnstile.futures[1:]:
        future.discard()

    simulation.advance(SECOND)
    _enter(simulation, turnstile, 3)

    assert [number for number, _ in turnstile.through] == [0, 3]


def test_who_comes_when_a_permit_is_due_does_not_pass_those_who_wait_for_it() -> None:
    node, driver, turnstile = _one_through_and_one_waiting()
    driver.time += SECOND

    turnstile.enter(2)  # Before the timer has had its turn.
    run(node)

    assert [number for number, _ in turnstile.through] == [0, 1]


def test_a_limiter_that_is_closed_leaves_no_timer() -> None:
    node, _, turnstile = _one_through_and_one_waiting()
    assert len(node.kernel.timers) == 1

    node.terminate(turnstile.pid)
    run(node)

    assert len(node.kernel.timers) == 0
