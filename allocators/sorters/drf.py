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
        # As `Pool.share` and `weight` say, without their calls: asked for each node that an offer moves.
        pool, weights, held, share = self._pool, self._weights, node.held, 0.0
        if pool.excluded:
            share = pool.share(held)
        else:
            totals = pool.totals
            for name in held:
                if name in totals and (fraction := held[name] / totals[name]) > share:
                    share = fraction
        if node.path in weights:
            share /= weights[node.path]
        return share, node.count, node.path
