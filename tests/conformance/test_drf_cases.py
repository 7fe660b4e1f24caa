"""Every row of cases/drf.json: dominant resource fairness in theory, with the numbers of its first paper."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.drf_theory import User, discrete, divisible

Row = dict[str, Any]
PATH: Final = Path(__file__).parent / "cases" / "drf.json"
ROWS: Final[list[Row]] = json.loads(PATH.read_text())["rows"]


def fraction(number: Any) -> Fraction:
    return Fraction(str(number))


def vector(amounts: dict[str, Any]) -> dict[str, Fraction]:
    return {name: fraction(amount) for name, amount in amounts.items()}


def user_of(given: dict[str, Any]) -> User:
    enough = given.get("tasks")
    return User(
        demand=vector(given["demand"]),
        weight=fraction(given.get("weight", 1)),
        tasks_max=None if enough is None else fraction(enough),
    )


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_a_row_about_dominant_resource_fairness_comes_out_as_expected(row: Row) -> None:
    capacity, expected = vector(row["capacity"]), row["expect"]
    users = {name: user_of(row["users"][name]) for name in (row["order"] if "order" in row else row["users"])}

    if row["mode"] == "divisible":
        tasks = divisible(capacity, users)
    else:
        tasks, schedule = discrete(capacity, users)
        assert schedule == expected.get("schedule", schedule)

    assert tasks == vector(expected["tasks"])
    for name, share in expected.get("dominant_shares", {}).items():
        assert tasks[name] * users[name].dominant(capacity) == fraction(share)
