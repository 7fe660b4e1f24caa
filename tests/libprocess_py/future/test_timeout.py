"""Futures of time, on virtual time."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import pytest

from libprocess_py import Future, Process, Promise, after
from libprocess_py.duration import SECOND
from libprocess_py.sim import Simulation
from tests.libprocess_py.future.test_promise import ENDS


class Patient(Process):
    """Waits for a promise that others keep, for ten seconds at most."""

    def __init__(self, function: Callable[[Future[int]], int | Future[int]] | None = None) -> None:
        super().__init__()
        self.promise: Promise[int] = Promise()
        self.function = function

    def initialize(self) -> None:
        self.start = self.clock.now()
        self.result = self.promise.after(10 * SECOND, self.function, on=self)
        self.nap = after(10 * SECOND, on=self)


def _patient(function: Callable[[Future[int]], int | Future[int]] | None = None) -> tuple[Simulation, Patient]:
    simulation = Simulation(seed=1)
    patient = Patient(function)
    simulation.node("10.0.0.1").spawn(patient)
    simulation.settle()
    return simulation, patient


@pytest.mark.parametrize("how", ENDS)
def test_every_outcome_in_time_passes_and_the_function_is_not_called(how: str) -> None:
    late: list[Future[int]] = []

    def call(future: Future[int]) -> int:
        late.append(future)
        return 0

    simulation, patient = _patient(call)
    simulation.advance(10 * SECOND - 1)

    ENDS[how](patient.promise)
    simulation.advance(SECOND)

    assert patient.result.state is patient.promise.state
    assert patient.result.abandoned == patient.promise.abandoned
    assert late == []


def test_the_function_gets_the_future_that_is_late_and_not_before_its_time() -> None:
    simulation, patient = _patient(lambda future: 5 if future is patient.promise else 6)

    simulation.advance(10 * SECOND - 1)
    early = patient.result.is_pending
    simulation.advance(1)
    patient.promise.set(1)

    assert early
    assert patient.result.get() == 5


def test_a_future_that_the_function_returns_is_chained() -> None:
    replacement: Promise[int] = Promise()
    simulation, patient = _patient(lambda _: replacement)
    simulation.advance(10 * SECOND)

    replacement.set(9)

    assert patient.result.get() == 9


def test_without_a_function_a_late_future_is_asked_to_be_discarded_and_the_result_fails() -> None:
    simulation, patient = _patient()

    simulation.advance(10 * SECOND)

    assert patient.promise.discard_requested
    assert isinstance(patient.result.failure, TimeoutError)


def test_a_timer_ends_with_its_actor_and_the_outcome_still_passes() -> None:
    simulation, patient = _patient()
    patient.node.terminate(patient.pid)
    simulation.advance(20 * SECOND)

    patient.promise.set(3)

    assert patient.result.get() == 3


def test_whoever_was_too_late_is_kept_by_nobody_while_the_future_goes_on() -> None:
    class Late:
        """What the function holds on to."""

        def call(self, _: Future[int]) -> int:
            return 1

    late = Late()
    alive = weakref.ref(late)
    simulation, patient = _patient(late.call)
    simulation.advance(10 * SECOND)

    patient.function = None
    del late
    patient.node.spawn(Process())  # The kernel holds on to the last turn until there is another one.
    simulation.settle()
    gc.collect()

    assert patient.result.get() == 1
    assert patient.promise.is_pending
    assert alive() is None


def test_a_discard_of_the_result_reaches_the_source() -> None:
    _, patient = _patient()

    patient.result.discard()

    assert patient.promise.discard_requested


def test_a_future_of_time_is_ready_when_the_time_has_passed() -> None:
    simulation, patient = _patient()

    simulation.advance(10 * SECOND - 1)
    early = patient.nap.is_pending
    simulation.advance(1)

    assert early
    assert patient.nap.get() is None


def test_a_future_of_time_that_is_discarded_leaves_no_timer() -> None:
    _, patient = _patient()
    patient.promise.set(1)

    patient.nap.discard()

    assert patient.nap.is_discarded
    assert len(patient.node.kernel.timers) == 0
