"""`Queue` against a list and a line of names: every value is got once, in order, by whoever has waited longest."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from libprocess_py import Future
from libprocess_py.coordination import Queue, QueueFull

SIZE_MAX = 3


class QueueAgainstAList(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.queue: Queue[int] = Queue(size_max=SIZE_MAX)
        self.put_so_far = 0
        self.values: list[int] = []
        self.waiting: list[Future[int]] = []
        self.expected: list[tuple[Future[int], int]] = []

    @rule()
    def put(self) -> None:
        value = self.put_so_far = self.put_so_far + 1
        if self.waiting:
            self.expected.append((self.waiting.pop(0), value))
        elif len(self.values) == SIZE_MAX:
            with pytest.raises(QueueFull):
                self.queue.put(value)
            return
        else:
            self.values.append(value)
        self.queue.put(value)

    @rule()
    def get(self) -> None:
        future = self.queue.get()
        if self.values:
            self.expected.append((future, self.values.pop(0)))
        else:
            self.waiting.append(future)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        future = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
        future.discard()
        assert future.is_discarded

    @invariant()
    def agrees(self) -> None:
        assert len(self.queue) == len(self.values)
        assert [future.get() for future, _ in self.expected] == [value for _, value in self.expected]
        assert all(future.is_pending for future in self.waiting)


TestQueueAgainstAList = QueueAgainstAList.TestCase


def test_a_getter_that_puts_back_what_it_got_finds_the_queue_in_order() -> None:
    queue: Queue[int] = Queue()
    seen: list[int] = []
    queue.get().on_ready(queue.put)
    queue.get().on_ready(seen.append)

    queue.put(1)

    assert seen == [1]
    assert len(queue) == 0


def test_giving_up_after_the_value_has_come_changes_nothing() -> None:
    queue: Queue[int] = Queue()
    future = queue.get()
    queue.put(1)

    assert not future.discard()
    assert future.get() == 1
