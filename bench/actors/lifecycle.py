"""Many actors: how fast they come and go, what each costs, and whether a crowd slows them down."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.actors.local import Number
from bench.actors.node import on_node, time_to_end
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.loop_node import LoopNode

ACTORS: Final = 50_000
CROWD: Final = 100_000
CROWD_ROUNDS: Final = 3
BURST: Final = 1_000


class Idle(Process):
    """Does nothing."""


class Member(Process):
    """One of a crowd. Its attributes belong to all, as a program's would."""

    left = 0
    done: Callable[[], None]

    def number(self, sender: PID, message: Number) -> None:
        Member.left -= 1
        if not Member.left:
            Member.done()


class Herald(Process):
    """Tells everybody of a crowd, a burst per turn."""

    def __init__(self, crowd: list[PID], rounds: int) -> None:
        super().__init__()
        self.crowd = crowd * rounds
        self.sent = 0
        self.message = Number(value=1)

    def initialize(self) -> None:
        self.burst()

    def burst(self) -> None:
        send, message = self.send, self.message
        for target in self.crowd[self.sent : self.sent + BURST]:
            send(target, message)
        self.sent += BURST
        if self.sent < len(self.crowd):
            self.dispatch(self.pid, Herald.burst)


def spawn() -> float:
    """Through the first turn of each, in which it is initialized."""

    async def body(node: LoopNode) -> float:
        start = time.perf_counter()
        for _ in range(ACTORS - 1):
            node.spawn(Idle())
        await result(node.dispatch(node.spawn(Idle()), Idle.initialize))
        return ACTORS / (time.perf_counter() - start)

    return on_node(body)


def terminate() -> float:
    """Until the last one has ended."""

    async def body(node: LoopNode) -> float:
        pids = [node.spawn(Idle()) for _ in range(ACTORS)]
        await asyncio.sleep(0)
        await result(node.dispatch(pids[-1], Idle.initialize))
        ended = node.wait(pids[-1])
        start = time.perf_counter()
        for pid in pids:
            node.terminate(pid)
        await result(ended)
        return ACTORS / (time.perf_counter() - start)

    return on_node(body)


def idle_actor_bytes() -> float:
    """What the OS process grows by, with its collector run before and after."""

    async def body(node: LoopNode) -> float:
        gc.collect()
        before = _resident_bytes()
        actors = [node.spawn(Idle()).id for _ in range(CROWD)]
        await result(node.dispatch(PID(actors[-1], node.address), Idle.initialize))
        del actors
        gc.collect()
        return (_resident_bytes() - before) / CROWD

    return on_node(body)


def send_100k_actors() -> float:
    """A hundred thousand alive, and a message to each, a few times over."""

    async def body(node: LoopNode) -> float:
        crowd = [node.spawn(Member()) for _ in range(CROWD)]
        await result(node.dispatch(crowd[-1], Member.initialize))
        Member.left = CROWD * CROWD_ROUNDS

        def make(done: Callable[[], None]) -> Process:
            Member.done = staticmethod(done)
            return Herald(crowd, CROWD_ROUNDS)

        return CROWD * CROWD_ROUNDS / await time_to_end(node, make)

    return on_node(body)


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
