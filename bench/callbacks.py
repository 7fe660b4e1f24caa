"""The rate of empty callbacks on a stock event loop: how fast this machine runs Python now. Needs nothing installed."""

from __future__ import annotations

import asyncio
import time
from typing import Final

BATCH: Final = 10_000  # The sizes define the rate that all ratios `r` refer to.
BATCHES: Final = 20


def callback_rate() -> float:
    """Empty callbacks per second."""
    loop = asyncio.SelectorEventLoop()
    try:
        return loop.run_until_complete(_callbacks(loop))
    finally:
        loop.close()


async def _callbacks(loop: asyncio.AbstractEventLoop) -> float:
    start = time.perf_counter()
    for _ in range(BATCHES):
        done = loop.create_future()
        for _ in range(BATCH - 1):
            loop.call_soon(_nothing)
        loop.call_soon(done.set_result, None)
        await done
    return BATCH * BATCHES / (time.perf_counter() - start)


def _nothing() -> None:
    pass
