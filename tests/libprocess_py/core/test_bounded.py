"""Mailboxes with a bound: what is refused, who is told, and what always has room."""

from __future__ import annotations

from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py import PID, Future, MailboxFull, Message, Node, NodeOptions, Process
from libprocess_py.driver import Delivery
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from tests.libprocess_py.still_driver import a_node, run


class Number(Message):
    value: int


class Narrow(Process):
    """Takes two events at a time."""

    mailbox_max: ClassVar[int | None] = 2

    def __init__(self) -> None:
        super().__init__("narrow")
        self.seen: list[int] = []
        self.at_each: list[int] = []

    def initialize(self) -> None:
        self.route("/", lambda request: Response.text(200, request.body.decode()), help="Says it again.")

    def number(self, sender: PID, message: Number) -> None:
        self.seen.append(message.value)
        self.at_each.append(self.event_count())

    def add(self, value: int) -> int:
        self.seen.append(value)
        return value

    def flood(self, values: range) -> None:
        for value in values:
            self.send(self.pid, Number(value=value))


class Sender(Process):
    """Remembers what came back."""

    def __init__(self) -> None:
        super().__init__("sender")
        self.lost: list[tuple[PID, int, str]] = []

    def undelivered(self, to: PID, message: Message, *, reason: str) -> None:
        assert isinstance(message, Number)
        self.lost.append((to, message.value, reason))

    def tell(self, to: PID, values: range) -> None:
        for value in values:
            self.send(to, Number(value=value))


class Careless(Process):
    def tell(self, to: PID) -> None:
        self.send(to, Number(value=1))


def dropped(node: Node, reason: str) -> int:
    return node.metrics.counter(f"libprocess/dropped/{reason}").value


def spawned(node: Node, narrow: Narrow) -> PID[Narrow]:
    pid = node.spawn(narrow)
    run(node)
    return pid


def test_a_full_mailbox_refuses_the_newest_message_and_counts_it() -> None:
    node, _ = a_node()
    narrow = Narrow()
    pid = spawned(node, narrow)

    for value in range(5):
        node.send(pid, Number(value=value))
    run(node)
    node.send(pid, Number(value=9))
    run(node)

    assert narrow.seen == [0, 1, 9]
    assert dropped(node, "mailbox_full") == 3


def test_a_dispatch_that_finds_no_room_fails() -> None:
    node, _ = a_node()
    narrow = Narrow()
    pid = spawned(node, narrow)

    results = [node.dispatch(pid, Narrow.add, value) for value in range(3)]
    run(node)

    assert [result.is_ready for result in results] == [True, True, False]
    with pytest.raises(MailboxFull, match="narrow: 2 events wait already"):
        results[2].get()


def test_a_request_that_finds_no_room_is_answered_503() -> None:
    node, _ = a_node()
    spawned(node, Narrow())

    answers = [node.request(Request("GET", "/narrow", body=b"here")) for _ in range(3)]
    run(node)

    assert [answer.get().status for answer in answers] == [200, 200, 503]
    assert dropped(node, "mailbox_full") == 1


def test_a_message_of_another_node_that_finds_no_room_is_refused_before_it_is_decoded() -> None:
    node, _ = a_node()
    narrow = Narrow()
    pid = spawned(node, narrow)

    outcomes = [node.deliver(pid.id, None, name="Number", body=b'{"value":1}') for _ in range(2)]
    outcomes.append(node.deliver(pid.id, None, name="Number", body=b"not json"))
    run(node)

    assert outcomes == [Delivery.DELIVERED, Delivery.DELIVERED, Delivery.FULL]
    assert narrow.seen == [1, 1]


def test_the_bound_counts_what_a_turn_has_not_come_to() -> None:
    node, _ = a_node()
    narrow = Narrow()
    pid = spawned(node, narrow)

    node.dispatch(pid, Narrow.flood, range(3))
    node.send(pid, Number(value=7))
    run(node)

    assert narrow.seen == [7, 0]  # While it floods itself, 7 waits for it in the same turn.
    assert narrow.at_each == [1, 0]


def test_a_turn_that_the_budget_cuts_short_keeps_the_bound() -> None:
    node, _ = a_node()
    narrow = Narrow()
    pid = spawned(node, narrow)

    node.send(pid, Number(value=0))
    node.send(pid, Number(value=1))
    node.step(1)
    node.send(pid, Number(value=2))
    node.send(pid, Number(value=3))
    run(node)

    assert narrow.seen == [0, 1, 2]


def test_a_bound_may_be_given_at_spawn() -> None:
    node, _ = a_node()
    one, many = Narrow(), Sender()
    pid = node.spawn(one, mailbox_max=1)
    other = node.spawn(many, mailbox_max=1)
    run(node)

    for value in range(2):
        node.send(pid, Number(value=value))
        node.dispatch(other, Sender.tell, pid, range(0))
    run(node)

    assert one.seen == [0]
    assert dropped(node, "mailbox_full") == 2


def test_an_actor_that_was_not_initialized_yet_has_all_its_room() -> None:
    node, _ = a_node()
    narrow = Narrow()
    pid = node.spawn(narrow)

    for value in range(3):
        node.send(pid, Number(value=value))
    run(node)

    assert narrow.seen == [0, 1]


def test_a_bound_that_lets_nothing_in_is_refused() -> None:
    node, _ = a_node()

    with pytest.raises(ValueError, match="narrow: mailbox_max 0: expected a positive number"):
        node.spawn(Narrow(), mailbox_max=0)


def test_timers_ends_of_others_and_the_end_always_have_room() -> None:
    class Watcher(Narrow):
        ends = 0

        def exited(self, pid: PID) -> None:
            self.ends += 1

    node, driver = a_node()
    watcher, other = Watcher(), node.spawn(Sender())
    pid = spawned(node, watcher)
    watcher.link(other)
    watcher.delay(1, watcher.add, 5)

    node.send(pid, Number(value=0))
    node.send(pid, Number(value=1))
    node.terminate(other)
    driver.time += 1
    run(node)
    node.send(pid, Number(value=2))
    node.send(pid, Number(value=3))
    node.terminate(pid, inject=False)
    run(node)

    assert sorted(watcher.seen) == [0, 1, 2, 3, 5]
    assert watcher.ends == 1
    assert node.wait(pid).get() is False


def test_terminating_a_full_actor_purges_it() -> None:
    node, _ = a_node()
    narrow = Narrow()
    pid = spawned(node, narrow)

    node.send(pid, Number(value=0))
    result = node.dispatch(pid, Narrow.add, 1)
    node.terminate(pid)
    run(node)

    assert narrow.seen == []
    assert result.abandoned
    assert not node.kernel.runnable


@pytest.mark.parametrize("options", [NodeOptions(), NodeOptions(encode_local=True)])
def test_the_sender_is_told_of_what_was_not_delivered(options: NodeOptions) -> None:
    node, _ = a_node(options)
    sender, narrow = Sender(), spawned(node, Narrow())
    gone = PID("gone", node.address)
    pid = node.spawn(sender)

    node.dispatch(pid, Sender.tell, narrow, range(3))
    node.dispatch(pid, Sender.tell, gone, range(7, 8))
    run(node)

    assert sender.lost == [(narrow, 2, "mailbox_full"), (gone, 7, "no_such_process")]


def test_the_sender_is_told_of_what_its_receiver_left_behind() -> None:
    node, _ = a_node()
    sender, receiver = Sender(), node.spawn(Narrow())
    pid = node.spawn(sender)
    run(node)

    node.dispatch(pid, Sender.tell, receiver, range(1))
    node.dispatch(pid, Sender.terminate, receiver)
    node.dispatch(pid, Sender.tell, pid, range(5, 6))
    run(node)

    assert sender.lost == [(receiver, 0, "purged"), (pid, 5, "unknown_message")]


def test_who_does_not_ask_is_not_told() -> None:
    node, _ = a_node()
    pid = node.spawn(Careless())
    run(node)

    node.dispatch(pid, Careless.tell, PID("gone", node.address))
    node.step(1)

    assert not node.kernel.runnable
    assert dropped(node, "no_such_process") == 1


@given(st.lists(st.sampled_from(["send", "dispatch", "step"])), st.integers(1, 3), st.integers(1, 3))
def test_no_more_than_the_bound_ever_waits_and_nothing_is_lost_in_silence(
    actions: list[str], bound: int, budget: int
) -> None:
    node, _ = a_node()
    narrow = Narrow()
    pid = node.spawn(narrow, mailbox_max=bound)
    run(node)
    results: list[Future[int]] = []
    for action in actions:
        if action == "send":
            node.send(pid, Number(value=1))
        elif action == "dispatch":
            results.append(node.dispatch(pid, Narrow.add, -1))
        else:
            node.step(budget)
        assert len(narrow.queued_events()) <= bound
    run(node)

    failed = sum(result.is_failed for result in results)
    assert narrow.seen.count(-1) == len(results) - failed
    assert len(narrow.seen) + dropped(node, "mailbox_full") == actions.count("send") + len(results)


def test_an_idle_node_is_woken_for_an_actor_with_a_bound() -> None:
    node, driver = a_node()
    pid = node.spawn(Narrow())
    run(node)
    wakes = driver.wakes

    node.send(pid, Number(value=1))
    node.send(pid, Number(value=2))

    assert driver.wakes == wakes + 1
