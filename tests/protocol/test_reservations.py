"""Stacks of reservations: which are possible."""

from __future__ import annotations

import pytest

from mesos_py.protocol.reservations import Reservation, sorted_labels, static, validate_reservations


@pytest.mark.parametrize(
    "stack",
    [
        (),
        (static("a"),),
        (Reservation(role="a"),),
        (static("a"), Reservation(role="a/b"), Reservation(role="a/b/c/d")),
    ],
)
def test_a_stack_that_climbs_down_is_valid(stack: tuple[Reservation, ...]) -> None:
    assert validate_reservations(stack) is None


@pytest.mark.parametrize(
    ("stack", "problem"),
    [
        ((Reservation(role="*"),), "reservations[0].role: nothing can be reserved"),
        ((Reservation(role="a/"),), "reservations[0]: role 'a/'"),
        ((Reservation(role="a"), static("a/b")), "reservations[1].type: only the first may be STATIC"),
        ((Reservation(role="a"), Reservation(role="a")), "reservations[1].role: expected a role below 'a', got 'a'"),
        ((Reservation(role="a"), Reservation(role="ab")), "expected a role below"),
        ((Reservation(role="a/b"), Reservation(role="a")), "expected a role below"),
    ],
)
def test_any_other_stack_has_a_problem_that_says_where(stack: tuple[Reservation, ...], problem: str) -> None:
    assert problem in (validate_reservations(stack) or "")


def test_the_order_of_labels_is_no_difference() -> None:
    one = Reservation(role="a", labels=sorted_labels([("k", "v"), ("j", "w"), ("k", "u")]))
    other = Reservation(role="a", labels=sorted_labels([("k", "u"), ("k", "v"), ("j", "w")]))

    assert one == other
