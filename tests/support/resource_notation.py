"""Resources as the cases in tests/conformance/cases write them: `{"cpus": 1, "ports": [[1, 5]], "@role": "web"}`.

A case has one such group or a list of them. Keys that begin with `@` are metadata for all resources of their group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mesos_py.protocol.disks import DiskInfo, DiskSource, DiskSourceType
from mesos_py.protocol.reservations import Reservation, ReservationType, sorted_labels, static
from mesos_py.protocol.resources import InvalidResource, Resource, Resources
from mesos_py.protocol.roles import DEFAULT_ROLE
from mesos_py.protocol.values import Ranges, Set, Value, to_milli


def resources_of(groups: Any) -> Resources:
    """Raises ValueError if the notation describes resources that cannot be."""
    listed = [groups] if isinstance(groups, Mapping) else groups
    return Resources(resource for group in listed for resource in _group(group))


def _group(group: Mapping[str, Any]) -> Iterator[Resource]:
    shared = group.get("@shared", False)
    disk = group.get("@disk")
    for name, value in group.items():
        if name.startswith("@"):
            continue
        resource = Resource(
            name=name,
            value=_value(value),
            reservations=_reservations(group),
            disk=None if disk is None else _disk(disk),
            revocable=group.get("@revocable", False),
            shared=bool(shared),
            provider_id=group.get("@provider"),
            allocation_role=group.get("@allocated"),
        )
        yield from [resource] * int(shared or 1)


def _value(value: Any) -> Value:
    if not isinstance(value, list):
        milli = to_milli(value)
        if value and not milli:
            raise InvalidResource(f"{value} rounds to nothing")
        return milli
    if value and isinstance(value[0], str):
        return Set(value)
    return Ranges((low, high) for low, high in value)


def _reservations(group: Mapping[str, Any]) -> tuple[Reservation, ...]:
    if "@role" in group:
        return () if group["@role"] == DEFAULT_ROLE else (static(group["@role"]),)
    return tuple(
        Reservation(
            role=each["role"],
            type=ReservationType(each.get("type", "dynamic").upper()),
            principal=each.get("principal"),
            labels=sorted_labels(each.get("labels", {}).items()),
        )
        for each in group.get("@reservations", ())
    )


def _disk(disk: Mapping[str, Any]) -> DiskInfo:
    source = disk.get("source")
    return DiskInfo(persistence_id=disk.get("persistence"), source=None if source is None else _source(source))


def _source(source: Mapping[str, Any]) -> DiskSource:
    return DiskSource(**{**source, "type": DiskSourceType(source["type"])})
