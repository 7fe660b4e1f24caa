"""Between futures of actors and the event loop's: `result` for coroutines, `from_asyncio` for handlers.

`await future` works in both. What a handler awaits must be a future of this package, because only those are events of
its actor and the same in simulation; `from_asyncio` makes one of whatever a library for event loops offers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from libprocess_py.future import Future, Promise

T = TypeVar("T")


async def result(future: Future[T]) -> T:
    """A future as a coroutine, for `asyncio.wait_for` and the like. Cancelling asks the future to be discarded."""
    return await future


def from_asyncio(awaitable: Awaitable[T]) -> Future[T]:
    """Run a coroutine on the event loop, or wait for a future of it. Discarding cancels it.

    Raises RuntimeError where no event loop runs, as in simulations.
    """
    asyncio.get_running_loop()
    promise: Promise[T] = Promise()
    task = asyncio.ensure_future(awaitable)

    def ended(task: asyncio.Future[T]) -> None:
        if task.cancelled():
            promise.set_discarded()
        elif (error := task.exception()) is not None:
            promise.fail(error)
        else:
            promise.set(task.result())

    task.add_done_callback(ended)
    promise.on_discard(lambda _: task.cancel())
    return promise
