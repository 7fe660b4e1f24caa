"""The example finds its planted mistake, tells it again and tells it shortly."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from libprocess_py import PID
from libprocess_py.examples import lock_service
from libprocess_py.examples.lock_service import LockServer, service
from libprocess_py.sim.faults import Fault, Partition
from libprocess_py.sim.search import replay, search, shrink

SECOND: Final = 1_000_000_000
TIMEOUT_S: Final = 60  # It takes a second or two.


class CarefulServer(LockServer):
    """Without the mistake: whoever cannot be reached keeps the lock."""

    def exited(self, pid: PID) -> None:
        pass


def test_the_example_finds_its_mistake_and_tells_a_shorter_story_of_it() -> None:
    said: list[str] = []

    lock_service.main(said.append, workers=1)

    found, shrunk = said
    assert found.startswith("Found: seed ")
    assert "AssertionError: held by" in found
    assert shrunk.count("\n") < found.count("\n")


def test_the_example_runs_as_a_program_whose_messages_travel_to_its_workers() -> None:
    command = [sys.executable, "-m", lock_service.__name__]

    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=TIMEOUT_S)

    assert ran.stderr == ""
    assert "Shrunk: seed " in ran.stdout


def test_two_hold_the_lock_after_a_partition_and_without_one_they_do_not() -> None:
    parted: tuple[Fault, ...] = (Partition(at_ns=5 * SECOND, for_ns=20 * SECOND, a=0, b=1),)

    assert any(replay(service(), seed, schedule=parted) for seed in range(20))
    assert not any(replay(service(), seed, schedule=()) for seed in range(20))


def test_nothing_is_found_without_the_mistake() -> None:
    assert search(service(CarefulServer), range(15)) is None
    assert search(service(), range(15)) is not None


def test_a_shrunk_failure_needs_every_fault_that_is_left() -> None:
    failure = search(service(), range(15))
    assert failure is not None

    shrunk = shrink(service(), failure)

    assert {type(fault) for fault in shrunk.schedule} == {Partition}
    for index in range(len(shrunk.schedule)):
        fewer = shrunk.schedule[:index] + shrunk.schedule[index + 1 :]
        again = replay(service(), shrunk.seed, schedule=fewer)
        assert again is None or again.cause != shrunk.cause
