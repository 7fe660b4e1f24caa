"""Files of cases: their envelope."""

from __future__ import annotations

from typing import Any

import pytest

from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.replay.cases import Case, parse, play_seeds, read_cases
from allocators.replay.reading import Fields, FormatError


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ([], "document: expected an object"),
        ({}, "format: expected, but absent"),
        ({"format": 2}, "format: expected 1, got 2"),
        ({"format": 1, "kind": "songs"}, "kind: expected one of allocator, sorter"),
        ({"format": 1, "kind": "roles"}, "rows: expected, but absent"),
        ({"format": 1, "kind": "allocator", "rows": []}, "scenarios: expected, but absent"),
        ({"format": 1, "kind": "roles", "rows": [{}]}, "rows[0].id: expected, but absent"),
        ({"format": 1, "kind": "roles", "rows": [{"id": "a"}, {"id": "a"}]}, "rows[1].id: expected another"),
    ],
)
def test_a_wrong_envelope_is_an_error_that_names_the_key(document: Any, complaint: str) -> None:
    with pytest.raises(FormatError) as raised:
        read_cases(document)

    assert str(raised.value).startswith(complaint)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000])
def test_what_is_no_json_is_an_error(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse(data)


def test_workloads_have_nothing_to_check() -> None:
    assert read_cases({"format": 1, "kind": "workloads", "workloads": [{"id": "w"}]}) == []


def test_a_case_that_holds_for_one_order_of_agents_only_is_found_with_enough_seeds() -> None:
    add = [{"op": "add_agent", "id": name, "resources": {"cpus": cpus}} for name, cpus in (("n1", 1), ("n2", 2))]
    roles = [{"op": "add_framework", "id": name, "roles": [name]} for name in ("f1", "f2")]
    expect = {"op": "expect", "offers": {"f1": {"f1": {"n1": {"cpus": 1}}}, "f2": {"f2": {"n2": {"cpus": 2}}}}}
    case = Case("c", "allocator", Fields({"steps": [{"op": "atomic", "steps": [*add, *roles]}, expect]}, ""))

    outcomes = [case.play(seed, HierarchicalAllocator) for seed in range(20)]
    first = play_seeds(case, 20, make=HierarchicalAllocator)

    assert any(outcome is None for outcome in outcomes)
    assert first is not None
    assert first[0] == next(seed for seed, outcome in enumerate(outcomes) if outcome is not None)
