"""First come, first served: whoever has been there longest is offered everything that he may have, then the next.

The rule of batch queues and of Hadoop's first scheduler. Within each level of the role tree clients stand in the order
in which they came; a subtree came with the first client in it. Who leaves and comes back stands at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from allocators.allocator import Allocator, AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.hierarchical.rules import Rules
from allocators.policies.parameters import no_parameters
from allocators.sorters.keyed import KeyedSorter
from allocators.sorters.registry import drawless
from allocators.sorters.sorter import Pool
from allocators.sorters.tree import Key, Node
from mesos_py.protocol.roles import ancestors

# What keys of saved numbers begin with.
CLIENT: Final = "\0client "
SUBTREE: Final = "\0subtree "


class FifoSorter(KeyedSorter):
    """Clients in the order of their arrival. Weights mean nothing."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self._arrivals = 0
        self._clients: dict[str, int] = {}
        self._subtrees: dict[str, int] = {}

    def add(self, client: str) -> None:
        self._arrivals += 1
        self._clients[client] = self._arrivals
        for path in (*ancestors(client), client):
            self._subtrees.setdefault(path, self._arrivals)
        super().add(client)

    def remove(self, client: str) -> None:
        super().remove(client)
        del self._clients[client]
        for path in (*ancestors(client), client):
            if self._tree.node(path) is None:
                del self._subtrees[path]

    def counts(self) -> Mapping[str, int]:
        """With the numbers of arrival, under keys that are no path: they cannot be told from the books."""
        clients = {f"{CLIENT}{client}": number for client, number in self._clients.items()}
        subtrees = {f"{SUBTREE}{path}": number for path, number in self._subtrees.items()}
        return {**super().counts(), **clients, **subtrees, "": self._arrivals}

    def restore_counts(self, counts: Mapping[str, int]) -> None:
        super().restore_counts(counts)
        self._clients = {client: counts[f"{CLIENT}{client}"] for client in self._clients}
        self._subtrees = {path: counts[f"{SUBTREE}{path}"] for path in self._subtrees}
        self._arrivals = counts[""]

    def _key(self, node: Node) -> Key:
        arrival = self._subtrees[node.path] if node.client is None else self._clients[node.client]
        return arrival, node.path


def fifo(settings: AllocatorSettings) -> Allocator:
    """The policy `fifo`."""
    no_parameters(settings)
    make_sorter = drawless(FifoSorter)
    return HierarchicalAllocator(settings, Rules(make_sorter, make_sorter))
