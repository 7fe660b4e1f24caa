"""Rows and sorter scenarios: each check tells right from wrong, and what cannot be read is an error that says so."""

from __future__ import annotations

from typing import Any, Final

import pytest

from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.replay.cases import Case
from allocators.replay.reading import Fields, FormatError
from allocators.replay.verdict import Mismatch

VOLUME: Final = {"disk": 5, "@role": "r", "@disk": {"persistence": "v"}, "@shared": 2}


def outcome(kind: str, **row: Any) -> Mismatch | None:
    return Case("c", kind, Fields({"id": "c", **row}, "")).play(0, HierarchicalAllocator)


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (["value", {"cpus": 1}], {"cpus": 1}, {"cpus": 2}),
        (["one_of", {"cpus": 1}], [{}, {"cpus": 1}], [{}]),
        (["none", ["find", {}, {"cpus": 1}]], True, False),
        (["equal", {"cpus": 1}, {"cpus": 1}], True, False),
        (["contains", {"cpus": 1}, {"cpus": 2}], False, True),
        (["contains_quantities", {"cpus": 1}, {"cpus": 1}], True, False),
        (["empty", {}], True, False),
        (["size", [{"cpus": 1}, {"mem": 1}]], 2, 1),
        (["copies", VOLUME, {**VOLUME, "@shared": True}], 2, 1),
        (["scalar", {"cpus": 1.5}, "cpus"], 1.5, 1),
        (["quantities", {"ports": [[1, 3]]}], {"ports": 3}, {"ports": 2}),
        (["names", {"cpus": 1, "mem": 1}], ["mem", "cpus"], ["cpus"]),
        (["valid", {"cpus": -1}], False, True),
        (["q+", {"cpus": 1}, {}], {"cpus": 1.0}, {}),
        (["q-", {"cpus": 1}, {}], {"cpus": 1}, {}),
        (["q_contains", {"cpus": 1}, {}], True, False),
        (["l-", {"cpus": 1}, {"cpus": 1}], {"cpus": 0}, {}),
        (["l_contains", {}, {"cpus": 1}], True, False),
        (["l_contains_q", {"cpus": 0}, {"cpus": 1}], False, True),
    ],
)
def test_a_check_of_resources_tells_right_from_wrong(check: list[Any], right: Any, wrong: Any) -> None:
    assert outcome("resources", check=check, expect=right) is None
    assert outcome("resources", check=check, expect=wrong) is not None


def test_a_search_that_fails_or_an_invalid_resource_is_no_value() -> None:
    for expression in (["find", {}, {"cpus": 1}], {"cpus": -1}, ["pop_reservation", {"cpus": 1}]):
        mismatch = outcome("resources", check=["value", expression], expect={})

        assert mismatch is not None
        assert mismatch.got.startswith("invalid: ")


@pytest.mark.parametrize(
    "check",
    [
        [],
        "empty",
        ["weight", {}],
        ["empty"],
        ["equal", {}],
        ["valid", {}, {}],
        ["value", "x"],
        ["value", ["*", {}]],
        ["value", ["get", {}]],
        ["value", ["repeat+", {}, -1, {}]],
        ["value", ["unallocate"]],
        ["value", "loop"],
    ],
)
def test_a_check_that_is_none_is_an_error(check: Any) -> None:
    with pytest.raises(FormatError):
        outcome("resources", let={"loop": ["+", "loop"]}, check=check, expect={})


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (["valid", "a b"], False, True),
        (["ancestors", "a/b/c"], ["a/b", "a"], ["a", "a/b"]),
        (["strict_subrole", "a/b", "a"], True, False),
    ],
)
def test_a_check_of_roles_tells_right_from_wrong(check: list[str], right: Any, wrong: Any) -> None:
    assert outcome("roles", check=check, expect=right) is None
    assert outcome("roles", check=check, expect=wrong) is not None


@pytest.mark.parametrize("check", [[], ["valid"], ["valid", "a", "b"], ["length", "a"], ["valid", 1]])
def test_a_check_of_roles_that_is_none_is_an_error(check: Any) -> None:
    with pytest.raises(FormatError, match="check"):
        outcome("roles", check=check, expect=True)


@pytest.mark.parametrize(
    "constraint",
    [
        {"attribute": "bar"},
        {"exists": True},
        {"attribute": "bar", "pseudo": "zone", "exists": True},
        {"attribute": "bar", "exists": True, "equals": "x"},
        {"attribute": "bar", "exists": 1},
        {"attribute": "bar", "equals": 1},
        {"attribute": 1, "equals": "x"},
        {"pseudo": "rack", "equals": "x"},
        {"pseudo": ["zone"], "equals": "x"},
        "bar",
    ],
)
def test_a_constraint_that_is_not_written_as_one_is_invalid(constraint: Any) -> None:
    assert outcome("constraints", role="r", constraints={"r": [[constraint]]}, expect="invalid") is None


def test_a_row_of_constraints_tells_right_from_wrong() -> None:
    row = {"role": "r", "constraints": {"r": [[{"attribute": "bar", "exists": True}]]}, "attributes": {"bar": 1}}

    assert outcome("constraints", **row, expect=False) is None
    assert outcome("constraints", **row, expect=True) is not None


USERS: Final = {"a": {"demand": {"cpu": 1}}, "b": {"demand": {"cpu": 1}}}


@pytest.mark.parametrize(
    ("expect", "is_right"),
    [
        ({"tasks": {"a": 2, "b": 1}, "schedule": ["a", "b", "a"], "dominant_shares": {"a": "2/3"}}, True),
        ({"tasks": {"a": 1, "b": 2}}, False),
        ({"tasks": {"a": 2}}, False),
        ({"tasks": {"a": 2, "b": 1}, "schedule": ["b", "a", "a"]}, False),
        ({"tasks": {"a": 2, "b": 1}, "dominant_shares": {"a": "1/3"}}, False),
    ],
)
def test_a_row_of_fairness_tells_right_from_wrong(expect: Any, is_right: bool) -> None:
    mismatch = outcome("drf", mode="discrete", capacity={"cpu": 3}, users=USERS, order=["a", "b"], expect=expect)

    assert (mismatch is None) == is_right


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": "guess"},
        {"order": ["c"]},
        {"capacity": {"cpu": -1}},
        {"capacity": {"cpu": "1/0"}},
        {"capacity": {"cpu": "1e999999999"}},
        {"users": {"a": {"demand": {}}}},
        {"users": {"a": {"demand": {"cpu": 1}, "weight": 0}}},
    ],
)
def test_a_row_of_fairness_that_cannot_be_is_an_error(changes: Any) -> None:
    row = {"mode": "divisible", "capacity": {"cpu": 3}, "users": USERS, "expect": {"tasks": {}}}

    with pytest.raises(FormatError):
        outcome("drf", **{**row, **changes})


SORTED: Final[list[dict[str, Any]]] = [
    {"op": "add_agent", "id": "n", "quantities": {"cpus": 10}},
    {"op": "add", "clients": ["a", "b"]},
    {"op": "activate", "clients": ["a", "b"]},
    {"op": "allocated", "client": "a", "agent": "n", "resources": {"cpus": 4}},
]


@pytest.mark.parametrize(
    ("op", "right", "wrong"),
    [
        ("expect_sort", {"order": ["b", "a"]}, {"order": ["a", "b"]}),
        ("expect_members", {"clients": ["a", "b"]}, {"clients": ["a"]}),
        ("expect_contains", {"clients": {"a": True, "c": False}}, {"clients": {"c": True}}),
        ("expect_count", {"count": 2}, {"count": 1}),
        ("expect_allocation", {"client": "a", "agents": {"n": {"cpus": 4}}}, {"client": "a", "agents": {}}),
        ("expect_quantities", {"quantities": {"cpus": 4}}, {"quantities": {}}),
        ("expect_quantities", {"client": "b", "quantities": {}}, {"client": "b", "quantities": {"cpus": 4}}),
        ("expect_shares", {"shares": {"a": 0.4}}, {"shares": {"a": 0.5}}),
    ],
)
def test_an_expectation_of_the_sorter_tells_right_from_wrong(op: str, right: Any, wrong: Any) -> None:
    assert outcome("sorter", steps=[*SORTED, {"op": op, **right}]) is None
    mismatch = outcome("sorter", steps=[*SORTED, {"op": op, **wrong}])

    assert mismatch is not None
    assert mismatch.where.startswith(f"steps[4] {op} ")


def test_a_step_that_the_sorter_cannot_do_is_a_mismatch() -> None:
    mismatch = outcome("sorter", steps=[*SORTED, {"op": "remove", "clients": ["c"]}])

    assert mismatch is not None
    assert mismatch.where == "steps[4] remove"


def test_an_unknown_step_of_the_sorter_is_an_error() -> None:
    with pytest.raises(FormatError, match=r"steps\[0\]\.op: expected one of"):
        outcome("sorter", steps=[{"op": "shuffle"}])
