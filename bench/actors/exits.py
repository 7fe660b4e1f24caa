"""How soon an actor hears of another's end: in its own node, and when an OS process is killed."""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Callable
from typing import Final

from bench.actors.node import on_node, time_to_end
from bench.actors.sides import other_side, pin, stand_by
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.runtime.loop_node import LoopNode
from libprocess_py.runtime.program import run

ENDS: Final = 5_000
KILLED: Final = 30
SETTLED_S: Final = 0.02  # Between two kills: longer than the system needs to take a process down.


class Mortal(Process):
    """Lives to be ended."""


class Mourner(Process):
    """Ends one actor after the other, and notes how long each notice took."""

    def __init__(self, done: Callable[[], None]) -> None:
        super().__init__()
        self.done = done
        self.times_s: list[float] = []
        self.ended_at = 0.0

    def initialize(self) -> None:
        self.next()

    def exited(self, pid: PID) -> None:
        self.times_s.append(time.perf_counter() - self.ended_at)
        if len(self.times_s) < ENDS:
            self.next()
        else:
            self.done()

    def next(self) -> None:
        pid = self.spawn(Mortal())
        self.link(pid)
        self.dispatch(self.pid, Mourner.end, pid)

    def end(self, pid: PID) -> None:
        self.ended_at = time.perf_counter()
        self.terminate(pid)


class Widow(Process):
    """Is linked to actors of other OS processes, which it kills one after the other."""

    def __init__(self, others: list[tuple[int, PID]], done: Callable[[], None]) -> None:
        super().__init__()
        self.others = others
        self.done = done
        self.times_s: list[float] = []
        self.killed_at = 0.0

    def initialize(self) -> None:
        for _, pid in self.others:
            self.link(pid)
        self.delay(int(20 * SETTLED_S * 1e9), self.kill)

    def kill(self) -> None:
        self.killed_at = time.perf_counter()
        os.kill(self.others[-1][0], signal.SIGKILL)

    def exited(self, pid: PID) -> None:
        if not self.killed_at or pid != self.others[-1][1]:
            raise RuntimeError(f"{pid} was lost before it was killed")
        self.times_s.append(time.perf_counter() - self.killed_at)
        self.others.pop()
        if self.others:
            self.delay(int(SETTLED_S * 1e9), self.kill)
        else:
            self.done()


def local_exited() -> float:
    """Seconds from `terminate` to `exited`: the median."""

    async def body(node: LoopNode) -> float:
        mourners: list[Mourner] = []

        def make(done: Callable[[], None]) -> Process:
            mourners.append(Mourner(done))
            return mourners[0]

        await time_to_end(node, make)
        return statistics.median(mourners[0].times_s)

    return on_node(body)


def remote_exited() -> float:
    """Seconds from the kill to `exited`: ninety-nine of a hundred are faster."""
    with other_side("bench.actors.exits") as told:
        lines = [told.readline().split() for _ in range(KILLED)]
        others = [(int(os_pid), PID.parse(pid)) for os_pid, pid in lines]

        async def body(node: LoopNode) -> float:
            widows: list[Widow] = []

            def make(done: Callable[[], None]) -> Process:
                widows.append(Widow(others, done))
                return widows[0]

            await time_to_end(node, make)
            return statistics.quantiles(widows[0].times_s, n=100, method="inclusive")[-1]

        return on_node(body)


async def _be_mortal(node: LoopNode) -> int:
    return await stand_by(f"{os.getpid()} {node.spawn(Mortal())}")


def serve() -> None:
    """Be the other side: a process for each that is to be killed. They end with this one, which is killed last."""
    for _ in range(KILLED):
        if not os.fork():
            run(_be_mortal)
    signal.pause()


if __name__ == "__main__":
    pin(1)
    serve()
