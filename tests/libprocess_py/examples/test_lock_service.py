"""The example finds its planted mistake, tells it again and tells it shortly."""

from __future__ import annotations

from libprocess_py.examples import lock_service
from libprocess_py.sim.faults import Fault, Held, Partition
from libprocess_py.sim.search import replay, search, shrink


def test_the_example_finds_its_mistake_and_tells_a_shorter_story_of_it() -> None:
    said: list[str] = []

    lock_service.main(said.append, workers=1)

    found, shrunk = said
    assert "two hold" not in found
    assert found.startswith("Found: seed ")
    assert "AssertionError: held by" in found
    assert shrunk.count("\n") < found.count("\n")


def test_two_hold_the_lock_after_a_partition_and_without_one_they_do_not() -> None:
    parted: tuple[Fault, ...] = (Partition(at_ns=5_000_000_000, for_ns=20_000_000_000, a=0, b=1),)

    assert any(replay(lock_service.SCENARIO, seed, schedule=parted) for seed in range(20))
    assert not any(replay(lock_service.SCENARIO, seed, schedule=()) for seed in range(20))


def test_a_shrunk_failure_needs_every_fault_that_is_left() -> None:
    failure = search(lock_service.SCENARIO, range(10))
    assert failure is not None

    shrunk = shrink(lock_service.SCENARIO, failure)

    assert {type(fault) for fault in shrunk.schedule} <= {Held, Partition}
    for index in range(len(shrunk.schedule)):
        fewer = shrunk.schedule[:index] + shrunk.schedule[index + 1 :]
        again = replay(lock_service.SCENARIO, shrunk.seed, schedule=fewer)
        assert again is None or again.cause != shrunk.cause
