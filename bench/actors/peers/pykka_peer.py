"""The same cases on pykka, the actor library that Python programs use most: an operating system thread per actor."""

from __future__ import annotations

import threading
import time
from typing import Any, Final

import pykka

ACTORS: Final = 500  # Each is a thread; the rate does not depend on how many.
MESSAGES: Final = 50_000
FANNED: Final = 1_000
ASKS: Final = 5_000


class Counter(pykka.ThreadingActor):
    """Counts what it is told; answers an ask with the same."""

    def __init__(self, expected: int, done: threading.Event) -> None:
        super().__init__()
        self.left = expected
        self.done = done

    def on_receive(self, message: Any) -> Any:
        self.left -= 1
        if not self.left:
            self.done.set()
        return message


def spawn() -> float:
    done = threading.Event()
    start = time.perf_counter()
    actors = [Counter.start(0, done) for _ in range(ACTORS)]
    rate = ACTORS / (time.perf_counter() - start)
    for actor in actors:
        actor.stop()
    return rate


def terminate() -> float:
    done = threading.Event()
    actors = [Counter.start(0, done) for _ in range(ACTORS)]
    start = time.perf_counter()
    for actor in actors:
        actor.stop()
    return ACTORS / (time.perf_counter() - start)


def local_send() -> float:
    return _fed(1)


def fan_out() -> float:
    return _fed(FANNED)


def dispatch_serial() -> float:
    actor = Counter.start(0, threading.Event())
    start = time.perf_counter()
    for number in range(ASKS):
        actor.ask(number)
    rate = ASKS / (time.perf_counter() - start)
    actor.stop()
    return rate


def _fed(receivers: int) -> float:
    dones = [threading.Event() for _ in range(receivers)]
    actors = [Counter.start(MESSAGES // receivers, done) for done in dones]
    start = time.perf_counter()
    for number in range(MESSAGES):
        actors[number % receivers].tell(number)
    for done in dones:
        done.wait()
    rate = MESSAGES / (time.perf_counter() - start)
    for actor in actors:
        actor.stop()
    return rate
