"""Actors that are spawned on other nodes, and a world of two nodes to do it in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from libprocess_py import PID, Future, Message, NodeOptions, Policy, Process, Promise, Record
from libprocess_py.deploy import RemoteNode, Spawner
from libprocess_py.sim import Simulation

T = TypeVar("T")

MS = 1_000_000
SECOND = 1_000 * MS


class Add(Message):
    """Add to a counter."""

    number: int


class Total(Message):
    """What a counter has, for whoever added to it."""

    total: int


class Part(Record):
    """A typed result."""

    name: str
    sizes: tuple[int, ...] = ()


class Counter(Process):
    """Has all ways of answering that there are."""

    def __init__(self, total: int = 0, *, id: str | None = None) -> None:
        super().__init__(id)
        if total < 0:
            raise ValueError("expected a number from 0")
        self.total = total

    def plus(self, sender: PID, plus: Add) -> None:
        self.total += plus.number
        self.send(sender, Total(total=self.total))

    def add(self, number: int, *, times: int = 1) -> int:
        self.total += number * times
        return self.total

    def parts(self) -> dict[str, Part]:
        return {"all": Part(name="all", sizes=(self.total, 2))}

    def keep(self, function: Callable[[], int]) -> int:
        self.total = function()
        return self.total

    def size(self, data: bytes) -> int:
        return len(data)

    def nothing(self) -> None:
        self.total = 0

    async def later(self) -> list[Part]:
        return [Part(name="later")]

    def chained(self) -> Future[Part]:
        promise: Promise[Part] = Promise()
        promise.set(Part(name="chained"))
        return promise

    async def never(self) -> int:
        gate: Promise[int] = Promise()
        return await gate

    def fail(self, why: str) -> int:
        raise KeyError(why)

    def object(self) -> object:
        return object()

    def where(self) -> str:
        return str(self.node.address)


class Doubled(Counter):
    """Overrides a method."""

    def add(self, number: int, *, times: int = 1) -> int:
        return super().add(number, times=2 * times)

    def _secret(self) -> int:
        return self.total


class BadStart(Process):
    def initialize(self) -> None:
        raise OSError("no such device")


class Watcher(Process):
    """Links, and keeps what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.why: list[tuple[str, str]] = []
        self.totals: list[int] = []

    def watch(self, to: PID) -> None:
        self.link(to)

    def ask(self, to: PID, number: int) -> None:
        self.send(to, Add(number=number))

    def total(self, sender: PID, total: Total) -> None:
        self.totals.append(total.total)

    def exited_with(self, pid: PID, failure: Exception | None) -> None:
        self.why.append((pid.id, "in order" if failure is None else f"{type(failure).__name__}: {failure}"))


class World:
    """Two simulated nodes: `here` uses `there`, which has a spawner."""

    def __init__(self, *, allow: bool = True) -> None:
        self.simulation = Simulation(seed=1)
        options = NodeOptions(policy=Policy.END_ACTOR)
        self.here = self.simulation.node("10.0.0.1", options=options)
        self.there = self.simulation.node("10.0.0.2", options=options)
        self.there.spawn(Spawner(allow=allow))
        self.watcher = Watcher()
        self.here.spawn(self.watcher)

    def settled(self, future: Future[T]) -> Future[T]:
        """After as long as it takes, or a minute."""
        self.simulation.run_until(lambda: future.is_settled, limit_ns=60 * SECOND)
        return future

    def connect(self) -> RemoteNode:
        return self.settled(self.here.connect(self.there.address)).get()

    def watch(self, pid: PID) -> None:
        self.here.dispatch(self.watcher.pid, Watcher.watch, pid)
        self.simulation.advance(SECOND)


class Linked(Watcher):
    """One that a file makes: it is told whom to add to."""

    def __init__(self, counter: PID, number: int = 1) -> None:
        super().__init__()
        self.counter, self.number = counter, number

    def initialize(self) -> None:
        self.ask(self.counter, self.number)

    def heard(self) -> list[str]:
        return [id for id, _ in self.why]

    def fail(self) -> None:
        raise OSError("broken")
