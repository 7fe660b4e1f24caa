"""Messages between two OS processes, one core per side: TCP over the loopback interface, libprocess' wire, 202s on.

The other process runs this module. Bodies are JSON and are decoded as their type on arrival. A window keeps the pipe
full and stays below the bound on bytes in flight.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Final

from bench.actors.node import on_node, time_to_end
from bench.actors.sides import other_side, pin, stand_by
from libprocess_py.message import Message
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.runtime.loop_node import LoopNode
from libprocess_py.runtime.program import run

SENDS_100B: Final = 200_000
SENDS_10KB: Final = 30_000
SENDS_1MB: Final = 300
MEGABYTE: Final = 1_000_000
ENVELOPE: Final = len(b'{"number":100000,"padding":""}')
ASKS: Final = 5_000
WARM_UP: Final = 200  # Asks until connections stand and caches are filled.
CONCURRENT: Final = 64
CONCURRENT_ASKS: Final = 50_000
PARTS: Final = 20  # Of a window: so often per window the receiver tells how far it is.


class Tell(Message):
    number: int
    padding: str = ""


class Acknowledge(Message):
    """Asks for an answer to every so manieth tell."""

    every: int


class Ask(Message):
    number: int
    padding: str = ""


class Answer(Message):
    number: int
    padding: str = ""


class Peer(Process):
    """The other side: answers asks, and every so manieth tell."""

    def __init__(self) -> None:
        super().__init__("peer")
        self.told = 0
        self.every = 1

    def acknowledge(self, sender: PID, message: Acknowledge) -> None:
        self.every = message.every

    def tell(self, sender: PID, message: Tell) -> None:
        self.told += 1
        if self.told % self.every == 0:
            self.send(sender, Answer(number=self.told))

    def ask(self, sender: PID, message: Ask) -> None:
        self.send(sender, Answer(number=message.number, padding=message.padding))


class Teller(Process):
    """Keeps a window of tells on their way."""

    def __init__(self, peer: PID, sends: int, *, window: int, size: int, done: Callable[[], None]) -> None:
        super().__init__()
        self.peer = peer
        self.sends = sends
        self.window = window
        self.padding = "x" * (size - ENVELOPE)
        self.done = done
        self.sent = 0

    def initialize(self) -> None:
        self.link(self.peer)
        self.send(self.peer, Acknowledge(every=max(1, self.window // PARTS)))
        self.fill(0)

    def answer(self, sender: PID, message: Answer) -> None:
        if message.number == self.sends:
            self.done()
        self.fill(message.number)

    def fill(self, acknowledged: int) -> None:
        until = min(acknowledged + self.window, self.sends)
        while self.sent < until:
            self.sent += 1
            self.send(self.peer, Tell(number=self.sent, padding=self.padding))


class Asker(Process):
    """Keeps a number of asks on their way."""

    def __init__(self, peer: PID, asks: int, *, at_once: int, done: Callable[[], None]) -> None:
        super().__init__()
        self.peer = peer
        self.left = self.unanswered = asks
        self.at_once = at_once
        self.done = done
        self.padding = "x" * (100 - ENVELOPE)

    def initialize(self) -> None:
        self.link(self.peer)
        for _ in range(self.at_once):
            self.ask()

    def answer(self, sender: PID, message: Answer) -> None:
        self.unanswered -= 1
        if not self.unanswered:
            self.done()
        self.ask()

    def ask(self) -> None:
        if self.left:
            self.left -= 1
            self.send(self.peer, Ask(number=self.left, padding=self.padding))


class Patient(Asker):
    """Asks one at a time, and notes how long each took."""

    def __init__(self, peer: PID, asks: int, *, done: Callable[[], None]) -> None:
        super().__init__(peer, asks, at_once=1, done=done)
        self.times_s: list[float] = []
        self.asked_at = 0.0

    def ask(self) -> None:
        now = time.perf_counter()
        self.times_s.append(now - self.asked_at)
        super().ask()
        self.asked_at = now


def send_100b() -> float:
    return _sends(SENDS_100B, window=10_000, size=100)


def send_10kb() -> float:
    return _sends(SENDS_10KB, window=500, size=10_240)


def send_1mb() -> float:
    """Bytes per second."""
    return MEGABYTE * _sends(SENDS_1MB, window=8, size=MEGABYTE)


def ask_concurrent() -> float:
    return _rate(CONCURRENT_ASKS, lambda peer, done: Asker(peer, CONCURRENT_ASKS, at_once=CONCURRENT, done=done))


def ask_serial() -> float:
    """Seconds: the median."""
    askers: list[Patient] = []

    def make(peer: PID, done: Callable[[], None]) -> Process:
        askers.append(Patient(peer, ASKS, done=done))
        return askers[0]

    _rate(ASKS, make)
    return statistics.median(askers[0].times_s[WARM_UP:])


def _sends(sends: int, *, window: int, size: int) -> float:
    return _rate(sends, lambda peer, done: Teller(peer, sends, window=window, size=size, done=done))


def _rate(count: int, make: Callable[[PID, Callable[[], None]], Process]) -> float:
    with other_side("bench.actors.remote") as told:
        peer = PID.parse(told.readline().strip())

        async def body(node: LoopNode) -> float:
            return count / await time_to_end(node, lambda done: make(peer, done))

        return on_node(body)


async def serve(node: LoopNode) -> int:
    """Be the other side."""
    return await stand_by(node.spawn(Peer()))


if __name__ == "__main__":
    pin(1)
    run(serve)
