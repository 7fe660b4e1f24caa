"""Rows about names of roles, and about attribute constraints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from allocators.hierarchical.constraints import CompiledConstraints
from allocators.replay.entities import attributes_of, constraints_of, place_of
from allocators.replay.reading import Fields
from allocators.replay.verdict import Mismatch, compare
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.attributes import Attributes
from mesos_py.protocol.resources import NOTHING
from mesos_py.protocol.roles import ancestors, is_descendant, validate_role
from mesos_py.protocol.values import shown

INVALID: Final = "invalid"

ROLE_CHECKS: Final[Mapping[str, tuple[int, Callable[..., Any]]]] = {
    "valid": (1, lambda role: validate_role(role) is None),
    "ancestors": (1, lambda role: list(ancestors(role))),
    "strict_subrole": (2, is_descendant),
}


def check_role(row: Fields) -> Mismatch | None:
    """A row of kind `roles`."""
    what, *arguments = row.texts("check") or ("",)
    if what not in ROLE_CHECKS:
        raise row.error("check", f"expected one of {', '.join(ROLE_CHECKS)}, got {shown(what)}")
    count, check = ROLE_CHECKS[what]
    if len(arguments) != count:
        raise row.error("check", f"expected {count} arguments of {what}, got {len(arguments)}")
    return compare(what, row.need("expect"), got=check(*arguments))


def check_constraints(row: Fields) -> Mismatch | None:
    """A row of kind `constraints`: is the agent excluded?"""
    region, zone = place_of(row)
    agent = AgentInfo(
        hostname=row.text("hostname", "host"),
        port=1,
        resources=NOTHING,
        attributes=row.parsed("attributes", attributes_of, default=Attributes()),
        region=region,
        zone=zone,
    )
    return compare(
        "excluded", row.need("expect"), got=_excluded(row.need("constraints"), row.text("role"), agent=agent)
    )


def _excluded(constraints: object, role: str, *, agent: AgentInfo) -> bool | str:
    try:
        compiled = CompiledConstraints(constraints_of(constraints))
    except ValueError:
        return INVALID
    return compiled.exclude(role, agent)
