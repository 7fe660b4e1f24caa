"""What steps speak of beside resources: frameworks, agents, quotas, constraints, settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from allocators.allocator import AllocatorSettings, Conversion
from allocators.replay.notation import resources_of
from allocators.replay.reading import Fields
from mesos_py.protocol.attributes import Attribute, Attributes
from mesos_py.protocol.framework import Capability, FrameworkInfo, RoleOfferFilters
from mesos_py.protocol.offer_constraints import (
    AttributeConstraint,
    ConstraintGroup,
    OfferConstraints,
    Predicate,
    Pseudo,
    RoleConstraints,
)
from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.roles import validate_role
from mesos_py.protocol.values import Ranges, shown, to_milli

DEFAULTS: Final = AllocatorSettings()
PERCENT: Final = 100
FACTOR_DIGITS: Final = 9  # Of a percentage: what lies beyond is the error of a double.


def settings_of(config: Fields, seed: int) -> AllocatorSettings:
    """The configuration of a scenario."""
    interval = config.nanos("allocation_interval", 1)
    if interval <= 0:
        raise config.error("allocation_interval", "expected more than nothing")
    return AllocatorSettings(
        seed=seed,
        allocation_interval_ns=interval,
        min_allocatable=config.parsed("min_allocatable", smallest_of, default=DEFAULTS.min_allocatable),
        fair_sharing_excluded_resource_names=frozenset(config.texts("fair_sharing_excluded", ())),
        filter_gpu_resources=config.flag("filter_gpu", default=True),
        region=place_of(config)[0],
        recovery_timeout_ns=config.nanos("recovery_timeout", 600),
        recovery_factor_percent=round(config.number("recovery_factor", 0.8) * PERCENT, FACTOR_DIGITS),
    )


def smallest_of(value: object) -> tuple[Quantities, ...]:
    """Read a list of quantities of which an offer must contain one."""
    if not isinstance(value, list):
        raise ValueError(f"expected a list of quantities, got {shown(value)}")
    return tuple(map(Quantities.from_wire, value))


def place_of(fields: Fields) -> tuple[str | None, str | None]:
    """Region and zone of a `domain`, if there is one."""
    domain = fields.fields("domain", optional=True)
    region, zone = (domain.text(key) if domain.has(key) else None for key in ("region", "zone"))
    return region, zone


def role_of(value: object) -> str:
    """Read the name of a role."""
    if not isinstance(value, str):
        raise ValueError(f"expected a role, got {shown(value)}")
    if problem := validate_role(value):
        raise ValueError(problem)
    return value


def framework_of(fields: Fields) -> FrameworkInfo:
    """Read what a framework says of itself."""
    roles = fields.texts("roles")
    for at, role in enumerate(roles):
        if problem := validate_role(role):
            raise fields.error(f"roles[{at}]", problem)
    smallest = fields.fields("min_allocatable", optional=True)
    return FrameworkInfo(
        user="user",
        name=fields.text("id"),
        roles=roles,
        capabilities=tuple(
            capability
            for name in fields.texts("capabilities", ("MULTI_ROLE",))
            if (capability := Capability.__members__.get(name)) is not None  # Others say nothing to an allocator.
        ),
        offer_filters=tuple(
            RoleOfferFilters(role=role, min_allocatable=smallest.parsed(role, smallest_of)) for role in smallest.values
        ),
    )


def quota_of(fields: Fields) -> Quota:
    """Read `guarantees` and `limits`."""
    return Quota(
        guarantees=fields.parsed("guarantees", Quantities.from_wire, default=Quantities()),
        limits=fields.parsed("limits", Limits.from_wire, default=Limits()),
    )


def conversions_of(fields: Fields) -> list[Conversion]:
    """Read `conversions`, what is consumed and what is produced."""
    return [
        Conversion(consumed=each.parsed("from", resources_of), produced=each.parsed("to", resources_of))
        for each in fields.listed("conversions")
    ]


# Attributes.


def attributes_of(value: object) -> Attributes:
    """Read `{name: value}`; a list of plain values stands for several attributes of that name."""
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, got {shown(value)}")
    items: list[Attribute] = []
    for name, given in value.items():
        several = isinstance(given, list) and not any(isinstance(each, list) for each in given)
        items += [Attribute(name=name, value=_attribute(name, each)) for each in (given if several else [given])]
    return Attributes(items)


def _attribute(name: str, value: object) -> str | int | Ranges:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return to_milli(value)
    if isinstance(value, list) and all(isinstance(each, list) and len(each) == 2 for each in value):
        return Ranges((_end(name, low), _end(name, high)) for low, high in value)
    raise ValueError(f"attribute {shown(name)}: expected a text, a number or a list of pairs, got {shown(value)}")


def _end(name: str, value: object) -> int:
    if not isinstance(value, int):
        raise ValueError(f"attribute {shown(name)}: expected whole numbers in a range, got {shown(value)}")
    return value


# Constraints.

TEXT_PREDICATES: Final = {
    "equals": Predicate.TEXT_EQUALS,
    "not_equals": Predicate.TEXT_NOT_EQUALS,
    "matches": Predicate.TEXT_MATCHES,
    "not_matches": Predicate.TEXT_NOT_MATCHES,
}
PSEUDO: Final[Mapping[str, Pseudo]] = {pseudo.value: pseudo for pseudo in Pseudo}


def constraints_of(value: object) -> OfferConstraints:
    """Read `{role: [group, ...]}`. ValueError for what is not written as constraints are."""
    if not isinstance(value, dict):
        raise ValueError(f"expected an object of groups by role, got {shown(value)}")
    return OfferConstraints(
        roles=tuple(
            RoleConstraints(
                role=role,
                groups=tuple(
                    ConstraintGroup(constraints=tuple(map(_constraint, _listed(group, "constraints"))))
                    for group in _listed(groups, "groups")
                ),
            )
            for role, groups in value.items()
        )
    )


def _listed(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"expected a list of {what}, got {shown(value)}")
    return value


def _constraint(given: object) -> AttributeConstraint:
    if not isinstance(given, dict):
        raise ValueError(f"expected a constraint, got {shown(given)}")
    attribute, pseudo = given.get("attribute"), given.get("pseudo")
    if (attribute is None) == (pseudo is None):
        raise ValueError(f"constraint: expected attribute or pseudo, got {shown(given)}")
    if not isinstance(attribute, str | None) or not (pseudo is None or (isinstance(pseudo, str) and pseudo in PSEUDO)):
        raise ValueError(f"constraint: expected a name, or one of {', '.join(PSEUDO)}, got {shown(given)}")
    predicate, value = _predicate(given)
    return AttributeConstraint(
        predicate=predicate,
        attribute=attribute or "",
        pseudo=None if pseudo is None else PSEUDO[pseudo],
        value=value,
    )


def _predicate(given: Mapping[str, Any]) -> tuple[Predicate, str]:
    names = [name for name in ("exists", *TEXT_PREDICATES) if name in given]
    if len(names) != 1:
        raise ValueError(f"constraint: expected exists or one of {', '.join(TEXT_PREDICATES)}, got {shown(given)}")
    (name,) = names
    value = given[name]
    if name == "exists" and isinstance(value, bool):
        return (Predicate.EXISTS if value else Predicate.NOT_EXISTS), ""
    if name == "exists" or not isinstance(value, str):
        raise ValueError(f"constraint: expected another value of {name}, got {shown(value)}")
    return TEXT_PREDICATES[name], value
