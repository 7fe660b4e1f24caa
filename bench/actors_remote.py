"""Remote cases: two OS processes, TCP over the loopback interface, 100-byte bodies.

Each function returns a rate per second.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

from libprocess_py.message import Message
from libprocess_py.pid import PID
from libprocess_py.process import Process, install
from libprocess_py.runtime.loop_node import start_node
from libprocess_py.runtime.program import new_event_loop

TELLS: Final = 100_000
ASKS: Final = 3_000
CONCURRENT: Final = 64
CONCURRENT_ASKS: Final = 20_000
WINDOW: Final = 5_000  # Tells on their way at most: fills the pipe, and stays far below the bound on bytes in flight.
ACKNOWLEDGED_EVERY: Final = 1_000
PADDING: Final = "x" * 76  # Makes a body of a hundred bytes with the field names and the number.


class Tell(Message):
    number: int
    padding: str = ""


class Ask(Message):
    number: int
    padding: str = ""


class Answer(Message):
    number: int
    padding: str = ""


class Peer(Process):
    """The other side: answers asks, and every thousandth tell."""

    def __init__(self) -> None:
        super().__init__("peer")
        self.told = 0

    @install(Tell)
    def tell(self, sender: PID, message: Tell) -> None:
        self.told += 1
        if self.told % ACKNOWLEDGED_EVERY == 0:
            self.send(sender, Answer(number=self.told))

    @install(Ask)
    def ask(self, sender: PID, message: Ask) -> None:
        self.send(sender, Answer(number=message.number, padding=PADDING))


class Teller(Process):
    """Keeps a window of tells on their way."""

    def __init__(self, peer: PID, done: Callable[[], None]) -> None:
        super().__init__()
        self.peer = peer
        self.done = done
        self.sent = 0

    def initialize(self) -> None:
        self.link(self.peer)
        self.fill(0)

    @install(Answer)
    def answer(self, sender: PID, message: Answer) -> None:
        if message.number == TELLS:
            self.done()
        self.fill(message.number)

    def fill(self, acknowledged: int) -> None:
        until = min(acknowledged + WINDOW, TELLS)
        while self.sent < until:
            self.sent += 1
            self.send(self.peer, Tell(number=self.sent, padding=PADDING))


class Asker(Process):
    """Keeps a number of asks on their way."""

    def __init__(self, peer: PID, asks: int, *, at_once: int, done: Callable[[], None]) -> None:
        super().__init__()
        self.peer = peer
        self.left = self.unanswered = asks
        self.at_once = at_once
        self.done = done

    def initialize(self) -> None:
        self.link(self.peer)
        for _ in range(self.at_once):
            self.ask()

    @install(Answer)
    def answer(self, sender: PID, message: Answer) -> None:
        self.unanswered -= 1
        if not self.unanswered:
            self.done()
        self.ask()

    def ask(self) -> None:
        if self.left:
            self.left -= 1
            self.send(self.peer, Ask(number=self.left, padding=PADDING))


def tell_rate() -> float:
    return _with_peer(Teller, TELLS)


def ask_rate() -> float:
    return _with_peer(lambda peer, done: Asker(peer, ASKS, at_once=1, done=done), ASKS)


def concurrent_ask_rate() -> float:
    return _with_peer(lambda peer, done: Asker(peer, CONCURRENT_ASKS, at_once=CONCURRENT, done=done), CONCURRENT_ASKS)


def _with_peer(make: Callable[[PID, Callable[[], None]], Process], messages: int) -> float:
    command = [sys.executable, "-m", "bench.actors_remote"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        peer = PID.parse(process.stdout.readline().strip())
        try:
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                return messages / runner.run(_timed(make, peer))
        finally:
            process.terminate()


async def _timed(make: Callable[[PID, Callable[[], None]], Process], peer: PID) -> float:
    async with await start_node() as node:
        done = asyncio.Event()
        start = time.perf_counter()
        node.spawn(make(peer, done.set))
        await done.wait()
        return time.perf_counter() - start


async def _serve() -> None:
    async with await start_node() as node:
        sys.stdout.write(f"{node.spawn(Peer())}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as server:
        server.run(_serve())
