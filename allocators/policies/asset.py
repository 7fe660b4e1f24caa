"""Asset fairness: everybody holds the same part of the pool, all resources added up (DRF, NSDI 2011, section 5.1).

A tenth of all cpus is worth as much as a tenth of all memory. Simple, but without the sharing incentive: who needs one
resource only can get less than with a machine park of its own.
"""

from __future__ import annotations

from math import fsum

from allocators.allocator import Allocator, AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.hierarchical.rules import Rules
from allocators.policies.parameters import no_parameters
from allocators.sorters.keyed import KeyedSorter
from allocators.sorters.registry import drawless
from allocators.sorters.tree import Key, Node


class AssetSorter(KeyedSorter):
    """Clients by the weighted sum of their fractions of the pool, smallest first."""

    def _key(self, node: Node) -> Key:
        pool = self._pool
        # Rounded once, after the sum, so that equal holdings are equal keys however they came about.
        assets = fsum(
            milli / pool.totals[name]
            for name, milli in node.held.items()
            if name in pool.totals and name not in pool.excluded
        )
        return assets / self.weight(node), node.count, node.path


def asset_fairness(settings: AllocatorSettings) -> Allocator:
    """The policy `asset`."""
    no_parameters(settings)
    make_sorter = drawless(AssetSorter)
    return HierarchicalAllocator(settings, Rules(make_sorter, make_sorter))
