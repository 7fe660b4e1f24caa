"""Sorters whose order is that of a key: a subclass says what the key of a node is.

Keys are compared among siblings, smallest first. They are unique (they end with the path) and depend on the node's
account and on what all nodes share, such as the pool. The children of a node stay sorted: a booking marks the nodes on
its path, and the next walk that comes by moves those; when what all share has changed (`_epoch`), everything is sorted
anew.
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left, insort
from typing import Final

from allocators.sorters.base import TreeSorter
from allocators.sorters.sorter import Pool, Rank
from allocators.sorters.tree import Key, Node, Place

REPAIR_FRACTION: Final = 4  # With more than a quarter of the children marked one sort is cheaper than the moves,
REPAIRED_ALWAYS: Final = 2  # but few moves are cheaper than any sort, since a sort needs the keys of all.
ONLY: Final[Key] = ()


class KeyedSorter(TreeSorter):
    """Clients by key, smallest first."""

    @abstractmethod
    def _key(self, node: Node) -> Key:
        """The place of the node among its siblings. Unique; changed by bookings at and below it, or with the epoch."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        # To be raised when the keys of nodes without bookings may have changed, though the pool has not.
        self._turn = 0

    def _epoch(self) -> int:
        """A number that changes whenever the keys of nodes without bookings may have changed."""
        return self._pool.epoch + self._turn

    def _regrouped(self) -> None:
        pass  # The nodes that this concerns are marked.

    def first(self) -> str | None:
        # A run asks after each offer: then one child has moved, mostly the one that stood first.
        node, epoch = self._tree.root, self._pool.epoch + self._turn
        while node.client is None:
            order = node.order
            if len(order) > 1 and node.epoch == epoch:
                if marked := node.marked:
                    child = order[0][-1]
                    if len(marked) > 1 or child not in marked or not child.active_below:
                        self._ordered(node)
                    else:  # As `_repair`, without its questions.
                        child.key = key = self._key(child)
                        if (place := (*key, child)) < order[1]:
                            order[0] = place
                        else:
                            del order[0]
                            insort(order, place)
                        marked.clear()
            elif len(node.children) == 1:  # It is first, and needs no place for that.
                (node,) = node.children.values()
                if not node.active_below:
                    return None
                continue
            else:
                self._ordered(node)
            if not node.order:
                return None
            node = node.order[0][-1]
        return node.client

    def side_by_side(self) -> list[tuple[Key, Node]] | None:
        """All active clients in order, with their keys as they are now; None: they do not stand side by side."""
        root = self._tree.root
        if len(root.children) == 1 or any(child.client is None for child in root.children.values()):
            return None
        return [(place[-1].key, place[-1]) for place in self._ordered(root)]

    def repair(self) -> None:
        """Bring the keys of clients that stand side by side up to date."""
        self._ordered(self._tree.root)

    def _ordered(self, node: Node) -> list[Place]:
        marked = node.marked
        if len(node.children) == 1:
            if not node.order or not node.order[0][-1].active_below:
                self._rebuild_only(node)
        elif node.epoch != self._pool.epoch + self._turn:
            self._rebuild(node)
        elif marked:
            if len(marked) > REPAIRED_ALWAYS and len(marked) * REPAIR_FRACTION > len(node.order):
                self._rebuild(node)
            else:
                self._repair(node)
        return node.order

    def _rebuild_only(self, node: Node) -> None:
        """An only child is first, whatever its key: it stays marked, and is placed when there is another."""
        (child,) = node.children.values()
        child.key = ONLY if child.active_below else None
        node.order = [(child,)] if child.active_below else []

    def _rebuild(self, node: Node) -> None:
        order: list[Place] = []
        for child in node.children.values():
            child.key = key = self._key(child) if child.active_below else None
            if key is not None:
                order.append((*key, child))
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
                del order[0 if order[0][-1] is child else bisect_left(order, child.key)]
            child.key = key = self._key(child) if child.active_below else None
            if key is not None:
                insort(order, (*key, child))
        node.marked.clear()

    def rank(self, client: str) -> Rank | None:
        return tuple(self._key(node) for node in reversed(list(self._tree.leaf(client).lineage())))

    def check(self) -> None:
        super().check()
        for client in self.sort():
            assert self.is_active(client), f"{client!r} is in the order but not active"
