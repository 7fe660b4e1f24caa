"""The hierarchical policy under watch: around each run it is held against claims about what a run may do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TypeAlias

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.messages.master_allocator import Allocation


@dataclass(frozen=True)
class SeenRun:
    """A run over `agents` (None: all), with the allocator as it was before and as it is now."""

    before: HierarchicalAllocator
    after: HierarchicalAllocator
    allocations: tuple[Allocation, ...]
    agents: Collection[AgentId] | None
    now: int


# Asserts that it holds for a run.
Claim: TypeAlias = Callable[[SeenRun], None]


class WatchedAllocator(HierarchicalAllocator):
    """Asserts claims around each run."""

    def __init__(self, settings: AllocatorSettings, claims: Sequence[Claim]) -> None:
        super().__init__(settings)
        self.claims = claims

    def allocate(
        self, agents: Collection[AgentId] | None, *, now: int, event_driven: bool = False
    ) -> tuple[Allocation, ...]:
        before = deepcopy(self)
        allocations = super().allocate(agents, now=now, event_driven=event_driven)
        if not self.is_paused(now=now):
            seen = SeenRun(before, self, allocations, agents, now)
            for claim in self.claims:
                claim(seen)
        return allocations
