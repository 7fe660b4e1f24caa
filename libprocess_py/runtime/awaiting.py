"""Futures of actors in coroutines of the event loop: for `main` functions and tests, which are not actors."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from libprocess_py.future import Future, State

T = TypeVar("T")


async def result(future: Future[T]) -> T:
    """Wait for a future and give its value, or raise what `Future.get` raises. Cancelling asks it to be discarded."""
    if future.state is State.PENDING and not future.abandoned:
        settled = asyncio.get_running_loop().create_future()

        def settle(_: Future[T]) -> None:
            if not settled.done():
                settled.set_result(None)

        future.on_any(settle)
        future.on_abandoned(settle)
        try:
            await settled
        except asyncio.CancelledError:
            future.discard()
            raise
    return future.get()
