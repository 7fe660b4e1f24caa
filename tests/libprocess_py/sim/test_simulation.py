"""Virtual time, nodes that come and go, and what a simulation does with failures."""

from __future__ import annotations

import pytest

from libprocess_py import PID, ActorFailed, NodeOptions, Policy, Process
from libprocess_py.sim import Simulation, SimulationOptions, SimulationStuck
from tests.libprocess_py.sim.actors import Counted, Tick

SECOND = 1_000_000_000


class Beat(Process):
    """Wants to be called every second."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[int] = []

    def initialize(self) -> None:
        self.delay(SECOND, self.beat)

    def beat(self) -> None:
        self.times.append(self.clock.now())
        self.delay(SECOND, self.beat)


class Restless(Process):
    def initialize(self) -> None:
        self.delay(0, self.initialize)


def test_time_stands_still_until_it_is_moved() -> None:
    simulation = Simulation(seed=1)
    beat = Beat()
    simulation.node("10.0.0.1").spawn(beat)
    start = simulation.now

    simulation.settle()

    assert simulation.now == start
    assert beat.times == []


def test_a_periodic_timer_catches_up_beat_by_beat_at_its_own_times() -> None:
    simulation = Simulation(seed=1)
    beat = Beat()
    simulation.node("10.0.0.1").spawn(beat)
    start = simulation.now

    simulation.advance(10 * SECOND + 5)

    assert beat.times == [start + n * SECOND for n in range(1, 11)]
    assert simulation.now == start + 10 * SECOND + 5


def test_run_until_stops_at_the_instant_when_the_predicate_holds() -> None:
    simulation = Simulation(seed=1)
    beat = Beat()
    simulation.node("10.0.0.1").spawn(beat)
    start = simulation.now

    assert simulation.run_until(lambda: len(beat.times) == 3, limit_ns=100 * SECOND)

    assert simulation.now == start + 3 * SECOND


def test_run_until_gives_up_at_the_limit() -> None:
    simulation = Simulation(seed=1)
    start = simulation.now

    assert not simulation.run_until(lambda: False, limit_ns=7)

    assert simulation.now == start + 7


def test_the_timers_of_all_nodes_ring_in_one_order() -> None:
    simulation = Simulation(seed=1)
    order: list[int] = []

    class Late(Process):
        def __init__(self, ns: int) -> None:
            super().__init__()
            self.ns = ns

        def initialize(self) -> None:
            self.delay(self.ns, order.append, self.ns)

    for number, ns in enumerate([50, 10, 40, 20, 30]):
        simulation.node(f"10.0.0.{number + 1}").spawn(Late(ns))

    simulation.advance(SECOND)

    assert order == [10, 20, 30, 40, 50]


def test_an_instant_that_does_not_end_is_an_error() -> None:
    simulation = Simulation(seed=1)
    simulation.node("10.0.0.1").spawn(Restless())

    with pytest.raises(SimulationStuck, match=r"10\.0\.0\.1.*: restless\(1\)$"):
        simulation.advance(1)


def test_an_instant_that_does_not_end_is_an_error_whenever_it_comes() -> None:
    class Later(Process):
        def initialize(self) -> None:
            self.delay(SECOND, self.spin)

        def spin(self) -> None:
            self.delay(0, self.spin)

    simulation = Simulation(seed=1)
    simulation.node("10.0.0.1").spawn(Later())

    with pytest.raises(SimulationStuck, match=r": later\(1\)$"):
        simulation.advance(2 * SECOND)


def test_time_in_anything_but_whole_nanoseconds_is_refused() -> None:
    simulation = Simulation(seed=1)

    with pytest.raises(AssertionError, match=r"0\.5: expected nanoseconds"):
        simulation.advance(0.5)  # type: ignore[arg-type]  # As in a program without types.

    simulation.advance(1)
    assert type(simulation.now) is int


def test_timers_of_two_nodes_alternate_when_each_is_due() -> None:
    simulation = Simulation(seed=1)
    order: list[tuple[str, int]] = []

    class Turns(Process):
        def initialize(self) -> None:
            self.turn()

        def turn(self) -> None:
            order.append((self.pid.address.ip, self.clock.now() - start))
            self.delay(3 if self.pid.address.ip.endswith("1") else 2, self.turn)

    start = simulation.now
    for ip in ("10.0.0.1", "10.0.0.2"):
        simulation.node(ip).spawn(Turns())

    simulation.advance(7)

    assert [(ip[-1], at) for ip, at in order] == [
        ("1", 0), ("2", 0), ("2", 2), ("1", 3), ("2", 4), ("1", 6), ("2", 6)
    ]  # fmt: skip


def test_a_node_that_crashes_in_a_timer_rings_no_more() -> None:
    simulation = Simulation(seed=1)
    node = simulation.node("10.0.0.1", options=NodeOptions(policy=Policy.ABORT_NODE))

    class Doomed(Beat):
        def beat(self) -> None:
            super().beat()
            assert len(self.times) < 3

    doomed = Doomed()
    node.spawn(doomed)

    simulation.advance(10 * SECOND)

    assert len(doomed.times) == 3
    assert simulation.nodes == []


@pytest.mark.parametrize("crowded", [False, True])
def test_a_timer_that_fails_the_run_leaves_it_as_it_stands(crowded: bool) -> None:
    class Clumsy(Process):
        def initialize(self) -> None:
            self.delay(SECOND, self.stumble)

        def stumble(self) -> None:
            self.dispatch(beat.pid, Beat.finalize)
            if crowded:
                self.dispatch(self.pid, Clumsy.finalize)
            raise RuntimeError("stumbled")

    simulation = Simulation(seed=1)
    node = simulation.node("10.0.0.1")
    beat = Beat()
    node.spawn(beat)
    node.spawn(Clumsy())

    with pytest.raises(ActorFailed, match="stumbled"):
        simulation.advance(3 * SECOND // 2)
    simulation.advance(2 * SECOND)

    assert len(beat.times) >= 2
    assert node.kernel.idle


def test_a_crashed_node_does_nothing_more_and_does_not_finalize() -> None:
    simulation = Simulation(seed=1)
    node = simulation.node("10.0.0.1")
    counted, beat = Counted(), Beat()
    pid = node.spawn(counted)
    node.spawn(beat)
    simulation.settle()
    node.send(pid, Tick(number=1))

    simulation.crash(node)
    simulation.advance(5 * SECOND)

    assert counted.numbers == []
    assert beat.times == []
    assert not counted.finalized
    assert simulation.nodes == []


def test_a_stopped_node_finalizes_and_what_it_sends_goes_out() -> None:
    class LastWords(Counted):
        def finalize(self) -> None:
            self.send(to, Tick(number=99))

    simulation = Simulation(seed=1)
    here, there = simulation.node("10.0.0.1"), simulation.node("10.0.0.2")
    counted = Counted()
    to = there.spawn(counted)
    here.spawn(LastWords())

    simulation.stop(here)
    simulation.advance(SECOND)

    assert counted.numbers == [99]
    assert simulation.nodes == [there]


def test_an_address_is_taken_while_its_node_lives_and_free_afterwards() -> None:
    simulation = Simulation(seed=1)
    node = simulation.node("10.0.0.1")
    with pytest.raises(AssertionError):
        simulation.node("10.0.0.1")

    simulation.crash(node)

    assert simulation.node("10.0.0.1").address == node.address


def test_a_node_that_starts_anew_gives_other_ids_than_before() -> None:
    simulation = Simulation(seed=1)
    node = simulation.node("10.0.0.1")
    first = [node.unique_id() for _ in range(3)]
    simulation.crash(node)

    again = simulation.node("10.0.0.1")

    assert not set(first) & {again.unique_id() for _ in range(3)}


def test_a_failing_handler_fails_the_run() -> None:
    simulation = Simulation(seed=1)
    node = simulation.node("10.0.0.1")

    node.dispatch(node.spawn(Counted()), lambda _: 1 // 0)

    with pytest.raises(ActorFailed, match=r"counted\(1\)@10.0.0.1:5050"):
        simulation.settle()


def test_a_failing_handler_crashes_its_node_under_the_aborting_policy() -> None:
    simulation = Simulation(seed=1)
    node = simulation.node("10.0.0.1", options=NodeOptions(policy=Policy.ABORT_NODE))
    other = simulation.node("10.0.0.2")

    node.dispatch(node.spawn(Counted()), lambda _: 1 // 0)
    simulation.settle()

    assert simulation.nodes == [other]
    assert isinstance(simulation.errors[node.address], ZeroDivisionError)


def test_every_record_of_the_log_goes_to_the_sink_and_without_a_log_there_is_no_digest() -> None:
    lines: list[str] = []
    simulation = Simulation(seed=1, options=SimulationOptions(sink=lines.append))
    node = simulation.node("10.0.0.1")
    node.send(node.spawn(Counted()), Tick(number=1))
    simulation.settle()

    assert [line.split()[3] for line in lines] == ["start", "initialize", "message"]
    with pytest.raises(AssertionError):
        Simulation(seed=1, options=SimulationOptions(record=False)).digest()


@pytest.mark.parametrize(("encode_every", "by_reference"), [(0, 4), (1, 0), (2, 2)])
def test_messages_between_nodes_are_encoded_as_often_as_asked(encode_every: int, by_reference: int) -> None:
    kept: list[Tick] = []

    class Keeper(Counted):
        def tick(self, sender: object, tick: Tick) -> None:
            kept.append(tick)

    simulation = Simulation(seed=1, options=SimulationOptions(encode_every=encode_every))
    here, there = simulation.node("10.0.0.1"), simulation.node("10.0.0.2")
    to = there.spawn(Keeper())
    ticks = [Tick(number=number) for number in range(4)]

    for tick in ticks:
        here.send(to, tick)
    simulation.advance(SECOND)

    assert kept == ticks
    assert sum(tick is sent for tick, sent in zip(kept, ticks)) == by_reference


class Cascade(Process):
    """Work that sets a timer that is due already, which makes work, and so on; some of it for another node."""

    def __init__(self, left: int, to: PID | None = None) -> None:
        super().__init__()
        self.left = left
        self.to = to

    def initialize(self) -> None:
        self.go_on()

    def go_on(self) -> None:
        if self.left:
            self.left -= 1
            self.delay(0, self.ring)

    def ring(self) -> None:
        self.dispatch(self.pid, Cascade.go_on)
        if self.to is not None:
            self.send(self.to, Tick(number=self.left))


def test_settling_ends_when_no_timer_is_due_and_nothing_is_queued_anywhere() -> None:
    simulation = Simulation(seed=1)
    simulation.network.latency_ns = simulation.network.jitter_ns = 0
    a, b = simulation.node("10.0.0.1"), simulation.node("10.0.0.2")
    counted = Counted()
    cascade = Cascade(100, b.spawn(counted))
    a.spawn(cascade)
    before = simulation.now

    simulation.settle()

    assert cascade.left == 0
    assert counted.numbers == list(reversed(range(100)))
    assert simulation.now == before


def test_settling_what_never_ends_is_an_error() -> None:
    simulation = Simulation(seed=1)
    simulation.node("10.0.0.1").spawn(Restless())

    with pytest.raises(SimulationStuck):
        simulation.settle()
