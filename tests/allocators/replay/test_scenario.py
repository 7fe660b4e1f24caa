"""Allocator scenarios: each expectation finds what is not so, and each complaint says where."""

from __future__ import annotations

from typing import Any, Final

import pytest

from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.replay.reading import Fields, FormatError
from allocators.replay.scenario import play
from allocators.replay.verdict import Mismatch

Step = dict[str, Any]
ONE: Final = {"cpus": 1, "mem": 64}
BEGIN: Final[list[Step]] = [
    {"op": "add_framework", "id": "f1", "roles": ["r"]},
    {"op": "add_agent", "id": "n1", "resources": ONE},
]
OFFERED: Final = {"f1": {"r": {"n1": ONE}}}


def outcome(*steps: Step, **case: Any) -> Mismatch | None:
    return play(Fields({"id": "c", "steps": list(steps), **case}, ""), 0, make=HierarchicalAllocator)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ({"offers": OFFERED}, {"offers": {"f1": {"r": {"n1": {"cpus": 1}}}}}),
        ({"offers": OFFERED}, {"offers": {}}),
        ({"offers": OFFERED}, {"none": True}),
        ({"offers": {}, "partial": True}, {"offers": {"f2": {"r": {"n1": ONE}}}, "partial": True}),
        ({"one_of": [{}, OFFERED]}, {"one_of": [{}]}),
        ({"totals": {"f1": {"r": {"agents": 1}}}}, {"totals": {"f1": {"r": {"agents": 2}}}}),
        ({"totals": {"f1": {"r": {"quantities": ONE}}}}, {"totals": {"f1": {"r": {"quantities": {"cpus": 1}}}}}),
        ({"totals": {"f1": {"r": {}}}}, {"totals": {"f1": {"s": {}}}}),
        ({"sum": ONE}, {"sum": {"cpus": 1}}),
        ({"count": 1}, {"count": 0}),
        ({"inverse": {}}, {"inverse": {"f1": ["n1"]}}),
    ],
)
def test_an_expectation_tells_right_from_wrong(right: Step, wrong: Step) -> None:
    assert outcome(*BEGIN, {"op": "expect", **right}) is None
    mismatch = outcome(*BEGIN, {"op": "expect", **wrong})

    assert mismatch is not None
    assert mismatch.where.startswith("steps[2] expect ")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ({"shares": {"r": 1}}, {"shares": {"r": 0.9}}),
        ({"shares": {}}, {"shares": {"s": 0}}),
        ({"absent_roles": ["s"]}, {"absent_roles": ["r"]}),
        ({"known_roles": ["r"]}, {"known_roles": []}),
        ({"role_order": ["r"]}, {"role_order": []}),
        ({"framework_order": {"r": ["f1"], "s": []}}, {"framework_order": {"r": []}}),
        ({"filters_active": {"r": 0}}, {"filters_active": {"r": 1}}),
        ({"cluster_total": ONE}, {"cluster_total": {}}),
        ({"cluster_offered_or_allocated": ONE}, {"cluster_offered_or_allocated": {}}),
        ({"quota_consumed": {"r": {}}}, {"quota_consumed": {"r": ONE}}),
        ({"allocation_runs": 2}, {"allocation_runs": 1}),
        ({"inverse_statuses": {"n1": {}}}, {"inverse_statuses": {"n1": {"f1": "ACCEPT"}}}),
    ],
)
def test_a_question_about_state_tells_right_from_wrong(right: Step, wrong: Step) -> None:
    assert outcome(*BEGIN, {"op": "expect_state", **right}, lenient_end=True) is None
    assert outcome(*BEGIN, {"op": "expect_state", **wrong}, lenient_end=True) is not None


def test_offers_that_nobody_expected_are_left_over_unless_the_case_is_lenient() -> None:
    assert outcome(*BEGIN) == Mismatch("end", "no offers left over", '{"f1": {"r": {"n1": {"cpus": 1, "mem": 64}}}}')
    assert outcome(*BEGIN, lenient_end=True) is None


def test_an_expectation_forgets_what_it_saw() -> None:
    assert outcome(*BEGIN, {"op": "expect", "offers": OFFERED}, {"op": "expect", "none": True}) is None


def test_what_is_offered_to_one_cell_in_several_runs_is_added_up() -> None:
    more = {"op": "update_agent", "id": "n1", "resources": {"cpus": 3, "mem": 64}}

    assert outcome(*BEGIN, more, {"op": "expect", "offers": {"f1": {"r": {"n1": {"cpus": 3, "mem": 64}}}}}) is None


@pytest.mark.parametrize(("fails", "is_right"), [(False, True), (True, False)])
def test_an_operation_on_free_resources_must_fail_if_and_only_if_the_case_says_so(fails: bool, is_right: bool) -> None:
    reserved = {"cpus": 1, "@reservations": [{"role": "r"}]}
    operation = {"op": "update_available", "agent": "n1", "conversions": [{"from": {"cpus": 1}, "to": reserved}]}

    assert (outcome(BEGIN[1], {**operation, "fails": fails}) is None) == is_right


def test_time_passes_in_atomic_without_a_run() -> None:
    steps = [*BEGIN, {"op": "advance_clock", "seconds": 3}]

    assert (
        outcome({"op": "atomic", "steps": steps}, {"op": "expect_state", "allocation_runs": 1}, lenient_end=True)
        is None
    )


RECOVER: Final = {"op": "recover", "framework": "f1", "agent": "n1"}


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        ({"op": "fly"}, "steps[2].op: expected one of"),
        ({}, "steps[2].op: expected, but absent"),
        ({"op": "add_agent", "id": "n1", "resources": {}}, "steps[2].id: expected a new agent"),
        ({"op": "add_agent", "id": "n2"}, "steps[2].resources: expected, but absent"),
        ({"op": "add_agent", "id": "n2", "resources": {"cpus": -1}}, "steps[2].resources: resource 'cpus'"),
        ({"op": "add_agent", "id": "n2", "resources": {}, "used": {"f": {"r": 1}}}, "steps[2].used.f: resources"),
        ({"op": "update_agent", "id": "n2"}, "steps[2].id: expected an agent that is there"),
        ({"op": "add_framework", "id": "f1", "roles": ["r"]}, "steps[2].id: expected a new framework"),
        ({"op": "add_framework", "id": "f2"}, "steps[2].roles: expected, but absent"),
        ({"op": "add_framework", "id": "f2", "roles": ["a b"]}, "steps[2].roles[0]: role"),
        ({"op": "add_framework", "id": "f2", "roles": ["r"], "constraints": {"r": []}}, "steps[2].constraints: "),
        ({"op": "remove_framework", "id": "f2"}, "steps[2].id: expected a framework that is there"),
        ({"op": "update_quota", "role": "a/b", "guarantees": {}, "limits": {}}, "steps[2].role: expected a top-level"),
        ({"op": "update_quota", "role": "a", "guarantees": {"cpus": "x"}}, "steps[2].guarantees: quantity cpus"),
        ({"op": "update_weights", "weights": {"a": 0}}, "steps[2].weights.a: expected a positive number"),
        ({"op": "advance_clock", "seconds": -1}, "steps[2].seconds: expected no negative"),
        ({"op": "advance_clock", "seconds": 1e11}, "steps[2].seconds: expected at most"),
        ({"op": "recover_state", "expected_agents": 1, "quotas": {}}, "steps[2].op: expected before any agent"),
        ({**RECOVER, "resources": {"cpus": 2}}, "steps[2].resources: expected a part of what is held"),
        ({**RECOVER, "resources": "all", "filter_seconds": "x"}, "steps[2].filter_seconds: expected a number"),
        ({**RECOVER, "op": "accept", "resources": {"cpus": 2}}, "steps[2].resources: expected a part of what is off"),
        ({**RECOVER, "op": "accept", "agent": "n2", "resources": "all"}, "steps[2].agent: expected an open offer"),
        ({"op": "atomic", "steps": [{"op": "fly"}]}, "steps[2].steps[0].op: expected one of"),
        ({"op": "expect", "offers": {"f1": []}}, "steps[2].offers.f1: expected an object"),
        ({"op": "answer_inverse_offer", "framework": "f", "agent": "n", "status": "MAYBE"}, "steps[2].status: "),
    ],
)
def test_a_step_that_cannot_be_is_an_error_that_names_the_key(step: Step, complaint: str) -> None:
    with pytest.raises(FormatError) as raised:
        outcome(*BEGIN, step)

    assert str(raised.value).startswith(complaint)


def test_a_role_that_is_left_out_must_be_the_only_one() -> None:
    two = {"op": "add_framework", "id": "f1", "roles": ["a", "b"]}
    more = {"op": "update_agent", "id": "n1", "resources": {"cpus": 2, "mem": 64}}
    settings = {"op": "suppress", "framework": "f1", "roles": ["a"]}

    with pytest.raises(FormatError, match=r"role: expected one of a, b"):
        outcome(two, BEGIN[1], settings, more, {**RECOVER, "resources": "all"})


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"allocation_interval": 0}, "config.allocation_interval"),
        ({"min_allocatable": {"cpus": 1}}, "config.min_allocatable"),
        ({"fair_sharing_excluded": "gpus"}, "config.fair_sharing_excluded"),
        ({"filter_gpu": "no"}, "config.filter_gpu"),
        ({"domain": {"region": 1}}, "config.domain.region"),
    ],
)
def test_a_wrong_configuration_is_an_error_that_names_the_key(config: Step, key: str) -> None:
    with pytest.raises(FormatError) as raised:
        outcome(config=config)

    assert str(raised.value).startswith(f"{key}: expected")
