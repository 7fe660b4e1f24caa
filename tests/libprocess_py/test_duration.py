"""Durations in Mesos' notation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.duration import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("0ns", 0),
        ("15secs", 15_000_000_000),
        ("1.5secs", 1_500_000_000),
        ("500ms", 500_000_000),
        ("10mins", 600_000_000_000),
        ("3weeks", 3 * 7 * 86_400 * 1_000_000_000),
        ("0.1us", 100),
        ("-2hrs", -7_200_000_000_000),
    ],
)
def test_a_duration_is_read_exactly(text: str, ns: int) -> None:
    assert parse_duration(text) == ns


@pytest.mark.parametrize(
    "text", ["", "5", "secs", "5 secs", "1.secs", ".5secs", "5parsecs", "5SECS", "1e3secs", "٥secs"]
)
def test_a_text_that_is_no_duration_is_refused_with_the_units(text: str) -> None:
    with pytest.raises(ValueError, match="one of ns, us"):
        parse_duration(text)


@given(st.integers(-(10**17), 10**17))
def test_a_written_duration_reads_as_the_same(ns: int) -> None:
    assert parse_duration(format_duration(ns)) == ns
