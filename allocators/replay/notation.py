"""Resources as cases write them: `{"cpus": 1, "ports": [[1, 5]], "@role": "web"}`, one such group or a list of them.

Keys that begin with `@` are metadata of all resources of their group. Reading raises ValueError for resources that
cannot be, whether by their values or by how they are written; writing gives what reads back as the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mesos_py.protocol.disks import DiskInfo, DiskSource, DiskSourceType
from mesos_py.protocol.reservations import Reservation, ReservationType, sorted_labels, static
from mesos_py.protocol.resources import InvalidResource, Resource, ResourceKind, Resources
from mesos_py.protocol.roles import DEFAULT_ROLE
from mesos_py.protocol.values import MILLI, Ranges, Set, Value, shown, to_amount

METADATA: Final = ("@role", "@reservations", "@revocable", "@disk", "@shared", "@provider", "@allocated")
RESERVATION_KEYS: Final = ("role", "type", "principal", "labels")
SOURCE_KEYS: Final = ("type", "root", "id", "vendor", "profile")
COPIES_MAX: Final = 1_000_000  # Each copy of a shared volume is read on its own; nobody holds so many.


def resources_of(groups: object) -> Resources:
    """Read the notation."""
    listed = groups if isinstance(groups, list) else [groups]
    return Resources(resource for group in listed for resource in _group(group))


def allocated_of(roles: object) -> Resources:
    """Read what is held, by role: `{"web": {"cpus": 1}}`."""
    by_role = _object(roles, "roles")
    return Resources.sum(resources_of(resources).allocate(role) for role, resources in by_role.items())


def _group(given: object) -> Iterator[Resource]:
    group = _object(given, "resources")
    for key in group:
        if key.startswith("@") and key not in METADATA:
            raise InvalidResource(f"{key}: expected one of {', '.join(METADATA)}")
    disk = group.get("@disk")
    copies = _copies(group.get("@shared", False))
    for name, value in group.items():
        if name.startswith("@"):
            continue
        resource = Resource(
            name=name,
            value=_value(name, value),
            reservations=_reservations(group),
            disk=None if disk is None else _disk(disk),
            revocable=_flag(group, "@revocable"),
            shared=copies is not None,
            provider_id=_optional_text(group, "@provider"),
            allocation_role=_optional_text(group, "@allocated"),
        )
        yield from [resource] * (1 if copies is None else copies)


def _value(name: str, value: object) -> Value:
    if isinstance(value, list):
        if all(isinstance(each, str) for each in value):
            return Set(value)
        return Ranges(_pair(name, each) for each in value)
    if not isinstance(value, int | float):
        raise InvalidResource(f"{name}: expected a number, a list of pairs or a list of texts, got {shown(value)}")
    try:
        return to_amount(value)
    except ValueError as error:
        raise InvalidResource(f"{name}: {error}") from None


def _pair(name: str, value: object) -> tuple[int, int]:
    match value:
        case [int(low), int(high)]:
            return low, high
    raise InvalidResource(f"{name}: expected [low, high], got {shown(value)}")


def _copies(shared: object) -> int | None:
    """How many copies of a shared resource; None: it is not shared."""
    if isinstance(shared, bool):
        return 1 if shared else None
    if not isinstance(shared, int) or not 0 < shared <= COPIES_MAX:
        raise InvalidResource(f"@shared: expected true or a number of copies, got {shown(shared)}")
    return shared


def _reservations(group: Mapping[str, Any]) -> tuple[Reservation, ...]:
    role = _optional_text(group, "@role")
    if role is not None:
        return () if role == DEFAULT_ROLE else (static(role),)
    stack = group.get("@reservations", [])
    if not isinstance(stack, list):
        raise InvalidResource(f"@reservations: expected a list, got {shown(stack)}")
    return tuple(map(reservation_of, stack))


def reservation_of(given: object) -> Reservation:
    """Read `{"role": "web", "type": "dynamic"}`."""
    reservation = _object(given, "reservation", allowed=RESERVATION_KEYS)
    role, kind = reservation.get("role"), reservation.get("type", "dynamic")
    labels = _object(reservation.get("labels", {}), "labels")
    if not isinstance(role, str):
        raise InvalidResource(f"reservation.role: expected a role, got {shown(role)}")
    if kind not in ("static", "dynamic"):
        raise InvalidResource(f"reservation.type: expected static or dynamic, got {shown(kind)}")
    if not all(isinstance(value, str) for value in labels.values()):
        raise InvalidResource(f"reservation.labels: expected texts, got {shown(labels)}")
    return Reservation(
        role=role,
        type=ReservationType(kind.upper()),
        principal=_optional_text(reservation, "principal"),
        labels=sorted_labels(labels.items()),
    )


def _disk(given: object) -> DiskInfo:
    disk = _object(given, "@disk", allowed=("persistence", "source"))
    source = disk.get("source")
    return DiskInfo(
        persistence_id=_optional_text(disk, "persistence"), source=None if source is None else _source(source)
    )


def _source(given: object) -> DiskSource:
    source = _object(given, "@disk.source", allowed=SOURCE_KEYS)
    kind = source.get("type")
    if not isinstance(kind, str) or kind not in DiskSourceType.__members__:
        raise InvalidResource(f"@disk.source.type: expected PATH, MOUNT, BLOCK or RAW, got {shown(kind)}")
    root, source_id, vendor, profile = (_optional_text(source, key) for key in SOURCE_KEYS[1:])
    return DiskSource(type=DiskSourceType(kind), root=root, id=source_id, vendor=vendor, profile=profile)


def _object(value: object, name: str, *, allowed: tuple[str, ...] | None = None) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidResource(f"{name}: expected an object, got {shown(value)}")
    for key in value:
        if allowed is not None and key not in allowed:
            raise InvalidResource(f"{name}.{key}: expected one of {', '.join(allowed)}")
    return value


def _optional_text(values: Mapping[str, Any], key: str) -> str | None:
    value = values.get(key)
    if value is not None and not isinstance(value, str):
        raise InvalidResource(f"{key}: expected a text, got {shown(value)}")
    return value


def _flag(values: Mapping[str, Any], key: str) -> bool:
    value = values.get(key, False)
    if not isinstance(value, bool):
        raise InvalidResource(f"{key}: expected true or false, got {shown(value)}")
    return value


def notation_of(resources: Resources) -> Any:
    """Write the notation: one group if that is enough."""
    groups: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for kind in resources.kinds:
        amount = resources.amounts[kind]
        metadata = _metadata(kind, amount)
        for _ in range(1 if kind.whole is None or kind.shared else amount):
            group = next((values for tags, values in groups if tags == metadata and kind.name not in values), None)
            if group is None:
                group = {}
                groups.append((metadata, group))
            group[kind.name] = number_of(kind.whole) if kind.whole is not None else _written(amount)
    written = [{**values, **metadata} for metadata, values in groups]
    return (written or [{}])[0] if len(written) < 2 else written


def number_of(milli: int) -> float:
    """A number of thousandths, whole if it can be."""
    return milli // MILLI if milli % MILLI == 0 else milli / MILLI


def _written(amount: Any) -> Any:
    if isinstance(amount, Ranges):
        return [list(pair) for pair in amount.pairs]
    return list(amount.items) if isinstance(amount, Set) else number_of(amount)


def _metadata(kind: ResourceKind, amount: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if len(kind.reservations) == 1 and kind.reservations[0] == static(kind.role):
        metadata["@role"] = kind.role
    elif kind.reservations:
        metadata["@reservations"] = list(map(_written_reservation, kind.reservations))
    if kind.disk is not None:
        metadata["@disk"] = _written_disk(kind.disk)
    if kind.shared:
        metadata["@shared"] = True if amount == 1 else amount
    if kind.revocable:
        metadata["@revocable"] = True
    if kind.provider_id is not None:
        metadata["@provider"] = kind.provider_id
    if kind.allocation_role is not None:
        metadata["@allocated"] = kind.allocation_role
    return metadata


def _written_reservation(reservation: Reservation) -> dict[str, Any]:
    written: dict[str, Any] = {"role": reservation.role, "type": reservation.type.value.lower()}
    if reservation.principal is not None:
        written["principal"] = reservation.principal
    if reservation.labels:
        written["labels"] = dict(reservation.labels)
    return written


def _written_disk(disk: DiskInfo) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if disk.persistence_id is not None:
        written["persistence"] = disk.persistence_id
    if disk.source is not None:
        source = {"type": disk.source.type.value, **{key: getattr(disk.source, key) for key in SOURCE_KEYS[1:]}}
        written["source"] = {key: value for key, value in source.items() if value is not None}
    return written
