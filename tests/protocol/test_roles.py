"""Names of roles, character by character, and their hierarchy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesos_py.protocol.roles import ROLE_DEPTH_MAX, ROLE_LENGTH_MAX, ancestors, is_descendant, validate_role

paths = st.lists(st.sampled_from(("a", "b", "ab")), min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize("role", ["a" * ROLE_LENGTH_MAX, "/".join("a" * ROLE_DEPTH_MAX)], ids=["long", "deep"])
def test_a_role_may_be_as_long_and_as_deep_as_the_limits(role: str) -> None:
    assert validate_role(role) is None


@pytest.mark.parametrize("role", ["*", "foo", "foo/bar", "foo_1.2-3", "a-", "..a", "a*", "été", "a/b/c/d", "..."])
def test_a_valid_role_has_no_problem(role: str) -> None:
    assert validate_role(role) is None


@pytest.mark.parametrize(
    ("role", "problem"),
    [
        ("", "expected a name"),
        ("/", "expected no '/'"),
        ("/a", "expected no '/'"),
        ("a/", "expected no '/'"),
        ("a//b", "expected no '/'"),
        (".", "component '.' is not allowed"),
        ("a/..", "component '..' is not allowed"),
        ("a/*", "component '*' is not allowed"),
        ("-a", "starts with '-'"),
        ("a/-b", "starts with '-'"),
        ("a b", "whitespace"),
        ("a\tb", "whitespace"),
        ("a\x0bb", "whitespace"),
        ("a\x7f", "control"),
        ("a\x00", "control"),
        ("a\x08", "control"),
        ("a\u2003", "whitespace"),
        ("a" * (ROLE_LENGTH_MAX + 1), "at most 1024 characters"),
        ("/".join("a" * (ROLE_DEPTH_MAX + 1)), "at most 64 components"),
    ],
)
def test_an_invalid_role_has_a_problem_that_says_why(role: str, problem: str) -> None:
    assert problem in (validate_role(role) or "")


def test_ancestors_come_nearest_first() -> None:
    assert ancestors("a/b/c") == ("a/b", "a")
    assert ancestors("a") == ancestors("*") == ()


@given(paths, paths)
def test_a_role_is_below_exactly_its_ancestors(role: str, other: str) -> None:
    assert is_descendant(role, other) == (other in ancestors(role))


@given(paths)
def test_a_role_is_not_below_itself_nor_above_its_own_child(role: str) -> None:
    assert not is_descendant(role, role)
    assert not is_descendant(role, f"{role}/child")
    assert is_descendant(f"{role}/child", role)
