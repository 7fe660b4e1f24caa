"""The sums of what is held: of the cluster, and by role.

Runs ask for them once, bookings come by the thousand and are mostly alike. So a booking only counts its grant, and the
sums are brought up to date when somebody looks: the work then grows with the kinds of grants and not with their number.
"""

from __future__ import annotations

from itertools import chain
from typing import Final

from allocators.hierarchical.amounts import Amounts, change, change_by_role
from allocators.hierarchical.grants import Bundle, Grant

PENDING_MAX: Final = 8_192  # Kinds of grants noted and not yet added up; bounds memory where all are different.


class Ledger:
    """Sums over all holders. Holdings of frameworks that are not known yet count in the cluster and in no role."""

    def __init__(self, pending_max: int = PENDING_MAX) -> None:
        self._pending_max = pending_max
        self._held: Amounts = {}
        self._reserved_held: Amounts = {}
        self._by_role: dict[str, Amounts] = {}
        self._below: dict[str, Amounts] = {}
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
    def below(self) -> dict[str, Amounts]:
        """The same, added up over the roles below top-level roles."""
        self._settle()
        return self._below

    def _settle(self) -> None:
        if not self._charged and not self._uncharged:
            return
        # What grew comes first, so that no sum passes below zero on the way.
        charged = sorted(self._charged.items(), key=_count_of, reverse=True)
        by_bundle: dict[Bundle, int] = {}
        for grant, count in chain(charged, self._uncharged.items()):
            by_bundle[grant.bundle] = by_bundle.get(grant.bundle, 0) + count
        self._charged.clear()
        self._uncharged.clear()
        for grant, count in charged:
            if count:
                role, amounts = grant.role, grant.bundle.plain
                change_by_role(self._by_role, role, amounts=amounts, sign=count)
                if "/" in role:
                    change_by_role(self._below, role.partition("/")[0], amounts=amounts, sign=count)
        for bundle, count in sorted(by_bundle.items(), key=_count_of, reverse=True):
            if count:
                change(self._held, bundle.scalars, sign=count)
                change(self._reserved_held, bundle.reserved, sign=count)


def _count_of(item: tuple[object, int]) -> int:
    return item[1]
