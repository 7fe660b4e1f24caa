"""Resources as the old endpoints show them: totals by name, `{"cpus": 4.0, "ports": "[31000-32000]"}`."""

from __future__ import annotations

from typing import Any, Final

from mesos_py.protocol.resource import ValueType
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.values import from_milli

ENDPOINT_SCALARS: Final = ("cpus", "disk", "gpus", "mem")  # Readers of the old endpoints rely on these being there.
REVOCABLE_SUFFIX: Final = (
    "_revocable"  # Oversubscribed resources are shown beside the others, under a name of their own.
)


def to_endpoint(resources: Resources) -> dict[str, float | str]:
    """Totals by name, whatever they are reserved for; the four well-known scalars are always there."""
    made: dict[str, float | str] = dict.fromkeys(ENDPOINT_SCALARS, 0.0)
    for suffix, part in (("", resources.non_revocable()), (REVOCABLE_SUFFIX, resources.revocable())):
        for name, milli in part.scalar_quantities.items():
            made[name + suffix] = from_milli(milli)
        for name, value in _unions(part).items():
            made[name + suffix] = str(value)
    return made


def _unions(part: Resources) -> dict[str, Any]:
    """All ranges, or all items, under each name."""
    unions: dict[str, Any] = {}
    for kind in part.kinds:
        if kind.type is not ValueType.SCALAR:
            amount = part.amounts[kind]
            have = unions.get(kind.name)
            unions[kind.name] = have + amount if isinstance(have, type(amount)) else amount
    return unions
