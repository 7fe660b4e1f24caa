"""Long mailboxes: when they are told of, and what is said."""

from __future__ import annotations

import pytest

from libprocess_py import PID, Message, Process
from libprocess_py.core.crowds import CROWD_MIN, Crowds, most_frequent
from libprocess_py.events import DISPATCH, MESSAGE, NOBODY, TERMINATE, Event
from tests.libprocess_py.still_driver import a_node, run


class Number(Message):
    value: int


class Counted(Process):
    counts: tuple[int, ...] = ()

    def number(self, sender: PID, message: Number) -> None: ...

    def count(self) -> None:
        self.counts = (self.event_count(), self.event_count("message"), self.event_count("dispatch"))


def test_the_longest_mailbox_is_remembered_and_short_ones_are_no_news() -> None:
    crowds = Crowds()

    assert [crowds.note("a", number) for number in (3, CROWD_MIN - 1)] == [False, False]
    assert crowds.longest == CROWD_MIN - 1


def test_a_mailbox_is_told_of_once_per_doubling() -> None:
    crowds = Crowds()
    lengths = (CROWD_MIN, CROWD_MIN + 1, 2 * CROWD_MIN - 1, 2 * CROWD_MIN, 3 * CROWD_MIN, 5 * CROWD_MIN)

    assert [crowds.note("a", length) for length in lengths] == [True, False, False, True, False, True]


def test_each_actor_is_told_of_by_itself_and_anew_after_its_end() -> None:
    crowds = Crowds()

    assert crowds.note("a", 8 * CROWD_MIN)
    assert crowds.note("b", CROWD_MIN)
    crowds.forget("a")
    assert crowds.note("a", CROWD_MIN)
    assert not crowds.note("b", CROWD_MIN)


def test_a_turn_is_looked_at_only_if_it_could_be_news() -> None:
    crowds = Crowds()

    crowds.note("a", 10)
    assert crowds.remarkable == 10
    crowds.note("a", 9 * CROWD_MIN)
    assert crowds.remarkable == CROWD_MIN - 1


def test_what_fills_a_mailbox_is_named_the_most_frequent_first() -> None:
    message: Event = (MESSAGE, NOBODY, Number(value=1), None)
    dispatch: Event = (DISPATCH, Counted.count, (), None)
    end: Event = (TERMINATE, None, None, None)

    assert most_frequent([end, message, dispatch, message]) == "Number x 2, terminate x 1, Counted.count x 1"


def test_a_flooded_actor_is_logged_by_name_once_per_doubling(caplog: pytest.LogCaptureFixture) -> None:
    node, _ = a_node()
    pid = node.spawn(Counted())
    run(node)

    for times in (1, 1, 3):
        for _ in range(times * CROWD_MIN):
            node.send(pid, Number(value=1))
        run(node)

    assert [record.getMessage() for record in caplog.records] == [
        f"mailbox long events={number} most='Number x {number}' pid={pid}" for number in (CROWD_MIN, 3 * CROWD_MIN)
    ]


def test_an_actor_counts_what_waits_for_it_by_kind() -> None:
    node, _ = a_node()
    actor = Counted()
    pid = node.spawn(actor)
    run(node)

    node.send(pid, Number(value=1))
    node.dispatch(pid, Counted.count)
    node.send(pid, Number(value=2))
    node.send(pid, Number(value=3))
    node.dispatch(pid, Counted.count)
    node.dispatch(pid, Counted.count)
    node.step(2)

    assert actor.counts == (4, 2, 2)
    assert actor.event_count() == 4
