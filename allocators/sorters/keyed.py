"""Sorters whose order is that of a key: a subclass says what the key of a node is.

Keys are compared among siblings, smallest first. They are unique (they end with the path) and depend on the node's
account and on what all nodes share, such as the pool. The children of a node stay sorted: a booking marks the nodes on
its path, and the next walk that comes by moves those; when what all share has changed (`_epoch`), everything is sorted
anew.
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from typing import Final

from allocators.sorters.base import TreeSorter
from allocators.sorters.sorter import Rank
from allocators.sorters.tree import Key, Node

REPAIR_FRACTION: Final = 4  # With more than a quarter of the children marked one sort is cheaper than the moves.


class KeyedSorter(TreeSorter):
    """Clients by key, smallest first."""

    @abstractmethod
    def _key(self, node: Node) -> Key:
        """The place of the node among its siblings. Unique; changed by bookings at and below it, or with the epoch."""

    def _epoch(self) -> int:
        """A number that changes whenever the keys of nodes without bookings may have changed."""
        return self._pool.epoch

    def _begin_walk(self) -> None:
        pass

    def walk(self) -> Iterator[str]:
        return self._walk(self._tree.root)

    def _ordered(self, node: Node) -> Sequence[tuple[object, Node]]:
        order = node.order
        if len(node.children) == 1 and order and order[0][1].active_below:
            return order  # An only child is first, whatever its key: marks can wait.
        if node.epoch != self._epoch() or len(node.marked) * REPAIR_FRACTION > len(order):
            self._rebuild(node)
        elif node.marked:
            self._repair(node)
        return node.order

    def _rebuild(self, node: Node) -> None:
        order: list[tuple[Key, Node]] = []
        for child in node.children.values():
            child.key = self._key(child) if child.active_below else None
            if child.key is not None:
                order.append((child.key, child))
        order.sort()
        node.order = order
        node.marked.clear()
        node.epoch = self._epoch()

    def _repair(self, node: Node) -> None:
        # In place: a walk begins only after the one before it has ended.
        order = node.order
        for child in node.marked:
            if child.key is not None:
                # Mostly the one that was served, who stood first.
                del order[0 if order[0][1] is child else bisect_left(order, (child.key, child))]
            child.key = self._key(child) if child.active_below else None
            if child.key is not None:
                insort(order, (child.key, child))
        node.marked.clear()

    def rank(self, client: str) -> Rank | None:
        return tuple(self._key(node) for node in reversed(list(self._tree.leaf(client).lineage())))

    def check(self) -> None:
        super().check()
        for client in self.sort():
            assert self.is_active(client), f"{client!r} is in the order but not active"
