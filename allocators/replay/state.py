"""State that cases ask for, beside offers. The one place of a replay that knows how the hierarchical policy is built.

What a policy cannot tell is left out of the answer, and then not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.replay.reading import Fields
from allocators.replay.stage import Stage
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.quantities import Quantities

# Values of the question tell which keys are of interest.
Teller = Callable[[HierarchicalAllocator, Fields], Any]


def state_of(stage: Stage, want: Fields) -> dict[str, Any]:
    """What is asked for, by name."""
    told: dict[str, Any] = {}
    if "cluster_total" in want:
        told["cluster_total"] = stage.allocator.total().as_floats()
    if "cluster_offered_or_allocated" in want:
        told["cluster_offered_or_allocated"] = stage.allocator.offered_or_allocated().as_floats()
    if "allocation_runs" in want:
        told["allocation_runs"] = stage.runs
    allocator = stage.allocator
    if isinstance(allocator, HierarchicalAllocator):
        if "filters_active" in want:
            told["filters_active"] = _filters_active(stage, allocator, want=want)
        for name, tell in TELLERS.items():
            if name in want:
                told[name] = tell(allocator, want)
    return told


def _shares(allocator: HierarchicalAllocator, want: Fields) -> dict[str, float]:
    sorter = allocator.books.role_sorter
    return {role: sorter.share(role) for role in want.fields("shares").values if role in sorter}


def _absent_roles(allocator: HierarchicalAllocator, want: Fields) -> list[str]:
    return [role for role in want.texts("absent_roles") if role not in allocator.books.role_sorter]


def _known_roles(allocator: HierarchicalAllocator, want: Fields) -> list[str]:
    return allocator.books.roles.known(allocator.books.framework_sorters)


def _role_order(allocator: HierarchicalAllocator, want: Fields) -> list[str]:
    return allocator.books.role_sorter.sort()


def _framework_order(allocator: HierarchicalAllocator, want: Fields) -> dict[str, list[str]]:
    sorters = allocator.books.framework_sorters
    return {role: sorters[role].sort() if role in sorters else [] for role in want.fields("framework_order").values}


def _filters_active(stage: Stage, allocator: HierarchicalAllocator, *, want: Fields) -> dict[str, int]:
    counts = dict.fromkeys(want.fields("filters_active").values, 0)
    for _, role, _ in allocator.refusals.active(stage.now):
        if role in counts:
            counts[role] += 1
    return counts


def _quota_consumed(allocator: HierarchicalAllocator, want: Fields) -> dict[str, dict[str, float]]:
    roles = allocator.books.roles
    return {
        role: Quantities(roles.consumed(role, in_use_only=True)).as_floats()
        for role in want.fields("quota_consumed").values
    }


def _inverse_statuses(allocator: HierarchicalAllocator, want: Fields) -> dict[str, dict[str, str]]:
    statuses = allocator.maintenance.statuses()
    return {
        agent: {framework: status.value for framework, status in statuses.get(AgentId(agent), {}).items()}
        for agent in want.fields("inverse_statuses").values
    }


TELLERS: Final[Mapping[str, Teller]] = {
    "shares": _shares,
    "absent_roles": _absent_roles,
    "known_roles": _known_roles,
    "role_order": _role_order,
    "framework_order": _framework_order,
    "quota_consumed": _quota_consumed,
    "inverse_statuses": _inverse_statuses,
}
