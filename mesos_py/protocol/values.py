"""The three kinds of value a resource or attribute can have, exact and canonical.

Scalars are integers of thousandths ("milli"): a number is rounded to three decimals where it enters and every sum,
difference and comparison after that is exact. `Ranges` are unions of closed integer intervals, `Set` a set of texts.
All three share one algebra, which `Resources` builds on: `a + b` joins, `a <= b` says that b covers a, `a - b` takes b
away (of ints only where `a <= b` does not hold), and an empty value is false.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import pairwise
from math import isfinite
from reprlib import Repr
from typing import Final, TypeAlias

MILLI: Final = 1_000
SCALAR_MILLI_MAX: Final = 10**15  # Up to here a double still tells neighbouring thousandths apart, so JSON is exact.
RANGE_END_MAX: Final = 2**64 - 1  # Ends of ranges are uint64 on the wire.
SHOWN_MAX: Final = 80  # Characters of a wrong value that an error message repeats: enough to find it.
NEAR_HALF: Final = 0.499  # Farther than this from a whole, float error could decide a rounding: then count in decimal.

_SHOWN: Final = Repr()
_SHOWN.maxstring = _SHOWN.maxother = _SHOWN.maxlong = SHOWN_MAX


def to_milli(number: float | str) -> int:
    """Thousandths of a number or its text: three decimals, halves away from zero.

    A float means its shortest decimal text, so 1.5015 is 1502 although the nearest double lies below it. Raises
    ValueError for what is not a finite number up to SCALAR_MILLI_MAX.
    """
    if isinstance(number, bool):
        raise ValueError(f"expected a number, got {shown(number)}")
    if isinstance(number, int):
        return _bounded(number * MILLI, number)
    if isinstance(number, float):
        if not isfinite(number):
            raise ValueError(f"expected a finite number, got {shown(number)}")
        scaled = number * MILLI
        milli = round(scaled)
        if abs(scaled - milli) < NEAR_HALF:
            return _bounded(milli, number)
        return _bounded(_milli_of_decimal(Decimal(repr(number))), number)
    return _bounded(_milli_of_text(number), number)


def to_amount(number: float | str) -> int:
    """`to_milli` for an amount of something: what is not zero must not become nothing by rounding."""
    milli = to_milli(number)
    if not milli and Decimal(str(number)):
        raise ValueError(f"{shown(number)} rounds to nothing, expected at least 0.001")
    return milli


def shown(value: object) -> str:
    """A value as error messages show it: peers choose its size, so it is cut."""
    return _SHOWN.repr(value)


def _milli_of_text(text: str) -> int:
    stripped = text.strip()
    # Decimal also reads "NaN", "1_000" and digits of other scripts, which no other reader of these texts would accept.
    if not (stripped.isascii() and stripped and not stripped.strip("0123456789.eE+-")):
        raise ValueError(f"expected a number, got {shown(text)}")
    try:
        return _milli_of_decimal(Decimal(stripped))
    except InvalidOperation:
        raise ValueError(f"expected a number, got {shown(text)}") from None


def _milli_of_decimal(number: Decimal) -> int:
    if number.adjusted() > len(str(SCALAR_MILLI_MAX)):
        return SCALAR_MILLI_MAX + 1  # Never expand a huge exponent into digits: it is out of bounds already.
    return int(number.scaleb(3).to_integral_value(ROUND_HALF_UP))


def _bounded(milli: int, number: float | str) -> int:
    if abs(milli) > SCALAR_MILLI_MAX:
        raise ValueError(f"expected a number up to {SCALAR_MILLI_MAX // MILLI}, got {shown(number)}")
    return milli


def from_milli(milli: int) -> float:
    """The number as a double, for JSON and for people's arithmetic."""
    return milli / MILLI


def format_milli(milli: int) -> str:
    """The shortest text that `to_milli` reads back: `4`, `0.5`, `1.234`."""
    whole, part = divmod(abs(milli), MILLI)
    digits = f"{whole}.{part:03}".rstrip("0") if part else str(whole)
    return f"-{digits}" if milli < 0 else digits


class Ranges:
    """A union of closed intervals, kept sorted, disjoint and not touching, so that equal sets are equal values."""

    __slots__ = ("pairs",)

    pairs: tuple[tuple[int, int], ...]

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        """Raises ValueError for an interval that ends before it begins or leaves 0..RANGE_END_MAX."""
        given = sorted(pairs)
        for low, high in given:
            if not 0 <= low <= high <= RANGE_END_MAX:
                raise ValueError(f"range {low}-{high}: expected 0 <= begin <= end <= {RANGE_END_MAX}")
        self.pairs = _coalesced(given)

    def __add__(self, other: Ranges) -> Ranges:
        return _ranges(_coalesced(sorted(self.pairs + other.pairs)))

    def __sub__(self, other: Ranges) -> Ranges:
        return _ranges(_difference(self.pairs, other.pairs))

    def __and__(self, other: Ranges) -> Ranges:
        return self - (self - other)

    def __le__(self, other: Ranges) -> bool:
        return self.pairs == other.pairs or not _difference(self.pairs, other.pairs)

    def __contains__(self, number: int) -> bool:
        return any(low <= number <= high for low, high in self.pairs)

    def __iter__(self) -> Iterator[int]:
        return (number for low, high in self.pairs for number in range(low, high + 1))

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranges) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __str__(self) -> str:
        return "[" + ",".join(f"{low}-{high}" for low, high in self.pairs) + "]"

    def __repr__(self) -> str:
        return f"Ranges({self.pairs!r})"

    @property
    def count(self) -> int:
        """How many numbers there are."""
        return sum(high - low + 1 for low, high in self.pairs)

    def first(self, count: int) -> Ranges:
        """The `count` smallest numbers, or all if there are fewer."""
        kept: list[tuple[int, int]] = []
        for low, high in self.pairs:
            if count <= 0:
                break
            kept.append((low, min(high, low + count - 1)))
            count -= high - low + 1
        return _ranges(tuple(kept))


def _ranges(canonical: tuple[tuple[int, int], ...]) -> Ranges:
    ranges = Ranges.__new__(Ranges)
    ranges.pairs = canonical
    return ranges


def _coalesced(ordered: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Join the overlapping and touching ones of intervals that are sorted by their beginning."""
    joined: list[tuple[int, int]] = []
    for low, high in ordered:
        if joined and low <= joined[-1][1] + 1:
            if high > joined[-1][1]:
                joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return tuple(joined)


def _difference(
    minuend: tuple[tuple[int, int], ...], subtrahend: tuple[tuple[int, int], ...]
) -> tuple[tuple[int, int], ...]:
    """One sweep over both canonical lists: a hole never has to be looked at again once an interval begins beyond it."""
    left: list[tuple[int, int]] = []
    at = 0
    for low, high in minuend:
        while at < len(subtrahend) and subtrahend[at][1] < low:
            at += 1
        begin, hole = low, at
        while hole < len(subtrahend) and subtrahend[hole][0] <= high:
            if begin < subtrahend[hole][0]:
                left.append((begin, subtrahend[hole][0] - 1))
            begin = subtrahend[hole][1] + 1
            hole += 1
        if begin <= high:
            left.append((begin, high))
    return tuple(left)


class Set:
    """A set of texts, kept sorted: equal sets are equal values and print alike."""

    __slots__ = ("items",)

    items: tuple[str, ...]

    def __init__(self, items: Iterable[str] = ()) -> None:
        """Raises ValueError for an item that is given twice: that is a mistake of whoever wrote it."""
        given = sorted(items)
        for first, second in pairwise(given):
            if first == second:
                raise ValueError(f"set item {shown(first)}: given twice")
        self.items = tuple(given)

    def __add__(self, other: Set) -> Set:
        return _set(tuple(sorted({*self.items, *other.items})))

    def __sub__(self, other: Set) -> Set:
        gone = frozenset(other.items)
        return _set(tuple(item for item in self.items if item not in gone))

    def __and__(self, other: Set) -> Set:
        kept = frozenset(other.items)
        return _set(tuple(item for item in self.items if item in kept))

    def __le__(self, other: Set) -> bool:
        return frozenset(self.items) <= frozenset(other.items)

    def __contains__(self, item: str) -> bool:
        return item in self.items

    def __iter__(self) -> Iterator[str]:
        return iter(self.items)

    def __bool__(self) -> bool:
        return bool(self.items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Set) and self.items == other.items

    def __hash__(self) -> int:
        return hash(self.items)

    def __str__(self) -> str:
        return "{" + ",".join(self.items) + "}"

    def __repr__(self) -> str:
        return f"Set({self.items!r})"

    @property
    def count(self) -> int:
        """How many items there are."""
        return len(self.items)

    def first(self, count: int) -> Set:
        """The `count` first items, or all if there are fewer."""
        return _set(self.items[: max(count, 0)])


def _set(canonical: tuple[str, ...]) -> Set:
    value = Set.__new__(Set)
    value.items = canonical
    return value


Value: TypeAlias = int | Ranges | Set


def count_milli(value: Value) -> int:
    """The value as a quantity in thousandths: ports and set items count one each."""
    return value if isinstance(value, int) else value.count * MILLI


def format_value(value: Value) -> str:
    """The text of a value: `4.5`, `[31000-32000]`, `{a,b}`."""
    return format_milli(value) if isinstance(value, int) else str(value)


def parse_value(text: str) -> Value | str:
    """Read `4.5`, `[1-5,7]` or `{a,b}`; anything else is returned stripped, as text. Raises ValueError."""
    stripped = text.strip()
    if stripped.startswith("["):
        return _parse_ranges(stripped)
    if stripped.startswith("{"):
        return Set(_split_items(stripped, "}"))
    try:
        return to_milli(stripped)
    except ValueError:
        if stripped and not stripped.strip("0123456789.+-"):
            raise  # It was meant as a number: "1..5", or one out of bounds.
        return stripped


def _parse_ranges(text: str) -> Ranges:
    pairs: list[tuple[int, int]] = []
    for item in _split_items(text, "]"):
        low, dash, high = item.partition("-")
        ends = [end.strip() for end in ((low, high) if dash else (low, low))]
        if not all(end.isascii() and end.isdigit() for end in ends):
            raise ValueError(f"range {shown(item)}: expected begin-end with whole numbers")
        pairs.append((int(ends[0]), int(ends[1])))
    return Ranges(pairs)


def _split_items(text: str, closing: str) -> list[str]:
    if not text.endswith(closing):
        raise ValueError(f"{shown(text)}: expected {closing!r} at the end")
    inner = text[1:-1].strip()
    items = [item.strip() for item in inner.split(",")] if inner else []
    if "" in items:
        raise ValueError(f"{shown(text)}: an item is empty")
    return items
