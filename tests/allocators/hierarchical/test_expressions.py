"""Regular expressions of constraints: what RE2 takes and both mean alike is taken, what it refuses is refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocators.hierarchical.expressions import REPEAT_MAX, compile_expression
from mesos_py.protocol.offer_constraints import REGEX_BYTES_MAX


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("rack-[0-9]+", "rack-17"),
        ("(?:a|b){2,3}", "aba"),
        ("(?i)rack", "RACK"),
        ("(?P<name>a)b??", "a"),
        ("[](+*]{2}", "]("),
        ("[(?=]+", "(?="),
        (r"\(\?=\)", "(?=)"),
        (r"\\1", "\\1"),
        (r"a\+\+", "a++"),
        (r"\d{4}", "2024"),
        ("x{1,1000}", "xxx"),
        ("a{b", "a{b"),
        ("", ""),
    ],
)
def test_what_re2_takes_matches_in_full(expression: str, text: str) -> None:
    assert compile_expression(expression).fullmatch(text)


@pytest.mark.parametrize(
    "expression",
    [
        *("(", "[a", "a**", "*"),
        *("(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b", "(?>a)", "(?#a)", "(a)(?(1)b|c)", "(?P<n>a)(?P=n)"),
        *(r"(a)\1", r"a\Z", r"\u0041", r"\N{DIGIT ONE}", "(?x)a", "(?a:b)"),
        *("a++", "a*+", "a?+", "a{2}+"),
        *(f"a{{{REPEAT_MAX + 1}}}", f"a{{1,{REPEAT_MAX + 1}}}", "a{99999999999999999999}"),
        "[[:alpha:]]",
        "(" * 1_500,
        "a" * (REGEX_BYTES_MAX + 1),
        "é" * REGEX_BYTES_MAX,
    ],
)
def test_what_re2_refuses_or_means_otherwise_is_a_value_error(expression: str) -> None:
    with pytest.raises(ValueError, match="constraint: "):
        compile_expression(expression)


def test_classes_are_ascii() -> None:
    assert not compile_expression(r"\d").fullmatch("٣")  # A digit of another script.


@given(st.text(alphabet="ab(?:=!<>P)[]{}*+,12\\|^$-", max_size=12))
def test_any_text_is_an_expression_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert compile_expression(text).pattern == text
