"""The quota figures of one run: what each role has consumed, what must be held back, and what is there to hold it
back from.

All figures are those of the moment when the run begins, and change with what the run hands out. Reservations count
from the moment they exist, so they are no part of what is handed out here; revocable resources never count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from allocators.hierarchical.amounts import Amounts, change, revocable
from allocators.hierarchical.books import Books
from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.quota import Quota

NO_QUOTA: Final = Quota()


class QuotaFigures:
    """Consumption by role with a quota, required headroom, available headroom."""

    def __init__(self, books: Books) -> None:
        self._quotas: Mapping[str, Quota] = books.roles.quotas
        self.consumed = {role: Quantities(books.roles.consumed(role)) for role in self._quotas}
        required: Amounts = {}
        for role in self._quotas:
            change(required, dict(self.missing(role).items()), sign=1)
        self.required = Quantities(required)
        self.available = available_headroom(books) if required else Quantities()

    def quota(self, role: str) -> Quota:
        """The role's quota."""
        return self._quotas.get(role, NO_QUOTA)

    def missing(self, role: str) -> Quantities:
        """What the role's guarantee still lacks."""
        quota = self._quotas.get(role)
        return Quantities() if quota is None else quota.guarantees - self.consumed[role]

    def room(self, role: str) -> Limits:
        """What the role may still get of plain scalars. A limit binds the role itself, not those below it."""
        quota = self._quotas.get(role)
        return Limits() if quota is None else quota.limits - self.consumed[role]

    def surplus(self) -> Quantities | None:
        """What need not be held back; None if nothing need be, and all may go."""
        return self.available - self.required if self.required else None

    def hand_out(self, role: str, amounts: Quantities, *, owed: Quantities = Quantities()) -> None:
        """So much goes to the role, part of it owed by its guarantee."""
        if role in self.consumed:
            self.consumed[role] += amounts
        self.available -= amounts
        self.required -= owed


def available_headroom(books: Books) -> Quantities:
    """Plain scalars that nobody holds, free agents that cannot be offered included.

    From the sums of the cluster: an agent that is overcommitted pulls them down with its deficit.
    """
    idle_revocable: Amounts = {}
    for agent in books.agents.values():
        if not agent.is_plain:
            change(idle_revocable, revocable(agent.free), sign=1)
    unheld = Quantities(books.total) - Quantities(books.held)
    idle_reservations = Quantities(books.reserved_total) - Quantities(books.reserved_held)
    return unheld - idle_reservations - Quantities(idle_revocable)
