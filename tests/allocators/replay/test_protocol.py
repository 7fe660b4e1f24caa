"""The protocol by lines: what is answered, and that no line ends the session."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.replay.protocol import LINE_BYTES_MAX, Session
from allocators.replay.steps import STEPS

ONE: Final = {"cpus": 1, "mem": 64}


def tell(session: Session, **step: Any) -> Any:
    return json.loads(session.answer(json.dumps(step).encode()))


def started() -> Session:
    session = Session(HierarchicalAllocator, check=True)
    assert tell(session, op="start", config={}, seed=1) == {}
    return session


def test_steps_are_answered_by_the_offers_that_they_cause() -> None:
    session = started()

    first = tell(session, op="add_framework", id="f1", roles=["r"])
    second = tell(session, op="add_agent", id="n1", resources=ONE)

    assert first == {}
    assert second == {"offers": [["f1", "r", "n1", ONE]]}


def test_inverse_offers_and_failed_operations_are_told() -> None:
    session = started()
    tell(session, op="add_framework", id="f1", roles=["r"])
    tell(session, op="add_agent", id="n1", resources=ONE)

    schedule = tell(session, op="update_unavailability", agent="n1", start=60)
    reserved = [{"cpus": 1, "@role": "r"}]
    operation = tell(session, op="update_available", agent="n1", conversions=[{"from": {"cpus": 1}, "to": reserved}])

    assert schedule == {"inverse_offers": [["f1", "n1"]]}
    assert operation == {"failed": True}


def test_state_is_told_by_name() -> None:
    session = started()
    tell(session, op="add_framework", id="f1", roles=["r"])

    answer = tell(session, op="query", want={"role_order": [], "shares": {"r": 0, "s": 0}, "colour": "red"})

    assert answer == {"state": {"role_order": ["r"], "shares": {"r": 0.0}}}


def test_a_new_start_forgets_what_was_before() -> None:
    session = started()
    tell(session, op="add_agent", id="n1", resources=ONE)
    tell(session, op="start", config={}, seed=2)

    assert tell(session, op="query", want={"cluster_total": {}}) == {"state": {"cluster_total": {}}}


def test_nothing_can_be_done_before_the_start() -> None:
    assert tell(Session(HierarchicalAllocator), op="pause") == {"error": "op: expected start first"}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"x",
        b"[]",
        b"{}",
        b"\xff",
        b'{"op": 1}',
        b'{"op": "expect"}',
        b"[" * 100_000,
        b" " * LINE_BYTES_MAX + b"{}",
    ],
)
def test_a_line_that_cannot_be_understood_is_an_error_and_changes_nothing(line: bytes) -> None:
    session = started()
    tell(session, op="add_agent", id="n1", resources=ONE)

    answer = json.loads(session.answer(line))

    assert list(answer) == ["error"]
    assert tell(session, op="query", want={"cluster_total": {}}) == {"state": {"cluster_total": ONE}}


class Broken(HierarchicalAllocator):
    """Fails where no step is to blame."""

    def pause(self) -> None:
        raise AssertionError("the books are wrong")


def test_a_defect_ends_the_scenario_and_not_the_session() -> None:
    session = Session(Broken)
    tell(session, op="start")

    defect = tell(session, op="pause")
    after = tell(session, op="resume")
    again = tell(session, op="start")

    assert defect == {"error": "defect, the scenario is over: AssertionError: the books are wrong"}
    assert after == {"error": "op: expected start first"}
    assert again == {}


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_any_bytes_are_answered_by_one_line_each(lines: list[bytes]) -> None:
    session = started()

    for line in lines:
        answer = session.answer(line)
        assert answer.endswith(b"\n")
        assert isinstance(json.loads(answer), dict)


VOLUME: Final = {"disk": 5, "@role": "r", "@disk": {"persistence": "v"}, "@shared": True}

# Values that steps consist of, and others: what is wrong is more often nearly right than random.
IDS: Final = st.sampled_from(("f1", "f2", "n1", "n2", "r", "r/s", "*", "all", ""))
AMOUNTS: Final = st.dictionaries(
    st.sampled_from(("cpus", "mem", "disk", "@role")), st.integers(-1, 4) | IDS, max_size=2
)
SMALL: Final = st.none() | st.booleans() | st.integers(-2, 5) | st.floats(0, 4) | IDS | AMOUNTS
VALUES: Final = st.recursive(
    SMALL, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(IDS, inner, max_size=3), max_leaves=5
)
KEYS: Final = (
    *("id", "roles", "resources", "used", "framework", "agent", "role", "filter_seconds", "allocated", "seconds"),
    *("guarantees", "limits", "weights", "conversions", "start", "hosts", "constraints", "min_allocatable", "status"),
    *("suppressed_roles", "capabilities", "attributes", "domain", "unavailability", "expected_agents", "quotas"),
)
LIKELY: Final[dict[str, st.SearchStrategy[Any]]] = {
    "framework": st.just("f1"),
    "agent": st.just("n1"),
    "role": st.sampled_from(("r", "r", "s")),
    "roles": st.sampled_from((["r"], ["r", "s"], [])),
    "resources": st.sampled_from(("all", ONE, {"cpus": 2}, {"cpus": 1, "@role": "r"}, [ONE, VOLUME])),
    "guarantees": st.just({"cpus": 1}),
    "limits": st.sampled_from(({}, {"cpus": 1})),
    "seconds": st.integers(0, 3),
    "hosts": st.sampled_from((None, ["n1"], [])),
    "weights": st.just({"r": 2}),
    "start": st.sampled_from((None, 5)),
    "capabilities": st.sampled_from((["MULTI_ROLE", "SHARED_RESOURCES"], ["MULTI_ROLE"], [])),
    "conversions": st.sampled_from(
        (
            [{"from": {"cpus": 1}, "to": [{"cpus": 1, "@role": "r"}]}],
            [{"from": {}, "to": VOLUME}],
            [{"from": VOLUME, "to": {"disk": 5, "@role": "r"}}],
        )
    ),
}


@st.composite
def steps(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {"op": draw(st.sampled_from(sorted(STEPS)))}
    is_about_framework = "framework" in made["op"]
    made["id"] = "f1" if is_about_framework else "n1"
    if draw(st.booleans()):
        made["used"] = {"n1" if is_about_framework else "f1": {"r": {"cpus": 1}}}
    for key, likely in LIKELY.items():
        if draw(st.integers(0, 19)):
            made[key] = draw(likely)
    if not draw(st.integers(0, 3)):
        made[draw(st.sampled_from(KEYS))] = draw(VALUES)
    if made["op"] == "atomic":
        made["steps"] = draw(st.lists(steps(), max_size=3))
    return made


@given(st.lists(steps(), max_size=25))
def test_no_step_that_can_be_written_down_is_a_defect(history: list[dict[str, Any]]) -> None:
    session = started()
    tell(session, op="add_agent", id="n1", resources=[{"cpus": 3, "mem": 64}, VOLUME])
    tell(session, op="add_framework", id="f1", roles=["r"], capabilities=["MULTI_ROLE", "SHARED_RESOURCES"])

    for step in history:
        answer = tell(session, **step)
        assert not str(answer.get("error", "")).startswith("defect"), f"{step}: {answer}"
    assert tell(session, op="start") == {}
