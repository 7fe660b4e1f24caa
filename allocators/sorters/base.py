"""What the sorters on the role tree have in common: everything but the order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping

from allocators.sorters.sorter import Entry, Pool, Rank, Standing
from allocators.sorters.tree import Node, Place, Tree, mark

DEFAULT_WEIGHT = 1.0


class TreeSorter(ABC):
    """A `Sorter` on a `Tree`. Subclasses say in which order the children of a node stand."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._tree = Tree()
        self._weights: dict[str, float] = {}

    @abstractmethod
    def _ordered(self, node: Node) -> Iterable[Place]:
        """The children of the node that have an active client below, in order, each at the end of its place. Not
        changed before the next walk."""

    @abstractmethod
    def _regrouped(self) -> None:
        """A client went, fell asleep or woke up (new ones sleep), or a weight changed."""

    def add(self, client: str) -> None:
        self._tree.add(client)

    def remove(self, client: str) -> None:
        self._tree.remove(client)
        self._regrouped()

    def activate(self, client: str) -> None:
        self._tree.set_active(self._tree.leaf(client), True)
        self._regrouped()

    def deactivate(self, client: str) -> None:
        self._tree.set_active(self._tree.leaf(client), False)
        self._regrouped()

    def update_weight(self, path: str, weight: float) -> None:
        assert weight > 0, f"weight of {path!r}: expected a positive number"
        self._weights[path] = weight
        node = self._tree.node(path)
        if node is not None:
            mark(node)
        self._regrouped()

    def weight(self, node: Node) -> float:
        """The weight of the node's path; a virtual leaf has none of its own."""
        return self._weights.get(node.path, DEFAULT_WEIGHT) if self._weights else DEFAULT_WEIGHT

    def allocated(self, client: str, entry: Entry) -> None:
        node = self._tree.leaves[client]
        while (parent := node.parent) is not None:
            node.count += 1
            if node.unit is entry:  # As `book` does, without the call: the innermost loop of a run.
                node.copies += 1
            else:
                node.book(entry)
            parent.marked[node] = None
            node = parent

    def unallocated(self, client: str, entry: Entry) -> None:
        node = self._tree.leaf(client)
        while (parent := node.parent) is not None:
            node.unbook(entry)
            parent.marked[node] = None
            node = parent

    def update(self, client: str, old: Entry, *, new: Entry) -> None:
        for node in self._tree.leaf(client).lineage():
            node.unbook(old)
            node.book(new)
            mark(node)

    def walk(self) -> Iterator[str]:
        return self._walk(self._tree.root)

    def _walk(self, node: Node) -> Iterator[str]:
        for place in self._ordered(node):
            child: Node = place[-1]
            if child.client is not None:
                yield child.client
            else:
                yield from self._walk(child)

    def first(self) -> str | None:
        return None

    def rank(self, client: str) -> Rank | None:
        return None

    def sort(self) -> list[str]:
        return list(self.walk())

    def __contains__(self, client: str) -> bool:
        return client in self._tree.leaves

    def __len__(self) -> int:
        return len(self._tree.leaves)

    def clients(self) -> tuple[str, ...]:
        return tuple(self._tree.leaves)

    def is_active(self, client: str) -> bool:
        return self._tree.leaf(client).active

    def share(self, client: str) -> float:
        leaf = self._tree.leaf(client)
        return self._pool.share(leaf.held) / self.weight(leaf)

    def allocations(self, client: str) -> int:
        return self._tree.leaf(client).count

    def standings(self, client: str, *, rival: str) -> tuple[Standing, Standing]:
        ways = (reversed(list(self._tree.leaf(each).lineage())) for each in (client, rival))
        ours, theirs = next((one, other) for one, other in zip(*ways, strict=False) if one is not other)
        return self._standing(ours), self._standing(theirs)

    def _standing(self, node: Node) -> Standing:
        return Standing(path=node.path, share=self._pool.share(node.held) / self.weight(node), allocations=node.count)

    def held(self, client: str | None = None) -> Mapping[str, int]:
        return self._tree.total() if client is None else self._tree.leaf(client).held

    def counts(self) -> Mapping[str, int]:
        return self._tree.counts()

    def restore_counts(self, counts: Mapping[str, int]) -> None:
        self._tree.restore_counts(counts)

    def check(self) -> None:
        self._tree.check()
