"""Durations of the recent past: the last one and its rank among the others, as Mesos' timer metrics tell them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

WINDOW: Final = 1_000  # Of the batch runs of a quarter of an hour; ranks of all time would hide what happens now.
NS_PER_MS: Final = 1_000_000
RANKS: Final = (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999), ("p9999", 0.9999))


class Timings:
    """A window over durations in nanoseconds; what is read from it is in milliseconds."""

    __slots__ = ("_count", "_window")

    def __init__(self) -> None:
        self._count = 0
        self._window: deque[int] = deque(maxlen=WINDOW)

    def add(self, ns: int) -> None:
        self._count += 1
        self._window.append(ns)

    def gauges(self, name: str) -> Iterator[tuple[str, Callable[[], float]]]:
        """The names and readings of everything that there is to tell."""
        yield name, lambda: self._window[-1] / NS_PER_MS if self._window else 0.0
        yield f"{name}/count", lambda: float(self._count)
        yield f"{name}/min", partial(self.rank, 0.0)
        yield f"{name}/max", partial(self.rank, 1.0)
        for suffix, fraction in RANKS:
            yield f"{name}/{suffix}", partial(self.rank, fraction)

    def rank(self, fraction: float) -> float:
        """The duration that this fraction of the window does not exceed, in milliseconds; 0 without any."""
        ordered = sorted(self._window)
        return ordered[round(fraction * (len(ordered) - 1))] / NS_PER_MS if ordered else 0.0
