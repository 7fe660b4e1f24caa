"""Functions off the actors' thread: on threads of a real node, inline in simulation."""

from __future__ import annotations

import sys
import threading

import pytest

from libprocess_py import FutureFailed, MailboxClosed
from libprocess_py.runtime import Executor, run_async, start_node
from libprocess_py.sim import Simulation
from tests.support.event_loop import on_loop


def _divide(left: int, *, right: int) -> int:
    return left // right


@on_loop
async def test_a_function_runs_on_a_thread_that_ends_with_it() -> None:
    async with await start_node() as node:
        where = await run_async(node, threading.current_thread)
        assert where is not threading.current_thread()

        assert await run_async(node, _divide, 8, right=2) == 4
        with pytest.raises(ZeroDivisionError):
            await run_async(node, _divide, 1, right=0)
    assert not where.is_alive()


@on_loop
async def test_a_function_that_would_exit_fails_and_the_thread_goes_on() -> None:
    async with await start_node() as node:
        executor = Executor(node)

        with pytest.raises(FutureFailed, match=r"SystemExit\(3\)"):
            await executor.run(sys.exit, 3)

        assert await executor.run(_divide, 8, right=2) == 4


@on_loop
async def test_an_executor_runs_one_function_after_the_other_on_one_thread() -> None:
    async with await start_node() as node:
        executor = Executor(node)
        first, second = threading.Event(), threading.Event()
        waits = executor.run(first.wait)
        follows = executor.run(second.is_set)

        second.set()
        first.set()

        assert await waits is True
        assert await follows is True
        with pytest.raises(ZeroDivisionError):
            await executor.run(_divide, 1, right=0)
        assert await executor.run(threading.current_thread) is await executor.run(threading.current_thread)


@on_loop
async def test_a_stopped_executor_finishes_what_is_under_way_and_drops_what_waits() -> None:
    async with await start_node() as node:
        executor = Executor(node)
        begun, gate = threading.Event(), threading.Event()

        def work() -> bool:
            begun.set()
            return gate.wait()

        under_way = executor.run(work)
        waits = executor.run(_divide, 1, right=1)
        await run_async(node, begun.wait)

        assert await executor.stop() is True
        assert await executor.stop() is False
        gate.set()

        assert await under_way is True
        with pytest.raises(MailboxClosed):
            await waits
        assert executor.run(_divide, 1, right=1).abandoned


def test_in_simulation_a_function_is_an_event_like_any_other() -> None:
    simulation = Simulation(seed=1)
    node = simulation.node("10.0.0.1")

    divided = run_async(node, _divide, 9, right=3)
    failed = Executor(node).run(_divide, 1, right=0)
    early = divided.is_pending
    simulation.settle()

    assert early
    assert divided.get() == 3
    assert isinstance(failed.failure, ZeroDivisionError)
    assert [id for id in node.kernel.mailboxes if id.startswith("executor")] == ["executor(2)"]


def test_in_simulation_a_function_that_would_exit_fails_too() -> None:
    simulation = Simulation(seed=1)
    outcome = run_async(simulation.node("10.0.0.1"), sys.exit, 3)

    simulation.settle()

    assert isinstance(outcome.failure, FutureFailed)
