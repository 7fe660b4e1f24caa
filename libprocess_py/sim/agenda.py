"""Virtual time, and what is to happen in it: one heap for all nodes of a simulation.

Time only moves when somebody moves it, from one entry to the next; entries of one instant happen in the order in which
they were made.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Final

START_NS: Final = 1_577_836_800 * 1_000_000_000  # 2020-01-01 UTC: simulations begin on a round date, whenever they run.


class Agenda:
    """The time, and a heap of (due, number, action, arguments)."""

    __slots__ = ("_made", "heap", "now")

    def __init__(self, now: int = START_NS) -> None:
        self.now = now
        self.heap: list[tuple[int, int, Callable[..., object], tuple[Any, ...]]] = []
        self._made = 0

    def add(self, due: int, action: Callable[..., object], *args: Any) -> None:
        """Have `action` called when time comes to `due`. There is no way back: actions check what they find."""
        self._made += 1
        heappush(self.heap, (max(due, self.now), self._made, action, args))

    def run_next_instant(self) -> None:
        """Move time to the next entry and do everything that is due then."""
        heap = self.heap
        self.now = due = heap[0][0]
        while heap and heap[0][0] == due:
            _, _, action, args = heappop(heap)
            action(*args)

    def pop_lonely(self, action: object) -> Any:
        """Take out the next entry, if it calls that method and nothing else is due then; returns whose method it is."""
        heap = self.heap
        due, _, entry, _ = heap[0]
        if getattr(entry, "__func__", None) is not action or any(other[0] == due for other in heap[1:3]):
            return None
        heappop(heap)
        self.now = due
        return entry.__self__  # type: ignore[attr-defined]  # A bound method, as it has a function.
