"""The simulated network: latency, order, and every fault it knows."""

from __future__ import annotations

import pytest

from libprocess_py import PID, Node
from libprocess_py.sim import Simulation
from libprocess_py.sim.network import DETECTION_NS, JITTER_NS, LATENCY_NS
from tests.libprocess_py.sim.actors import Counted

SECOND = 1_000_000_000
MS = 1_000_000


class Pair:
    """Two nodes with an actor each."""

    def __init__(self, seed: int = 1) -> None:
        self.simulation = Simulation(seed)
        self.network = self.simulation.network
        self.here: Node = self.simulation.node("10.0.0.1")
        self.there: Node = self.simulation.node("10.0.0.2")
        self.sender, self.receiver = Counted("sender"), Counted("receiver")
        self.here.spawn(self.sender)
        self.to: PID = self.there.spawn(self.receiver)
        self.simulation.settle()

    def send(self, *numbers: int) -> None:
        self.here.dispatch(self.sender.pid, Counted.send_to, self.to, *numbers)
        self.simulation.settle()

    def send_back(self, *numbers: int) -> None:
        self.there.dispatch(self.to, Counted.send_to, self.sender.pid, *numbers)
        self.simulation.settle()

    def link(self) -> None:
        self.here.dispatch(self.sender.pid, Counted.watch, self.to)
        self.simulation.settle()

    def lost(self, reason: str) -> int:
        return self.network.metrics.counter(f"network/lost/{reason}").value


def test_a_message_takes_its_latency() -> None:
    pair = Pair()
    start = pair.simulation.now

    pair.send(1)
    assert pair.receiver.numbers == []
    pair.simulation.advance(SECOND)

    (arrival,) = pair.receiver.times
    assert start + LATENCY_NS <= arrival < start + LATENCY_NS + JITTER_NS


def test_messages_between_two_nodes_keep_their_order() -> None:
    pair = Pair()

    for number in range(200):
        pair.send(number)
        pair.simulation.advance(number % 7 * 1_000)
    pair.simulation.advance(SECOND)

    assert pair.receiver.numbers == list(range(200))
    assert pair.receiver.times == sorted(pair.receiver.times)


def test_the_jitter_of_a_pair_does_not_depend_on_other_traffic() -> None:
    quiet, busy = Pair(), Pair()
    third = busy.simulation.node("10.0.0.3")
    for number in range(10):
        third.dispatch(third.spawn(Counted()), Counted.send_to, busy.to, 100 + number)
        busy.simulation.settle()

    quiet.send(1)
    busy.send(1)
    quiet.simulation.advance(SECOND)
    busy.simulation.advance(SECOND)

    assert quiet.receiver.times[0] == busy.receiver.times[busy.receiver.numbers.index(1)]


def test_a_partition_loses_messages_both_ways_and_healing_ends_it() -> None:
    pair = Pair()

    pair.network.partition(pair.here, pair.there)
    pair.send(1)
    pair.send_back(2)
    pair.simulation.advance(SECOND)
    pair.network.heal(pair.there, pair.here)
    pair.send(3)
    pair.send_back(4)
    pair.simulation.advance(SECOND)

    assert (pair.receiver.numbers, pair.sender.numbers) == ([3], [4])
    assert pair.lost("partitioned") == 2


def test_a_one_way_partition_lets_the_other_way_through() -> None:
    pair = Pair()

    pair.network.partition(pair.here, pair.there, one_way=True)
    pair.send(1)
    pair.send_back(2)
    pair.simulation.advance(SECOND)

    assert (pair.receiver.numbers, pair.sender.numbers) == ([], [2])


@pytest.mark.parametrize("healed", [True, False])
def test_a_partition_loses_what_is_under_way(healed: bool) -> None:
    pair = Pair()

    pair.send(1)
    pair.network.partition(pair.here, pair.there)
    if healed:
        pair.network.heal(pair.here, pair.there)
    pair.simulation.advance(SECOND)

    assert pair.receiver.numbers == []


@pytest.mark.parametrize("one_way", [True, False])
def test_a_partition_breaks_connections_after_the_detection_time_on_both_sides(one_way: bool) -> None:
    pair = Pair()
    pair.link()
    pair.there.dispatch(pair.to, Counted.watch, pair.sender.pid)
    pair.simulation.settle()

    pair.network.partition(pair.here, pair.there, one_way=one_way)
    pair.simulation.advance(DETECTION_NS - 1)
    assert (pair.sender.lost, pair.receiver.lost) == ([], [])
    pair.simulation.advance(1)

    assert (pair.sender.lost, pair.receiver.lost) == ([pair.to], [pair.sender.pid])


def test_who_links_again_when_told_of_a_loss_is_not_told_of_the_same_loss_again() -> None:
    class Faithful(Counted):
        def exited(self, pid: PID) -> None:
            super().exited(pid)
            self.link(pid)

    pair, faithful = Pair(), Faithful("faithful")
    pair.here.dispatch(pair.here.spawn(faithful), Counted.watch, pair.to)
    pair.simulation.settle()

    pair.network.partition(pair.here, pair.there)
    pair.network.heal(pair.here, pair.there)
    pair.simulation.advance(3 * DETECTION_NS)

    assert faithful.lost == [pair.to]


def test_a_connection_that_is_made_into_a_partition_fails_after_the_detection_time() -> None:
    pair = Pair()
    pair.network.partition(pair.here, pair.there)

    pair.link()
    pair.simulation.advance(DETECTION_NS - 1)
    assert pair.sender.lost == []
    pair.simulation.advance(1)

    assert pair.sender.lost == [pair.to]


def test_held_messages_arrive_in_order_once_they_are_released() -> None:
    pair = Pair()

    pair.network.hold(pair.here, pair.there)
    pair.send(1, 2)
    pair.send_back(9)
    pair.simulation.advance(SECOND)
    assert (pair.receiver.numbers, pair.sender.numbers) == ([], [9])
    pair.network.release(pair.here, pair.there)
    pair.send(3)
    pair.simulation.advance(SECOND)

    assert pair.receiver.numbers == [1, 2, 3]


def test_held_messages_are_lost_if_the_way_is_cut_when_they_are_released() -> None:
    pair = Pair()
    pair.network.hold(pair.here, pair.there)
    pair.send(1)

    pair.network.partition(pair.here, pair.there)
    pair.network.release(pair.here, pair.there)
    pair.simulation.advance(SECOND)

    assert pair.receiver.numbers == []


def test_a_drop_rate_loses_that_share_and_keeps_the_order_of_the_rest() -> None:
    pair = Pair()

    pair.network.drop(pair.here, pair.there, rate=0.25)
    pair.send(*range(1_000))
    pair.simulation.advance(SECOND)

    assert pair.lost("dropped") + len(pair.receiver.numbers) == 1_000
    assert 150 < pair.lost("dropped") < 350
    assert pair.receiver.numbers == sorted(pair.receiver.numbers)


def test_a_linked_actor_hears_soon_of_a_crash() -> None:
    pair = Pair()
    pair.link()

    pair.simulation.crash(pair.there)
    pair.simulation.advance(MS)

    assert pair.sender.lost == [pair.to]


def test_nothing_is_told_after_the_linker_ended() -> None:
    pair = Pair()
    pair.link()
    pair.here.terminate(pair.sender.pid)
    pair.simulation.settle()

    pair.simulation.crash(pair.there)
    pair.simulation.advance(SECOND)

    assert pair.sender.lost == []


def test_a_node_that_started_anew_does_not_get_what_was_sent_before() -> None:
    pair = Pair()
    pair.send(1)

    pair.simulation.crash(pair.there)
    again = Counted("receiver")
    pair.simulation.node("10.0.0.2").spawn(again)
    pair.simulation.settle()
    pair.send(2)
    pair.simulation.advance(SECOND)

    assert again.numbers == [2]
    assert pair.lost("unreachable") == 1


def test_what_a_crashed_node_had_sent_still_arrives() -> None:
    pair = Pair()
    pair.send(1)

    pair.simulation.crash(pair.here)
    pair.simulation.advance(SECOND)

    assert pair.receiver.numbers == [1]


def test_a_link_to_a_node_that_started_anew_holds_until_that_one_ends() -> None:
    pair = Pair()
    pair.link()
    pair.simulation.crash(pair.there)
    pair.simulation.advance(SECOND)
    again = pair.simulation.node("10.0.0.2")
    pair.link()
    pair.simulation.advance(DETECTION_NS)
    assert pair.sender.lost == [pair.to]

    pair.simulation.crash(again)
    pair.simulation.advance(SECOND)

    assert pair.sender.lost == [pair.to] * 2


@pytest.mark.parametrize("anew", [True, False])
def test_a_new_connection_takes_the_place_of_one_that_is_failing(anew: bool) -> None:
    pair = Pair()
    pair.link()
    pair.network.partition(pair.here, pair.there)
    pair.network.heal(pair.here, pair.there)

    pair.here.dispatch(pair.sender.pid, Counted.watch_anew if anew else Counted.watch, pair.to)
    pair.simulation.advance(2 * DETECTION_NS)

    assert pair.sender.lost == ([] if anew else [pair.to])
    pair.simulation.crash(pair.there)
    pair.simulation.advance(SECOND)
    assert pair.sender.lost == [pair.to]
