"""asyncio without actors: a task and a queue for each, on uvloop where it is. What one writes without a library."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")

MESSAGES: Final = 200_000
BURST: Final = 1_000
FANNED: Final = 1_000
ACTORS: Final = 10_000
ASKS: Final = 50_000


def local_send() -> float:
    return _run(_fed(1))


def fan_out() -> float:
    return _run(_fed(FANNED))


def dispatch_serial() -> float:
    return _run(_asked())


def spawn() -> float:
    return _run(_lives())[0]


def terminate() -> float:
    return _run(_lives())[1]


async def _count(queue: asyncio.Queue[int], expected: int) -> None:
    while expected:
        await queue.get()
        expected -= 1


async def _double(queue: asyncio.Queue[tuple[int, asyncio.Future[int]]]) -> None:
    while True:
        value, answer = await queue.get()
        answer.set_result(2 * value)


async def _idle(queue: asyncio.Queue[int]) -> None:
    await queue.get()


async def _fed(receivers: int) -> float:
    queues: list[asyncio.Queue[int]] = [asyncio.Queue() for _ in range(receivers)]
    tasks = [asyncio.create_task(_count(queue, MESSAGES // receivers)) for queue in queues]
    await asyncio.sleep(0)
    start = time.perf_counter()
    for number in range(MESSAGES):
        queues[number % receivers].put_nowait(number)
        if number % BURST == 0:
            await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    return MESSAGES / (time.perf_counter() - start)


async def _asked() -> float:
    queue: asyncio.Queue[tuple[int, asyncio.Future[int]]] = asyncio.Queue()
    task = asyncio.create_task(_double(queue))
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    for number in range(ASKS):
        answer: asyncio.Future[int] = loop.create_future()
        queue.put_nowait((number, answer))
        await answer
    rate = ASKS / (time.perf_counter() - start)
    task.cancel()
    return rate


async def _lives() -> tuple[float, float]:
    start = time.perf_counter()
    queues: list[asyncio.Queue[int]] = [asyncio.Queue() for _ in range(ACTORS)]
    tasks = [asyncio.create_task(_idle(queue)) for queue in queues]
    await asyncio.sleep(0)
    spawned = time.perf_counter()
    for queue in queues:
        queue.put_nowait(0)
    await asyncio.gather(*tasks)
    return ACTORS / (spawned - start), ACTORS / (time.perf_counter() - spawned)


def _run(main: Coroutine[Any, Any, T]) -> T:
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
