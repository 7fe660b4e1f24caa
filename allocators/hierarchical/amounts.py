"""Thousandths by resource name, added up in place: what the allocator's running sums are made of.

Sums of the whole cluster change with every booking, so they are dicts that are changed and not values that are
replaced. Shared volumes are left out everywhere but in reservations: a shared volume is free however many hold it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from mesos_py.protocol.resources import ResourceKind, Resources

Amounts: TypeAlias = dict[str, int]


def change(sums: Amounts, amounts: Mapping[str, int], *, sign: int) -> None:
    """Add (`sign` 1) or take away (-1). What becomes zero goes; nothing may become negative."""
    for name, milli in amounts.items():
        left = sums.get(name, 0) + sign * milli
        assert left >= 0, f"a sum of {name} would become {left}"
        sums[name] = left
        if not left:
            del sums[name]


def change_by_role(table: dict[str, Amounts], role: str, *, amounts: Mapping[str, int], sign: int) -> None:
    """The same for one row of a table by role. Empty rows go."""
    row = table.setdefault(role, {})
    change(row, amounts, sign=sign)
    if not row:
        del table[role]


def scalars(resources: Resources) -> Amounts:
    """All scalars that are not shared."""
    sums: Amounts = {}
    for kind, amount in resources.amounts.items():
        if isinstance(amount, int) and not kind.shared:
            _count(sums, kind, amount=amount)
    return sums


def plain(resources: Resources) -> Amounts:
    """The scalars that quota speaks of: unreserved and not revocable."""
    sums: Amounts = {}
    for kind, amount in resources.amounts.items():
        if isinstance(amount, int) and is_plain(kind):
            _count(sums, kind, amount=amount)
    return sums


def revocable(resources: Resources) -> Amounts:
    """The revocable scalars."""
    sums: Amounts = {}
    for kind, amount in resources.amounts.items():
        if kind.revocable and isinstance(amount, int):
            _count(sums, kind, amount=amount)
    return sums


def reserved(resources: Resources) -> Amounts:
    """The scalars reserved for anybody that are not shared."""
    sums: Amounts = {}
    for kind, amount in resources.amounts.items():
        if kind.reservations and isinstance(amount, int) and not kind.shared:
            _count(sums, kind, amount=amount)
    return sums


def reserved_by_role(resources: Resources) -> dict[str, Amounts]:
    """The reserved scalars by the role that owns them; a shared volume once."""
    table: dict[str, Amounts] = {}
    for kind, amount in resources.amounts.items():
        if kind.reservations and isinstance(amount, int):
            _count(table.setdefault(kind.role, {}), kind, amount=1 if kind.shared else amount)
    return table


def is_plain(kind: ResourceKind) -> bool:
    """Unreserved, not revocable, not shared."""
    return not (kind.reservations or kind.revocable or kind.shared)


def _count(sums: Amounts, kind: ResourceKind, *, amount: int) -> None:
    milli = amount if kind.whole is None else amount * kind.whole
    sums[kind.name] = sums.get(kind.name, 0) + milli
