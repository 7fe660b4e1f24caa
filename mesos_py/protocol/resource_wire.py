"""Resources as JSON, in the form of the v1 API.

Reservations exist in two formats. The new one is a list, `reservations`; we write that. The old one is `role` with an
optional `reservation` beside it, which says that it is dynamic; it cannot express refined reservations. Both are read,
and both at once if they agree, because endpoints of Mesos print both. `null` means not set, unknown fields are ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mesos_py.protocol.disks import DiskInfo, DiskSource, DiskSourceType, Volume, VolumeMode
from mesos_py.protocol.json_object import JsonObject
from mesos_py.protocol.reservations import Reservation, ReservationType, sorted_labels, static
from mesos_py.protocol.resource import InvalidResource, Resource, validate_resource
from mesos_py.protocol.roles import DEFAULT_ROLE
from mesos_py.protocol.values import Ranges, Set, Value, from_milli, shown

T = TypeVar("T")
Object = dict[str, Any]


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
        raise InvalidResource(f"resources: expected a list, got {shown(value)}")
    try:
        return [
            _read_resource(JsonObject(each, f"resources[{at}]"), default_role=default_role)
            for at, each in enumerate(value)
        ]
    except ValueError as error:
        raise InvalidResource(str(error)) from None


def _read_resource(given: JsonObject, *, default_role: str) -> Resource:
    resource = Resource(
        name=given.text("name"),
        value=read_value(given),
        reservations=_read_reservations(given, default_role=default_role),
        disk=given.maybe("disk", _read_disk),
        revocable=given.has("revocable"),
        shared=given.has("shared"),
        provider_id=given.maybe("provider_id", lambda id: id.text("value")),
        allocation_role=given.maybe("allocation_info", lambda info: info.text("role")),
    )
    if problem := validate_resource(resource):
        raise ValueError(f"{given.where}: {problem}")
    return resource


def read_value(given: JsonObject) -> Value:
    """Read `type` and the field it names, of a resource or an attribute. Raises ValueError naming the field."""
    match given.raw("type"):
        case "SCALAR":
            return given.required_child("scalar").amount("value")
        case "RANGES":
            ranges = given.required_child("ranges")
            return _placed(
                ranges, lambda: Ranges((it.whole("begin"), it.whole("end")) for it in ranges.objects("range"))
            )
        case "SET":
            items = given.required_child("set")
            return _placed(items, lambda: Set(items.texts("item")))
    raise given.wrong("type", "SCALAR, RANGES or SET")


def _placed(given: JsonObject, make: Callable[[], T]) -> T:
    """Values do not know where they stand: say it for them."""
    try:
        return make()
    except ValueError as error:
        place = "" if str(error).startswith(given.where) else f"{given.where}: "
        raise ValueError(f"{place}{error}") from None


def _read_reservations(given: JsonObject, *, default_role: str) -> tuple[Reservation, ...]:
    stack = tuple(map(_read_reservation, given.objects("reservations")))
    if not stack:
        return _read_old_reservation(given, default_role=default_role)
    if given.has("role") and given.raw("role") != stack[-1].role:
        raise given.wrong("role", f"{shown(stack[-1].role)} as in reservations")
    return stack


def _read_reservation(given: JsonObject) -> Reservation:
    return Reservation(
        role=given.text("role"),
        type=given.member("type", ReservationType),
        principal=given.optional_text("principal"),
        labels=_read_labels(given.child("labels")),
    )


def _read_old_reservation(given: JsonObject, *, default_role: str) -> tuple[Reservation, ...]:
    role = given.text("role") if given.has("role") else default_role
    if given.has("reservation"):
        old = given.child("reservation")
        labels = _read_labels(old.child("labels"))
        return (Reservation(role=role, principal=old.optional_text("principal"), labels=labels),)
    return () if role == DEFAULT_ROLE else (static(role),)


def _read_labels(given: JsonObject) -> tuple[tuple[str, str], ...]:
    """A label without a value is one with an empty value."""
    return sorted_labels((each.text("key"), each.optional_text("value") or "") for each in given.objects("labels"))


def _read_disk(given: JsonObject) -> DiskInfo:
    return DiskInfo(
        persistence_id=given.maybe("persistence", lambda persistence: persistence.text("id")),
        persistence_principal=given.child("persistence").optional_text("principal"),
        volume=given.maybe("volume", _read_volume),
        source=given.maybe("source", _read_source),
    )


def _read_volume(given: JsonObject) -> Volume:
    return Volume(
        container_path=given.text("container_path"),
        mode=given.member("mode", VolumeMode),
        host_path=given.optional_text("host_path"),
    )


def _read_source(given: JsonObject) -> DiskSource:
    kind = given.member("type", DiskSourceType)
    return DiskSource(
        type=kind,
        root=given.child(kind.value.lower()).optional_text("root"),
        vendor=given.optional_text("vendor"),
        id=given.optional_text("id"),
        profile=given.optional_text("profile"),
        metadata=_read_labels(given.child("metadata")),
    )
