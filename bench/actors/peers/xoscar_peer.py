"""xoscar: actors written in Cython on asyncio, from the makers of Xorbits. References are direct, not routed ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import xoscar

MESSAGES: Final = 50_000
BURST: Final = 1_000
FANNED: Final = 1_000
ACTORS: Final = 2_000
ASKS: Final = 20_000


class Counter(xoscar.Actor):  # type: ignore[misc]  # It has no types.
    """Counts what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def told(self, number: int) -> None:
        self.count += 1

    def counted(self) -> int:
        return self.count

    def double(self, value: int) -> int:
        return 2 * value


def local_send() -> float:
    return _run(lambda address: _fed(address, 1))


def fan_out() -> float:
    return _run(lambda address: _fed(address, FANNED))


def dispatch_serial() -> float:
    """A direct call under the actor's lock: xoscar has no mailbox."""
    return _run(_asked)


def spawn() -> float:
    return _run(_spawned)


def terminate() -> float:
    return _run(_ended)


async def _made(address: str, count: int) -> list[Any]:
    for number in range(count):
        await xoscar.create_actor(Counter, address=address, uid=f"counter-{number}")
    return [await xoscar.actor_ref(address, f"counter-{number}") for number in range(count)]


async def _fed(address: str, receivers: int) -> float:
    counters = await _made(address, receivers)
    start = time.perf_counter()
    for number in range(MESSAGES):
        await counters[number % receivers].told.tell(number)
        if number % BURST == 0:
            await asyncio.sleep(0)
    left = list(counters)
    while left:
        if await left[-1].counted() >= MESSAGES // receivers:
            left.pop()
        else:
            await asyncio.sleep(0)
    return MESSAGES / (time.perf_counter() - start)


async def _asked(address: str) -> float:
    (counter,) = await _made(address, 1)
    start = time.perf_counter()
    for number in range(ASKS):
        await counter.double(number)
    return ASKS / (time.perf_counter() - start)


async def _spawned(address: str) -> float:
    start = time.perf_counter()
    for _ in range(ACTORS):
        await xoscar.create_actor(Counter, address=address)
    return ACTORS / (time.perf_counter() - start)


async def _ended(address: str) -> float:
    refs = [await xoscar.create_actor(Counter, address=address) for _ in range(ACTORS)]
    start = time.perf_counter()
    for ref in refs:
        await xoscar.destroy_actor(ref)
    return ACTORS / (time.perf_counter() - start)


def _run(body: Callable[[str], Awaitable[float]]) -> float:
    async def main() -> float:
        pool = await xoscar.create_actor_pool("127.0.0.1", n_process=0)
        async with pool:
            return await body(pool.external_address)

    return asyncio.run(main())
