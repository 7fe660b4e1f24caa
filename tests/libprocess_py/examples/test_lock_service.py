"""The example finds its planted mistake, tells it again and tells it shortly."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

from libprocess_py import PID
from libprocess_py.examples import lock_service
from libprocess_py.examples.lock_service import SECOND, Acquire, Client, Lock, one_client_holds_the_lock
from libprocess_py.sim.faults import Fault, Hosts, Partition, under_faults
from libprocess_py.sim.search import Falsified, check, replay, search

TIMEOUT_S: Final = 60  # It takes a second or two.


class CarefulLock(Lock):
    """Without the mistake: whoever cannot be reached keeps the lock."""

    def exited(self, pid: PID) -> None:
        pass


@under_faults(hosts=2, faults=4, within_ns=60 * SECOND)
def careful(hosts: Hosts) -> None:
    lock, clients = hosts[0].spawn(CarefulLock()), [Client(), Client()]
    for client in clients:
        hosts[1].send(lock, Acquire(), sender=hosts[1].spawn(client))
    hosts.simulation.advance(90 * SECOND)
    assert sum(client.holds for client in clients) <= 1


def test_the_example_finds_its_mistake_and_one_partition_tells_the_story() -> None:
    with pytest.raises(Falsified, match=r"two hold the lock(?s:.*)The same, shrunk: seed \d+: .*two hold") as raised:
        check(one_client_holds_the_lock, range(100))

    found, shrunk = raised.value.found, raised.value.shrunk
    assert len(found.schedule) == 8
    assert [type(fault) for fault in shrunk.schedule] == [Partition]
    assert replay(one_client_holds_the_lock, shrunk.seed, schedule=shrunk.schedule) == shrunk


def test_the_example_runs_as_a_program_whose_messages_travel_to_its_workers() -> None:
    command = [sys.executable, "-m", lock_service.__name__]

    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=TIMEOUT_S)

    assert ran.stderr == ""
    assert "The same, shrunk: seed " in ran.stdout


def test_two_hold_the_lock_after_a_partition_and_without_one_they_do_not() -> None:
    parted: tuple[Fault, ...] = (Partition(at_ns=5 * SECOND, for_ns=20 * SECOND, a=0, b=1),)

    assert any(replay(one_client_holds_the_lock, seed, schedule=parted) for seed in range(20))
    assert not any(replay(one_client_holds_the_lock, seed, schedule=()) for seed in range(20))


def test_nothing_is_found_without_the_mistake() -> None:
    check(careful, range(15))
    assert search(careful, range(15)) is None
