"""Some clients of a sorter, in its order, without asking it for the whole order again and again.

For stages of a run that concern a few clients, and in which only those are booked: then a booking moves one of them
and leaves the others where they are. None of them may be above another in the tree of clients.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

from allocators.sorters.sorter import Rank, Sorter


class Ranking:
    """Clients most deserving first. Where the sorter draws its order anew for each walk, so is this one."""

    __slots__ = ("_order", "_ranks", "_sorter")

    def __init__(self, sorter: Sorter, clients: Iterable[str]) -> None:
        self._sorter = sorter
        self._ranks: dict[str, Rank | None] = {client: sorter.rank(client) for client in clients}
        self._order = sorted((rank, client) for client, rank in self._ranks.items() if rank is not None)

    def __len__(self) -> int:
        return len(self._ranks)

    def walk(self) -> Iterator[str]:
        """In order. To be used up before the next call."""
        if len(self._order) == len(self._ranks):
            return (client for _, client in self._order)
        return (client for client in self._sorter.walk() if client in self._ranks)

    def booked(self, client: str) -> None:
        """The client holds something else now."""
        self._remove(client)
        rank = self._ranks[client] = self._sorter.rank(client)
        if rank is not None:
            insort(self._order, (rank, client))

    def drop(self, client: str) -> None:
        """The client is out."""
        self._remove(client)
        del self._ranks[client]

    def _remove(self, client: str) -> None:
        rank = self._ranks[client]
        if rank is not None:
            del self._order[bisect_left(self._order, (rank, client))]
