"""The sums of what is held: of the cluster, and by role.

Runs ask for them once, bookings come by the thousand and are mostly alike. So a booking only counts its grant, and the
sums are brought up to date when somebody looks: the work then grows with the kinds of grants and not with their number.
"""

from __future__ import annotations

from typing import Final

from allocators.hierarchical.amounts import Amounts, change, change_by_role
from allocators.hierarchical.grants import Grant

PENDING_MAX: Final = 1_024  # Kinds of grants noted and not yet added up; bounds memory where all are different.


class Ledger:
    """Sums over all holders. Holdings of frameworks that are not known yet count in the cluster and in no role."""

    def __init__(self, pending_max: int = PENDING_MAX) -> None:
        self._pending_max = pending_max
        self._held: Amounts = {}
        self._reserved_held: Amounts = {}
        self._by_role: dict[str, Amounts] = {}
        self._by_top_level: dict[str, Amounts] = {}
        # How many more (or fewer) are held than the sums say, by frameworks that are known, and by others.
        self._charged: dict[Grant, int] = {}
        self._uncharged: dict[Grant, int] = {}

    def charged(self, grant: Grant, sign: int) -> None:
        """A framework that is known holds it (1), or no longer (-1); its role is charged for it."""
        pending = self._charged
        pending[grant] = pending.get(grant, 0) + sign
        if len(pending) > self._pending_max:
            self._settle()

    def uncharged(self, grant: Grant, sign: int) -> None:
        """The same for a framework that is not known; no role is charged."""
        pending = self._uncharged
        pending[grant] = pending.get(grant, 0) + sign
        if len(pending) > self._pending_max:
            self._settle()

    @property
    def held(self) -> Amounts:
        """Scalars that are not shared, held by anybody."""
        self._settle()
        return self._held

    @property
    def reserved_held(self) -> Amounts:
        """Those of them that are reserved."""
        self._settle()
        return self._reserved_held

    @property
    def by_role(self) -> dict[str, Amounts]:
        """Plain scalars that roles are charged for."""
        self._settle()
        return self._by_role

    @property
    def by_top_level(self) -> dict[str, Amounts]:
        """The same, added up over the subtrees of top-level roles."""
        self._settle()
        return self._by_top_level

    def _settle(self) -> None:
        # What grew comes first, so that no sum passes below zero on the way.
        charged = sorted(self._charged.items(), key=_count_of, reverse=True)
        self._charged.clear()
        for grant, count in charged:
            amounts, top_level = grant.bundle.plain, grant.role.partition("/")[0]
            change_by_role(self._by_role, grant.role, amounts=amounts, sign=count)
            change_by_role(self._by_top_level, top_level, amounts=amounts, sign=count)
        for grant, count in sorted([*charged, *self._uncharged.items()], key=_count_of, reverse=True):
            change(self._held, grant.bundle.scalars, sign=count)
            change(self._reserved_held, grant.bundle.reserved, sign=count)
        self._uncharged.clear()


def _count_of(item: tuple[Grant, int]) -> int:
    return item[1]
