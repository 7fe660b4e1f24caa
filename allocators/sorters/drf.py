"""Dominant resource fairness: the smallest weighted dominant share is next (AL-03, AL-04).

The key of a node is (dominant share / weight, allocations so far, path): ties are broken by what was handed out fewer
times and then by name, so the order is a function of the books and of nothing else.
"""

from __future__ import annotations

from allocators.sorters.keyed import KeyedSorter
from allocators.sorters.tree import Key, Node


class DrfSorter(KeyedSorter):
    """Clients by weighted dominant share, smallest first."""

    def _key(self, node: Node) -> Key:
        pool, weights, path = self._pool, self._weights, node.path
        if (unit := node.unit) is None:
            share = pool.share(node.held)
        elif (known := pool.shares.get((unit, node.copies))) is not None:  # As `share_of` does, without the call.
            share = known
        else:
            share = pool.share_of(unit, node.copies)
        if path in weights:
            share /= weights[path]
        return share, node.count, path
