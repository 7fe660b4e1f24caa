"""What frameworks and tasks may carry at most, beside what the tests of the rules refuse."""

from __future__ import annotations

import pytest

from master.validation.framework import framework_problem
from master.validation.labels import labels_problem
from mesos_py.protocol.framework import Capability, RoleOfferFilters
from tests.master.builders import a_framework_info


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"labels": (("k", "v" * 70_000),)}, "framework.labels must not have more than 65536 characters"),
        ({"offer_filters": (RoleOfferFilters(role="*"),) * 2_000}, "framework.offer_filters"),
        ({"roles": ("a", "a")}, "must not name a role twice"),
        ({"roles": ("/".join("a" * 100),)}, "at most 64 components"),
    ],
)
def test_what_a_framework_says_of_itself_is_bounded(changes: dict[str, object], problem: str) -> None:
    assert problem in (framework_problem(a_framework_info(**changes), ()) or "")


def test_capabilities_are_bounded() -> None:
    info = a_framework_info(*[Capability.MULTI_ROLE] * 200)

    assert "framework.capabilities" in (framework_problem(info, ()) or "")


def test_several_roles_need_the_capability_and_suppressed_ones_are_among_them() -> None:
    info = a_framework_info(Capability.MULTI_ROLE, roles=("a", "b"))

    assert framework_problem(info, ("b",)) is None
    assert "'c' is not among" in (framework_problem(info, ("c",)) or "")


def test_a_wrong_text_is_not_repeated_at_length() -> None:
    problem = framework_problem(a_framework_info(), ("x" * 1_000_000,))

    assert problem is not None
    assert len(problem) < 300


@pytest.mark.parametrize(("labels", "is_fine"), [(1_000, True), (1_001, False)])
def test_labels_are_counted(labels: int, *, is_fine: bool) -> None:
    assert (labels_problem((("k", "v"),) * labels) is None) == is_fine
