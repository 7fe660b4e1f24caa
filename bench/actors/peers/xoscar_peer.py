"""xoscar: actors written in Cython on asyncio, from the makers of Xorbits. References are direct, not routed ones."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import xoscar

from bench.actors.sides import other_side, pin

MESSAGES: Final = 50_000
BURST: Final = 1_000
FANNED: Final = 1_000
ACTORS: Final = 2_000
ASKS: Final = 20_000
REMOTE_SENDS: Final = 20_000
REMOTE_ASKS: Final = 5_000
CONCURRENT: Final = 64
BODY: Final = b"x" * 100
PEER: Final = "peer"


class Counter(xoscar.Actor):  # type: ignore[misc]  # It has no types.
    """Counts what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def told(self, body: Any) -> None:
        self.count += 1

    def counted(self) -> int:
        return self.count

    def echo(self, body: bytes) -> bytes:
        return body

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


def remote_send_100b() -> float:
    return _with_peer(_remote_sends)


def remote_ask_concurrent() -> float:
    return _with_peer(_remote_asks_at_once)


def remote_ask_serial() -> float:
    """Seconds: the median."""
    return _with_peer(_remote_asks)


async def _remote_sends(peer: Any) -> float:
    start = time.perf_counter()
    for _ in range(REMOTE_SENDS):
        await peer.told.tell(BODY)
    while await peer.counted() < REMOTE_SENDS:
        await asyncio.sleep(0)
    return REMOTE_SENDS / (time.perf_counter() - start)


async def _remote_asks_at_once(peer: Any) -> float:
    async def ask(times: int) -> None:
        for _ in range(times):
            await peer.echo(BODY)

    start = time.perf_counter()
    await asyncio.gather(*(ask(REMOTE_ASKS // CONCURRENT) for _ in range(CONCURRENT)))
    return REMOTE_ASKS // CONCURRENT * CONCURRENT / (time.perf_counter() - start)


async def _remote_asks(peer: Any) -> float:
    times_s = []
    for _ in range(REMOTE_ASKS):
        start = time.perf_counter()
        await peer.echo(BODY)
        times_s.append(time.perf_counter() - start)
    return statistics.median(times_s)


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


def _with_peer(body: Callable[[Any], Awaitable[float]]) -> float:
    """With an actor in another OS process, whose address that process tells."""
    with other_side("bench.actors.peers.xoscar_peer") as told:
        there = told.readline().strip()

        async def run_there(_: str) -> float:
            return await body(await xoscar.actor_ref(there, PEER))

        return _run(run_there)


async def serve() -> None:
    """Be the other side."""
    pool = await xoscar.create_actor_pool("127.0.0.1", n_process=0)
    async with pool:
        await xoscar.create_actor(Counter, address=pool.external_address, uid=PEER)
        sys.stdout.write(f"{pool.external_address}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    pin(1)
    asyncio.run(serve())
