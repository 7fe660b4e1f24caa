"""Constraints beyond the cases: what is malformed."""

from __future__ import annotations

import pytest

from allocators.hierarchical.constraints import problem_of
from mesos_py.protocol.offer_constraints import (
    AttributeConstraint,
    ConstraintGroup,
    OfferConstraints,
    Predicate,
    RoleConstraints,
)


def constraints(*groups: ConstraintGroup) -> OfferConstraints:
    return OfferConstraints(roles=(RoleConstraints(role="r", groups=groups),))


def matching(pattern: str, attribute: str = "rack") -> ConstraintGroup:
    matches = AttributeConstraint(predicate=Predicate.TEXT_MATCHES, attribute=attribute, value=pattern)
    return ConstraintGroup(constraints=(matches,))


@pytest.mark.parametrize(
    ("malformed", "problem"),
    [
        (constraints(), "expected at least one group"),
        (constraints(ConstraintGroup(constraints=())), "expected no empty group"),
        (constraints(matching("[a")), "is no regular expression"),
        (constraints(matching("x{200}")), "at most 100 instructions"),
        (constraints(matching("a", attribute="")), "expected the name of an attribute"),
        (OfferConstraints(roles=constraints(matching("a")).roles * 2), "given twice"),
    ],
)
def test_a_problem_says_what_was_expected(malformed: OfferConstraints, problem: str) -> None:
    assert problem in (problem_of(malformed) or "")


def test_well_formed_constraints_have_no_problem() -> None:
    assert problem_of(constraints(matching("a+"), matching("b"))) is None
