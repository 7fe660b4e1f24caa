"""Durations: every unit, exact, bounded, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.errors import MalformedMessage
from libprocess_py.message import decode
from mesos_py.protocol.durations import DURATION_NS_MAX, format_duration, parse_duration
from mesos_py.protocol.offer import Filters


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("0ns", 0),
        ("7ns", 7),
        ("1.5us", 1_500),
        ("100ms", 100_000_000),
        (" 15secs ", 15_000_000_000),
        ("1.5mins", 90_000_000_000),
        ("2hrs", 7_200_000_000_000),
        ("1days", 86_400_000_000_000),
        ("1weeks", 604_800_000_000_000),
    ],
)
def test_a_duration_is_read_exactly(text: str, ns: int) -> None:
    assert parse_duration(text) == ns


@pytest.mark.parametrize("text", ["", "15", "secs", "1.secs", ".5secs", "1sec", "1e3secs", "1,5secs", "١secs", "1SECS"])
def test_what_is_no_duration_is_refused_with_the_units(text: str) -> None:
    with pytest.raises(ValueError, match="ns, us, ms, secs, mins, hrs, days, weeks"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["99999weeks", "-1secs"])
def test_a_duration_that_the_wire_cannot_carry_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected at least 0 and at most"):
        parse_duration(text)


@given(st.integers(0, DURATION_NS_MAX))
def test_a_duration_survives_its_text(ns: int) -> None:
    # Longer texts than eighteen digits are refused, which only bare nanoseconds beyond 31 years ever need.
    whole = ns - ns % 1_000

    assert parse_duration(format_duration(whole)) == whole


@pytest.mark.parametrize("ns", [DURATION_NS_MAX + 1, -(2**63), 10**400])
def test_a_time_in_a_message_fits_an_int64(ns: int) -> None:
    with pytest.raises(MalformedMessage, match="refuse_ns"):
        decode(Filters, f'{{"refuse_ns": {ns}}}'.encode())
