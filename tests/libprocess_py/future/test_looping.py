"""`loop`: ends with what `Break` brings, stops when asked to, needs no stack, and runs in the turns of its actor."""

from __future__ import annotations

from functools import partial
from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py import Break, Continue, Future, Process, Promise, loop
from libprocess_py.future import State, failed, ready
from libprocess_py.sim import Simulation
from tests.libprocess_py.future.test_promise import ENDS, FINAL
from tests.libprocess_py.still_driver import a_node, run

ROUNDS = 100_000  # Far beyond what Python's stack holds.


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=20))
def test_a_loop_goes_round_until_its_body_breaks_however_long_each_step_takes(waits: list[tuple[bool, bool]]) -> None:
    pending: list[Promise[None]] = []
    seen: list[int] = []
    numbers = count()

    def step(waiting: bool) -> Future[None]:
        if not waiting:
            return ready(None)
        pending.append(Promise())
        return pending[-1]

    def iterate() -> Future[int]:
        number = next(numbers)
        return step(waits[number][0]).then(lambda _: number)

    def body(number: int) -> Future[Continue | Break[str]]:
        seen.append(number)
        last = number == len(waits) - 1
        return step(waits[number][1]).then(lambda _: Break("done") if last else Continue())

    result = loop(iterate, body)
    while pending:
        assert result.is_pending
        pending.pop().set(None)

    assert result.get() == "done"
    assert seen == list(range(len(waits)))


def test_a_loop_of_plain_functions_needs_a_constant_stack() -> None:
    numbers = count(1)

    result = loop(lambda: next(numbers), lambda number: Break(number) if number == ROUNDS else Continue())

    assert result.get() == ROUNDS


def _set_one_more(promise: Promise[int], number: int) -> None:
    promise.set(number + 1)


def test_a_loop_whose_waits_end_one_within_another_needs_a_constant_stack() -> None:
    """Each wait is ended by a callback of the one before."""
    promises: list[Promise[int]] = [Promise() for _ in range(ROUNDS)]
    for one, after in pairwise(promises):
        one.on_ready(partial(_set_one_more, after))
    waits = iter(promises)

    result = loop(lambda: next(waits), lambda number: Break(number) if number == ROUNDS else Continue())
    promises[0].set(1)

    assert result.get() == ROUNDS


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("where", ["iterate", "body"])
def test_what_becomes_of_a_step_without_a_value_becomes_of_the_loop(how: str, where: str) -> None:
    step: Promise[int] = Promise()
    if where == "iterate":
        result = loop(lambda: step, Break)
    else:
        result = loop(lambda: 1, lambda _: step.then(Break))

    ENDS[how](step)

    assert result.abandoned if how == "abandon" else result.state is FINAL[how]


def test_what_a_step_raises_fails_the_loop() -> None:
    def broken() -> int:
        raise ValueError("broken")

    assert isinstance(loop(broken, Break).failure, ValueError)
    assert isinstance(loop(lambda: 0, lambda number: Break(1 // number)).failure, ZeroDivisionError)
    assert loop(lambda: failed("broken"), Break).is_failed


def test_a_discard_by_what_the_loop_calls_is_passed_on_to_what_it_waits_for_next() -> None:
    node, _ = a_node()
    actor = Process()
    node.spawn(actor)
    step: Promise[int] = Promise()

    def iterate() -> Future[int]:
        result.discard()
        return step

    result: Future[int] = loop(iterate, Break, on=actor)
    run(node)

    assert step.discard_requested


def test_a_discard_is_passed_on_to_what_the_loop_waits_for_and_ends_it_before_the_next_call() -> None:
    step: Promise[int] = Promise()
    seen: list[int] = []

    def body(number: int) -> Continue:
        seen.append(number)
        return Continue()

    result: Future[None] = loop(lambda: step, body)
    result.discard()
    asked = step.discard_requested
    step.set(1)  # It had its value already, as far as its producer knows.

    assert asked
    assert result.is_discarded
    assert seen == []


class Collector(Process):
    """Takes three numbers, one after the other, in turns of its own."""

    def __init__(self, numbers: list[Promise[int]]) -> None:
        super().__init__()
        self.numbers = iter(numbers)
        self.taken: list[int] = []

    def collect(self) -> Future[int]:
        return loop(lambda: next(self.numbers), self.take, on=self)

    def take(self, number: int) -> Continue | Break[int]:
        assert self.node.kernel.current is self
        self.taken.append(number)
        return Break(sum(self.taken)) if len(self.taken) == 3 else Continue()


def _collecting() -> tuple[Simulation, Collector, list[Promise[int]], Future[int]]:
    simulation = Simulation(seed=1)
    numbers: list[Promise[int]] = [Promise() for _ in range(3)]
    collector = Collector(numbers)
    node = simulation.node("10.0.0.1")
    total = node.dispatch(node.spawn(collector), Collector.collect)
    simulation.settle()
    return simulation, collector, numbers, total


def test_a_loop_on_an_actor_goes_on_in_a_turn_of_that_actor() -> None:
    simulation, collector, numbers, total = _collecting()

    for number in numbers:
        number.set(7)
        before = len(collector.taken)
        simulation.settle()
        assert len(collector.taken) == before + 1

    assert total.get() == 21


def test_the_end_of_its_actor_abandons_a_loop_that_would_go_on() -> None:
    simulation, collector, numbers, total = _collecting()
    collector.node.terminate(collector.pid)
    simulation.settle()

    numbers[0].set(1)
    simulation.settle()

    assert total.abandoned
    assert total.state is State.PENDING
    assert collector.taken == []
