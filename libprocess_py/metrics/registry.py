"""Counters and gauges of one node, flat names with `/` as Mesos has them: `master/tasks_running`."""

from __future__ import annotations

from collections.abc import Callable


class Counter:
    """Only goes up."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def add(self, n: int = 1) -> None:
        assert n >= 0, "a counter only goes up"
        self.value += n


Gauge = Callable[[], float]


class Metrics:
    """A node's metrics by name. A counter that is asked for again is the same; a gauge set again is replaced."""

    def __init__(self) -> None:
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}

    def counter(self, name: str) -> Counter:
        assert name not in self._gauges, f"{name}: is a gauge"
        counter = self._counters.get(name)
        if counter is None:
            counter = self._counters[name] = Counter()
        return counter

    def gauge(self, name: str, read: Gauge) -> None:
        """`read` is called for every snapshot."""
        assert name not in self._counters, f"{name}: is a counter"
        self._gauges[name] = read

    def remove(self, name: str) -> None:
        self._counters.pop(name, None)
        self._gauges.pop(name, None)

    def counters(self) -> dict[str, int]:
        return {name: counter.value for name, counter in sorted(self._counters.items())}

    def gauges(self) -> dict[str, Gauge]:
        return dict(sorted(self._gauges.items()))
