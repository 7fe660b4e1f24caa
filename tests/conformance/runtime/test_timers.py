"""Timers: never early, in order, cancelled for certain."""

from __future__ import annotations

from typing import Final

import pytest

from libprocess_py import Process, Timer
from tests.conformance.runtime.harness import Harness

MS: Final = 1_000_000


class Alarm(Process):
    """Sets timers and notes when they ring."""

    def __init__(self) -> None:
        super().__init__()
        self.rung: list[str] = []
        self.early: list[str] = []

    def set(self, ns: int, name: str) -> Timer:
        return self.delay(ns, self.ring, name, self.clock.now() + ns)

    def set_all(self, *alarms: tuple[int, str]) -> list[Timer]:
        return [self.set(ns, name) for ns, name in alarms]

    def set_close(self, names: list[str]) -> None:
        for number, name in enumerate(names):
            self.set(MS + MS // 10 * number, name)

    def set_and_cancel(self, ns: int, name: str) -> tuple[bool, bool]:
        timer = self.set(ns, name)
        return timer.cancel(), timer.cancel()

    def ring(self, name: str, due: int) -> None:
        self.rung.append(name)
        if self.clock.now() < due:
            self.early.append(name)

    def beat(self, left: int) -> None:
        self.rung.append("beat")
        if left > 1:
            self.delay(0, self.beat, left - 1)


def test_a_timer_runs_when_it_is_due_and_not_before(harness: Harness) -> None:
    node = harness.node()
    alarm = Alarm()

    node.dispatch(node.spawn(alarm), Alarm.set_all, (3_600_000 * MS, "in an hour"), (3 * MS, "once"))
    harness.settle()
    harness.until(lambda: bool(alarm.rung))

    assert alarm.rung == ["once"]
    assert alarm.early == []


def test_timers_run_in_the_order_of_their_deadlines(harness: Harness) -> None:
    node = harness.node()
    alarm = Alarm()

    node.dispatch(node.spawn(alarm), Alarm.set_all, (9 * MS, "third"), (1 * MS, "first"), (5 * MS, "second"))
    harness.until(lambda: len(alarm.rung) == 3)

    assert alarm.rung == ["first", "second", "third"]
    assert alarm.early == []


@pytest.mark.parametrize("nodes", [1, 2])
def test_of_timers_close_to_one_another_none_is_early(harness: Harness, nodes: int) -> None:
    alarms = [Alarm() for _ in range(nodes)]
    names = [str(number) for number in range(40)]

    for alarm in alarms:
        node = harness.node()
        node.dispatch(node.spawn(alarm), Alarm.set_close, names)
    harness.settle()
    harness.pass_time(5 * MS)
    harness.until(lambda: all(len(alarm.rung) == len(names) for alarm in alarms))

    assert [alarm.rung for alarm in alarms] == [names] * nodes
    assert [alarm.early for alarm in alarms] == [[]] * nodes


def test_timers_of_one_deadline_all_run_in_the_order_in_which_they_were_set(harness: Harness) -> None:
    node = harness.node()
    alarm = Alarm()
    names = [str(number) for number in range(9)]

    node.dispatch(node.spawn(alarm), Alarm.set_all, *((MS, name) for name in names))
    harness.until(lambda: len(alarm.rung) >= len(names))
    harness.pass_time(MS)

    assert alarm.rung == names


def test_a_cancelled_timer_does_not_run_and_says_so_once(harness: Harness) -> None:
    node = harness.node()
    alarm = Alarm()
    pid = node.spawn(alarm)

    cancelled = node.dispatch(pid, Alarm.set_and_cancel, 1 * MS, "cancelled")
    node.dispatch(pid, Alarm.set, 2 * MS, "kept")
    harness.until(lambda: alarm.rung)
    harness.pass_time(2 * MS)

    assert cancelled.get() == (True, False)
    assert alarm.rung == ["kept"]


def test_a_timer_that_ran_cannot_be_cancelled(harness: Harness) -> None:
    node = harness.node()
    alarm = Alarm()
    timer = node.dispatch(node.spawn(alarm), Alarm.set, 1 * MS, "ran")
    harness.until(lambda: alarm.rung)

    assert timer.get().cancel() is False


def test_the_timers_of_an_actor_end_with_it(harness: Harness) -> None:
    node = harness.node()
    alarm, other = Alarm(), Alarm()
    pid = node.spawn(alarm)
    node.dispatch(pid, Alarm.set, 1 * MS, "late")
    node.dispatch(node.spawn(other), Alarm.set, 2 * MS, "after")

    node.terminate(pid, inject=False)
    harness.until(lambda: other.rung)

    assert alarm.rung == []


def test_a_timer_without_delay_runs_in_a_later_turn(harness: Harness) -> None:
    node = harness.node()
    alarm = Alarm()

    node.dispatch(node.spawn(alarm), Alarm.beat, 5)
    harness.until(lambda: len(alarm.rung) == 5)

    assert alarm.rung == ["beat"] * 5


def test_a_timer_that_is_set_from_outside_any_turn_runs(harness: Harness) -> None:
    node = harness.node()
    alarm = Alarm()
    node.spawn(alarm)
    harness.settle()

    alarm.set(1 * MS, "outside")

    harness.until(lambda: alarm.rung == ["outside"])


def test_time_passes_on_every_clock(harness: Harness) -> None:
    nodes = [harness.node(), harness.node()]
    before = [node.clock.now() for node in nodes]

    harness.pass_time(2 * MS)

    assert all(node.clock.now() >= then + 2 * MS for node, then in zip(nodes, before))
