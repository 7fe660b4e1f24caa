"""Resources as text: `cpus(role):1;mem:2048;ports:[31000-32000];zones:{a,b}`.

That grammar says names, static roles and values; it is what flags take. What it cannot say (dynamic reservations,
disks, revocable, shared, allocation) is printed in a notation for people only; JSON carries it.
"""

from __future__ import annotations

import re
from typing import Final

from mesos_py.protocol.disks import DiskInfo
from mesos_py.protocol.reservations import Reservation, static
from mesos_py.protocol.resource import InvalidResource, Resource, validate_resource
from mesos_py.protocol.roles import DEFAULT_ROLE
from mesos_py.protocol.values import Value, format_value, parse_value, shown, to_amount

_HEAD: Final = re.compile(r"\s*([^\s:()]+)\s*(?:\(([^()]*)\))?\s*")  # A name, then maybe a role in parentheses.


def parse_text(text: str, *, default_role: str = DEFAULT_ROLE) -> list[Resource]:
    """Read the text form. A role that is not written is `default_role`. Raises InvalidResource naming the part."""
    parts = [part for part in re.split(r"[;\n]", text) if part.strip()]
    return [_parse_part(part.strip(), default_role) for part in parts]


def _parse_part(part: str, default_role: str) -> Resource:
    head, colon, tail = part.partition(":")
    match = _HEAD.fullmatch(head)
    if match is None or not colon:
        raise InvalidResource(f"resource {shown(part)}: expected name:value or name(role):value")
    name, role = match[1], default_role if match[2] is None else match[2].strip()
    resource = Resource(
        name=name,
        value=_parse_amount(name, tail),
        reservations=() if role == DEFAULT_ROLE else (static(role),),
    )
    if problem := validate_resource(resource):
        raise InvalidResource(f"resource {shown(part)}: {problem}")
    return resource


def _parse_amount(name: str, text: str) -> Value:
    try:
        value = parse_value(text)
        if value == 0:
            to_amount(text)
    except ValueError as error:
        raise InvalidResource(f"{name}: {error}") from None
    if isinstance(value, str):
        raise InvalidResource(f"{name}: expected a number, [begin-end,...] or {{item,...}}, got {shown(value)}")
    return value


def format_resource(resource: Resource) -> str:
    """The text of one resource, re-parsable if it is plain or statically reserved."""
    return f"{resource.name}{_format_marks(resource)}:{format_value(resource.value)}"


def _format_marks(resource: Resource) -> str:
    marks: list[str] = []
    if resource.allocation_role is not None:
        marks.append(f"(allocated: {resource.allocation_role})")
    if len(resource.reservations) == 1 and resource.reservations[0] == static(resource.role):
        marks.append(f"({resource.role})")
    elif resource.reservations:
        marks.append(f"(reservations: [{','.join(map(_format_reservation, resource.reservations))}])")
    if resource.disk is not None:
        marks.append(f"[{_format_disk(resource.disk)}]")
    if resource.provider_id is not None:
        marks.append(f"(provider: {resource.provider_id})")
    return "".join(marks) + ("{REV}" if resource.revocable else "") + ("<SHARED>" if resource.shared else "")


def _format_reservation(reservation: Reservation) -> str:
    words = [reservation.type.value, reservation.role]
    if reservation.principal is not None:
        words.append(reservation.principal)
    labels = ",".join(f"{key}: {value}" for key, value in reservation.labels)
    return f"({','.join(words)}{',{' + labels + '}' if labels else ''})"


def _format_disk(disk: DiskInfo) -> str:
    words: list[str] = []
    if (source := disk.source) is not None:
        details = [part for part in (source.vendor, source.profile, source.id, source.root) if part is not None]
        words.append(f"{source.type.value}({','.join(details)})" if details else source.type.value)
    if disk.persistence_id is not None:
        words.append(disk.persistence_id)
    return ",".join(words) + (f":{disk.volume.container_path}" if disk.volume is not None else "")
