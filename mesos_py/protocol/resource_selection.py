"""Choosing a part of some resources: enough for a request (`find`), or no more than a target (`shrink`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.resource import ResourceKind
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.values import MILLI, Ranges, Set, count_milli


def find(pool: Resources, targets: Resources) -> Resources | None:
    """Resources of the pool that amount to the targets, whatever they are reserved for; None if there are too few.

    For each target what is reserved for the same role comes first, then what is unreserved, then the rest.
    """
    found: dict[ResourceKind, Any] = {}
    left = dict(pool.amounts)
    for target in targets.kinds:
        missing = targets.amounts[target]
        for kind in sorted(left, key=lambda kind: (_preference(kind, target), kind.sort_key())):
            if not missing or _bare(kind) != _bare(target):
                continue
            taken = _common(left[kind], missing)
            if not taken:
                continue
            found[kind] = found[kind] + taken if kind in found else taken
            left[kind] = left[kind] - taken
            missing = missing - taken
        if missing:
            return None
    return Resources.from_amounts(found)


def _preference(kind: ResourceKind, target: ResourceKind) -> int:
    if kind.role == target.role:
        return 0
    return 1 if not kind.reservations else 2


def _bare(kind: ResourceKind) -> ResourceKind:
    return kind.changed(reservations=(), allocation_role=kind.allocation_role) if kind.reservations else kind


def _common(first: Any, second: Any) -> Any:
    return min(first, second) if isinstance(first, int) else first & second


def shrink(
    resources: Resources,
    target: Quantities | Limits,
    *,
    shuffle: Callable[[list[ResourceKind]], None] | None = None,
) -> Resources:
    """Chop resources down to a target: Quantities drop the names they lack, Limits leave those whole.

    Resources are visited in canonical order, or in the order `shuffle` gives them (`rng.shuffle`). Scalars are cut,
    ranges and sets give their first members, and what cannot be split is left out unless it fits whole.
    """
    order = list(resources.kinds)
    if shuffle is not None:
        shuffle(order)
    left = dict(target.items())
    kept: dict[ResourceKind, Any] = {}
    for kind in order:
        amount = resources.amounts[kind]
        if kind.name in left:
            amount = _cut(kind, amount, milli=left[kind.name])
            left[kind.name] -= _milli(kind, amount) if amount else 0
        elif isinstance(target, Quantities):
            continue
        if amount:
            kept[kind] = amount
    return Resources.from_amounts(kept)


def _cut(kind: ResourceKind, amount: Any, *, milli: int) -> Any:
    if kind.whole is not None:
        if kind.shared:  # Copies of one volume are one volume.
            return amount if kind.whole <= milli else 0
        return min(amount, milli // kind.whole)
    if isinstance(amount, Ranges | Set):
        return amount.first(milli // MILLI)
    return min(amount, milli)


def _milli(kind: ResourceKind, amount: Any) -> int:
    if kind.whole is not None:
        return kind.whole if kind.shared else kind.whole * int(amount)
    return count_milli(amount)
