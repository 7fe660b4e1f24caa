"""Scalars against decimal arithmetic, ranges and sets against Python's sets."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesos_py.protocol.values import (
    RANGE_END_MAX,
    SCALAR_MILLI_MAX,
    Ranges,
    Set,
    count_milli,
    format_milli,
    format_value,
    from_milli,
    parse_value,
    to_milli,
)
from tests.support.resource_strategies import ranges, sets


def rounded(text: str) -> int:
    return int((Decimal(text) * 1_000).to_integral_value(ROUND_HALF_UP))


@given(st.floats(min_value=-1e11, max_value=1e11))
def test_a_float_is_rounded_as_its_decimal_text_is(number: float) -> None:
    assert to_milli(number) == rounded(repr(number))


@given(st.integers(-(10**9), 10**9), st.integers(0, 9999))
def test_a_number_of_four_decimals_is_rounded_half_away_from_zero(whole: int, part: int) -> None:
    text = f"{whole}.{part:04}"

    assert to_milli(text) == rounded(text)
    assert to_milli(float(text)) == rounded(text)


@pytest.mark.parametrize(
    ("number", "milli"), [(1.5015, 1502), (-1.5015, -1502), (0.0005, 1), (0.00049, 0), (3, 3000), ("1e3", 10**6)]
)
def test_halves_go_away_from_zero(number: float | str, milli: int) -> None:
    assert to_milli(number) == milli


@given(st.integers(-SCALAR_MILLI_MAX, SCALAR_MILLI_MAX))
def test_thousandths_survive_doubles_and_text(milli: int) -> None:
    assert to_milli(from_milli(milli)) == milli
    assert to_milli(format_milli(milli)) == milli


@pytest.mark.parametrize(
    "number",
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        1e13,
        "1e999999999",
        "",
        " ",
        "1_000",
        "NaN",
        "١",
        "0x10",
        "1..2",
        True,
    ],
)
def test_what_is_not_a_bounded_number_is_refused(number: float | str) -> None:
    with pytest.raises(ValueError, match="expected a"):
        to_milli(number)


@given(ranges(), ranges())
def test_ranges_behave_as_sets_of_numbers(a: Ranges, b: Ranges) -> None:
    left, right = set(a), set(b)

    assert set(a + b) == left | right
    assert set(a - b) == left - right
    assert set(a & b) == left & right
    assert (a <= b) == (left <= right)
    assert (a == b) == (left == right)
    assert a.count == len(left)


@given(ranges(), st.integers(-2, 30))
def test_the_first_numbers_of_ranges_are_the_smallest(a: Ranges, count: int) -> None:
    assert list(a.first(count)) == sorted(a)[: max(count, 0)]


@given(ranges(), ranges())
def test_ranges_are_sorted_disjoint_and_do_not_touch(a: Ranges, b: Ranges) -> None:
    for result in (a, a + b, a - b, a & b):
        assert result == Ranges(result.pairs)
        assert all(one[1] + 1 < two[0] for one, two in zip(result.pairs, result.pairs[1:], strict=False))


@given(ranges(), st.integers(-1, 30))
def test_a_number_is_in_ranges_if_it_is_one_of_them(a: Ranges, number: int) -> None:
    assert (number in a) == (number in set(a))


@pytest.mark.parametrize("pair", [(5, 4), (-1, 3), (0, RANGE_END_MAX + 1)])
def test_a_range_that_cannot_be_is_refused(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="expected 0 <= begin <= end"):
        Ranges([pair])


@given(sets(), sets())
def test_sets_behave_as_sets_of_texts(a: Set, b: Set) -> None:
    left, right = set(a), set(b)

    assert (a + b).items == tuple(sorted(left | right))
    assert (a - b).items == tuple(sorted(left - right))
    assert (a & b).items == tuple(sorted(left & right))
    assert (a <= b) == (left <= right)
    assert (a == b) == (left == right)
    assert a.count == len(left)
    assert a.first(2).items == a.items[:2]
    assert all((item in a) == (item in left) for item in "abcdefg")


def test_an_item_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="'a': given twice"):
        Set(["a", "b", "a"])


@given(st.one_of(st.integers(0, 10**9), ranges(), sets()))
def test_a_value_survives_its_text(value: int | Ranges | Set) -> None:
    assert parse_value(format_value(value)) == value


@given(ranges(), sets())
def test_hashes_agree_with_equality(a: Ranges, b: Set) -> None:
    assert hash(a) == hash(Ranges(a.pairs))
    assert hash(b) == hash(Set(b.items))
    assert bool(a) == bool(a.pairs)
    assert bool(b) == bool(b.items)
    assert repr(a).startswith("Ranges(")
    assert repr(b).startswith("Set(")


def test_ports_and_items_count_one_each() -> None:
    assert count_milli(Ranges([(1, 3), (7, 7)])) == 4_000
    assert count_milli(Set(["a", "b"])) == 2_000
    assert count_milli(1_500) == 1_500


def test_a_single_number_is_a_range_of_one() -> None:
    assert parse_value("[7, 9-10]") == Ranges([(7, 7), (9, 10)])


@pytest.mark.parametrize("text", ["[1-2", "[1-x]", "[1-2,,3-4]", "[2-1]", "[-1-2]", "{a", "{a,a}", "{a,,b}", "1..5"])
def test_a_malformed_value_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_value(text)


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        value = parse_value(text)
    except ValueError:
        return
    assert isinstance(value, str | int | Ranges | Set)


def test_a_long_wrong_value_is_not_repeated_in_full() -> None:
    with pytest.raises(ValueError, match="expected a number") as caught:
        to_milli("x" * 100_000)

    assert len(str(caught.value)) < 200
