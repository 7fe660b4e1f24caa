"""Observers: what they are told, what they may keep from an actor, and in which order."""

from __future__ import annotations

import pytest

from libprocess_py import ActorFailed, Message, NodeOptions, Policy, Process
from libprocess_py.core.decision_log import DecisionLog
from libprocess_py.core.mailbox import Mailbox
from libprocess_py.events import KIND_NAMES, Event, name_of
from tests.libprocess_py.still_driver import a_node, run


class Number(Message):
    value: int


class Keeper(Process):
    def __init__(self) -> None:
        super().__init__("keeper")
        self.kept: list[int] = []

    def keep(self, value: int) -> int:
        self.kept.append(value)
        return value

    def divide(self, by: int) -> float:
        return 1 / by

    def finalize(self) -> None:
        self.kept.append(-1)


class Diary:
    """Writes down what it is told, and drops the dispatches of what `drops` names."""

    def __init__(self, name: str, *, drops: tuple[str, ...] = (), into: list[str] | None = None) -> None:
        self.name = name
        self.drops = drops
        self.lines: list[str] = [] if into is None else into

    def before(self, mailbox: Mailbox, event: Event) -> bool | None:
        self.lines.append(f"{self.name} before {_what(event)}")
        return _what(event) not in self.drops

    def after(self, mailbox: Mailbox, event: Event) -> None:
        self.lines.append(f"{self.name} after {_what(event)}")


def _what(event: Event) -> str:
    return name_of(event).removeprefix("Keeper.") or KIND_NAMES[event[0]]


def test_an_observer_is_told_before_and_after_each_event() -> None:
    node, _ = a_node()
    diary = Diary("d")
    node.observe(diary)
    pid = node.spawn(Keeper())

    node.dispatch(pid, Keeper.keep, 1)
    node.terminate(pid, inject=False)
    run(node)

    assert diary.lines == [
        f"d {when} {what}" for what in ("initialize", "keep", "terminate") for when in ("before", "after")
    ]


def test_an_event_that_an_observer_refuses_is_dropped_and_its_future_abandoned() -> None:
    node, _ = a_node()
    node.observe(Diary("d", drops=("keep",)))
    keeper = Keeper()
    pid = node.spawn(keeper)

    refused, served = node.dispatch(pid, Keeper.keep, 1), node.dispatch(pid, Keeper.divide, 1)
    run(node)

    assert refused.abandoned
    assert served.get() == 1
    assert keeper.kept == []
    assert node.metrics.counter("libprocess/dropped/filtered").value == 1


def test_an_event_that_an_observer_takes_over_is_neither_served_nor_dropped() -> None:
    class Taker(Diary):
        def before(self, mailbox: Mailbox, event: Event) -> bool | None:
            return super().before(mailbox, event) or None

    node, _ = a_node()
    node.observe(Taker("d", drops=("keep",)))
    keeper = Keeper()

    taken = node.dispatch(node.spawn(keeper), Keeper.keep, 1)
    run(node)

    assert keeper.kept == []
    assert taken.is_pending
    assert not taken.abandoned
    assert node.metrics.counter("libprocess/dropped/filtered").value == 0


def test_a_timer_that_an_observer_refuses_does_not_ring_and_is_counted() -> None:
    node, driver = a_node()
    node.observe(Diary("d", drops=("keep",)))
    keeper = Keeper()
    node.spawn(keeper)
    run(node)

    keeper.delay(5, keeper.keep, 1)
    driver.time += 5
    run(node)

    assert keeper.kept == []
    assert node.metrics.counter("libprocess/dropped/filtered").value == 1


def test_an_observer_cannot_keep_the_ends_of_life_from_an_actor() -> None:
    node, _ = a_node()
    node.observe(Diary("d", drops=("initialize", "terminate")))
    keeper = Keeper()
    pid = node.spawn(keeper)

    node.terminate(pid, inject=False)
    run(node)

    assert keeper.kept == [-1]
    assert node.wait(pid).get() is False


def test_observers_are_told_in_their_order_and_none_of_what_one_before_dropped() -> None:
    node, _ = a_node()
    lines: list[str] = []
    pid = node.spawn(Keeper())
    run(node)
    first, second = Diary("first", drops=("divide",), into=lines), Diary("second", into=lines)
    node.observe(first)
    node.observe(second)

    node.dispatch(pid, Keeper.keep, 1)
    node.dispatch(pid, Keeper.divide, 1)
    run(node)

    assert lines == [
        "first before keep",
        "second before keep",
        "first after keep",
        "second after keep",
        "first before divide",
    ]


def test_whoever_stops_observing_is_told_no_more() -> None:
    node, _ = a_node()
    diary = Diary("d")
    pid = node.spawn(Keeper())
    node.observe(diary)
    node.unobserve(diary)

    node.dispatch(pid, Keeper.keep, 1)
    run(node)

    assert diary.lines == []
    with pytest.raises(ValueError):
        node.unobserve(diary)


def test_an_observer_is_told_when_a_handler_that_raised_is_through() -> None:
    node, _ = a_node(NodeOptions(policy=Policy.FAIL))
    diary = Diary("d")
    pid = node.spawn(Keeper())
    run(node)
    node.observe(diary)

    node.dispatch(pid, Keeper.divide, 0)
    with pytest.raises(ActorFailed):
        run(node)

    assert diary.lines == ["d before divide", "d after divide"]


def test_the_decision_log_holds_what_was_served_and_not_what_an_observer_dropped() -> None:
    lines: list[str] = []
    node, _ = a_node(NodeOptions(log=DecisionLog(lines.append)))
    node.observe(Diary("d", drops=("keep",)))
    pid = node.spawn(Keeper())

    node.dispatch(pid, Keeper.keep, 1)
    node.dispatch(pid, Keeper.divide, 1)
    run(node)

    assert [line.split()[3:5] for line in lines] == [["initialize", "-"], ["dispatch", "Keeper.divide"]]


class Broken(Diary):
    """Fails instead of writing."""

    def before(self, mailbox: Mailbox, event: Event) -> bool | None:
        if self.name == "before":
            raise LookupError("no pen")
        return True

    def after(self, mailbox: Mailbox, event: Event) -> None:
        if self.name == "after":
            raise LookupError("no pen")


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_an_observer_raises_leaves_the_step_and_harms_no_actor(when: str) -> None:
    node, driver = a_node()
    keeper = Keeper()
    pid = node.spawn(keeper)
    run(node)
    broken = Broken(when)
    node.observe(broken)
    for value in range(3):
        node.dispatch(pid, Keeper.keep, value)

    with pytest.raises(LookupError):
        node.step()
    node.unobserve(broken)
    run(node)

    assert keeper.kept == ([1, 2] if when == "before" else [0, 1, 2])
    assert driver.error is None
