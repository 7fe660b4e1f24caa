"""A program around one node: an event loop, signals, and an exit status.

The first SIGINT or SIGTERM cancels `main` and stops the node cleanly; a second one ends the OS process at once.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Final

from libprocess_py.runtime.loop_node import LoopNode, start_node
from libprocess_py.runtime.settings import NodeSettings

EXIT_ABORTED: Final = 70  # EX_SOFTWARE: an actor failed, and the policy was to take the node with it.
SIGNALLED: Final = 128  # Shells add this to the signal's number.
# Objects made before the collector looks, younger generations first. With its own (700, 10, 10) it spends half of the
# time of 100,000 actors at work on looking through them again; at 100,000 a look at the youngest takes two
# milliseconds.
COLLECTOR_THRESHOLDS: Final = (100_000, 20, 100)
STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

Main = Callable[[LoopNode], Awaitable[int]]


def new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where it is installed, asyncio's otherwise."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def run(main: Main, settings: NodeSettings | None = None) -> int:
    """Start a node, run `main` with it, stop the node. The exit status: main's, 128 + signal, or 70 for an abort.

    What was imported and made so far is taken to stay: the garbage collector leaves it alone.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(_supervise(main, settings or NodeSettings()))


async def _supervise(main: Main, settings: NodeSettings) -> int:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()
    signals: list[int] = []

    def end(status: int) -> None:
        if not ended.done():
            ended.set_result(status)

    def signalled(number: int) -> None:
        signals.append(number)
        if len(signals) > 1:
            os._exit(SIGNALLED + number)
        end(SIGNALLED + number)

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, signalled, number)
    try:
        async with await start_node(settings) as node:
            node.log.info("node started")
            node.driver.on_abort = lambda _: end(EXIT_ABORTED)
            task = asyncio.ensure_future(main(node))
            await asyncio.wait((task, ended), return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                task.cancel()
                await asyncio.wait((task,))
            else:
                ended.cancel()
            return _status(node, task, ended=ended)
    finally:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)


def _status(node: LoopNode, task: asyncio.Future[int], *, ended: asyncio.Future[int]) -> int:
    if ended.cancelled():
        return task.result()
    if not task.cancelled() and task.exception() is not None:
        node.log.error("main failed while stopping", error=task.exception())
    return ended.result()
