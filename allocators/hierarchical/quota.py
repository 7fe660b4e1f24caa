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
from allocators.hierarchical.grants import Bundle
from mesos_py.protocol.quantities import NO_LIMITS, NO_QUANTITIES, Limits, Quantities
from mesos_py.protocol.quota import Quota

NO_QUOTA: Final = Quota()


class QuotaFigures:
    """Consumption by role with a quota, required headroom, available headroom."""

    def __init__(self, books: Books) -> None:
        self._quotas: Mapping[str, Quota] = books.roles.quotas
        self.consumed = {role: _quantities(books.roles.consumed(role)) for role in self._quotas}
        self.unmet: dict[str, Quantities] = {}  # What guarantees lack, by roles that lack something.
        self._room: dict[str, Limits] = {}  # What limits leave; absent: not asked since the role got something.
        required: Amounts = {}
        for role in self._quotas:
            missing = self._update(role)
            for name in missing:
                required[name] = required.get(name, 0) + missing[name]
        self.required = Quantities(required)
        self.available = available_headroom(books) if required else Quantities()
        self._surplus: Quantities | None = None  # None: something was handed out since it was asked for.

    def quota(self, role: str) -> Quota:
        """The role's quota."""
        return self._quotas.get(role, NO_QUOTA)

    def missing(self, role: str) -> Quantities:
        """What the role's guarantee still lacks."""
        return self.unmet.get(role, NO_QUANTITIES)

    def room(self, role: str) -> Limits:
        """What the role may still get of plain scalars. A limit binds the role itself, not those below it."""
        if role not in self._quotas:
            return NO_LIMITS
        room = self._room.get(role)
        if room is None:
            limits, consumed = self._quotas[role].limits, self.consumed[role]
            room = self._room[role] = limits - consumed if consumed else limits
        return room

    def forget_rooms(self) -> None:
        """Nobody is expected to ask for many again; who does is told the same."""
        self._room.clear()

    def leaves_room(self, role: str, bundle: Bundle) -> bool:
        """May the role still get all of it, as far as its limit goes?"""
        return role not in self._quotas or self.room(role).contains_quantities(bundle.goods.quantities)

    def surplus(self) -> Quantities | None:
        """What need not be held back; None if nothing need be, and all may go."""
        if not self.required:
            return None
        if self._surplus is None:
            self._surplus = self.available - self.required
        return self._surplus

    def hand_out(self, role: str, amounts: Quantities, *, owed: Quantities = NO_QUANTITIES) -> None:
        """So much goes to the role, part of it owed by its guarantee."""
        if role in self.consumed:
            self.consumed[role] += amounts
            self._update(role)
        if self.required:
            self._surplus = None
            self.available -= amounts
            self.required -= owed

    def _update(self, role: str) -> Quantities:
        guarantees, consumed = self._quotas[role].guarantees, self.consumed[role]
        missing = guarantees - consumed if consumed else guarantees
        self._room.pop(role, None)
        if missing:
            self.unmet[role] = missing
        else:
            self.unmet.pop(role, None)
        return missing


def _quantities(amounts: Amounts) -> Quantities:
    return Quantities(amounts) if amounts else NO_QUANTITIES


def available_headroom(books: Books) -> Quantities:
    """Plain scalars that nobody holds, free agents that cannot be offered included.

    From the sums of the cluster: an agent that is overcommitted pulls them down with its deficit.
    """
    idle_revocable: Amounts = {}
    for agent in books.with_revocable.values():
        change(idle_revocable, revocable(agent.free), sign=1)
    unheld = Quantities(books.total) - Quantities(books.held)
    idle_reservations = Quantities(books.reserved_total) - Quantities(books.reserved_held)
    return unheld - idle_reservations - Quantities(idle_revocable)
