"""What is known of roles beside their order: reservations, unreserved holdings, quotas and weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from allocators.hierarchical.amounts import Amounts, change, change_by_role
from allocators.hierarchical.ledger import Ledger
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.roles import ancestors, is_descendant

DEFAULT_WEIGHT: Final = 1.0


class RoleBooks:
    """Sums by exact role; whoever needs those of a subtree adds up."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.reservations: dict[str, Amounts] = {}  # Scalars of all agents that are reserved for the role.
        self._reservations_below: dict[str, Amounts] = {}  # The same, added up over subtrees of top-level roles.
        self.in_use: dict[str, Amounts] = {}  # That part of `held` which is no open offer.
        self.quotas: dict[str, Quota] = {}
        self.weights: dict[str, float] = {}

    def change_reservations(self, amounts_by_role: Mapping[str, Amounts], sign: int) -> None:
        """Agents have more (1) or less (-1) that is reserved."""
        for role, amounts in amounts_by_role.items():
            change_by_role(self.reservations, role, amounts=amounts, sign=sign)
            change_by_role(self._reservations_below, role.partition("/")[0], amounts=amounts, sign=sign)

    @property
    def held(self) -> dict[str, Amounts]:
        """Plain scalars (unreserved, not revocable) held under the role."""
        return self._ledger.by_role

    def set_quota(self, role: str, quota: Quota) -> None:
        """The default quota is none."""
        assert "/" not in role, f"quota of {role!r}: expected a top-level role"
        if quota.is_default:
            self.quotas.pop(role, None)
        else:
            self.quotas[role] = quota

    def consumed(self, role: str, *, in_use_only: bool = False) -> Amounts:
        """What counts against the quota of a role: its subtree's reservations and plain holdings.

        With `in_use_only` open offers are left out, which is how operators see it.
        """
        if not in_use_only and "/" not in role:
            return self._sums_of(role, (self._reservations_below, self._ledger.by_role, self._ledger.below))
        sums: Amounts = {}
        for table in (self.reservations, self.in_use if in_use_only else self.held):
            for each, amounts in table.items():
                if each == role or is_descendant(each, role):
                    change(sums, amounts, sign=1)
        return sums

    def held_below(self, role: str) -> Amounts:
        """Plain scalars held under a top-level role and those below it."""
        return self._sums_of(role, (self._ledger.by_role, self._ledger.below))

    @staticmethod
    def _sums_of(role: str, tables: Iterable[Mapping[str, Amounts]]) -> Amounts:
        sums: Amounts = {}
        for table in tables:
            if role in table:
                change(sums, table[role], sign=1)
        return sums

    def known(self, roles_of_frameworks: Iterable[str]) -> list[str]:
        """The roles for which there is a reason, and those above them, in order."""
        reasons = [*roles_of_frameworks, *self.quotas, *self.reservations]
        reasons += [role for role, weight in self.weights.items() if weight != DEFAULT_WEIGHT]
        known = dict.fromkeys(reasons)
        for role in reasons:
            known.update(dict.fromkeys(ancestors(role)))
        return sorted(known)
