"""A lottery: every walk has a fresh random order, in which weight 2 comes first twice as often as weight 1 (AL-05).

Each child of a node draws an exponential waiting time with its weight as the rate, and the shortest wait is next;
that is the weighted shuffle without replacement. The draws depend on the seed, the number of the walk and the path
alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import log
from typing import Final

from allocators.draw import mixed, stable_hash, uniform
from allocators.sorters.base import TreeSorter
from allocators.sorters.sorter import Pool
from allocators.sorters.tree import Node, Place

PATHS_MAX: Final = 65_536  # More clients than any cluster has; forgotten ones are only worked out again.


class RandomSorter(TreeSorter):
    """Clients in a weighted random order, level by level."""

    def __init__(self, pool: Pool, seed: int) -> None:
        super().__init__(pool)
        self._seed = seed
        self._walks = 0
        self._draw = 0

    def _begin_walk(self) -> None:
        self._walks += 1
        self._draw = stable_hash(self._seed, self._walks)

    def counts(self) -> Mapping[str, int]:
        """With the number of walks, under the path of the root, which has no allocations."""
        return {**super().counts(), "": self._walks}

    def restore_counts(self, counts: Mapping[str, int]) -> None:
        super().restore_counts(counts)
        self._walks = counts[""]

    def _ordered(self, node: Node) -> list[Place]:
        children = [child for child in node.children.values() if child.active_below]
        draws = mixed([path_hash(child.path) for child in children], self._draw)
        waits = [
            (-log(uniform(draw)) / self.weight(child), child.path, child)
            for child, draw in zip(children, draws, strict=True)
        ]
        waits.sort()
        return list[Place](waits)


@lru_cache(maxsize=PATHS_MAX)
def path_hash(path: str) -> int:
    """What is the same in every walk is worked out once."""
    return stable_hash(path)
