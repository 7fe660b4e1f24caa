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

    def __init__(self) -> None:
        self._held: Amounts = {}
        self._reserved_held: Amounts = {}
        self._by_role: dict[str, Amounts] = {}
        self._by_top_level: dict[str, Amounts] = {}
        self._pending: dict[Grant, int] = {}  # How many more (or fewer) are held than the sums say,
        self._charged: dict[Grant, int] = {}  # and how many by frameworks that are known.

    def hold(self, grant: Grant) -> None:
        """Somebody holds it."""
        self._pending[grant] = self._pending.get(grant, 0) + 1
        if len(self._pending) > PENDING_MAX:
            self._settle()

    def unhold(self, grant: Grant) -> None:
        """Nobody holds it any more."""
        self._pending[grant] = self._pending.get(grant, 0) - 1
        if len(self._pending) > PENDING_MAX:
            self._settle()

    def charge(self, grant: Grant) -> None:
        """Its role is charged for it."""
        self._charged[grant] = self._charged.get(grant, 0) + 1
        if len(self._charged) > PENDING_MAX:
            self._settle()

    def discharge(self, grant: Grant) -> None:
        """Its role is no longer charged for it."""
        self._charged[grant] = self._charged.get(grant, 0) - 1
        if len(self._charged) > PENDING_MAX:
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
        for grant, count in sorted(self._pending.items(), key=_count_of, reverse=True):
            change(self._held, grant.bundle.scalars, sign=count)
            change(self._reserved_held, grant.bundle.reserved, sign=count)
        for grant, count in sorted(self._charged.items(), key=_count_of, reverse=True):
            amounts, top_level = grant.bundle.plain, grant.role.partition("/")[0]
            change_by_role(self._by_role, grant.role, amounts=amounts, sign=count)
            change_by_role(self._by_top_level, top_level, amounts=amounts, sign=count)
        self._pending.clear()
        self._charged.clear()


def _count_of(item: tuple[Grant, int]) -> int:
    return item[1]
