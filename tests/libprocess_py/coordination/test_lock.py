"""Locks against a naive model, and in handlers whose actors end at the worst moment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from libprocess_py import Future, Process, Promise
from libprocess_py.coordination import Mutex, ReadWriteLock
from libprocess_py.coordination.lock import Hold
from libprocess_py.sim import Simulation

Waiter = tuple[str, Future[None]]


class LockAgainstALine(RuleBasedStateMachine):
    """One line of readers and writers; a mutex is the same with writers only."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = ReadWriteLock()
        self.mutex = Mutex()
        self.holds: list[Waiter] = []
        self.line: list[Waiter] = []
        self.mutex_line: list[Future[None]] = []  # The first has it.

    @rule(kind=st.sampled_from(["read", "write"]))
    def ask(self, kind: str) -> None:
        future = self.lock.read_lock() if kind == "read" else self.lock.write_lock()
        self.line.append((kind, future))
        self._admit_model()

    def _admit_model(self) -> None:
        while self.line:
            kind, _ = self.line[0]
            inside = [held for held, _ in self.holds]
            if inside and (kind == "write" or "write" in inside):
                return
            self.holds.append(self.line.pop(0))

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        kind, _ = self.holds.pop(data.draw(st.integers(0, len(self.holds) - 1)))
        self.lock.read_unlock() if kind == "read" else self.lock.write_unlock()
        self._admit_model()

    @precondition(lambda self: self.line)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        _, future = self.line.pop(data.draw(st.integers(0, len(self.line) - 1)))
        future.discard()
        assert future.is_discarded
        self._admit_model()

    @rule()
    def ask_for_the_mutex(self) -> None:
        self.mutex_line.append(self.mutex.lock())

    @precondition(lambda self: self.mutex_line)
    @rule()
    def unlock_the_mutex(self) -> None:
        self.mutex_line.pop(0)
        self.mutex.unlock()

    @precondition(lambda self: len(self.mutex_line) > 1)
    @rule(data=st.data())
    def give_the_mutex_up(self, data: st.DataObject) -> None:
        self.mutex_line.pop(data.draw(st.integers(1, len(self.mutex_line) - 1))).discard()

    @invariant()
    def agrees(self) -> None:
        kinds = [kind for kind, _ in self.holds]
        assert (self.lock.readers, self.lock.is_writing) == (kinds.count("read"), "write" in kinds)
        assert all(future.is_ready for _, future in self.holds)
        assert all(future.is_pending for _, future in self.line)
        assert self.lock._writers == {future for kind, future in self.line if kind == "write"}
        assert self.mutex.is_locked == bool(self.mutex_line)
        assert [future.is_ready for future in self.mutex_line] == [n == 0 for n in range(len(self.mutex_line))]


TestLockAgainstALine = LockAgainstALine.TestCase


@pytest.mark.parametrize("unlock", [Mutex().unlock, ReadWriteLock().read_unlock, ReadWriteLock().write_unlock])
def test_unlocking_what_is_not_locked_is_an_error(unlock: Callable[[], None]) -> None:
    with pytest.raises(RuntimeError, match="not"):
        unlock()


def test_whoever_gets_the_lock_may_unlock_it_at_once() -> None:
    mutex = Mutex()
    order: list[int] = []

    def leave(number: int, _: None) -> None:
        order.append(number)
        mutex.unlock()

    mutex.lock()
    for number in range(3):
        mutex.lock().on_ready(partial(leave, number))

    mutex.unlock()

    assert order == [0, 1, 2]
    assert not mutex.is_locked


def test_giving_up_after_being_let_in_is_too_late_and_the_lock_knows() -> None:
    lock = ReadWriteLock()
    lock.write_lock()
    first, second = lock.read_lock(), lock.read_lock()
    first.on_ready(lambda _: second.discard())  # Both are let in by now; only one has been told.

    lock.write_unlock()

    assert second.is_ready
    assert lock.readers == 2


class Visitor(Process):
    """Spends some of its time in a room that others use as well."""

    def __init__(self, room: Callable[[], Hold | Mutex], inside: list[str]) -> None:
        super().__init__()
        self.room = room
        self.inside = inside
        self.gate: Promise[None] = Promise()

    async def visit(self) -> None:
        async with self.room():
            self.inside.append(self.pid.id)
            await self.gate
        self.inside.append(f"{self.pid.id} left")


class Rooms:
    """Visitors of one room, on virtual time."""

    def __init__(self, room: Callable[[], Hold | Mutex], count: int) -> None:
        self.simulation = Simulation(seed=1)
        self.node = self.simulation.node("10.0.0.1")
        self.inside: list[str] = []
        self.visitors = [Visitor(room, self.inside) for _ in range(count)]
        for visitor in self.visitors:
            self.node.dispatch(self.node.spawn(visitor), Visitor.visit)
        self.simulation.settle()

    def end(self, number: int) -> None:
        self.node.terminate(self.visitors[number].pid)
        self.simulation.settle()


@pytest.mark.parametrize("kind", ["mutex", "writing"])
def test_a_handler_holds_a_lock_for_the_length_of_a_block(kind: str) -> None:
    mutex, lock = Mutex(), ReadWriteLock()
    rooms = Rooms(lambda: mutex if kind == "mutex" else lock.writing(), 2)

    assert rooms.inside == ["visitor(1)"]
    rooms.visitors[0].gate.set(None)
    rooms.simulation.settle()

    assert rooms.inside == ["visitor(1)", "visitor(1) left", "visitor(2)"]


def test_readers_share_the_room() -> None:
    lock = ReadWriteLock()

    assert Rooms(lock.reading, 2).inside == ["visitor(1)", "visitor(2)"]


@pytest.mark.parametrize("kind", ["mutex", "writing"])
@pytest.mark.parametrize("gone", [0, 1])
def test_an_actor_that_ends_inside_or_in_the_line_keeps_nobody_out(kind: str, gone: int) -> None:
    mutex, lock = Mutex(), ReadWriteLock()
    rooms = Rooms(lambda: mutex if kind == "mutex" else lock.writing(), 3)

    rooms.end(gone)
    rooms.end(1 - gone)

    assert "visitor(3)" in rooms.inside


def test_an_actor_that_ends_between_getting_the_lock_and_knowing_of_it_gives_it_back() -> None:
    mutex = Mutex()
    mutex.lock()
    rooms = Rooms(lambda: mutex, 2)

    mutex.unlock()  # It is the first visitor's, whose turn has yet to come.
    rooms.end(0)

    assert rooms.inside == ["visitor(2)"]
