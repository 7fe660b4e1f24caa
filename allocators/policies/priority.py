"""Strict priority: nobody is offered what a role of higher priority would take (Mesos, NSDI 2011, section 3.3).

Parameters are roles with their priorities, `prod=10,batch=-1`; the others have zero, and the highest number comes
first. Priorities are compared among siblings of the role tree, like weights; equals share by dominant resource
fairness, and so do the frameworks of a role. What someone holds already is not taken away: that is preemption, not
allocation.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from allocators.allocator import Allocator, AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.hierarchical.rules import Rules
from allocators.policies.parameters import numbers
from allocators.sorters.drf import DrfSorter
from allocators.sorters.registry import drawless, sorter_factory
from allocators.sorters.sorter import Pool
from allocators.sorters.tree import Key, Node
from mesos_py.protocol.roles import validate_role

DEFAULT_PRIORITY: Final = 0.0


class PrioritySorter(DrfSorter):
    """Clients by priority, highest first; equals by weighted dominant share."""

    def __init__(self, pool: Pool, priorities: Mapping[str, float]) -> None:
        super().__init__(pool)
        self._priorities = priorities

    def _key(self, node: Node) -> Key:
        return -self._priorities.get(node.path, DEFAULT_PRIORITY), *super()._key(node)


def strict_priority(settings: AllocatorSettings) -> Allocator:
    """The policy `priority`."""
    priorities = numbers(settings)
    for role in priorities:
        if problem := validate_role(role):
            raise ValueError(f"allocator parameter {role!r}: expected a role; {problem}")

    make_role_sorter = drawless(partial(PrioritySorter, priorities=priorities))
    return HierarchicalAllocator(settings, Rules(make_role_sorter, sorter_factory("drf")))
