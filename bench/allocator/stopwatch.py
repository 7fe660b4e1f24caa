"""Samples of one execution of a workload, by series.

A run's sample is its duration and how many offers it made. Of events, a sample is the duration of one: many are timed
together, since a single one is near the resolution of the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

T = TypeVar("T")

NS_PER_S: Final = 1_000_000_000


@dataclass(slots=True)
class Series:
    """Values in `unit` ("s", "bytes" or "count"), and the offers made meanwhile (0: not a run, or an empty one)."""

    unit: str
    values: list[float] = field(default_factory=list)
    offers: list[int] = field(default_factory=list)

    def add(self, value: float, offers: int = 0) -> None:
        self.values.append(value)
        self.offers.append(offers)


class Stopwatch:
    """Times what it is given, in CPU time of this process."""

    def __init__(self, clock: Callable[[], int] = time.process_time_ns) -> None:
        self.series: dict[str, Series] = {}
        self._clock = clock

    def run(self, name: str, action: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
        """Time an allocation run, which returns its offers."""
        start = self._clock()
        offers = action()
        self._add(name, self._clock() - start, offers=len(offers))
        return offers

    def phase(self, name: str, action: Callable[[], T]) -> T:
        """Time anything else, as a whole."""
        start = self._clock()
        outcome = action()
        self._add(name, self._clock() - start)
        return outcome

    def events(self, name: str, action: Callable[[], object], *, count: int) -> None:
        """Time `count` events, and note what one takes."""
        start = self._clock()
        action()
        self._add(name, (self._clock() - start) / count)

    def count(self, name: str, number: int) -> None:
        """Note a number that is not a time."""
        self.series.setdefault(name, Series("count")).add(number)

    def _add(self, name: str, ns: float, *, offers: int = 0) -> None:
        self.series.setdefault(name, Series("s")).add(ns / NS_PER_S, offers)
