"""Resources as JSON, in the form of the v1 API.

Reservations exist in two formats. The new one is a list, `reservations`; we write that. The old one is `role` with an
optional `reservation` beside it, which says that it is dynamic; it cannot express refined reservations. Both are read,
and both at once if they agree, because endpoints of Mesos print both. `null` means not set, unknown fields are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, TypeVar

from mesos_py.protocol.disks import DiskInfo, DiskSource, DiskSourceType, Volume, VolumeMode
from mesos_py.protocol.reservations import Reservation, ReservationType, sorted_labels, static
from mesos_py.protocol.resource import InvalidResource, Resource, validate_resource
from mesos_py.protocol.roles import DEFAULT_ROLE
from mesos_py.protocol.values import Ranges, Set, Value, from_milli, shown, to_amount

E = TypeVar("E", bound=Enum)
Object = dict[str, Any]

EMPTY: Final[Object] = {}
UINT64_DIGITS: Final = 20  # No uint64 has more; Python's int() would also refuse absurdly long ones, less clearly.


def to_json(resource: Resource, *, refined: bool = True) -> Object:
    """One resource with its reservations in the new format, or the old one if not `refined`.

    Raises InvalidResource if the old format cannot express it: such a resource is not for a peer that knows no better.
    """
    made: Object = {"name": resource.name, **value_to_json(resource.value)}
    made |= _reservations_to_json(resource.reservations) if refined else _old_reservation_to_json(resource.reservations)
    if resource.disk is not None:
        made["disk"] = _disk_to_json(resource.disk)
    if resource.revocable:
        made["revocable"] = {}
    if resource.shared:
        made["shared"] = {}
    if resource.provider_id is not None:
        made["provider_id"] = {"value": resource.provider_id}
    if resource.allocation_role is not None:
        made["allocation_info"] = {"role": resource.allocation_role}
    return made


def value_to_json(value: Value) -> Object:
    """The fields `type` and `scalar`, `ranges` or `set` of a resource or an attribute."""
    if isinstance(value, int):
        return {"type": "SCALAR", "scalar": {"value": from_milli(value)}}
    if isinstance(value, Ranges):
        return {"type": "RANGES", "ranges": {"range": [{"begin": low, "end": high} for low, high in value.pairs]}}
    return {"type": "SET", "set": {"item": list(value.items)}}


def _reservations_to_json(stack: tuple[Reservation, ...]) -> Object:
    return {"reservations": [_reservation_to_json(each) for each in stack]} if stack else {}


def _reservation_to_json(reservation: Reservation) -> Object:
    return {"type": reservation.type.value, "role": reservation.role, **_principal_and_labels(reservation)}


def _principal_and_labels(reservation: Reservation) -> Object:
    made: Object = {} if reservation.principal is None else {"principal": reservation.principal}
    return made | ({"labels": _labels_to_json(reservation.labels)} if reservation.labels else {})


def _old_reservation_to_json(stack: tuple[Reservation, ...]) -> Object:
    if len(stack) > 1:
        raise InvalidResource(f"reservations: refined for {stack[-1].role!r}, which the old format cannot express")
    if not stack:
        return {"role": DEFAULT_ROLE}
    if stack[0].type is ReservationType.STATIC:
        return {"role": stack[0].role}
    return {"role": stack[0].role, "reservation": _principal_and_labels(stack[0])}


def _labels_to_json(labels: tuple[tuple[str, str], ...]) -> Object:
    return {"labels": [{"key": key, "value": value} for key, value in labels]}


def _disk_to_json(disk: DiskInfo) -> Object:
    made: Object = {}
    if disk.persistence_id is not None:
        made["persistence"] = {"id": disk.persistence_id}
        if disk.persistence_principal is not None:
            made["persistence"]["principal"] = disk.persistence_principal
    if disk.volume is not None:
        made["volume"] = {"mode": disk.volume.mode.value, "container_path": disk.volume.container_path}
        if disk.volume.host_path is not None:
            made["volume"]["host_path"] = disk.volume.host_path
    if disk.source is not None:
        made["source"] = _source_to_json(disk.source)
    return made


def _source_to_json(source: DiskSource) -> Object:
    made: Object = {"type": source.type.value}
    if source.root is not None:
        made[source.type.value.lower()] = {"root": source.root}
    for field in ("vendor", "id", "profile"):
        if (text := getattr(source, field)) is not None:
            made[field] = text
    return made | ({"metadata": _labels_to_json(source.metadata)} if source.metadata else {})


def from_json(value: object, *, default_role: str = DEFAULT_ROLE) -> list[Resource]:
    """Read a list of resources. Raises InvalidResource naming the one, the field and what was expected."""
    if not isinstance(value, list | tuple):
        raise InvalidResource("resources: expected a list")
    return [_resource_from_json(each, f"resources[{at}]", default_role) for at, each in enumerate(value)]


def _resource_from_json(value: object, where: str, default_role: str) -> Resource:
    given = _object(value, where)
    resource = Resource(
        name=_text(given, "name", where),
        value=value_from_json(given, where),
        reservations=_reservations_from_json(given, where, default_role),
        disk=_disk_from_json(_object(given["disk"], f"{where}.disk"), f"{where}.disk") if _set(given, "disk") else None,
        revocable=_set(given, "revocable"),
        shared=_set(given, "shared"),
        provider_id=_id(given, "provider_id", where),
        allocation_role=_text(_child(given, "allocation_info", where), "role", f"{where}.allocation_info")
        if _set(given, "allocation_info")
        else None,
    )
    if problem := validate_resource(resource):
        raise InvalidResource(f"{where}: {problem}")
    return resource


def value_from_json(given: Mapping[str, Any], where: str) -> Value:
    """Read `type` and the field it names. Raises InvalidResource."""
    try:
        match given.get("type"):
            case "SCALAR":
                return _scalar(_child(given, "scalar", where, required=True), f"{where}.scalar")
            case "RANGES":
                ranges = _child(given, "ranges", where, required=True)
                items = _list(ranges, "range", f"{where}.ranges")
                return Ranges(_range(item, f"{where}.ranges.range[{at}]") for at, item in enumerate(items))
            case "SET":
                items = _list(_child(given, "set", where, required=True), "item", f"{where}.set")
                return Set(_item(item, f"{where}.set.item[{at}]") for at, item in enumerate(items))
    except InvalidResource:
        raise
    except ValueError as error:
        raise InvalidResource(f"{where}: {error}") from None
    raise InvalidResource(f"{where}.type: expected SCALAR, RANGES or SET, got {shown(given.get('type'))}")


def _scalar(given: Object, where: str) -> int:
    number = given.get("value")
    if not isinstance(number, int | float | str):
        raise InvalidResource(f"{where}.value: expected a number, got {shown(number)}")
    try:
        return to_amount(number)
    except ValueError as error:
        raise InvalidResource(f"{where}.value: {error}") from None


def _range(value: object, where: str) -> tuple[int, int]:
    given = _object(value, where)
    return _whole(given, "begin", where), _whole(given, "end", where)


def _whole(given: Object, field: str, where: str) -> int:
    number = given.get(field)
    if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) <= UINT64_DIGITS:
        return int(number)
    if not isinstance(number, int) or isinstance(number, bool):
        raise InvalidResource(f"{where}.{field}: expected a whole number, got {shown(number)}")
    return number


def _item(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise InvalidResource(f"{where}: expected text, got {shown(value)}")
    return value


def _reservations_from_json(given: Object, where: str, default_role: str) -> tuple[Reservation, ...]:
    stack = tuple(
        _reservation_from_json(each, f"{where}.reservations[{at}]")
        for at, each in enumerate(_list(given, "reservations", where))
    )
    if not stack:
        return _old_reservation_from_json(given, where, default_role)
    if _set(given, "role") and given["role"] != stack[-1].role:
        raise InvalidResource(
            f"{where}.role: expected {stack[-1].role!r} as in reservations, got {shown(given['role'])}"
        )
    return stack


def _reservation_from_json(value: object, where: str) -> Reservation:
    given = _object(value, where)
    return Reservation(
        role=_text(given, "role", where),
        type=_enum(ReservationType, given, "type", where=where),
        principal=_optional_text(given, "principal", where),
        labels=_labels_from_json(given, "labels", where),
    )


def _old_reservation_from_json(given: Object, where: str, default_role: str) -> tuple[Reservation, ...]:
    role = _optional_text(given, "role", where)
    role = default_role if role is None else role
    if _set(given, "reservation"):
        old = _child(given, "reservation", where)
        principal = _optional_text(old, "principal", f"{where}.reservation")
        return (
            Reservation(
                role=role, principal=principal, labels=_labels_from_json(old, "labels", f"{where}.reservation")
            ),
        )
    return () if role == DEFAULT_ROLE else (static(role),)


def _labels_from_json(given: Object, field: str, where: str) -> tuple[tuple[str, str], ...]:
    """Labels of a parent. A label without a value is one with an empty value."""
    where = f"{where}.{field}"
    pairs = []
    for at, each in enumerate(_list(_child(given, field, where), "labels", where)):
        label = _object(each, f"{where}[{at}]")
        pairs.append((_text(label, "key", f"{where}[{at}]"), _optional_text(label, "value", f"{where}[{at}]") or ""))
    return sorted_labels(pairs)


def _disk_from_json(given: Object, where: str) -> DiskInfo:
    persistence = _child(given, "persistence", where)
    is_persistent = _set(given, "persistence")
    return DiskInfo(
        persistence_id=_text(persistence, "id", f"{where}.persistence") if is_persistent else None,
        persistence_principal=_optional_text(persistence, "principal", f"{where}.persistence"),
        volume=_volume_from_json(_child(given, "volume", where), f"{where}.volume") if _set(given, "volume") else None,
        source=_source_from_json(_child(given, "source", where), f"{where}.source") if _set(given, "source") else None,
    )


def _volume_from_json(given: Object, where: str) -> Volume:
    return Volume(
        container_path=_text(given, "container_path", where),
        mode=_enum(VolumeMode, given, "mode", where=where),
        host_path=_optional_text(given, "host_path", where),
    )


def _source_from_json(given: Object, where: str) -> DiskSource:
    kind = _enum(DiskSourceType, given, "type", where=where)
    device = kind.value.lower()
    return DiskSource(
        type=kind,
        root=_optional_text(_child(given, device, where), "root", f"{where}.{device}"),
        vendor=_optional_text(given, "vendor", where),
        id=_optional_text(given, "id", where),
        profile=_optional_text(given, "profile", where),
        metadata=_labels_from_json(given, "metadata", where),
    )


def _set(given: Mapping[str, Any], field: str) -> bool:
    return given.get(field) is not None


def _object(value: object, where: str) -> Object:
    if not isinstance(value, dict):
        raise InvalidResource(f"{where}: expected an object, got {shown(value)}")
    return value


def _child(given: Mapping[str, Any], field: str, where: str, *, required: bool = False) -> Object:
    if not _set(given, field) and not required:
        return EMPTY
    return _object(given.get(field), f"{where}.{field}")


def _list(given: Mapping[str, Any], field: str, where: str) -> list[Any]:
    value = given.get(field)
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise InvalidResource(f"{where}.{field}: expected a list, got {shown(value)}")
    return list(value)


def _optional_text(given: Mapping[str, Any], field: str, where: str) -> str | None:
    value = given.get(field)
    if value is not None and not isinstance(value, str):
        raise InvalidResource(f"{where}.{field}: expected text, got {shown(value)}")
    return value


def _text(given: Mapping[str, Any], field: str, where: str) -> str:
    value = _optional_text(given, field, where)
    if value is None:
        raise InvalidResource(f"{where}.{field}: expected text, got nothing")
    return value


def _id(given: Mapping[str, Any], field: str, where: str) -> str | None:
    return _text(_child(given, field, where), "value", f"{where}.{field}") if _set(given, field) else None


def _enum(kind: type[E], given: Mapping[str, Any], field: str, *, where: str) -> E:
    try:
        return kind(given.get(field))
    except ValueError:
        names = ", ".join(str(member.value) for member in kind)
        raise InvalidResource(f"{where}.{field}: expected one of {names}, got {shown(given.get(field))}") from None
