"""Calls of methods with results: a future each, awaited in an actor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bench.actors.node import on_node, time_to_end
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.runtime.loop_node import LoopNode

SERIAL: Final = 100_000
CONCURRENT: Final = 200_000
AT_ONCE: Final = 100


class Doubler(Process):
    def double(self, value: int) -> int:
        return 2 * value


class Caller(Process):
    """Makes calls, `at_once` of them at a time, until all are answered."""

    def __init__(self, target: PID, calls: int, *, at_once: int, done: Callable[[], None]) -> None:
        super().__init__()
        self.target = target
        self.calls = calls
        self.at_once = at_once
        self.done = done

    def initialize(self) -> None:
        self.dispatch(self.pid, Caller.one_by_one if self.at_once == 1 else Caller.many)

    async def one_by_one(self) -> None:
        for value in range(self.calls):
            assert await self.dispatch(self.target, Doubler.double, value) == 2 * value
        self.done()

    async def many(self) -> None:
        for _ in range(self.calls // self.at_once):
            futures = [self.dispatch(self.target, Doubler.double, value) for value in range(self.at_once)]
            total = 0
            for future in futures:
                total += await future
            assert total == self.at_once * (self.at_once - 1)
        self.done()


def serial() -> float:
    return _calls(SERIAL, at_once=1)


def concurrent() -> float:
    return _calls(CONCURRENT, at_once=AT_ONCE)


def _calls(calls: int, *, at_once: int) -> float:
    async def body(node: LoopNode) -> float:
        target = node.spawn(Doubler())
        return calls / await time_to_end(node, lambda done: Caller(target, calls, at_once=at_once, done=done))

    return on_node(body)
