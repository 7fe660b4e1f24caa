"""One resource: a name, a value, and everything that tells it from others of that name.

`Resource` is how resources are written down and looked at. `ResourceKind` is everything about one but how much of it
there is; `Resources` counts amounts by kind, so whatever decides whether two resources merge is decided here, once:

* items that merge (scalars, ranges, sets): the amount is the value, `whole` is None;
* items that never merge or split (persistent volumes, MOUNT and BLOCK disks, RAW disks with an id): `whole` is their
  size and part of the kind, the amount counts identical ones (twins are rare: two unnamed disks of one size);
* shared persistent volumes: likewise, and the amount counts copies of the one volume.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache
from typing import Any, Final

from msgspec.structs import replace

from libprocess_py.message import Record
from mesos_py.protocol.disks import DiskInfo
from mesos_py.protocol.reservations import Reservation, validate_reservations
from mesos_py.protocol.roles import DEFAULT_ROLE, validate_role
from mesos_py.protocol.values import MILLI, Ranges, Set, Value, format_milli, shown

KINDS_MAX: Final = 16_384  # Distinct kinds kept for reuse. Clusters have fewer, and nothing depends on it but speed.
ALLOCATED_MAX: Final = 1_024  # The same of those that are allocated to roles,
ROLES_MAX: Final = 16_384  # and of the roles that one of them is allocated to.
WHOLE_NAMES: Final = frozenset({"gpus"})  # Nobody can hand out half a GPU.
NAME_ORDER: Final = {"cpus": 0, "gpus": 1, "mem": 2, "disk": 3, "ports": 4}  # How people list them; others follow.
FORBIDDEN_IN_NAMES: Final = frozenset(";:()[]{}, \t\r\n")  # They mean something in the text form.


class InvalidResource(ValueError):
    """A resource that cannot be. Its text names the field and what was expected there."""


class ValueType(IntEnum):
    """Which of the three value types a resource has; two resources of one name and different types never meet."""

    SCALAR = 0
    RANGES = 1
    SET = 2


class Resource(Record):
    """One resource in full. Scalars are thousandths. It travels only inside `Resources`, which knows its JSON form."""

    name: str
    value: int | Ranges | Set
    reservations: tuple[Reservation, ...] = ()
    disk: DiskInfo | None = None
    revocable: bool = False
    shared: bool = False
    provider_id: str | None = None
    allocation_role: str | None = None

    @property
    def role(self) -> str:
        """The role that owns it: that of the innermost reservation, or `*`."""
        return self.reservations[-1].role if self.reservations else DEFAULT_ROLE


# Made by the thousand when roles are offered something for the first time; none can be part of a cycle.
class ResourceKind(Record, cache_hash=True, gc=False):
    """Everything about a resource but how much of it there is. Equal kinds merge."""

    name: str
    type: ValueType
    reservations: tuple[Reservation, ...] = ()
    disk: DiskInfo | None = None
    revocable: bool = False
    shared: bool = False
    provider_id: str | None = None
    allocation_role: str | None = None
    whole: int | None = None

    @property
    def role(self) -> str:
        """The role that owns it: that of the innermost reservation, or `*`."""
        return self.reservations[-1].role if self.reservations else DEFAULT_ROLE

    def changed(
        self, *, reservations: tuple[Reservation, ...] | None = None, allocation_role: str | None = None
    ) -> ResourceKind:
        """The same with other reservations (None: as they are) and this allocation role (None: without)."""
        stack = self.reservations if reservations is None else reservations
        # Kinds are equal whatever their volume says, so one that has a disk must not be replaced by an equal one.
        make = _plain_kind if self.disk is None else _kind
        return make(
            self.name, self.type, stack, self.disk, self.revocable, self.shared, self.provider_id, allocation_role,
            self.whole,
        )  # fmt: skip

    def sort_key(self) -> tuple[Any, ...]:
        """A total order over kinds, the canonical order of `Resources`."""
        return (NAME_ORDER.get(self.name, len(NAME_ORDER)), self.name, *_sort_key(self))


def _kind(*fields: Any) -> ResourceKind:
    name, type, reservations, disk, revocable, shared, provider_id, allocation_role, whole = fields
    return ResourceKind(
        name=name, type=type, reservations=reservations, disk=disk, revocable=revocable, shared=shared,
        provider_id=provider_id, allocation_role=allocation_role, whole=whole,
    )  # fmt: skip


def allocated_kind(kind: ResourceKind, role: str) -> ResourceKind:
    """`kind.changed(allocation_role=role)`, by the quickest way: every offer asks for it."""
    if kind.disk is not None:
        return kind.changed(allocation_role=role)
    by_role = _ALLOCATED.get(kind)
    if by_role is None:
        if len(_ALLOCATED) >= ALLOCATED_MAX:
            _ALLOCATED.clear()
        by_role = _ALLOCATED[kind] = {}
    allocated = by_role.get(role)
    if allocated is None:
        if len(by_role) >= ROLES_MAX:
            by_role.clear()
        allocated = by_role[role] = replace(kind, allocation_role=role)  # In a quarter of the time of `changed`.
    return allocated


# A few kinds, each in thousands of roles: a table of pairs would have one more object for each, which roles that are
# offered something for the first time would have to pay for.
_ALLOCATED: Final[dict[ResourceKind, dict[str, ResourceKind]]] = {}


# One object per kind makes the lookups of Resources succeed by identity. Nothing depends on it but speed.
_plain_kind: Final = lru_cache(maxsize=KINDS_MAX)(_kind)


def _sort_key(kind: ResourceKind) -> Iterator[Any]:
    yield kind.type
    yield tuple((each.role, each.type.value, _optional(each.principal), each.labels) for each in kind.reservations)
    yield _optional(kind.allocation_role)
    yield kind.revocable
    yield _optional(kind.provider_id)
    yield kind.shared
    yield kind.whole or 0
    disk = kind.disk
    yield disk is not None
    if disk is not None:
        yield _optional(disk.persistence_id)
        if (source := disk.source) is not None:
            yield source.type.value
            yield tuple(map(_optional, (source.root, source.vendor, source.id, source.profile)))
            yield source.metadata


def _optional(text: str | None) -> tuple[str, ...]:
    """Orders nothing before the empty text, so that kinds which differ never tie."""
    return () if text is None else (text,)


def kind_of(resource: Resource) -> ResourceKind:
    """The kind of a valid resource."""
    value = resource.value
    value_type = VALUE_TYPES[type(value)]
    is_whole = resource.shared or (resource.disk is not None and resource.disk.is_whole)
    make = _plain_kind if resource.disk is None else _kind
    return make(
        resource.name, value_type, resource.reservations, resource.disk, resource.revocable, resource.shared,
        resource.provider_id, resource.allocation_role, value if is_whole else None,
    )  # fmt: skip


VALUE_TYPES: Final[dict[type, ValueType]] = {int: ValueType.SCALAR, Ranges: ValueType.RANGES, Set: ValueType.SET}


def resource_of(kind: ResourceKind, amount: Value) -> Resource:
    """One resource of that kind; of a kind with `whole`, one of the identical ones."""
    return Resource(
        name=kind.name,
        value=amount if kind.whole is None else kind.whole,
        reservations=kind.reservations,
        disk=kind.disk,
        revocable=kind.revocable,
        shared=kind.shared,
        provider_id=kind.provider_id,
        allocation_role=kind.allocation_role,
    )


def validate_resource(resource: Resource) -> str | None:
    """What is wrong with a resource, as a sentence, or None if it is valid. An empty one is valid: it is not there."""
    if not resource.name or FORBIDDEN_IN_NAMES.intersection(resource.name):
        return f"name {shown(resource.name)}: expected a name without spaces or any of ;:()[]{{}},"
    return (
        _validate_scalar(resource)
        or validate_reservations(resource.reservations)
        or _validate_disk(resource)
        or _validate_allocation(resource)
    )


def _validate_scalar(resource: Resource) -> str | None:
    if not isinstance(resource.value, int):
        return None
    if resource.value < 0:
        return f"{resource.name}: expected no negative number, got {format_milli(resource.value)}"
    if resource.name in WHOLE_NAMES and resource.value % MILLI:
        return f"{resource.name}: expected a whole number, got {format_milli(resource.value)}"
    return None


def _validate_disk(resource: Resource) -> str | None:
    disk = resource.disk
    if disk is not None and (resource.name != "disk" or not isinstance(resource.value, int)):
        return f"{resource.name}: only a scalar 'disk' can have disk information"
    if disk is not None and disk.persistence_id == "":
        return "disk.persistence.id: expected an id"
    if resource.shared and (disk is None or disk.persistence_id is None):
        return f"{resource.name}: only persistent volumes can be shared"
    return None


def _validate_allocation(resource: Resource) -> str | None:
    if resource.allocation_role is None:
        return None
    problem = validate_role(resource.allocation_role)
    return f"allocation_info.role: {problem}" if problem else None
