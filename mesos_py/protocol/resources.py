"""Resources: a bag of resources with exact arithmetic. What offers, tasks, agents and the allocator's books consist of.

Theory of operation. A value is a dict from `ResourceKind` (everything but how much) to an amount, and amounts of one
kind are all ints, all `Ranges` or all `Set`s, which share one algebra (`+`, `-`, `<=`). So addition, subtraction and
containment are one loop over the right side without a case in it, whatever the kinds are; see resource.py for why
volumes and shared resources fit in. Amounts are never empty and kinds never repeat, so equal resources are equal
dicts: the order in which they came together leaves no trace, and all that is printed, sent or iterated comes in the
order of the kinds.

Everything is checked where it enters (`parse`, `from_wire`, the constructor); arithmetic on valid resources is not
checked again. Searching and chopping are in resource_selection.py, the old endpoints' form in resource_endpoint.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from mesos_py.protocol.disks import DiskInfo, DiskSource, DiskSourceType, Volume, VolumeMode
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.reservations import Reservation, ReservationType, static, validate_reservations
from mesos_py.protocol.resource import (
    InvalidResource,
    Resource,
    ResourceKind,
    ValueType,
    allocated_kind,
    kind_of,
    resource_of,
    validate_resource,
)
from mesos_py.protocol.resource_text import format_resource, parse_text
from mesos_py.protocol.resource_wire import from_json, to_json
from mesos_py.protocol.roles import DEFAULT_ROLE, is_descendant
from mesos_py.protocol.values import count_milli, from_milli, shown, to_amount

__all__ = [
    "NOTHING",
    "DiskInfo",
    "DiskSource",
    "DiskSourceType",
    "InvalidResource",
    "Reservation",
    "ReservationType",
    "Resource",
    "ResourceKind",
    "Resources",
    "Volume",
    "VolumeMode",
    "static",
]

# The values of one kind are of one type, which no annotation can say: hence Any.
Amounts = dict[ResourceKind, Any]


class Resources:
    """Immutable and hashable. `a + b` joins, `a - b` takes away what is there of b, `b <= a` says that a contains b."""

    __slots__ = ("_amounts", "_hash", "_kinds", "_quantities", "_scalar_quantities")

    _amounts: Amounts
    _hash: int | None
    _kinds: tuple[ResourceKind, ...] | None  # In canonical order, once somebody asked.
    _quantities: Quantities | None
    _scalar_quantities: Quantities | None

    def __init__(self, items: Iterable[Resource] = ()) -> None:
        """Raises InvalidResource naming what is wrong with one of them."""
        checked = list(items)
        for resource in checked:
            if problem := validate_resource(resource):
                raise InvalidResource(f"resource {shown(resource.name)}: {problem}")
        self._amounts = _gathered(checked)
        self._hash = self._kinds = self._quantities = self._scalar_quantities = None

    @classmethod
    def parse(cls, text: str, default_role: str = DEFAULT_ROLE) -> Resources:
        """Read `cpus(role):1;mem:2048` or a JSON list. Raises InvalidResource naming the part that is wrong."""
        if not text.lstrip().startswith("["):
            return _make(_gathered(parse_text(text, default_role=default_role)))
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidResource(f"resources: not JSON: {error}") from None
        return _make(_gathered(from_json(value, default_role=default_role)))

    @classmethod
    def of(cls, **named: float) -> Resources:
        """Unreserved scalars by name: `of(cpus=0.5, mem=128)`."""
        return cls(Resource(name=name, value=_amount(name, number)) for name, number in named.items())

    @classmethod
    def sum(cls, parts: Iterable[Resources]) -> Resources:
        """All of them added up, without a value for every step."""
        total: Amounts = {}
        for part in parts:
            _add_to(total, part._amounts)
        return _make(total)

    def to_wire(self) -> list[dict[str, Any]]:
        """The v1 JSON list, reservations in the new format."""
        return [to_json(resource) for resource in self]

    def to_old_wire(self) -> list[dict[str, Any]]:
        """The same with `role` and `reservation`. Raises InvalidResource for refined reservations."""
        return [to_json(resource, refined=False) for resource in self]

    @classmethod
    def from_wire(cls, value: object) -> Resources:
        """Read a v1 JSON list, reservations in either format. Raises InvalidResource."""
        return _make(_gathered(from_json(value)))

    # Arithmetic

    def __add__(self, other: Resources) -> Resources:
        if not other._amounts:
            return self
        if not self._amounts:
            return other
        total = self._amounts.copy()
        _add_to(total, other._amounts)
        return _make(total)

    def __radd__(self, zero: int) -> Resources:
        """What the builtin `sum` begins with."""
        assert zero == 0, "resources add to resources only"
        return self

    def __sub__(self, other: Resources) -> Resources:
        if not other._amounts or not self._amounts:
            return self
        left = self._amounts.copy()
        for kind, amount in other._amounts.items():
            have = left.get(kind)
            if have is None:
                continue
            if have <= amount:
                del left[kind]
            else:
                left[kind] = have - amount
        return _make(left)

    def contains(self, other: Resources) -> bool:
        """Is everything of `other` here? Compares like with like: an unreserved cpu is no reserved one."""
        mine = self._amounts
        for kind, amount in other._amounts.items():
            have = mine.get(kind)
            if have is None or not amount <= have:
                return False
        return True

    def __le__(self, other: Resources) -> bool:
        return other.contains(self)

    def __ge__(self, other: Resources) -> bool:
        return self.contains(other)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Resources) and self._amounts == other._amounts)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._amounts.items()))
        return self._hash

    def __bool__(self) -> bool:
        return bool(self._amounts)

    # Looking

    def __iter__(self) -> Iterator[Resource]:
        """Each resource in canonical order; identical ones, and copies of a shared one, one by one."""
        for kind in self.kinds:
            amount = self._amounts[kind]
            for _ in range(1 if kind.whole is None else amount):
                yield resource_of(kind, amount)

    @property
    def kinds(self) -> tuple[ResourceKind, ...]:
        """What there is, in canonical order."""
        if self._kinds is None:
            self._kinds = tuple(sorted(self._amounts, key=ResourceKind.sort_key))
        return self._kinds

    @property
    def size(self) -> int:
        """How many separate resources there are; copies of a shared one are one."""
        return sum(1 if kind.whole is None or kind.shared else amount for kind, amount in self._amounts.items())

    def copies(self, resource: Resource) -> int:
        """How many copies of a shared resource, or identical ones of one that never merges, are here."""
        kind = kind_of(resource)
        assert kind.whole is not None, "only shared or indivisible resources come in copies"
        return int(self._amounts.get(kind, 0))

    @property
    def quantities(self) -> Quantities:
        """How much of each name, whatever its metadata; ports and set items count one each, shared ones once."""
        if self._quantities is None:
            self._quantities = Quantities(_counted(self._amounts))
        return self._quantities

    @property
    def scalar_quantities(self) -> Quantities:
        """The same of scalars alone: what shares and quota are counted in."""
        if self._scalar_quantities is None:
            scalars = {kind: amount for kind, amount in self._amounts.items() if kind.type is ValueType.SCALAR}
            self._scalar_quantities = Quantities(_counted(scalars))
        return self._scalar_quantities

    @property
    def names(self) -> tuple[str, ...]:
        """The names that occur, in canonical order."""
        return tuple(dict.fromkeys(kind.name for kind in self.kinds))

    @property
    def cpus(self) -> float:
        return self._scalar("cpus")

    @property
    def mem(self) -> float:
        """Megabytes of memory."""
        return self._scalar("mem")

    @property
    def disk(self) -> float:
        """Megabytes of disk."""
        return self._scalar("disk")

    @property
    def gpus(self) -> float:
        return self._scalar("gpus")

    def _scalar(self, name: str) -> float:
        return from_milli(self.scalar_quantities[name])

    def __str__(self) -> str:
        return ";".join(map(format_resource, self))

    def __repr__(self) -> str:
        return f"Resources.parse({str(self)!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return Resources, (tuple(self),)

    # Parts

    def filter(self, predicate: Callable[[ResourceKind], bool]) -> Resources:
        """The resources whose kind the predicate holds for."""
        kept = {kind: amount for kind, amount in self._amounts.items() if predicate(kind)}
        return self if len(kept) == len(self._amounts) else _make(kept)

    def get(self, name: str) -> Resources:
        """The resources of that name."""
        return self.filter(lambda kind: kind.name == name)

    def reserved(self, role: str | None = None) -> Resources:
        """What is reserved: for anybody, or with its innermost reservation for that role."""
        if role is None:
            return self.filter(lambda kind: bool(kind.reservations))
        return self.filter(lambda kind: bool(kind.reservations) and kind.reservations[-1].role == role)

    def unreserved(self) -> Resources:
        return self.filter(lambda kind: not kind.reservations)

    def allocatable_to(self, role: str) -> Resources:
        """What may be offered to that role: unreserved, or reserved for it or for a role above it."""
        return self.filter(lambda kind: is_allocatable_to(kind, role))

    def revocable(self) -> Resources:
        return self.filter(lambda kind: kind.revocable)

    def non_revocable(self) -> Resources:
        return self.filter(lambda kind: not kind.revocable)

    def shared(self) -> Resources:
        return self.filter(lambda kind: kind.shared)

    def non_shared(self) -> Resources:
        return self.filter(lambda kind: not kind.shared)

    def scalars(self) -> Resources:
        return self.filter(lambda kind: kind.type is ValueType.SCALAR)

    def persistent(self) -> Resources:
        """The persistent volumes."""
        return self.filter(lambda kind: kind.disk is not None and kind.disk.persistence_id is not None)

    def reservations_by_role(self) -> dict[str, Resources]:
        """What is reserved, by the role that owns it, in order of roles."""
        return self.reserved()._split(lambda kind: kind.role)

    def allocations_by_role(self) -> dict[str, Resources]:
        """What is allocated, by the role it is allocated to, in order of roles."""
        allocated = self.filter(lambda kind: kind.allocation_role is not None)
        return allocated._split(lambda kind: kind.allocation_role or DEFAULT_ROLE)

    def _split(self, key: Callable[[ResourceKind], str]) -> dict[str, Resources]:
        parts: dict[str, Amounts] = {}
        for kind, amount in self._amounts.items():
            parts.setdefault(key(kind), {})[kind] = amount
        return {name: _make(parts[name]) for name in sorted(parts)}

    # Changed views

    def allocate(self, role: str) -> Resources:
        """The same, tagged as allocated to that role."""
        changed = {allocated_kind(kind, role): amount for kind, amount in self._amounts.items()}
        if len(changed) == len(self._amounts):
            return _make(changed)
        return self._mapped(lambda kind: allocated_kind(kind, role))  # They were allocated to several roles.

    def unallocate(self) -> Resources:
        """The same without allocation tags: what an agent's totals are compared with."""
        return self._mapped(lambda kind: kind if kind.allocation_role is None else kind.changed())

    def push_reservation(self, reservation: Reservation) -> Resources:
        """The same, reserved (further) for that role. Raises InvalidResource if a stack does not allow it on top."""
        return self._restacked(lambda stack: (*stack, reservation))

    def pop_reservation(self) -> Resources:
        """The same with the innermost reservation of each undone; they return to the owner before."""
        assert all(kind.reservations for kind in self._amounts), "only what is reserved can be unreserved"
        return self._restacked(lambda stack: stack[:-1])

    def to_unreserved(self) -> Resources:
        """The same with all reservations undone."""
        return self._restacked(lambda stack: ())

    def _restacked(self, change: Callable[[tuple[Reservation, ...]], tuple[Reservation, ...]]) -> Resources:
        return self._mapped(
            lambda kind: kind.changed(
                reservations=_valid_stack(kind, change(kind.reservations)), allocation_role=kind.allocation_role
            )
        )

    def _mapped(self, change: Callable[[ResourceKind], ResourceKind]) -> Resources:
        changed: Amounts = {}
        for kind, amount in self._amounts.items():
            new = change(kind)
            changed[new] = changed[new] + amount if new in changed else amount
        return _make(changed)

    def convert(self, consumed: Resources, converted: Resources) -> Resources | None:
        """`consumed` replaced by `converted`, which is what operations do to resources; None if it is not all here."""
        return self - consumed + converted if self.contains(consumed) else None

    # Books made of amounts, for modules beside this one

    @property
    def amounts(self) -> Mapping[ResourceKind, Any]:
        """How much there is of each kind, in no particular order. Read only."""
        return self._amounts

    @classmethod
    def from_amounts(cls, amounts: Mapping[ResourceKind, Any]) -> Resources:
        """Trusts that no amount is empty and that each fits its kind: for amounts computed from valid resources."""
        return _make(dict(amounts))


def is_allocatable_to(kind: ResourceKind, role: str) -> bool:
    """May a resource of this kind be offered to that role?"""
    if not kind.reservations:
        return True
    owner = kind.reservations[-1].role
    return owner == role or is_descendant(role, owner)


def _amount(name: str, number: float) -> int:
    try:
        return to_amount(number)
    except ValueError as error:
        raise InvalidResource(f"{name}: {error}") from None


def _make(amounts: Amounts) -> Resources:
    made = Resources.__new__(Resources)
    made._amounts = amounts
    made._hash = made._kinds = made._quantities = made._scalar_quantities = None
    return made


def _add_to(total: Amounts, amounts: Amounts) -> None:
    for kind, amount in amounts.items():
        have = total.get(kind)
        total[kind] = amount if have is None else have + amount


def _gathered(items: Iterable[Resource]) -> Amounts:
    """Add up valid resources. An empty value does not exist."""
    total: Amounts = {}
    for resource in items:
        if resource.value:
            kind = kind_of(resource)
            amount = resource.value if kind.whole is None else 1
            total[kind] = total[kind] + amount if kind in total else amount
    return total


def _counted(amounts: Amounts) -> dict[str, int]:
    counted: dict[str, int] = {}
    for kind, amount in amounts.items():
        if kind.whole is None:
            milli = count_milli(amount)
        else:
            milli = kind.whole if kind.shared else kind.whole * amount
        counted[kind.name] = counted.get(kind.name, 0) + milli
    return counted


def _valid_stack(kind: ResourceKind, stack: tuple[Reservation, ...]) -> tuple[Reservation, ...]:
    if problem := validate_reservations(stack):
        raise InvalidResource(f"resource {shown(kind.name)}: {problem}")
    return stack


NOTHING: Final = Resources()
