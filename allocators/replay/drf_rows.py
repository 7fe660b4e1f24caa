"""Rows about dominant resource fairness in theory: users on one pool, without agents or an allocator."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from allocators.replay.drf_theory import User, Vector, discrete, divisible
from allocators.replay.reading import Fields
from allocators.replay.verdict import Mismatch, compare
from mesos_py.protocol.values import shown

MODES: Final = ("divisible", "discrete")
DIGITS_MAX: Final = 100  # Of a number: exact arithmetic with more is a matter of patience.
EXPONENT_MARKS: Final = "eE"


def fraction_of(value: object) -> Fraction:
    """Read a number, which may be a fraction as a text, exactly."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > DIGITS_MAX:
        raise ValueError(f"expected a number or a fraction, got {shown(value)}")
    if isinstance(value, str) and set(EXPONENT_MARKS) & set(value):
        raise ValueError(f"expected a number without an exponent, got {shown(value)}")
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"expected a number or a fraction, got {shown(value)}") from None


def _vector(fields: Fields) -> dict[str, Fraction]:
    amounts = {name: fields.parsed(name, fraction_of) for name in fields.values}
    for name, amount in amounts.items():
        if amount < 0:
            raise fields.error(name, f"expected no negative number, got {amount}")
    return amounts


def _user(user: Fields) -> User:
    demand = _vector(user.fields("demand"))
    if not any(demand.values()):
        raise user.error("demand", "expected something that is needed")
    weight = user.parsed("weight", fraction_of, default=Fraction(1))
    if weight <= 0:
        raise user.error("weight", f"expected a positive number, got {weight}")
    return User(
        demand=demand, weight=weight, tasks_max=user.parsed("tasks", fraction_of) if user.has("tasks") else None
    )


def _users(row: Fields) -> dict[str, User]:
    """In the order that decides ties."""
    users = row.fields("users")
    order = row.texts("order", ())
    for name in order:
        if name not in users:
            raise row.error("order", f"expected one of the users, got {name!r}")
    return {name: _user(users.fields(name)) for name in dict.fromkeys((*order, *users.values))}


def check_drf(row: Fields) -> Mismatch | None:
    """A row of kind `drf`."""
    capacity, users, mode = _vector(row.fields("capacity")), _users(row), row.text("mode")
    if mode not in MODES:
        raise row.error("mode", f"expected one of {', '.join(MODES)}, got {mode!r}")
    expect = row.fields("expect")
    if mode == "divisible":
        return _check_tasks(expect, divisible(capacity, users), users=users, capacity=capacity)
    tasks, schedule = discrete(capacity, users)
    if expect.has("schedule"):
        mismatch = compare("schedule", list(expect.texts("schedule")), got=schedule)
        if mismatch is not None:
            return mismatch
    return _check_tasks(expect, tasks, users=users, capacity=capacity)


def _check_tasks(
    expect: Fields, tasks: dict[str, Fraction], *, users: dict[str, User], capacity: Vector
) -> Mismatch | None:
    expected = _vector(expect.fields("tasks"))
    mismatch = compare("tasks", _shown(expected), got=_shown(tasks))
    if mismatch is not None or not expect.has("dominant_shares"):
        return mismatch
    shares = _vector(expect.fields("dominant_shares"))
    got = {
        name: tasks[name] * users[name].dominant(capacity) if tasks[name] else Fraction(0)
        for name in shares
        if name in users
    }
    return compare("dominant_shares", _shown(shares), got=_shown(got))


def _shown(amounts: Vector) -> dict[str, str]:
    return {name: str(amounts[name]) for name in sorted(amounts)}
