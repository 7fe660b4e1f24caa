"""Mailboxes with a bound, whatever the driver: who hears of what was refused, and on which side it is counted."""

from __future__ import annotations

from typing import ClassVar

from libprocess_py import PID, MailboxFull, Message, Process
from tests.conformance.runtime.actors import Note, Recorder
from tests.conformance.runtime.harness import Harness

ROOM = 3
FULL = "libprocess/dropped/mailbox_full"


class Narrow(Recorder):
    mailbox_max: ClassVar[int | None] = ROOM


class Flooder(Process):
    """Sends and calls in one turn, so that nobody is served in between."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: list[tuple[PID, int, str]] = []
        self.outcomes: list[str] = []

    def notes(self, to: PID, count: int) -> None:
        for number in range(count):
            self.send(to, Note(number=number))

    def calls(self, to: PID[Recorder], count: int) -> None:
        for number in range(count):
            result = self.dispatch(to, Recorder.add, number)
            result.on_ready(lambda value: self.outcomes.append(f"{value}"))
            result.on_failed(lambda error: self.outcomes.append(type(error).__name__))

    def undelivered(self, to: PID, message: Message, *, reason: str) -> None:
        assert isinstance(message, Note)
        self.lost.append((to, message.number, reason))


def test_a_full_mailbox_takes_what_has_room_in_order_and_its_sender_hears_of_the_rest(harness: Harness) -> None:
    node = harness.node()
    narrow, flooder = Narrow(), Flooder()
    to = node.spawn(narrow)

    node.dispatch(node.spawn(flooder), Flooder.notes, to, ROOM + 2)
    harness.settle()

    assert narrow.numbers() == list(range(ROOM))
    assert flooder.lost == [(to, ROOM, "mailbox_full"), (to, ROOM + 1, "mailbox_full")]
    assert node.metrics.counter(FULL).value == 2


def test_a_call_that_finds_no_room_fails_and_those_before_it_are_served(harness: Harness) -> None:
    node = harness.node()
    flooder = Flooder()
    to = node.spawn(Narrow())

    node.dispatch(node.spawn(flooder), Flooder.calls, to, ROOM + 1)
    harness.settle()

    assert sorted(flooder.outcomes) == [*map(str, range(ROOM)), MailboxFull.__name__]


def test_what_another_node_sends_to_a_full_mailbox_is_counted_where_it_lives(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    narrow, flooder = Narrow(), Flooder()
    to = there.spawn(narrow)
    sent = 400

    here.dispatch(here.spawn(flooder), Flooder.notes, to, sent)
    full = there.metrics.counter(FULL)
    harness.until(lambda: len(narrow.numbers()) + full.value == sent)

    assert narrow.numbers() == sorted(narrow.numbers())
    assert narrow.numbers()[:ROOM] == list(range(ROOM))
    assert flooder.lost == []


def test_an_actor_hears_of_messages_that_find_nobody(harness: Harness) -> None:
    node = harness.node()
    flooder = Flooder()
    gone = PID("gone", node.address)

    node.dispatch(node.spawn(flooder), Flooder.notes, gone, 1)
    harness.settle()

    assert flooder.lost == [(gone, 0, "no_such_process")]
