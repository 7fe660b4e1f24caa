"""Clocks of single actors: moved one by one, carried along by what actors do to one another."""

from __future__ import annotations

from typing import Final

import pytest

from libprocess_py import PID, Message, NodeOptions, Process
from libprocess_py.http import HttpClient, Request, Response
from libprocess_py.sim import Simulation, SimulationOptions

SECOND: Final = 1_000_000_000


class Knock(Message):
    """A message that says nothing."""


class Watchmaker(Process):
    """Notes its time at everything that it is told."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id)
        self.times: list[int] = []
        self.beats: list[int] = []
        self.lost: list[int] = []

    def initialize(self) -> None:
        self.born = self.clock.now()

    def beat(self) -> None:
        self.beats.append(self.clock.now())
        self.delay(SECOND, self.beat)

    def ring(self) -> None:
        self.beats.append(self.clock.now())

    def knock(self, sender: PID, knock: Knock) -> None:
        self.times.append(self.clock.now())

    def knock_at(self, to: PID) -> None:
        self.send(to, Knock())

    def call(self, to: PID, count: int) -> None:
        for _ in range(count):
            self.dispatch(to, Watchmaker.note)

    def note(self) -> None:
        self.times.append(self.clock.now())

    def watch(self, other: PID) -> None:
        self.link(other)

    def exited(self, pid: PID) -> None:
        self.lost.append(self.clock.now())

    def make(self) -> PID:
        return self.spawn(Watchmaker())

    async def make_later(self, other: PID) -> None:
        await self.dispatch(other, Watchmaker.note)
        self.times.append(self.clock.now())


class Shop:
    """A node of watchmakers; times are counted from the beginning."""

    def __init__(self, count: int = 2, *, options: NodeOptions | None = None) -> None:
        self.simulation = Simulation(1, options=SimulationOptions(actor_clocks=True))
        self.clocks = self.simulation.clocks
        self.start = self.simulation.now
        self.node = self.simulation.node("10.0.0.1", options=options)
        self.makers = [Watchmaker() for _ in range(count)]
        self.pids = [self.node.spawn(maker) for maker in self.makers]
        self.simulation.settle()

    def at(self, pid: PID) -> int:
        return self.clocks.now(pid) - self.start

    def since(self, times: list[int]) -> list[int]:
        return [time - self.start for time in times]

    def do(self) -> None:
        self.simulation.settle()


def test_advancing_an_actor_moves_nobody_else() -> None:
    shop = Shop()

    shop.clocks.advance(shop.pids[0], 5 * SECOND)

    assert [shop.at(pid) for pid in shop.pids] == [5 * SECOND, 0]
    assert shop.simulation.now == shop.start


def test_an_actor_that_was_advanced_stays_ahead() -> None:
    shop = Shop()
    shop.clocks.advance(shop.pids[0], 5 * SECOND)

    shop.simulation.advance(SECOND)

    assert [shop.at(pid) for pid in shop.pids] == [6 * SECOND, SECOND]


def test_the_timers_of_an_actor_that_is_advanced_ring_in_order_at_their_own_times() -> None:
    shop = Shop()
    for maker in shop.makers:
        maker.delay(SECOND, maker.beat)
        maker.delay(SECOND * 5 // 2, maker.ring)

    shop.clocks.advance(shop.pids[0], 3 * SECOND + 1)

    assert shop.since(shop.makers[0].beats) == [SECOND, 2 * SECOND, SECOND * 5 // 2, 3 * SECOND]
    assert shop.makers[1].beats == []


def test_all_timers_ring_at_their_own_times_when_time_passes_for_all() -> None:
    shop = Shop()
    shop.clocks.advance(shop.pids[0], SECOND // 2)
    for maker in shop.makers:
        shop.node.dispatch(maker.pid, Watchmaker.beat)
    shop.do()

    shop.simulation.advance(2 * SECOND)

    assert shop.since(shop.makers[0].beats) == [SECOND // 2, SECOND * 3 // 2, SECOND * 5 // 2]
    assert shop.since(shop.makers[1].beats) == [0, SECOND, 2 * SECOND]


def test_a_message_moves_its_receiver_up_to_its_sender() -> None:
    shop = Shop()
    ahead, behind = shop.pids
    shop.clocks.advance(ahead, 5 * SECOND)

    shop.node.dispatch(ahead, Watchmaker.knock_at, behind)
    shop.do()

    assert shop.since(shop.makers[1].times) == [5 * SECOND]
    assert shop.at(behind) == 5 * SECOND


def test_a_message_moves_nobody_back() -> None:
    shop = Shop()
    ahead, behind = shop.pids
    shop.clocks.advance(ahead, 5 * SECOND)

    shop.node.dispatch(behind, Watchmaker.knock_at, ahead)
    shop.do()

    assert shop.since(shop.makers[0].times) == [5 * SECOND]


def test_a_message_carries_the_time_at_which_it_was_sent() -> None:
    shop = Shop()
    sender, receiver = shop.pids
    shop.clocks.advance(sender, SECOND)
    shop.makers[0].send(receiver, Knock())  # From outside of its turns: at the simulation's own time.
    shop.clocks.set(sender, shop.start + 9 * SECOND)

    shop.do()

    assert shop.since(shop.makers[1].times) == [0]


@pytest.mark.parametrize("count", [1, 3])
def test_a_call_moves_whom_it_calls_however_many_are_waiting(count: int) -> None:
    shop = Shop()
    ahead, behind = shop.pids
    shop.clocks.advance(ahead, SECOND)
    shop.node.dispatch(behind, Watchmaker.note)

    shop.node.dispatch(ahead, Watchmaker.call, behind, count)
    shop.do()

    assert shop.since(shop.makers[1].times) == [0] + count * [SECOND]


def test_the_end_of_a_wait_moves_who_waited() -> None:
    shop = Shop()
    waiting, other = shop.pids
    shop.clocks.advance(other, SECOND)

    shop.node.dispatch(waiting, Watchmaker.make_later, other)
    shop.do()

    assert shop.since(shop.makers[0].times) == [SECOND]


def test_an_end_moves_who_is_told_of_it() -> None:
    shop = Shop()
    shop.node.dispatch(shop.pids[0], Watchmaker.watch, shop.pids[1])
    shop.do()
    shop.clocks.advance(shop.pids[1], SECOND)

    shop.node.terminate(shop.pids[1])
    shop.do()

    assert shop.since(shop.makers[0].lost) == [SECOND]


def test_a_message_to_another_node_carries_its_time() -> None:
    shop = Shop()
    there = Watchmaker()
    far = shop.simulation.node("10.0.0.2").spawn(there)
    shop.clocks.advance(shop.pids[0], SECOND)

    shop.node.dispatch(shop.pids[0], Watchmaker.knock_at, far)
    shop.simulation.advance(SECOND // 2)

    assert shop.since(there.times) == [SECOND]
    assert shop.at(far) > SECOND


def test_a_message_from_another_node_takes_its_time_if_that_is_more() -> None:
    shop = Shop()
    there = Watchmaker()
    far = shop.simulation.node("10.0.0.2").spawn(there)
    shop.clocks.advance(shop.pids[0], 1)

    shop.node.dispatch(shop.pids[0], Watchmaker.knock_at, far)
    shop.simulation.advance(SECOND // 2)

    assert shop.since(there.times)[0] >= shop.simulation.network.latency_ns


def test_a_new_actor_has_the_time_of_the_one_that_spawned_it() -> None:
    shop = Shop()
    shop.clocks.set(shop.pids[0], shop.start - 5 * SECOND)

    early = shop.node.spawn(Watchmaker())
    made = shop.makers[0].dispatch(shop.pids[0], Watchmaker.make)
    shop.do()

    assert shop.at(early) == 0
    assert shop.at(made.get()) == 0, "the call came from outside, and moved its receiver up to now"
    shop.clocks.advance(shop.pids[0], 3 * SECOND)
    made = shop.node.dispatch(shop.pids[0], Watchmaker.make)
    shop.do()
    assert shop.at(made.get()) == 3 * SECOND


def test_an_id_that_is_taken_again_does_not_keep_the_time_of_who_had_it() -> None:
    shop = Shop(count=1)
    first = shop.node.spawn(Watchmaker("maker"))
    shop.do()
    shop.clocks.advance(first, SECOND)
    shop.node.terminate(first)
    shop.do()

    again = shop.node.spawn(Watchmaker("maker"))

    assert shop.at(again) == 0


def test_a_clock_can_be_set_back_by_force_and_its_timers_go_along() -> None:
    shop = Shop(count=1)
    maker, (pid,) = shop.makers[0], shop.pids
    maker.delay(SECOND, maker.ring)

    shop.clocks.set(pid, shop.start - 2 * SECOND)
    shop.simulation.advance(2 * SECOND)
    assert maker.beats == []
    shop.simulation.advance(SECOND)

    assert shop.since(maker.beats) == [SECOND]
    assert shop.at(pid) == SECOND


def test_a_timer_that_is_overdue_by_a_message_rings_at_once() -> None:
    shop = Shop()
    ahead, behind = shop.pids
    shop.makers[1].delay(SECOND, shop.makers[1].ring)
    shop.clocks.advance(ahead, 5 * SECOND)

    shop.node.dispatch(ahead, Watchmaker.knock_at, behind)
    shop.do()

    assert shop.since(shop.makers[1].beats) == [5 * SECOND]
    assert shop.simulation.now == shop.start


def test_an_actor_that_ends_while_it_is_advanced_is_left_alone() -> None:
    class Mortal(Watchmaker):
        def ring(self) -> None:
            super().ring()
            self.terminate()

    shop = Shop(count=1)
    mortal = Mortal()
    pid = shop.node.spawn(mortal)
    shop.do()
    mortal.delay(SECOND, mortal.ring)
    mortal.delay(2 * SECOND, mortal.ring)

    shop.clocks.advance(pid, 5 * SECOND)

    assert shop.since(mortal.beats) == [SECOND]


def test_local_messages_can_be_encoded_here_too() -> None:
    shop = Shop(options=NodeOptions(encode_local=True))
    shop.clocks.advance(shop.pids[0], SECOND)

    shop.node.dispatch(shop.pids[0], Watchmaker.knock_at, shop.pids[1])
    shop.do()

    assert shop.since(shop.makers[1].times) == [SECOND]


def test_a_simulation_that_was_not_asked_for_them_has_none() -> None:
    with pytest.raises(AssertionError, match="actor_clocks=True"):
        _ = Simulation(1).clocks


def test_a_run_of_clocks_repeats_itself() -> None:
    def digest() -> str:
        shop = Shop(count=3)
        for maker in shop.makers:
            maker.delay(SECOND, maker.beat)
        shop.clocks.advance(shop.pids[1], 5 * SECOND)
        shop.node.dispatch(shop.pids[1], Watchmaker.knock_at, shop.pids[2])
        shop.simulation.advance(3 * SECOND)
        return shop.simulation.digest()

    assert digest() == digest()


def test_a_call_to_an_actor_that_was_not_initialized_yet_carries_the_time_along() -> None:
    shop = Shop(1)
    (ahead,) = shop.pids
    shop.clocks.set(ahead, shop.start + 5 * SECOND)
    late = Watchmaker("late")

    shop.node.dispatch(ahead, Watchmaker.call, PID("late", shop.node.address), 1)
    shop.node.spawn(late)
    shop.simulation.settle()

    assert shop.since(late.times) == [5 * SECOND]


class Gate(Watchmaker):
    """Notes its time at what it is asked over HTTP, and when the answer comes to what it asked itself."""

    def initialize(self) -> None:
        super().initialize()
        self.route("/", self.open, help="Opens.")

    def open(self, request: Request) -> Response:
        self.times.append(self.clock.now())
        return Response(204)

    async def ask(self, other: PID) -> None:
        await HttpClient(self.node).get(f"http://{other.address}/{other.id}")
        self.times.append(self.clock.now())


@pytest.mark.parametrize("ahead", ["asking", "asked"])
def test_a_question_over_http_and_its_answer_carry_the_time_along(ahead: str) -> None:
    simulation = Simulation(seed=1, options=SimulationOptions(actor_clocks=True))
    here, there = simulation.node("10.0.0.1"), simulation.node("10.0.0.2")
    asking, asked = Gate("asking"), Gate("asked")
    pids = {"asking": here.spawn(asking), "asked": there.spawn(asked)}
    simulation.settle()
    simulation.clocks.advance(pids[ahead], 9 * SECOND)

    here.dispatch(asking.pid, Gate.ask, asked.pid)
    simulation.advance(SECOND)

    assert asked.times[0] - asked.born >= 9 * SECOND
    assert asking.times[0] - asking.born >= 9 * SECOND
    assert asking.times[0] >= asked.times[0]
