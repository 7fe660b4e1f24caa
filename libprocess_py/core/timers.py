"""Timers, in the order of their deadlines. Never early; equal deadlines in the order in which they were made.

A heap of all timers costs a logarithm of cold memory for each of them. So time is cut into slices of a millisecond: a
timer of a later slice is appended to the list of that slice, and only the slice that is next is put in order, as a heap
of (due, number, timer). A slice that was next and is so no more, because an earlier timer came, stays a heap.

Cancelling marks a timer and leaves it where it is; when more than half of all are cancelled they are swept out, so that
a thousand armed and cancelled timers do not outlive their use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import chain
from typing import Any, Final

SLICE_BITS: Final = 20  # 2^20 ns: of 100,000 timers within a second a hundred share a slice.
SWEEP_MIN: Final = 64  # Below this many cancelled timers sweeping costs more than they do.


class Timer:
    """One call that is to happen once, no earlier than `due`. Made by `Timers.add`."""

    __slots__ = ("_timers", "args", "due", "method", "owner")

    _timers: Timers | None  # None once it was cancelled or has run.
    due: int
    owner: Any
    method: Callable[..., object]
    args: tuple[Any, ...]

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


Entry = tuple[int, int, Timer]


class Timers:
    """All timers of one node."""

    __slots__ = ("_cancelled", "_left", "_made", "_near", "_near_slice", "_slices", "_unordered", "_was_near")

    def __init__(self) -> None:
        self._near: list[Entry] = []  # A heap: the slice that is next. Empty when it was used up.
        self._near_slice = -1
        self._unordered: dict[int, list[Entry]] = {}  # Later slices,
        self._was_near: dict[int, list[Entry]] = {}  # and those of them that are heaps.
        self._slices: list[int] = []  # A heap of the numbers of all later slices.
        self._made = self._left = 0  # Numbers given, and numbers no longer here: what is swept or has rung.
        self._cancelled = 0  # At least as many as are here: a timer cancelled after it left is counted too.

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Timer]:
        """The live ones, in no order."""
        lists = (self._near, *self._unordered.values(), *self._was_near.values())
        return (timer for _, _, timer in chain.from_iterable(lists) if timer.is_live)

    def add(self, due: int, owner: object, *, method: Callable[..., object], args: tuple[Any, ...]) -> Timer:
        timer = Timer()
        timer._timers = self
        timer.due = due
        timer.owner = owner
        timer.method = method
        timer.args = args
        later = self._unordered.get(due >> SLICE_BITS)
        if later is None:
            self.put(due, timer)
        else:  # The end of `put`, written out: with many timers nearly all join others.
            self._made += 1
            later.append((due, self._made, timer))
        return timer

    def put(self, at: int, timer: Timer) -> None:
        """Have it leave at that time, which is its due time but for clocks that run ahead of the node's."""
        self._made += 1
        entry = (at, self._made, timer)
        slice = at >> SLICE_BITS
        if slice > self._near_slice:
            later = self._unordered.get(slice)
            if later is not None:
                later.append(entry)
            elif slice in self._was_near:
                heappush(self._was_near[slice], entry)
            else:
                self._unordered[slice] = [entry]
                heappush(self._slices, slice)
            return
        if slice < self._near_slice:
            if self._near:
                self._was_near[self._near_slice] = self._near
                heappush(self._slices, self._near_slice)
                self._near = []
            self._near_slice = slice
        heappush(self._near, entry)

    def earliest(self) -> int | None:
        """When the next live timer is due."""
        near = self._near
        while True:
            while near:
                at, _, timer = near[0]
                if timer._timers is not None:
                    return at
                heappop(near)
                self._left += 1
            if not self._slices:
                return None
            near = self._next_slice()

    def pop_due(self, now: int) -> list[Timer]:
        """Take out the live timers that are due, in the order in which they are to run."""
        due: list[Timer] = []
        near = self._near
        while True:
            while near:
                if near[0][0] > now:
                    return due
                timer = heappop(near)[2]
                self._left += 1
                if timer._timers is not None:
                    due.append(timer)
            if not self._slices:
                return due
            near = self._next_slice()

    def one_cancelled(self) -> None:
        self._cancelled += 1
        if self._cancelled >= SWEEP_MIN and self._cancelled * 2 > self._made - self._left:
            self._rebuild(0, None)

    def shift(self, owner: object, ns: int) -> None:
        """Have all timers of one owner leave that much earlier: its clock was moved forward by as much."""
        self._rebuild(ns, owner)

    def clear(self) -> None:
        self._near.clear()
        self._unordered.clear()
        self._was_near.clear()
        self._slices.clear()
        self._left = self._made

    # Helpers

    def _next_slice(self) -> list[Entry]:
        slice = self._near_slice = heappop(self._slices)
        near = self._was_near.pop(slice, None)
        if near is None:
            near = self._unordered.pop(slice)
            near.sort()
        self._near = near
        return near

    def _rebuild(self, earlier_ns: int, owner: object) -> None:
        """Put in again what is live, in the order in which it was made."""
        lists = (self._near, *self._unordered.values(), *self._was_near.values())
        entries = [entry for entry in chain.from_iterable(lists) if entry[2].is_live]
        self._near, self._near_slice = [], -1
        self._unordered, self._was_near, self._slices = {}, {}, []
        self._cancelled = 0
        self._made = self._left = 0
        for at, _, timer in sorted(entries, key=lambda entry: entry[1]):
            self.put(at - earlier_ns if timer.owner is owner else at, timer)
