"""How a coroutine of an event loop waits for a future. Handlers do not: the kernel that drives them does it."""

from __future__ import annotations

import asyncio
from typing import Any

from libprocess_py.future.promise import Future


async def settled(future: Future[Any]) -> None:
    """Return when the future is settled or abandoned. Cancelling asks it to be discarded."""
    waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(_: Future[Any]) -> None:
        if not waiting.done():
            waiting.set_result(None)

    future.on_settled(settle)
    try:
        await waiting
    except asyncio.CancelledError:
        future.forget(settle)
        future.discard()
        raise
