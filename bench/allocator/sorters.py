"""The sorter of dominant shares alone: clients and agents come, allocations are booked, the order is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from allocators.sorters.drf import DrfSorter
from allocators.sorters.sorter import Entry, Pool
from bench.allocator import definitions
from bench.allocator.cluster import agent_of
from bench.allocator.definitions import Size
from bench.allocator.stopwatch import Stopwatch
from mesos_py.protocol.resources import Resources


def flat(size: Size, watch: Stopwatch) -> None:
    """`size.frameworks` clients side by side."""
    clients = [f"client{number}" for number in range(size.frameworks)]
    _SorterRound("flat", clients, allocation=definitions.SORTER_FLAT).run(size.agents, watch)


def trees(size: Size, watch: Stopwatch) -> None:
    """About a thousand clients in a tree, of which every node is one; the variant says of which shape."""
    clients = list(tree_paths(*definitions.TREES[size.variant]))
    _SorterRound("tree", clients, allocation=definitions.SORTER_TREES).run(size.agents, watch)


def tree_paths(depth: int, branching: int) -> Iterator[str]:
    """Paths of all nodes below the root in a full tree with that many levels, the root's included."""
    for length in range(1, depth):
        for path in product(range(branching), repeat=length):
            yield "/".join(map(str, path))


class _SorterRound:
    """All phases, one after another."""

    def __init__(self, name: str, clients: list[str], *, allocation: Resources) -> None:
        self.name = name
        self.clients = clients
        self.allocation = allocation
        self.pool = Pool()
        self.sorter = DrfSorter(self.pool)
        self.booked: list[tuple[str, Entry]] = []

    def run(self, agents: int, watch: Stopwatch) -> None:
        prefix = f"sorter_{self.name}"
        watch.phase(f"{prefix}_add_clients", self._add_clients)
        watch.phase(f"{prefix}_add_agents", lambda: self._add_agents(agents))
        watch.phase(f"{prefix}_allocate", lambda: self._allocate(agents))
        order = watch.phase(f"{prefix}_sort", self.sorter.sort)
        assert len(order) == len(self.clients), "every client is active"
        assert watch.phase(f"{prefix}_sort_again", self.sorter.sort) == order, "nothing changed"
        watch.phase(f"{prefix}_give_back", self._give_back)
        assert not any(self.sorter.held().values()), "everything was given back"

    def _add_clients(self) -> None:
        for client in self.clients:
            self.sorter.add(client)
            self.sorter.activate(client)

    def _add_agents(self, agents: int) -> None:
        for number in range(agents):
            self.pool.add(Entry(agent_of(number), definitions.SORTER_MACHINE).amounts)

    def _allocate(self, agents: int) -> None:
        for number in range(agents):
            client = self.clients[number % len(self.clients)]
            entry = Entry(agent_of(number), self.allocation)
            self.sorter.allocated(client, entry)
            self.booked.append((client, entry))

    def _give_back(self) -> None:
        for client, entry in self.booked:
            self.sorter.unallocated(client, entry)
