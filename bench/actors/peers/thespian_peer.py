"""Thespian with its simple system base: all actors in one thread, the fastest of its kinds."""

from __future__ import annotations

import time
from typing import Any, Final

from thespian.actors import Actor, ActorExitRequest, ActorSystem

MESSAGES: Final = 50_000
BURST: Final = 1_000
FANNED: Final = 1_000
ACTORS: Final = 2_000
ASKS: Final = 10_000


class Counter(Actor):  # type: ignore[misc]  # It has no types.
    """Counts what it is told, and answers "count" and ("double", n)."""

    count = 0

    def receiveMessage(self, message: Any, sender: Any) -> None:  # Thespian's name.
        if message == "count":
            self.send(sender, self.count)
        elif isinstance(message, tuple):
            self.send(sender, 2 * message[1])
        else:
            self.count += 1


class Feeder(Actor):  # type: ignore[misc]  # Likewise.
    """Tells bursts to its targets in turn."""

    def receiveMessage(self, message: Any, sender: Any) -> None:  # Thespian's name.
        if isinstance(message, tuple):
            targets, burst = message
            for number in range(burst):
                self.send(targets[number % len(targets)], number)
            self.send(sender, "sent")


def local_send() -> float:
    return _fed(1)


def fan_out() -> float:
    return _fed(FANNED)


def dispatch_serial() -> float:
    system = ActorSystem("simpleSystemBase")
    counter = system.createActor(Counter)
    start = time.perf_counter()
    for number in range(ASKS):
        system.ask(counter, ("double", number))
    rate = ASKS / (time.perf_counter() - start)
    system.shutdown()
    return rate


def spawn() -> float:
    return _lives()[0]


def terminate() -> float:
    return _lives()[1]


def _lives() -> tuple[float, float]:
    system = ActorSystem("simpleSystemBase")
    start = time.perf_counter()
    counters = [system.createActor(Counter) for _ in range(ACTORS)]
    spawned = time.perf_counter()
    for counter in counters:
        system.tell(counter, ActorExitRequest())
    ended = time.perf_counter()
    system.shutdown()
    return ACTORS / (spawned - start), ACTORS / (ended - spawned)


def _fed(receivers: int) -> float:
    system = ActorSystem("simpleSystemBase")
    counters = [system.createActor(Counter) for _ in range(receivers)]
    feeder = system.createActor(Feeder)
    start = time.perf_counter()
    for _ in range(MESSAGES // BURST):
        system.ask(feeder, (counters, BURST))
    counted = [system.ask(counter, "count") for counter in counters]
    rate = MESSAGES / (time.perf_counter() - start)
    assert sum(counted) == MESSAGES
    system.shutdown()
    return rate
