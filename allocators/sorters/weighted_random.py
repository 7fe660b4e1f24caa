"""A lottery: every walk has a fresh random order, in which weight 2 comes first twice as often as weight 1 (AL-05).

The order is drawn as far as somebody asks for it, mostly for its first client: a ticket is drawn by weight, and drawn
again if its client has had its turn. That is the weighted shuffle without replacement. Once tickets become hard to
find, each of the clients that are left draws an exponential waiting time with its weight as the rate, and the shortest
wait is next, which is the same shuffle again. The draws depend on the seed, the number of the walk and the path of the
node whose children stand in line.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from math import log
from typing import Final

from allocators.draw import MASK, mix, stable_hash, uniform
from allocators.sorters.base import TreeSorter
from allocators.sorters.sorter import Pool
from allocators.sorters.tree import Node, Place

PATHS_MAX: Final = 65_536  # More clients than any cluster has; forgotten ones are only worked out again.
MISSES_MAX: Final = 8  # Tickets in a row of those who had their turn; then waiting times for the rest are cheaper.
STRIDE: Final = 0x9E3779B97F4A7C15  # Odd, so that numbers times it differ in all bits.


class RandomSorter(TreeSorter):
    """Clients in a weighted random order, level by level."""

    def __init__(self, pool: Pool, seed: int) -> None:
        super().__init__(pool)
        self._seed = stable_hash(seed)
        self._walks = 0
        self._draw = 0
        # Of inner nodes that were asked for: the children that take part, by path, and the sums of their weights.
        self._tickets: dict[Node, tuple[list[Node], list[float]]] = {}

    def _regrouped(self) -> None:
        self._tickets.clear()

    def walk(self) -> Iterator[str]:
        self._walks += 1
        self._draw = mix(self._seed + self._walks * STRIDE)
        return super().walk()

    def counts(self) -> Mapping[str, int]:
        """With the number of walks, under the path of the root, which has no allocations."""
        return {**super().counts(), "": self._walks}

    def restore_counts(self, counts: Mapping[str, int]) -> None:
        super().restore_counts(counts)
        self._walks = counts[""]

    def _ordered(self, node: Node) -> Iterator[Place]:
        children, sums = self._tickets.get(node) or self._hand_out(node)
        draw, taken, misses = mix(self._draw ^ path_hash(node.path)), dict[int, None](), 0
        while len(taken) < len(children) and misses < MISSES_MAX:
            draw = draw + STRIDE & MASK
            # The sum of all may be rounded down to less than the last ticket.
            at = min(bisect_right(sums, uniform(mix(draw)) * sums[-1]), len(children) - 1)
            if at in taken:
                misses += 1
            else:
                misses = 0
                taken[at] = None
                yield (children[at],)
        if len(taken) < len(children):
            yield from self._by_wait([child for at, child in enumerate(children) if at not in taken], draw)

    def _by_wait(self, children: Sequence[Node], draw: int) -> Iterator[Place]:
        waits = [-log(uniform(mix(draw ^ path_hash(each.path)))) / self.weight(each) for each in children]
        for _, _, child in sorted(zip(waits, [each.path for each in children], children, strict=True)):
            yield (child,)

    def _hand_out(self, node: Node) -> tuple[list[Node], list[float]]:
        """Tickets, to each child as many as it weighs."""
        children = sorted((each for each in node.children.values() if each.active_below), key=lambda each: each.path)
        made = self._tickets[node] = (children, list(accumulate(self.weight(each) for each in children)))
        return made


@lru_cache(maxsize=PATHS_MAX)
def path_hash(path: str) -> int:
    """What is the same in every walk is worked out once."""
    return stable_hash(path)
