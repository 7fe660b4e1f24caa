"""A lottery: roles, and frameworks within a role, take turns in a weighted random order, whatever they hold.

Lottery scheduling (Waldspurger and Weihl, OSDI 1994) with offers as prizes: fair over many turns, with no memory. The
same as the default policy with both sorters set to `random`.
"""

from __future__ import annotations

from allocators.allocator import Allocator, AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.hierarchical.rules import Rules
from allocators.policies.parameters import no_parameters
from allocators.sorters.registry import sorter_factory


def weighted_random(settings: AllocatorSettings) -> Allocator:
    """The policy `random`."""
    no_parameters(settings)
    make_sorter = sorter_factory("random")
    return HierarchicalAllocator(settings, Rules(make_sorter, make_sorter))
