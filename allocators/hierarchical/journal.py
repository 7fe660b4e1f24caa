"""What runs leave behind for those who ask why somebody was offered nothing (`allocators.explain` reads it).

While nobody is watched a run costs next to nothing: the run itself, with the figures that it ended with, and the tuple
of what it allocated are kept instead of dropped. Whatever an explanation needs beyond that is worked out when it is
asked for. While a framework is watched, `Observer` is told of each offer just before it is booked, when the shares
are still those that decided it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from allocators.hierarchical.agents import AgentBook
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.messages.master_allocator import Allocation

if TYPE_CHECKING:
    from allocators.hierarchical.run import Run

ALLOCATIONS_MAX: Final = 20_000  # Kept of the past, beside the last run: so old an offer was made "earlier".

# Told of (framework, role, agent) before that offer is booked.
Observer: TypeAlias = Callable[[FrameworkId, str, AgentBook], None]


class PastRun(NamedTuple):
    """A run that offered something."""

    now: int
    allocations: tuple[Allocation, ...]


class Journal:
    """The last run, the offers of those before it, and who is watching."""

    __slots__ = ("_kept", "_offered_at", "after_run", "last", "last_at", "observer", "past")

    def __init__(self) -> None:
        self.last: Run | None = None
        self.last_at = 0
        self.past: deque[PastRun] = deque()  # Oldest first.
        self.observer: Observer | None = None  # None: nobody is watched, and the run skips every call of it.
        self.after_run: Callable[[int], None] | None = None  # Told of the time of each run that is over.
        self._kept = 0
        self._offered_at: dict[tuple[FrameworkId, str, AgentId], int] | None = {}  # None: to be made from `past`.

    def note(self, allocations: tuple[Allocation, ...], *, now: int) -> None:
        """A run is over that offered something, or that somebody watches."""
        if allocations:
            self._offered_at = None
            self.past.append(PastRun(now, allocations))
            self._kept += len(allocations)
            while self._kept > ALLOCATIONS_MAX and len(self.past) > 1:
                self._kept -= len(self.past.popleft().allocations)
        if self.after_run is not None:
            self.after_run(now)

    def watch(self, observer: Observer | None, *, after_run: Callable[[int], None] | None) -> None:
        """From now on tell these, or nobody (None)."""
        self.observer, self.after_run = observer, after_run

    def offered_at(self, framework_id: FrameworkId, role: str, *, agent_id: AgentId) -> int | None:
        """When that cell was last offered; None: not in any run that is remembered."""
        if self._offered_at is None:
            self._offered_at = {
                (each.framework_id, each.role, each.agent_id): past.now
                for past in self.past
                for each in past.allocations
            }
        return self._offered_at.get((framework_id, role, agent_id))
