"""Identifiers: the forms that Mesos gives them, and what a peer may choose."""

from __future__ import annotations

import pytest

from mesos_py.protocol.ids import ID_LENGTH_MAX, MasterId, agent_id, framework_id, id_problem, offer_id

MASTER = MasterId("0a1b")


@pytest.mark.parametrize(("number", "id"), [(0, "0a1b-0000"), (42, "0a1b-0042"), (12345, "0a1b-12345")])
def test_a_framework_has_a_counter_of_four_digits_or_more(number: int, id: str) -> None:
    assert framework_id(MASTER, number) == id


def test_agents_and_offers_are_told_apart_by_a_letter() -> None:
    assert agent_id(MASTER, 0) == "0a1b-S0"
    assert offer_id(MASTER, 12) == "0a1b-O12"


@pytest.mark.parametrize(
    "id", ["a", "task 1", "...", ".hidden", "a..b", "\u00e9" * (ID_LENGTH_MAX // 2), "x" * ID_LENGTH_MAX]
)
def test_an_id_that_can_be_a_file_name_has_no_problem(id: str) -> None:
    assert id_problem(id) is None


@pytest.mark.parametrize(
    ("id", "problem"),
    [
        ("", "must not be empty"),
        (".", "must not be '.', '..' or contain '/'"),
        ("..", "must not be '.', '..' or contain '/'"),
        ("../up", "must not be '.', '..' or contain '/'"),
        ("/", "must not be '.', '..' or contain '/'"),
        ("a\0b", "must not contain control characters"),
        ("a\n", "must not contain control characters"),
        ("\u202eoops", "must not contain control characters"),
        ("x" * (ID_LENGTH_MAX + 1), "must not be longer than 255 bytes"),
        ("\u00e9" * (ID_LENGTH_MAX // 2 + 1), "must not be longer than 255 bytes"),
    ],
)
def test_any_other_id_has_a_problem_that_says_why(id: str, problem: str) -> None:
    assert id_problem(id) == problem
