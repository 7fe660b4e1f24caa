"""The metrics of one node, flat names with `/` as Mesos has them: `master/tasks_running`.

| made by      | what it is                                                                    |
|--------------|-------------------------------------------------------------------------------|
| `counter`    | only goes up                                                                  |
| `push_gauge` | a value that its owner sets                                                   |
| `gauge`      | a value that is read for every snapshot, at once                              |
| `pull_gauge` | a value that is asked for: of an actor, by `self.defer(Method)`, or any future |
| `timer`      | durations of the last hour, see `metrics.timer`                               |

What an actor declares through its own `metrics` goes when it ends, however it ends, because nobody is left to bring its
value. Counters stay: they tell what happened on the node, and whoever reads them expects them never to go down.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, cast

from libprocess_py.future import Future
from libprocess_py.metrics.timer import WINDOW_NS, Timer


class Counter:
    """Only goes up."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def add(self, n: int = 1) -> None:
        assert n >= 0, "a counter only goes up"
        self.value += n


class PushGauge:
    """Whatever its owner last set it to."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0

    def set(self, value: float) -> None:
        self.value = value

    def add(self, n: float = 1) -> None:
        self.value += n

    def read(self) -> float:
        return self.value


Gauge = Callable[[], float]
PullGauge = Callable[[], Future[float]]


class Kind(enum.Enum):
    """What a name stands for; it cannot stand for two things."""

    COUNTER = "counter"
    GAUGE = "gauge"
    PULL_GAUGE = "pull gauge"
    TIMER = "timer"


class _Entry:
    """One name, what it stands for, and the actor that declared it; None if it stays whoever ends."""

    __slots__ = ("kind", "metric", "owner")

    def __init__(self, kind: Kind, metric: Any, *, owner: str | None = None) -> None:
        self.kind = kind
        self.metric = metric
        self.owner = owner


class _Books:
    """What all views of one node's metrics share."""

    __slots__ = ("entries", "owned")

    def __init__(self) -> None:
        self.entries: dict[str, _Entry] = {}
        self.owned: dict[str, dict[str, None]] = {}  # Names by the actor that declared them.

    def declare(self, name: str, entry: _Entry) -> None:
        known = self.entries.get(name)
        if known is not None:
            assert known.kind is entry.kind, f"{name}: is a {known.kind.value}"
            self.remove(name)
        self.entries[name] = entry
        if entry.owner is not None:
            self.owned.setdefault(entry.owner, {})[name] = None

    def remove(self, name: str) -> None:
        entry = self.entries.pop(name, None)
        if entry is not None and entry.owner is not None:
            names = self.owned[entry.owner]
            del names[name]
            if not names:
                del self.owned[entry.owner]

    def of_kind(self, kind: Kind) -> dict[str, Any]:
        """In the order of their names."""
        return {name: entry.metric for name, entry in sorted(self.entries.items()) if entry.kind is kind}


class Metrics:
    """A node's metrics by name. A counter that is asked for again is the same; everything else is replaced."""

    __slots__ = ("_books", "_now", "_owner")

    def __init__(self, now: Callable[[], int] = lambda: 0) -> None:
        """`now` is what timers read; without it time stands still."""
        self._books = _Books()
        self._now = now
        self._owner: str | None = None

    def of(self, owner: str) -> Metrics:
        """The same metrics, as the actor with that id declares them."""
        view = Metrics.__new__(Metrics)
        view._books, view._now, view._owner = self._books, self._now, owner
        return view

    def counter(self, name: str) -> Counter:
        entry = self._books.entries.get(name)
        if entry is None or entry.kind is not Kind.COUNTER:
            entry = _Entry(Kind.COUNTER, Counter())
            self._books.declare(name, entry)
        return cast(Counter, entry.metric)

    def push_gauge(self, name: str) -> PushGauge:
        """Begins at zero."""
        pushed = PushGauge()
        self.gauge(name, pushed.read)
        return pushed

    def gauge(self, name: str, read: Gauge) -> None:
        """`read` is called for every snapshot, in whatever actor's turn that is."""
        self._books.declare(name, _Entry(Kind.GAUGE, read, owner=self._owner))

    def pull_gauge(self, name: str, ask: PullGauge) -> None:
        """`ask` is called for every snapshot, which waits for its future: `self.defer(Queue.length)`."""
        self._books.declare(name, _Entry(Kind.PULL_GAUGE, ask, owner=self._owner))

    def timer(self, name: str, *, window_ns: int = WINDOW_NS) -> Timer:
        """Its figures are `name` (the last one), `name/count`, `name/min`, `name/p99` and so on."""
        assert name.endswith("_ms"), f"{name}: a timer's name ends in its unit, _ms"
        timer = Timer(self._now, window_ns=window_ns)
        self._books.declare(name, _Entry(Kind.TIMER, timer, owner=self._owner))
        return timer

    def remove(self, name: str) -> None:
        self._books.remove(name)

    def remove_owned(self, owner: str) -> None:
        """That actor has ended: nobody brings its values any more."""
        owned = self._books.owned.get(owner)
        if owned:
            for name in list(owned):
                self._books.remove(name)

    def counters(self) -> dict[str, int]:
        return {name: counter.value for name, counter in self._books.of_kind(Kind.COUNTER).items()}

    def gauges(self) -> dict[str, Gauge]:
        """Those that can be read at once, the figures of timers not among them."""
        return self._books.of_kind(Kind.GAUGE)

    def pull_gauges(self) -> dict[str, PullGauge]:
        return self._books.of_kind(Kind.PULL_GAUGE)

    def timings(self) -> dict[str, float]:
        """The figures of all timers, flat."""
        return {
            f"{name}/{figure}" if figure else name: value
            for name, timer in self._books.of_kind(Kind.TIMER).items()
            for figure, value in timer.summary().items()
        }
