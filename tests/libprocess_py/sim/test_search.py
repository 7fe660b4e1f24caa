"""Finding a failing seed, in one OS process or several, and shrinking what led to the failure."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from libprocess_py import Process
from libprocess_py.sim import Simulation
from libprocess_py.sim.search import Failure, Falsified, Scenario, check, replay, search, shrink


def _draw(random: Random) -> list[int]:
    return [random.randrange(1_000) for _ in range(random.randrange(20, 40))]


def _simpler(entry: int) -> Iterator[int]:
    if entry:
        yield entry // 2
        yield entry - 1


def _three_large_ones(_: Simulation, schedule: tuple[int, ...]) -> None:
    assert sum(entry > 800 for entry in schedule) < 3, "three are large"


def _never(_: Simulation, schedule: tuple[int, ...]) -> None:
    """Everything holds."""


def _only_seed_30(simulation: Simulation, _: tuple[int, ...]) -> None:
    assert simulation.seed != 30, "it is seed 30"


def _found(scenario: Scenario[int]) -> Failure[int]:
    failure = search(scenario, range(100))
    assert failure is not None
    return failure


LARGE = Scenario(_three_large_ones, _draw, _simpler)


def test_nothing_is_found_where_everything_holds() -> None:
    assert search(Scenario(_never, _draw), range(50)) is None


def test_the_first_failing_seed_of_those_given_is_found() -> None:
    failure = search(Scenario(_only_seed_30, _draw), [31, 3, 30, 2])

    assert failure is not None
    assert failure.seed == 30
    assert failure.error == "AssertionError: it is seed 30"


def test_several_os_processes_find_what_one_finds() -> None:
    alone = search(Scenario(_only_seed_30, _draw), range(50))

    assert alone is not None
    assert search(Scenario(_only_seed_30, _draw), range(50), workers=2) == alone


def test_a_scenario_that_cannot_be_run_elsewhere_is_an_error_there_too() -> None:
    def draw(random: Random) -> list[int]:
        raise SystemExit(3)

    with pytest.raises(RuntimeError, match="seeds 0 to 4 ended with 3"):
        search(Scenario(_never, draw), range(5), workers=2)


def test_a_failure_is_told_again_by_its_seed() -> None:
    failure = _found(LARGE)

    assert replay(LARGE, failure.seed) == failure
    assert replay(LARGE, failure.seed, schedule=failure.schedule) == failure


def test_shrinking_leaves_only_what_the_failure_takes_and_that_as_simple_as_can_be() -> None:
    failure = _found(LARGE)
    assert len(failure.schedule) >= 20

    shrunk = shrink(LARGE, failure)

    assert shrunk.schedule == (801, 801, 801)
    assert shrunk.seed == failure.seed


def test_shrinking_ends_with_the_attempts_that_it_may_take() -> None:
    runs: list[int] = []

    def run(simulation: Simulation, schedule: tuple[int, ...]) -> None:
        runs.append(len(schedule))
        _three_large_ones(simulation, schedule)

    scenario = Scenario(run, _draw, _simpler)
    failure = _found(scenario)
    runs.clear()

    shrink(scenario, failure, attempts_max=7)

    assert len(runs) == 7


def test_shrinking_does_not_slip_to_another_failure() -> None:
    def run(_: Simulation, schedule: tuple[int, ...]) -> None:
        if len(schedule) < 5:
            raise KeyError("too few")
        _three_large_ones(_, schedule)

    scenario = Scenario(run, _draw, _simpler)

    shrunk = shrink(scenario, _found(scenario))

    assert shrunk.error == "AssertionError: three are large"
    assert sorted(shrunk.schedule) == [0, 0, 801, 801, 801]


def test_the_cause_of_a_failing_actor_is_what_its_handler_raised() -> None:
    class Clumsy(Process):
        def initialize(self) -> None:
            raise ZeroDivisionError("by accident")

    def run(simulation: Simulation, _: tuple[int, ...]) -> None:
        simulation.node("10.0.0.1").spawn(Clumsy())
        simulation.settle()

    failure = _found(Scenario(run, _draw))

    assert failure.cause == ("ZeroDivisionError", "initialize")
    assert failure.error == "ZeroDivisionError: by accident"


def test_a_failure_tells_its_seed_its_schedule_and_its_run() -> None:
    told = str(shrink(LARGE, _found(LARGE)))

    assert "AssertionError: three are large\nafter:\n  801\n  801\n  801\nrun " in told


def test_a_check_raises_the_failure_that_was_found_and_the_shrunk_one() -> None:
    check(Scenario(_never, _draw), range(50))
    found = _found(LARGE)

    with pytest.raises(Falsified) as raised:
        check(LARGE, range(100))

    assert raised.value.found == found
    assert raised.value.shrunk == shrink(LARGE, found)
    assert str(raised.value) == f"{found}\n\nThe same, shrunk: {raised.value.shrunk}"


def test_a_check_tells_a_run_that_more_than_its_seed_decides() -> None:
    runs: list[int] = []

    def fails_once(_: Simulation, __: tuple[int, ...]) -> None:
        runs.append(1)
        assert len(runs) != 3, "the third run"

    with pytest.raises(AssertionError, match=r"decided by more than its seed(?s:.*)seed 2:.*the third run(?s:.*)None"):
        check(Scenario(fails_once, _draw), range(100))
