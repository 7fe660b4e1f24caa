"""Offer constraints: which agents a framework wants to hear of, by their attributes (AL-17)."""

from __future__ import annotations

from enum import Enum

from libprocess_py.message import Record


class Pseudo(Enum):
    """Properties of an agent that can be asked for like attributes."""

    HOSTNAME = "hostname"
    REGION = "region"
    ZONE = "zone"


class Predicate(Enum):
    """What is claimed of the value. The text predicates hold for every value that is not text."""

    EXISTS = "exists"
    NOT_EXISTS = "not_exists"
    TEXT_EQUALS = "text_equals"
    TEXT_NOT_EQUALS = "text_not_equals"
    TEXT_MATCHES = "text_matches"  # The regular expression matches the whole value.
    TEXT_NOT_MATCHES = "text_not_matches"


class AttributeConstraint(Record):
    """One claim about one attribute, or about a pseudo attribute if `pseudo` is set."""

    predicate: Predicate
    attribute: str = ""
    pseudo: Pseudo | None = None
    value: str = ""  # Text or pattern of the four text predicates.


class ConstraintGroup(Record):
    """All constraints of a group must hold."""

    constraints: tuple[AttributeConstraint, ...]


class RoleConstraints(Record):
    """Under `role`, an agent is offered if at least one of the groups holds."""

    role: str
    groups: tuple[ConstraintGroup, ...]


class OfferConstraints(Record):
    """The constraints of one framework; roles that are not named are unconstrained."""

    roles: tuple[RoleConstraints, ...] = ()
