"""Reservations: who owns a resource. A stack of them, outermost first; the last one decides.

An agent's flags make static reservations, frameworks and operators dynamic ones. A stack with more than one is called
refined: each role lies strictly below the one before, and only the first can be static.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from libprocess_py.message import Record
from mesos_py.protocol.roles import DEFAULT_ROLE, is_descendant, validate_role
from mesos_py.protocol.values import shown


class ReservationType(Enum):
    """STATIC ones last as long as the agent's flags say so; DYNAMIC ones can be undone."""

    STATIC = "STATIC"
    DYNAMIC = "DYNAMIC"


class Reservation(Record):
    """One owner. Labels are pairs in the order of `sorted_labels`, so that equal reservations are equal values."""

    role: str
    type: ReservationType = ReservationType.DYNAMIC
    principal: str | None = None
    labels: tuple[tuple[str, str], ...] = ()


def static(role: str) -> Reservation:
    """What `cpus(role):1` in an agent's resources means."""
    return Reservation(role=role, type=ReservationType.STATIC)


def sorted_labels(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Labels in their canonical order; one key may occur several times."""
    return tuple(sorted(pairs))


def validate_reservations(stack: tuple[Reservation, ...]) -> str | None:
    """What is wrong with a stack of reservations, as a sentence, or None if it is valid."""
    for at, reservation in enumerate(stack):
        if problem := validate_role(reservation.role):
            return f"reservations[{at}]: {problem}"
        if reservation.role == DEFAULT_ROLE:
            return f"reservations[{at}].role: nothing can be reserved for {DEFAULT_ROLE!r}"
        if at and reservation.type is ReservationType.STATIC:
            return f"reservations[{at}].type: only the first may be STATIC"
        if at and not is_descendant(reservation.role, stack[at - 1].role):
            above, below = shown(stack[at - 1].role), shown(reservation.role)
            return f"reservations[{at}].role: expected a role below {above}, got {below}"
    return None
