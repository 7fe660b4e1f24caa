"""Regular expressions of constraints: what RE2 takes within its limits, and that no text stalls it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocators.allocator import AllocatorSettings
from allocators.hierarchical import expressions as module
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.hierarchical.expressions import Expression, ExpressionLimits
from mesos_py.protocol.ids import FrameworkId
from mesos_py.protocol.offer_constraints import (
    AttributeConstraint,
    ConstraintGroup,
    OfferConstraints,
    Predicate,
    RoleConstraints,
)
from tests.support.allocator_builders import add_framework

# The longest list of addresses that Mesos' own documentation wants to be taken with the default limits.
ADDRESSES = "192.168.(1[0-9]|3[4-7]|[1-9]|4[2-9]|[1-4][0-9]|5[3-8]|20[4-7]|53[0-5]).1"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("rack-[0-9]+", "rack-17"),
        ("(?:a|b){2,3}", "aba"),
        ("(?i)rack", "RACK"),
        ("(?P<name>a)b??", "a"),
        ("[](+*]{2}", "]("),
        ("[[:alpha:]]+", "rack"),
        (r"\d{4}", "2024"),
        ("é+", "éé"),
        ("x{1,40}", "xxx"),
        ("a{b", "a{b"),
        ("a|ab", "ab"),
        ("", ""),
        (ADDRESSES, "192.168.207.1"),
    ],
)
def test_what_re2_takes_matches_in_full(expression: str, text: str) -> None:
    compiled = Expression(expression)

    assert compiled.matches(text)
    assert not compiled.matches(f"{text}\n")


@pytest.mark.parametrize(
    "expression",
    [
        *("(", "[a", "a**", "*"),
        *("(?=a)", "(?!a)", "(?<=a)b", "(?>a)", "(?#a)", "(a)(?(1)b|c)", "(?P<n>a)(?P=n)"),
        *(r"(a)\1", r"a\Z", r"\u0041", r"\N{DIGIT ONE}", "(?x)a", "(?a:b)", "a++", "a{1001}"),
        *("x{1,100}", "(" * 1_500, "a" * 5_000, "\ud800"),
    ],
)
def test_what_re2_refuses_or_costs_too_much_is_a_value_error(expression: str) -> None:
    with pytest.raises(ValueError, match="constraint: "):
        Expression(expression)


def test_limits_are_those_of_the_operator() -> None:
    with pytest.raises(ValueError, match="at most 10 instructions, not 11"):
        Expression("rack-[0-9]+", ExpressionLimits(max_program_size=10))
    with pytest.raises(ValueError, match="pattern too large"):
        Expression(ADDRESSES, ExpressionLimits(max_mem=1_000))

    assert Expression("x{200}", ExpressionLimits(max_mem=1 << 20, max_program_size=1_000)).matches("x" * 200)


def test_an_allocator_refuses_what_its_settings_do_not_allow() -> None:
    allocator = HierarchicalAllocator(AllocatorSettings(offer_constraints_re2_max_program_size=10))
    add_framework(allocator, "f1", "r")
    matches = AttributeConstraint(predicate=Predicate.TEXT_MATCHES, attribute="rack", value="rack-[0-9]+")
    constraints = OfferConstraints(
        roles=(RoleConstraints(role="r", groups=(ConstraintGroup(constraints=(matches,)),)),)
    )

    with pytest.raises(ValueError, match="at most 10 instructions"):
        allocator.update_offer_constraints(FrameworkId("f1"), constraints)


@pytest.mark.timeout(20)  # Backtracking would take longer than the universe.
def test_no_text_takes_longer_than_its_length_is_worth() -> None:
    assert not Expression("(a|a)*b").matches("a" * 10_000)
    assert Expression("(a*)*(b|c)").matches("a" * 10_000 + "c")


def test_verdicts_are_remembered_within_bounds_and_stay_the_same() -> None:
    expression = Expression("rack-[0-9]*[02468]")
    texts = [f"rack-{number}" for number in range(2 * module.VERDICTS_MAX)]

    first = [expression.matches(text) for text in texts]

    assert first == [not number % 2 for number in range(2 * module.VERDICTS_MAX)]
    assert [expression.matches(text) for text in texts] == first


@given(st.text(alphabet="ab(?:=!<>P)[]{}*+,12\\|^$-", max_size=12), st.text(max_size=5))
def test_any_text_is_an_expression_or_a_value_error(expression: str, text: str) -> None:
    with suppress(ValueError):
        Expression(expression).matches(text)
