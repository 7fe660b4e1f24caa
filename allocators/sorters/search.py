"""The first of a sorter's clients that are not excluded, again and again during one run.

Who refuses stays poor and comes first, so walking past those who refused an agent costs as many steps as there are of
them, for every agent. A heap of the others costs a few: within a run bookings only raise keys, so what the heap says of
a client is never too high, and is brought up to date when the client comes to the top.
"""

from __future__ import annotations

from collections.abc import Container
from heapq import heappop, heapreplace

from allocators.sorters.keyed import KeyedSorter
from allocators.sorters.tree import Key, Node


class Search:
    """Made of a sorter whose clients are side by side, as `search` has found out. It ends with the run."""

    __slots__ = ("_heap", "_sorter")

    def __init__(self, sorter: KeyedSorter, places: list[tuple[Key, Node]]) -> None:
        self._sorter = sorter
        self._heap = places  # In order, so it is a heap.

    def first(self) -> str | None:
        """The first client of the sorter's order that is not excluded; None: there is none."""
        self._sorter.repair()
        heap = self._heap
        while heap:
            key, node = heap[0]
            if node.key is key:
                return node.client
            if node.key is None:
                heappop(heap)
            else:
                heapreplace(heap, (node.key, node))
        return None


def search(sorter: object, excluded: Container[str]) -> Search | None:
    """None: the clients of the sorter do not stand side by side in an order of keys."""
    if not isinstance(sorter, KeyedSorter):
        return None
    places = sorter.side_by_side()
    if places is None:
        return None
    return Search(sorter, [(key, node) for key, node in places if node.client not in excluded])
