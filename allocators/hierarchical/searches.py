"""Searches of one run for the first client that has not refused an agent, shared by agents that the same have refused.

Mostly nobody has refused an agent, or the first in order has not, and no search is needed. One is made when a set of
refusing clients comes by for the second time: sets that differ from agent to agent have nothing to do with the order,
and then few of those that come first are in them.
"""

from __future__ import annotations

from typing import Final

from allocators.hierarchical.books import Books
from allocators.hierarchical.refusals import Client
from allocators.sorters.search import Search, search

SEARCHES_MAX: Final = 64  # In one run. Each takes as long to make as there are clients, and as much memory.


class Searches:
    """By sorter and by who has refused. A set of clients is the same object for all agents that it has refused."""

    __slots__ = ("_books", "_made", "_seen")

    def __init__(self, books: Books) -> None:
        self._books = books
        self._made: dict[tuple[str | None, frozenset[Client]], Search | None] = {}
        self._seen: dict[tuple[str | None, frozenset[Client]], None] = {}

    def roles(self, refusing: frozenset[Client]) -> Search | None:
        """Among roles of which not everybody has refused."""
        return self._search(None, refusing)

    def frameworks(self, role: str, refusing: frozenset[Client]) -> Search | None:
        """Among those of a role that have not refused."""
        return self._search(role, refusing)

    def _search(self, role: str | None, refusing: frozenset[Client]) -> Search | None:
        key = (role, refusing)
        if key in self._made:
            return self._made[key]
        if key not in self._seen:
            self._seen[key] = None
            return None
        if len(self._made) >= SEARCHES_MAX:
            return None
        made = self._made[key] = self._make(role, refusing)
        return made

    def _make(self, role: str | None, refusing: frozenset[Client]) -> Search | None:
        sorters = self._books.framework_sorters
        if role is not None:
            return search(sorters[role], {framework_id for framework_id, each in refusing if each == role})
        refused: dict[str, set[str]] = {}
        for framework_id, each in refusing:
            refused.setdefault(each, set()).add(framework_id)
        closed = {
            each for each, clients in refused.items() if each in sorters and clients.issuperset(sorters[each].clients())
        }
        return search(self._books.role_sorter, closed)
