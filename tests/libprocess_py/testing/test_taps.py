"""Taps: every kind of event seen, dropped and delayed, and ends told that did not happen."""

from __future__ import annotations

from typing import Final

import pytest

from libprocess_py import PID, Process
from libprocess_py.events import EXITED, REQUEST
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.sim import Simulation, SimulationOptions
from libprocess_py.testing import TestKit
from tests.libprocess_py.sim.actors import Counted, Tick

MS: Final = 1_000_000


class Page(Process):
    """Answers one route, and adds."""

    def initialize(self) -> None:
        self.route("/page", lambda request: Response.text(200, "a page"), help="A page.")

    def add(self, left: int, right: int = 0) -> int:
        return left + right


class Stage:
    """Two nodes with a counter on each, and a kit."""

    def __init__(self, *, encode_every: int = 1) -> None:
        self.simulation = Simulation(seed=1, options=SimulationOptions(encode_every=encode_every))
        self.kit = TestKit(self.simulation)
        self.here, self.there = self.simulation.node("10.0.0.1"), self.simulation.node("10.0.0.2")
        self.sender, self.receiver = Counted("sender"), Counted("receiver")
        self.here.spawn(self.sender)
        self.to = self.there.spawn(self.receiver)
        self.simulation.settle()

    def send(self, *numbers: int) -> list[int]:
        """What the receiver has got of all that was sent so far."""
        self.here.dispatch(self.sender.pid, Counted.send_to, self.to, *numbers)
        self.kit.advance(10 * MS)
        return self.receiver.numbers


def test_an_expected_message_is_told_when_it_comes_and_its_actor_gets_it_too() -> None:
    stage = Stage()
    expected = stage.kit.expect(Tick, to=stage.to)
    assert expected.is_pending

    assert stage.send(1, 2) == [1, 2]

    assert expected.get() == Tick(number=1)


@pytest.mark.parametrize("encode_every", [0, 1])
def test_what_is_not_said_does_not_matter_and_what_is_said_does(encode_every: int) -> None:
    stage = Stage(encode_every=encode_every)
    other = PID("other", stage.here.address)
    kit, sender = stage.kit, stage.sender.pid

    met = [kit.expect("Tick"), kit.expect(Tick, sender=sender), kit.expect(Tick, where=lambda tick: tick.number == 2)]
    unmet = [kit.expect("Tack"), kit.expect(Tick, sender=other), kit.expect(Tick, to=other)]
    stage.send(1, 2)

    assert [future.get().number for future in met] == [1, 1, 2]
    assert all(future.is_pending for future in unmet)


def test_a_watch_remembers_all_that_fits_until_it_is_closed() -> None:
    stage = Stage()

    with stage.kit.watch(Tick, where=lambda tick: tick.number % 2) as odd:
        stage.send(1, 2, 3)
    stage.send(5)

    assert [tick.number for tick in odd.taken] == [1, 3]


def test_a_dropped_message_does_not_come_and_is_counted() -> None:
    stage = Stage()

    tap = stage.kit.drop(Tick, to=stage.to, times=2)

    assert stage.send(1, 2, 3) == [3]
    assert [tick.number for tick in tap.taken] == [1, 2]
    assert tap.first.get().number == 1
    assert not tap.is_open
    assert stage.there.metrics.counter("libprocess/dropped/filtered").value == 2


def test_messages_are_dropped_until_the_tap_is_closed() -> None:
    stage = Stage()

    with stage.kit.drop("Tick", sender=stage.sender.pid) as tap:
        assert stage.send(1, 2) == []

    assert stage.send(3) == [3]
    assert len(tap.taken) == 2


def test_what_was_dropped_was_not_served_so_no_expectation_sees_it() -> None:
    stage = Stage()
    stage.kit.drop(Tick, times=1)
    expected = stage.kit.expect(Tick)

    stage.send(1, 2)

    assert expected.get().number == 2


def test_a_delayed_message_comes_later_and_is_overtaken() -> None:
    stage = Stage()
    stage.simulation.network.jitter_ns = 0
    stage.kit.delay(Tick, by_ns=50 * MS, times=2)

    assert stage.send(1, 2, 3) == [3]
    stage.kit.advance(50 * MS)

    assert stage.receiver.numbers == [3, 1, 2]
    assert stage.receiver.times[1] - stage.receiver.times[0] == 50 * MS


def test_the_newest_tap_that_fits_takes_the_event() -> None:
    stage = Stage()
    older = stage.kit.drop(Tick)
    newer = stage.kit.delay(Tick, by_ns=MS, times=1)

    assert stage.send(1, 2) == [1]

    assert (len(older.taken), len(newer.taken)) == (1, 1)


def test_a_delayed_call_returns_its_result_later() -> None:
    stage = Stage()
    pid = stage.here.spawn(Page())
    stage.kit.delay(Page.add, by_ns=MS, to=pid)

    added = stage.here.dispatch(pid, Page.add, 1, right=2)
    stage.kit.settle()
    assert added.is_pending
    stage.kit.advance(MS)

    assert added.get() == 3


def test_a_delayed_call_is_abandoned_if_its_actor_ends_first() -> None:
    stage = Stage()
    pid = stage.here.spawn(Page())
    stage.kit.delay(Page.add, by_ns=MS)
    added = stage.here.dispatch(pid, Page.add, 1)
    stage.kit.settle()

    stage.here.terminate(pid)
    stage.kit.settle()

    assert added.abandoned
    assert stage.here.metrics.counter("libprocess/dropped/terminated").value == 1


def test_a_call_is_seen_with_its_arguments_however_they_were_given() -> None:
    stage = Stage()
    pid = stage.here.spawn(Page())
    calls = stage.kit.watch(Page.add, to=pid)
    first = stage.kit.expect_dispatch(pid, Page.add)

    stage.here.dispatch(pid, Page.add, 1)
    stage.here.dispatch(pid, Page.add, 1, right=2)
    stage.kit.settle()

    assert first.get() == (1,)
    assert calls.taken == [(1,), (1, 2)]


def test_a_call_of_an_override_is_a_call_of_the_method() -> None:
    class Loud(Page):
        def add(self, left: int, right: int = 0) -> int:
            return -super().add(left, right)

    stage = Stage()
    pid = stage.here.spawn(Loud())
    first = stage.kit.expect_dispatch(pid, Page.add)

    stage.here.dispatch(pid, Loud.add, 4)
    stage.kit.settle()

    assert first.get() == (4,)


def test_a_dropped_call_is_abandoned() -> None:
    stage = Stage()
    pid = stage.here.spawn(Page())
    stage.kit.drop(Page.add)

    added = stage.here.dispatch(pid, Page.add, 1)
    stage.kit.settle()

    assert added.abandoned


def test_a_request_is_seen_and_a_dropped_one_is_answered_by_nobody() -> None:
    stage = Stage()
    pid = stage.here.spawn(Page("page"))
    seen = stage.kit.expect_request(pid, "/page")

    first = stage.here.request(Request("GET", "/page/page"))
    stage.kit.settle()
    stage.kit.drop(REQUEST, to=pid)
    second = stage.here.request(Request("GET", "/page/page"))
    stage.kit.settle()

    assert seen.get().path == "/page"
    assert first.get().status == 200
    assert second.get().status == 404


def test_an_end_is_seen_and_a_dropped_one_is_not_told() -> None:
    stage = Stage()
    gone = [stage.here.spawn(Counted()) for _ in range(2)]
    for pid in gone:
        stage.here.dispatch(stage.sender.pid, Counted.watch, pid)
    told = stage.kit.expect_exited(stage.sender.pid, of=gone[1])
    stage.kit.drop(EXITED, sender=gone[0])

    for pid in gone:
        stage.here.terminate(pid)
    stage.kit.settle()

    assert told.get() == gone[1]
    assert stage.sender.lost == [gone[1]]


def test_an_injected_end_is_told_though_nobody_ended() -> None:
    stage = Stage()

    stage.kit.inject_exited(stage.sender, stage.to)
    stage.kit.settle()

    assert stage.sender.lost == [stage.to]
    assert stage.send(1) == [1]


def test_silence_holds_or_fails_with_what_was_said() -> None:
    stage = Stage()

    with stage.kit.no_message_between(stage.sender.pid, stage.to):
        stage.kit.advance(10 * MS)
    with (
        pytest.raises(AssertionError, match=r"Message from sender@.* to receiver@.*: expected none, .*number=7"),
        stage.kit.no_message_between(stage.sender.pid, stage.to),
    ):
        stage.send(7)


def test_a_kit_knows_nodes_that_start_later_and_leaves_all_in_peace_when_it_is_closed() -> None:
    stage = Stage()
    stage.simulation.crash(stage.there)
    again = Counted("receiver")
    stage.simulation.node("10.0.0.2").spawn(again)

    expected = stage.kit.expect(Tick)
    stage.send(1)
    assert expected.get().number == 1
    stage.kit.drop(Tick)
    stage.kit.close()
    stage.send(2)

    assert again.numbers == [1, 2]


def test_a_result_is_waited_for_and_what_does_not_come_is_an_error() -> None:
    stage = Stage()
    expected = stage.kit.expect(Tick)
    stage.here.dispatch(stage.sender.pid, Counted.send_to, stage.to, 1)

    assert stage.kit.result(expected) == Tick(number=1)

    with pytest.raises(AssertionError, match="pending"):
        stage.kit.result(stage.kit.expect(Tick), limit_ns=MS)


def test_a_kit_lets_time_pass_for_all_or_for_one() -> None:
    kit = TestKit(Simulation(1, options=SimulationOptions(actor_clocks=True)))
    node = kit.simulation.node("10.0.0.1")
    one, other = kit.probe(node), kit.probe(node)
    kit.settle()

    kit.advance(MS)
    kit.advance(MS, actor=one.pid)

    clocks = kit.simulation.clocks
    assert clocks.now(one.pid) - clocks.now(other.pid) == MS


def test_a_tap_takes_at_least_once() -> None:
    stage = Stage()

    with pytest.raises(ValueError, match="at least 1"):
        stage.kit.drop(Tick, times=0)
