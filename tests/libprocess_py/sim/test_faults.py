"""Faults from a schedule: each begins, ends, and leaves the hosts whole, however many overlap."""

from __future__ import annotations

from random import Random
from typing import Final

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from libprocess_py.sim import Simulation
from libprocess_py.sim.faults import Crash, Fault, Held, Hosts, Lossy, Partition, draw_faults, simpler_faults
from tests.libprocess_py.sim.actors import Counted

MS: Final = 1_000_000
SECOND: Final = 1_000 * MS


class Pair:
    """Two hosts with a counter on each; the first one sends numbers to the second."""

    def __init__(self, *faults: Fault) -> None:
        self.simulation = Simulation(seed=1)
        self.counters: dict[int, Counted] = {}
        self.hosts = Hosts(self.simulation, 2, populate=self._populate)
        self.hosts.schedule(faults)

    def _populate(self, hosts: Hosts, number: int) -> None:
        self.counters[number] = Counted("counted")
        hosts[number].spawn(self.counters[number])

    def send(self, number: int) -> list[int]:
        """What the second host has got once this number had the time to arrive."""
        to = self.counters[1].pid
        self.hosts[0].dispatch(self.counters[0].pid, Counted.send_to, to, number)
        self.simulation.advance(10 * MS)
        return self.counters[1].numbers


def test_a_crashed_host_comes_back_with_what_belongs_there() -> None:
    pair = Pair(Crash(at_ns=0, for_ns=SECOND, host=1))
    before = pair.counters[1]

    pair.simulation.advance(0)
    assert pair.simulation.nodes == [pair.hosts[0]]
    assert pair.send(1) == []
    pair.simulation.advance(SECOND)

    assert pair.counters[1] is not before
    assert pair.send(2) == [2]


def test_a_parted_pair_is_healed_when_the_last_partition_on_it_ends() -> None:
    first, second = Partition(at_ns=0, for_ns=SECOND, a=0, b=1), Partition(at_ns=0, for_ns=2 * SECOND, a=1, b=0)
    pair = Pair(first, second)

    pair.simulation.advance(SECOND)
    assert pair.send(1) == []
    pair.simulation.advance(SECOND)

    assert pair.send(2) == [2]


def test_held_messages_arrive_when_it_is_over() -> None:
    pair = Pair(Held(at_ns=0, for_ns=SECOND, a=0, b=1))

    pair.simulation.advance(0)
    assert pair.send(1) == []
    pair.simulation.advance(SECOND)

    assert pair.send(2) == [1, 2]


def test_a_lossy_way_loses_its_share_until_it_is_over() -> None:
    pair = Pair(Lossy(at_ns=0, for_ns=SECOND, a=0, b=1, percent=100))

    pair.simulation.advance(0)
    assert pair.send(1) == []
    pair.simulation.advance(SECOND)

    assert pair.send(2) == [2]


@given(st.integers(0, 2**32), st.integers(1, 8))
def test_any_schedule_can_be_carried_out_and_leaves_the_hosts_whole(seed: int, count: int) -> None:
    faults = draw_faults(Random(seed), count, hosts=2, within_ns=SECOND, kinds=(Crash, Partition, Held, Lossy))
    pair = Pair(*faults)

    pair.simulation.advance(60 * SECOND)

    assert len(pair.simulation.nodes) == 2
    assert pair.send(7)[-1:] == [7]


@given(st.integers(0, 2**32))
def test_simplifying_comes_to_an_end_and_changes_nothing_but_times(seed: int) -> None:
    (fault,) = draw_faults(Random(seed), 1, hosts=5, within_ns=100 * SECOND, kinds=(Crash, Partition, Held, Lossy))
    steps = 0

    while (simpler := next(simpler_faults(fault), None)) is not None:
        assert simpler.at_ns <= fault.at_ns
        assert simpler.for_ns <= fault.for_ns
        assert simpler != fault
        assert replace(simpler, at_ns=fault.at_ns, for_ns=fault.for_ns) == fault
        fault, steps = simpler, steps + 1

    assert steps < 100


def test_a_drawn_schedule_is_in_order_and_equal_for_equal_draws() -> None:
    def draw() -> tuple[Fault, ...]:
        return draw_faults(Random(3), 20, hosts=5, within_ns=SECOND, kinds=(Crash, Partition, Held, Lossy))

    assert draw() == draw()
    assert [fault.at_ns for fault in draw()] == sorted(fault.at_ns for fault in draw())
    assert {type(fault) for fault in draw()} == {Crash, Partition, Held, Lossy}
