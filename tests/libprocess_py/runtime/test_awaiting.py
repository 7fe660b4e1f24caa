"""Futures of actors in coroutines of the event loop, and the loop's own futures in handlers."""

from __future__ import annotations

import asyncio

import pytest

from libprocess_py import Future, FutureDiscarded, FutureFailed, MailboxClosed, Process, Promise
from libprocess_py.future import failed, ready
from libprocess_py.runtime import from_asyncio, result, start_node
from libprocess_py.sim import Simulation
from tests.support.event_loop import on_loop


class Adder(Process):
    """Handlers that wait for futures of actors, and of the event loop."""

    def add(self, left: int, right: int) -> int:
        return left + right

    async def add_twice(self, left: int, right: int) -> int:
        once = await self.dispatch(self.pid, Adder.add, left, right)
        return await self.dispatch(self.pid, Adder.add, once, right)

    async def take(self, gate: asyncio.Future[int]) -> int:
        return await from_asyncio(gate)

    async def take_directly(self, gate: asyncio.Future[int]) -> int:
        return await gate


@on_loop
async def test_a_coroutine_of_the_loop_awaits_what_an_actor_brings() -> None:
    async with await start_node() as node:
        adder = node.spawn(Adder())

        assert await node.dispatch(adder, Adder.add, 1, 2) == 3
        assert await node.dispatch(adder, Adder.add_twice, 1, 2) == 5
        assert await asyncio.gather(*(node.dispatch(adder, Adder.add, n, n) for n in range(3))) == [0, 2, 4]


@on_loop
async def test_awaiting_raises_what_became_of_the_future() -> None:
    discarded: Promise[int] = Promise()
    discarded.set_discarded()
    abandoned: Promise[int] = Promise()
    abandoned.abandon()

    with pytest.raises(FutureFailed, match="broken"):
        await failed("broken")
    with pytest.raises(FutureDiscarded):
        await discarded
    with pytest.raises(MailboxClosed):
        await abandoned


@on_loop
async def test_a_future_that_is_abandoned_while_it_is_awaited_says_so() -> None:
    promise: Promise[int] = Promise()
    asyncio.get_running_loop().call_soon(promise.abandon)

    with pytest.raises(MailboxClosed):
        await promise


@pytest.mark.parametrize("wrapped", [True, False])
def test_cancelling_a_task_asks_the_future_to_be_discarded(wrapped: bool) -> None:
    @on_loop
    async def cancel() -> None:
        promise: Promise[int] = Promise()

        async def wait() -> int:
            return await (result(promise) if wrapped else promise)

        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

        assert task.cancelled()
        assert promise.discard_requested
        assert not promise.is_awaited  # Who waits again and again, each time for so long, leaves nothing behind.
        promise.set(1)  # Nobody waits any more; nothing breaks.

    cancel()


@on_loop
async def test_handlers_of_a_simulation_that_a_coroutine_advances_are_still_driven_by_their_kernel() -> None:
    simulation = Simulation(seed=1)
    node = simulation.node("10.0.0.1")
    total = node.dispatch(node.spawn(Adder()), Adder.add_twice, 1, 2)

    simulation.settle()

    assert total.get() == 5


@on_loop
async def test_a_handler_waits_for_a_future_of_the_loop_as_an_event_of_its_actor() -> None:
    async with await start_node() as node:
        adder = node.spawn(Adder())
        gate: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        taken = node.dispatch(adder, Adder.take, gate)
        assert await node.dispatch(adder, Adder.add, 1, 1) == 2  # It serves others meanwhile.

        gate.set_result(9)

        assert await taken == 9


@on_loop
async def test_a_future_of_the_loop_is_refused_by_the_kernel_with_a_word_on_what_to_do() -> None:
    async with await start_node() as node:
        gate: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        with pytest.raises(TypeError, match="from_asyncio"):
            await node.dispatch(node.spawn(Adder()), Adder.take_directly, gate)


@on_loop
async def test_a_coroutine_of_the_loop_becomes_a_future_with_its_outcome() -> None:
    async def broken() -> int:
        raise ValueError("broken")

    async def fine() -> int:
        return 4

    assert await from_asyncio(fine()) == 4
    with pytest.raises(ValueError, match="broken"):
        await from_asyncio(broken())


@on_loop
async def test_discarding_such_a_future_cancels_the_coroutine() -> None:
    began = asyncio.Event()
    ended: list[str] = []

    async def wait() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    future: Future[None] = from_asyncio(wait())
    await began.wait()
    future.discard()

    with pytest.raises(FutureDiscarded):
        await future
    assert ended == ["cancelled"]


def test_without_a_loop_there_is_nothing_to_make_a_future_of() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        from_asyncio(ready(1))
