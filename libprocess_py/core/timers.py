"""Timers: a heap of (due, number, timer). Never early; equal deadlines in the order in which they were made.

Cancelling marks a timer and leaves it in the heap; when more than half of the heap is cancelled it is swept, so that a
thousand armed and cancelled timers do not outlive their use.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any, Final

SWEEP_MIN: Final = 64  # Below this many cancelled timers sweeping costs more than they do.


class Timer:
    """One call that is to happen once, no earlier than `due`."""

    __slots__ = ("_timers", "args", "due", "method", "owner")

    def __init__(
        self, timers: Timers, owner: object, *, due: int, call: tuple[Callable[..., object], tuple[Any, ...]]
    ) -> None:
        self._timers: Timers | None = timers  # None once it was cancelled or has run.
        self.due = due
        self.owner: Any = owner
        self.method, self.args = call

    @property
    def is_live(self) -> bool:
        return self._timers is not None

    @property
    def name(self) -> str:
        return getattr(self.method, "__qualname__", type(self.method).__name__)

    def cancel(self) -> bool:
        """True if this kept the call from happening; False if it happened already or was cancelled before."""
        timers, self._timers = self._timers, None
        if timers is None:
            return False
        timers.one_cancelled()
        return True

    def run(self) -> object:
        """Make the call, unless it was cancelled while its event was queued."""
        if self._timers is None:
            return None
        self._timers = None
        return self.method(*self.args)


class Timers:
    """All timers of one node."""

    __slots__ = ("_cancelled", "_heap", "_made")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Timer]] = []
        self._made = 0
        self._cancelled = 0  # At least as many as are in the heap: a timer cancelled after it left is counted too.

    def __len__(self) -> int:
        return sum(timer.is_live for _, _, timer in self._heap)

    def add(self, due: int, owner: object, *, method: Callable[..., object], args: tuple[Any, ...]) -> Timer:
        timer = Timer(self, owner, due=due, call=(method, args))
        self._made += 1
        heappush(self._heap, (due, self._made, timer))
        return timer

    def earliest(self) -> int | None:
        """When the next live timer is due."""
        heap = self._heap
        while heap and not heap[0][2].is_live:
            heappop(heap)
        return heap[0][0] if heap else None

    def pop_due(self, now: int) -> list[Timer]:
        """Take out the live timers that are due, in the order in which they are to run."""
        heap, due = self._heap, []
        while heap and heap[0][0] <= now:
            timer = heappop(heap)[2]
            if timer.is_live:
                due.append(timer)
        return due

    def one_cancelled(self) -> None:
        self._cancelled += 1
        if self._cancelled >= SWEEP_MIN and self._cancelled * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].is_live]
            heapify(self._heap)
            self._cancelled = 0

    def clear(self) -> None:
        self._heap.clear()
