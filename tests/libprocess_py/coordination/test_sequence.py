"""`Sequence`: one at a time, in order, whatever becomes of each."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from libprocess_py import Future, Promise
from libprocess_py.coordination import Sequence
from tests.libprocess_py.future.test_promise import ENDS

MANY = 10_000  # Far beyond what Python's stack holds.


class SequenceAgainstALine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.sequence = Sequence()
        self.started: list[int] = []
        self.works: list[Promise[int]] = []
        self.results: list[Future[int]] = []
        self.line: list[int] = []  # The first is under way.
        self.due: list[int] = []  # Those that have been first.

    def _start(self, number: int) -> Future[int]:
        self.started.append(number)
        return self.works[number]

    def _note_first(self) -> None:
        if self.line and self.line[0] not in self.due:
            self.due.append(self.line[0])

    @rule()
    def add(self) -> None:
        number = len(self.works)
        self.works.append(Promise())
        self.line.append(number)
        self._note_first()
        self.results.append(self.sequence.add(partial(self._start, number)))

    @precondition(lambda self: self.line)
    @rule(how=st.sampled_from(sorted(ENDS)))
    def end(self, how: str) -> None:
        work = self.works[self.line.pop(0)]
        self._note_first()
        ENDS[how](work)

    @precondition(lambda self: self.line)
    @rule(data=st.data())
    def discard(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.line) - 1))
        number = self.line[place]
        self.results[number].discard()
        if place:
            self.line.pop(place)
            assert self.results[number].is_discarded
        else:
            assert self.works[number].discard_requested
            assert self.results[number].is_pending

    @invariant()
    def agrees(self) -> None:
        assert self.started == self.due
        assert len(self.sequence) == max(0, len(self.line) - 1)


TestSequenceAgainstALine = SequenceAgainstALine.TestCase


def test_callbacks_that_do_not_wait_need_a_constant_stack() -> None:
    sequence = Sequence()
    gate: Promise[None] = Promise()
    ran: list[int] = []
    sequence.add(lambda: gate)
    for number in range(MANY):
        sequence.add(partial(ran.append, number))

    gate.set(None)

    assert ran == list(range(MANY))


def test_a_callback_that_raises_fails_its_own_future_and_the_next_one_runs() -> None:
    sequence = Sequence()

    broken = sequence.add(lambda: 1 // 0)

    assert isinstance(broken.failure, ZeroDivisionError)
    assert sequence.add(lambda: 5).get() == 5


def test_after_its_close_a_sequence_runs_what_it_has_and_takes_nothing() -> None:
    sequence = Sequence()
    gate: Promise[None] = Promise()
    sequence.add(lambda: gate)
    second = sequence.add(lambda: 2)

    sequence.close()
    gate.set(None)

    assert second.get() == 2
    with pytest.raises(RuntimeError, match="closed"):
        sequence.add(lambda: 3)
