"""Lines that are served at once: what a callback of one raises keeps nobody else waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from libprocess_py import Future, Process, Promise, Rate, RateLimiter
from libprocess_py.coordination import CountDownLatch, Group, ReadWriteLock, StateMachine
from libprocess_py.coordination.waiters import Waiters, serve_all
from tests.libprocess_py.still_driver import a_node

Gate = tuple[Callable[[], Future[Any]], Callable[[], object]]  # How to wait, and what serves all who do.


def a_latch() -> Gate:
    latch = CountDownLatch()
    return latch.opened, latch.count_down


def readers() -> Gate:
    lock = ReadWriteLock()
    lock.write_lock()
    return lock.read_lock, lock.write_unlock


def a_machine() -> Gate:
    machine = StateMachine("closed")
    return lambda: machine.when("open"), lambda: machine.move("closed", "open")


def a_group() -> Gate:
    node, _ = a_node()
    owner, member = Process(), Process()
    node.spawn(owner)
    group = Group(owner)
    return lambda: group.watch(lambda size: size == 1), lambda: group.add(node.spawn(member))


def a_limiter() -> Gate:
    node, _ = a_node()
    owner = Process()
    node.spawn(owner)
    limiter = RateLimiter(owner, Rate(1))
    limiter.acquire()
    return limiter.acquire, limiter.close


@pytest.mark.parametrize("gate", [a_latch, readers, a_machine, a_group, a_limiter])
def test_a_callback_that_raises_keeps_nobody_else_waiting(gate: Callable[[], Gate]) -> None:
    wait, serve = gate()
    first, second, third = wait(), wait(), wait()
    first.on_any(lambda _: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        serve()

    assert second.state is third.state is first.state
    assert not first.is_pending


def test_within_a_callback_too_all_are_served_at_once() -> None:
    waiters: Waiters[int] = Waiters()
    line = [waiters.join() for _ in range(3)]
    begin: Promise[None] = Promise()
    seen: list[bool] = []

    def serve(_: None) -> None:
        serve_all(waiters.pop_all(), 1)
        seen.extend(waiter.is_ready for waiter in line)

    begin.on_ready(serve)
    begin.set(None)

    assert seen == [True, True, True]


def test_whose_turn_has_come_and_gives_up_at_that_moment_is_served() -> None:
    waiters: Waiters[int] = Waiters()
    waiter = waiters.join()
    popped = waiters.pop()

    waiter.discard()
    popped.set(1)

    assert waiter.get() == 1


def test_all_are_served_before_the_callbacks_of_any_run() -> None:
    waiters: Waiters[int] = Waiters()
    first, second = waiters.join(), waiters.join()
    seen: list[Future[int]] = []
    first.on_ready(lambda _: seen.append(second if second.is_ready else first))

    serve_all(waiters.pop_all(), 1)

    assert seen == [second]
