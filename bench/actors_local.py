"""Local cases: one node on an event loop, actors that talk by reference. Each function returns a rate per second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from libprocess_py.message import Message
from libprocess_py.pid import PID
from libprocess_py.process import Process, install
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.loop_node import LoopNode, start_node
from libprocess_py.runtime.program import new_event_loop

ACTORS: Final = 10_000
MESSAGES: Final = 200_000
BURST: Final = 1_000
FANNED: Final = 1_000
ROUND_TRIPS: Final = 50_000


class Number(Message):
    """A message with one small field."""

    value: int


class Idle(Process):
    """Does nothing."""


class Counter(Process):
    """Counts what it is told, and answers when asked for a number."""

    def __init__(self, expected: int, done: Callable[[], None]) -> None:
        super().__init__()
        self.left = expected
        self.done = done

    @install(Number)
    def number(self, sender: PID, message: Number) -> None:
        self.left -= 1
        if not self.left:
            self.done()

    def double(self, value: int) -> int:
        return 2 * value


class Feeder(Process):
    """Sends bursts to its targets in turn, a burst per turn of its own, so that receivers run in between."""

    def __init__(self, targets: list[PID], messages: int) -> None:
        super().__init__()
        self.targets = targets
        self.left = messages
        self.message = Number(value=1)

    def initialize(self) -> None:
        self.burst()

    def burst(self) -> None:
        send, message, targets = self.send, self.message, self.targets
        for index in range(BURST):
            send(targets[index % len(targets)], message)
        self.left -= BURST
        if self.left:
            self.dispatch(self.pid, Feeder.burst)


class Asker(Process):
    """Dispatches bursts to one target and waits for the last answer of each."""

    def __init__(self, target: PID, calls: int, *, done: Callable[[], None]) -> None:
        super().__init__()
        self.target = target
        self.left = calls
        self.done = done

    def initialize(self) -> None:
        self.burst(0)

    def burst(self, _: int) -> None:
        if not self.left:
            self.done()
            return
        self.left -= BURST
        for value in range(BURST - 1):
            self.dispatch(self.target, Counter.double, value)
        self.dispatch(self.target, Counter.double, 0).on_ready(self.burst)


class Player(Process):
    """Returns every message until its round trips are used up."""

    def __init__(self, trips: int, done: Callable[[], None]) -> None:
        super().__init__()
        self.left = trips
        self.done = done

    @install(Number)
    def number(self, sender: PID, message: Number) -> None:
        if self.left:
            self.left -= 1
            self.send(sender, message)
        else:
            self.done()

    def serve(self, other: PID) -> None:
        self.send(other, Number(value=0))


def spawn_rate() -> float:
    async def body(node: LoopNode) -> float:
        actors = [Idle() for _ in range(ACTORS)]
        start = time.perf_counter()
        for actor in actors:
            node.spawn(actor)
        await result(node.dispatch(actors[-1].pid, Idle.initialize))
        return ACTORS / (time.perf_counter() - start)

    return _on_node(body)


def tell_rate() -> float:
    return _fed(1)


def fan_out_rate() -> float:
    return _fed(FANNED)


def dispatch_rate() -> float:
    async def body(node: LoopNode) -> float:
        done = asyncio.Event()
        target = node.spawn(Counter(0, done.set))
        start = time.perf_counter()
        node.spawn(Asker(target, MESSAGES, done=done.set))
        await done.wait()
        return MESSAGES / (time.perf_counter() - start)

    return _on_node(body)


def ping_pong_rate() -> float:
    """Round trips: two messages each."""

    async def body(node: LoopNode) -> float:
        done = asyncio.Event()
        one, other = Player(ROUND_TRIPS, done.set), Player(ROUND_TRIPS, done.set)
        node.spawn(one)
        node.spawn(other)
        start = time.perf_counter()
        node.dispatch(one.pid, Player.serve, other.pid)
        await done.wait()
        return ROUND_TRIPS / (time.perf_counter() - start)

    return _on_node(body)


def _fed(receivers: int) -> float:
    async def body(node: LoopNode) -> float:
        done = asyncio.Event()
        left = receivers

        def one_done() -> None:
            nonlocal left
            left -= 1
            if not left:
                done.set()

        targets = [node.spawn(Counter(MESSAGES // receivers, one_done)) for _ in range(receivers)]
        start = time.perf_counter()
        node.spawn(Feeder(targets, MESSAGES))
        await done.wait()
        return MESSAGES / (time.perf_counter() - start)

    return _on_node(body)


def _on_node(body: Callable[[LoopNode], Awaitable[float]]) -> float:
    async def main() -> float:
        async with await start_node() as node:
            return await body(node)

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main())
