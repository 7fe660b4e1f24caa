"""`Timer`: how long something took, over the last hour: how often, the least, the most, and percentiles.

Samples are counted in buckets that are a 64th of their value wide, so that a percentile is true to one percent, however
many samples there were; count, least and most are exact. The hour is cut into slots that expire one by one, and memory
is bounded by slots times buckets, not by samples. In simulation a handler takes no time, and its timers say so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import accumulate
from typing import Final, TypeVar

from libprocess_py.duration import HOUR, MILLISECOND
from libprocess_py.future import Future

T = TypeVar("T")

WINDOW_NS: Final = HOUR  # What Mesos keeps for its allocation timers.
SLOTS: Final = 12  # What is left of the window after a slot expired is then true to 5 minutes in an hour.
FINE_BITS: Final = 6  # A bucket is a 64th wide: half of that is below one percent.
LONGEST_NS: Final = 2**62  # A century; more is one, and costs no further buckets.
PERCENTILES: Final = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999, "p9999": 0.9999}


class _Slot:
    """The samples of a part of the window."""

    __slots__ = ("counts", "least", "most", "number")

    def __init__(self, number: int) -> None:
        self.number = number  # Since the epoch, counted in lengths of a slot.
        self.counts: dict[int, int] = {}  # By bucket.
        self.least = LONGEST_NS
        self.most = 0


class Timer:
    """Made by `Metrics.timer`. Its figures are in milliseconds."""

    __slots__ = ("_last", "_now", "_slot", "_slot_ns", "_slots")

    def __init__(self, now: Callable[[], int], *, window_ns: int = WINDOW_NS) -> None:
        assert window_ns >= SLOTS, f"window_ns {window_ns}: expected at least {SLOTS}"
        self._now = now
        self._slot_ns = window_ns // SLOTS
        self._slot = _Slot(now() // self._slot_ns)
        self._slots = deque([self._slot])
        self._last: int | None = None

    def time(self) -> Running:
        """`with timer.time():` measures a block, also one that raises."""
        return Running(self)

    def watch(self, future: Future[T]) -> Future[T]:
        """Measure from now until the future is settled. Returns that future."""
        running = Running(self).__enter__()
        return future.on_settled(lambda _: running.__exit__())

    def record(self, ns: int) -> None:
        """A duration that was measured elsewhere."""
        self.add(ns, now=self._now())

    def add(self, ns: int, *, now: int) -> None:
        """As `record`, for those who know the time."""
        number = now // self._slot_ns
        slot = self._slot
        if number != slot.number:
            slot = self._next_slot(number)
        ns = min(max(ns, 0), LONGEST_NS)
        self._last = ns
        coarse = ns.bit_length() - FINE_BITS - 1
        bucket = ns if coarse <= 0 else (coarse << FINE_BITS) + (ns >> coarse)
        counts = slot.counts
        counts[bucket] = counts.get(bucket, 0) + 1
        if ns < slot.least:  # noqa: PLR1730  # A call of min costs more than all of this.
            slot.least = ns
        if ns > slot.most:  # noqa: PLR1730  # As above.
            slot.most = ns

    def summary(self) -> dict[str, float]:
        """Empty key: the last sample. Without samples in the window there is only their count, 0."""
        self._expire(self._now() // self._slot_ns)
        counts: dict[int, int] = {}
        for slot in self._slots:
            for bucket, count in slot.counts.items():
                counts[bucket] = counts.get(bucket, 0) + count
        total = sum(counts.values())
        if not total or self._last is None:
            return {"count": 0}
        least, most = min(slot.least for slot in self._slots), max(slot.most for slot in self._slots)
        buckets = sorted(counts)
        sums = list(accumulate(counts[bucket] for bucket in buckets))
        summary: dict[str, float] = {"": self._last, "min": least, "max": most}
        at = 0
        for name, share in PERCENTILES.items():
            while sums[at] < share * total:
                at += 1
            summary[name] = min(max(_middle(buckets[at]), least), most)
        return {"count": total} | {name: ns / MILLISECOND for name, ns in summary.items()}

    def _next_slot(self, number: int) -> _Slot:
        self._expire(number)
        self._slot = _Slot(number)
        self._slots.append(self._slot)
        return self._slot

    def _expire(self, number: int) -> None:
        while self._slots and self._slots[0].number <= number - SLOTS - 1:
            self._slots.popleft()


class Running:
    """One measurement under way."""

    __slots__ = ("_begun", "_timer")

    def __init__(self, timer: Timer) -> None:
        self._timer = timer

    def __enter__(self) -> Running:
        self._begun = self._timer._now()
        return self

    def __exit__(self, *_: object) -> None:
        now = self._timer._now()
        self._timer.add(now - self._begun, now=now)


def _middle(bucket: int) -> float:
    """Of the values that are counted in that bucket."""
    if bucket < 2 << FINE_BITS:
        return bucket
    coarse = (bucket >> FINE_BITS) - 1
    return (bucket - (coarse << FINE_BITS)) * (1 << coarse) + ((1 << coarse) - 1) / 2
