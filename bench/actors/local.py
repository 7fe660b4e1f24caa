"""Messages within a node. A sender hands over bursts of a thousand, as in a system under load."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from bench.actors.node import on_node, time_to_end
from libprocess_py.message import Message
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.runtime.loop_node import LoopNode

MESSAGES: Final = 400_000
BURST: Final = 1_000
FANNED: Final = 1_000
HOPS: Final = 200_000
ASYNC_MESSAGES: Final = 200_000


class Number(Message):
    """A message with one small field."""

    value: int


class Counter(Process):
    """Counts what it is told."""

    def __init__(self, expected: int, done: Callable[[], None]) -> None:
        super().__init__()
        self.left = expected
        self.done = done

    def number(self, sender: PID, message: Number) -> None:
        self.left -= 1
        if not self.left:
            self.done()


class AsyncCounter(Process):
    """The same with a coroutine, which never waits."""

    def __init__(self, expected: int, done: Callable[[], None]) -> None:
        super().__init__()
        self.left = expected
        self.done = done

    async def number(self, sender: PID, message: Number) -> None:
        self.left -= 1
        if not self.left:
            self.done()


class Feeder(Process):
    """Sends to its targets in turn, a burst per turn of its own, so that receivers run in between."""

    def __init__(self, targets: list[PID], messages: int) -> None:
        super().__init__()
        self.targets = targets
        self.left = messages
        self.message = Number(value=1)

    def initialize(self) -> None:
        self.burst()

    def burst(self) -> None:
        send, message, targets = self.send, self.message, self.targets
        for _ in range(BURST // len(targets)):
            for target in targets:
                send(target, message)
        self.left -= BURST
        if self.left:
            self.dispatch(self.pid, Feeder.burst)


class Player(Process):
    """Returns every message until the hops are used up."""

    def __init__(self, other: PID | None, done: Callable[[], None]) -> None:
        super().__init__()
        self.other = other
        self.done = done

    def initialize(self) -> None:
        if self.other is not None:
            self.send(self.other, Number(value=HOPS))

    def number(self, sender: PID, message: Number) -> None:
        if message.value:
            self.send(sender, Number(value=message.value - 1))
        else:
            self.done()


def send() -> float:
    return _fed(Counter, MESSAGES, receivers=1)


def fan_out() -> float:
    return _fed(Counter, MESSAGES, receivers=FANNED)


def async_handler() -> float:
    return _fed(AsyncCounter, ASYNC_MESSAGES, receivers=1)


def pingpong() -> float:
    """Hops: two make a round trip. Each is a message of its own."""

    async def body(node: LoopNode) -> float:
        def make(done: Callable[[], None]) -> Process:
            return Player(node.spawn(Player(None, done)), done)

        return HOPS / await time_to_end(node, make)

    return on_node(body)


def _fed(counter: Callable[[int, Callable[[], None]], Process], messages: int, *, receivers: int) -> float:
    async def body(node: LoopNode) -> float:
        def make(done: Callable[[], None]) -> Process:
            left = receivers

            def one_done() -> None:
                nonlocal left
                left -= 1
                if not left:
                    elapsed.append(time.perf_counter())
                    done()

            targets = [node.spawn(counter(messages // receivers, one_done)) for _ in range(receivers)]
            elapsed.append(time.perf_counter())
            return Feeder(targets, messages)

        elapsed: list[float] = []
        await time_to_end(node, make)
        return messages / (elapsed[1] - elapsed[0])

    return on_node(body)
