"""Actors that may block."""

from __future__ import annotations

import sys
import threading

import pytest

from libprocess_py.core.failures import Policy
from libprocess_py.errors import MailboxClosed
from libprocess_py.future import FutureFailed
from libprocess_py.pid import PID
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.loop_node import start_node
from libprocess_py.runtime.settings import NodeSettings
from libprocess_py.runtime.threads import ThreadedProcess, TooManyCalls
from libprocess_py.sim import Simulation
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Listener, Ping


class Blocker(ThreadedProcess):
    """Blocks until it is let go."""

    def __init__(self) -> None:
        super().__init__("blocker")
        self.go = threading.Event()
        self.begun: PID | None = None  # Told when the waiting begins.
        self.log_of_life: list[str] = []

    def on_start(self) -> None:
        self.log_of_life.append(f"start on {threading.current_thread().name}")

    def on_stop(self) -> None:
        self.log_of_life.append(f"stop on {threading.current_thread().name}")

    def where(self) -> str:
        return threading.current_thread().name

    def wait(self) -> str:
        if self.begun is not None:
            self.send(self.begun, Ping(number=0))
        assert self.go.wait(20)
        return self.where()

    def leave(self) -> None:
        sys.exit(1)

    def divide(self, by: int) -> float:
        return 1 / by

    def ping(self, sender: PID, ping: Ping) -> None:
        self.divide(ping.number)
        self.send(sender, Ping(number=ping.number + 1))


class Bounded(Blocker):
    calls_max = 2


@on_loop
async def test_methods_run_on_the_actor_s_own_thread_and_futures_complete_on_the_caller_s() -> None:
    async with await start_node() as node:
        blocker = node.spawn(Blocker())
        completed_on: list[str] = []

        future = node.dispatch(blocker, Blocker.where)
        future.on_ready(lambda _: completed_on.append(threading.current_thread().name))

        assert await result(future) == "blocker"
        assert completed_on == [threading.current_thread().name]


@on_loop
async def test_a_blocked_thread_does_not_hold_up_the_others() -> None:
    async with await start_node() as node:
        node.spawn(process := Blocker())
        node.spawn(listener := Listener())

        blocked = node.dispatch(process.pid, Blocker.wait)
        node.send(listener.pid, Ping(number=1))
        await listener.heard(1)
        was_pending = blocked.is_pending
        process.go.set()

        assert was_pending
        assert await result(blocked) == "blocker"


@on_loop
async def test_an_exception_fails_the_future_and_the_actor_lives() -> None:
    async with await start_node() as node:
        blocker = node.spawn(Blocker())

        with pytest.raises(ZeroDivisionError):
            await result(node.dispatch(blocker, Blocker.divide, 0))

        assert await result(node.dispatch(blocker, Blocker.divide, by=2)) == 0.5


@on_loop
async def test_a_call_that_would_exit_fails_in_words_and_the_actor_lives() -> None:
    async with await start_node() as node:
        pid = node.spawn(Blocker())

        with pytest.raises(FutureFailed, match=r"on its thread it raised SystemExit\(1\)"):
            await node.dispatch(pid, Blocker.leave)

        assert await node.dispatch(pid, Blocker.divide, 1) == 1


@on_loop
async def test_messages_are_handled_on_the_thread_and_answered_from_it() -> None:
    async with await start_node() as node:
        blocker = node.spawn(Blocker())
        node.spawn(listener := Listener())

        node.dispatch(listener.pid, Listener.tell, blocker, [1, 2])

        assert await listener.heard(2) == [2, 3]


@on_loop
async def test_a_message_handler_that_fails_ends_the_actor() -> None:
    async with await start_node() as node:
        blocker = node.spawn(Blocker())
        node.spawn(listener := Listener())
        node.dispatch(listener.pid, Listener.link, blocker)

        node.send(blocker, Ping(number=0))

        assert await listener.lost() == [blocker]


@on_loop
async def test_a_delayed_method_that_fails_ends_the_actor() -> None:
    async with await start_node() as node:
        node.spawn(process := Blocker())
        node.spawn(listener := Listener())
        node.dispatch(listener.pid, Listener.link, process.pid)

        await result(node.dispatch(process.pid, lambda actor: actor.delay(0, actor.divide, 0)))

        assert await listener.lost() == [process.pid]


@on_loop
async def test_ending_the_actor_ends_its_thread_and_abandons_what_waits() -> None:
    threads_before = threading.active_count()
    async with await start_node() as node:
        node.spawn(process := Blocker())
        process.begun = node.spawn(listener := Listener())
        under_way = node.dispatch(process.pid, Blocker.wait)
        waiting = node.dispatch(process.pid, Blocker.where)
        await result(node.dispatch(listener.pid, Listener.link, process.pid))
        await listener.heard(1)

        node.terminate(process.pid, inject=False)
        await listener.lost()
        process.go.set()

        assert await result(under_way) == "blocker"
        with pytest.raises(MailboxClosed):
            await result(waiting)

    assert process.log_of_life == ["start on blocker", "stop on blocker"]
    assert threading.active_count() <= threads_before


@on_loop
async def test_an_actor_that_fails_outside_its_thread_leaves_no_thread_behind() -> None:
    threads_before = threading.active_count()
    async with await start_node() as node:
        node.spawn(process := Blocker())

        with pytest.raises(ZeroDivisionError):
            await result(node.dispatch(process.pid, lambda actor: 1 / 0))

    assert process.log_of_life == ["start on blocker", "stop on blocker"]
    assert threading.active_count() <= threads_before


@on_loop
async def test_an_aborted_node_leaves_no_thread_behind() -> None:
    threads_before = threading.active_count()
    node = await start_node(NodeSettings(policy=Policy.ABORT_NODE))
    blocker = node.spawn(Blocker())

    with pytest.raises(ZeroDivisionError):
        await result(node.dispatch(blocker, lambda actor: 1 / 0))
    await node.stop()

    assert node.failure is not None
    assert threading.active_count() <= threads_before


@on_loop
async def test_calls_beyond_the_bound_are_refused() -> None:
    async with await start_node() as node:
        node.spawn(process := Bounded())
        await result(node.dispatch(process.pid, Blocker.where))
        futures = [node.dispatch(process.pid, Blocker.wait) for _ in range(3)]

        with pytest.raises(TooManyCalls):
            await result(futures[2])

        process.go.set()
        assert [await result(future) for future in futures[:2]] == ["blocker", "blocker"]


def test_a_subclass_may_not_take_over_the_thread_s_start_and_end() -> None:
    with pytest.raises(TypeError, match="overrides on_start and on_stop instead"):
        type("Wrong", (ThreadedProcess,), {"finalize": lambda self: None})


def test_a_coroutine_has_no_place_on_the_thread() -> None:
    async def wait(self: Blocker) -> None:
        """Never runs."""

    with pytest.raises(TypeError, match="a method that may block is a plain def"):
        type("Wrong", (ThreadedProcess,), {"wait": wait})


def test_in_simulation_the_same_methods_run_inline() -> None:
    simulation = Simulation(seed=1)
    node = simulation.node("10.0.0.1", 5050)
    node.spawn(process := Blocker())

    future = node.dispatch(process.pid, Blocker.where)
    simulation.settle()

    assert future.get() == threading.current_thread().name
