"""A node for one measurement, in the way in which a program has one: on `run`, with its event loop and collector."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from libprocess_py.process import Process
from libprocess_py.runtime.loop_node import LoopNode
from libprocess_py.runtime.program import run


def on_node(body: Callable[[LoopNode], Awaitable[float]]) -> float:
    """Run `body` with a node; what it returns."""
    values: list[float] = []

    async def main(node: LoopNode) -> int:
        values.append(await body(node))
        return 0

    run(main)
    return values[0]


async def time_to_end(node: LoopNode, make: Callable[[Callable[[], None]], Process]) -> float:
    """Seconds from the spawn of an actor to its call of what `make` is given."""
    done = asyncio.Event()
    start = time.perf_counter()
    node.spawn(make(done.set))
    await done.wait()
    return time.perf_counter() - start
