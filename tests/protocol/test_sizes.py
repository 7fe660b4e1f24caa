"""Sizes in bytes: every unit, exact, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesos_py.protocol.sizes import SIZE_BYTES_MAX, format_size, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [("0B", 0), ("7B", 7), ("1KB", 1024), ("1.5KB", 1536), ("2MB", 2 << 20), ("2GB", 2 << 30), (" 3 TB ", 3 << 40)],
)
def test_a_size_is_read_exactly(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected a number and one of B, KB, MB, GB, TB"),
        ("12", "expected a number and one of"),
        ("-1B", "expected a number and one of"),
        ("1kb", "expected a number and one of"),
        ("1PB", "expected a number and one of"),
        ("1.5B", "expected a whole number of bytes"),
        ("99999999999999999999TB", "expected at most"),
    ],
)
def test_what_is_no_size_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_size(text)


@given(st.integers(0, SIZE_BYTES_MAX))
def test_a_size_survives_its_text(size: int) -> None:
    assert parse_size(format_size(size)) == size


@pytest.mark.parametrize("text", ["0B", "512MB", "1GB", "1537B", "3TB"])
def test_a_size_is_written_in_the_largest_unit_that_divides_it(text: str) -> None:
    assert format_size(parse_size(text)) == text
