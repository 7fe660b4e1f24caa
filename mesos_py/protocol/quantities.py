"""Amounts by resource name and nothing else: what quota, headroom and thresholds count in.

`Quantities` say how much there is: a name that is absent has none. `Limits` say how much there may be: a name that is
absent has no limit, and a limit of zero is a limit. Values are thousandths, so all of it is exact. Neither knows roles,
reservations or which ports they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Self

from mesos_py.protocol.values import format_milli, from_milli, shown, to_milli


class _Amounts:
    """Names with thousandths, immutable: what both have in common."""

    __slots__ = ("_hash", "_milli")

    _milli: dict[str, int]
    _hash: int | None

    def __init__(self, milli: Mapping[str, int] | Iterable[tuple[str, int]] = ()) -> None:
        self._milli = self._canonical(dict(milli))
        self._hash = None

    @staticmethod
    def _canonical(milli: dict[str, int]) -> dict[str, int]:
        return {name: max(amount, 0) for name, amount in milli.items()}

    @classmethod
    def _make(cls, canonical: dict[str, int]) -> Self:
        made = cls.__new__(cls)
        made._milli = canonical
        made._hash = None
        return made

    @classmethod
    def of(cls, **named: float) -> Self:
        """From numbers by name: `of(cpus=0.5, mem=32)`."""
        return cls.from_wire(named)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `cpus:0.01;mem:32`. Raises ValueError naming the part that is wrong."""
        numbers: dict[str, object] = {}
        for part in filter(None, (part.strip() for part in text.split(";"))):
            name, colon, number = (piece.strip() for piece in part.partition(":"))
            if not (name and colon):
                raise ValueError(f"quantity {shown(part)}: expected name:number")
            if name in numbers:
                raise ValueError(f"quantity {name}: given twice")
            numbers[name] = number
        return cls.from_wire(numbers)

    def to_wire(self) -> dict[str, dict[str, float]]:
        """The v1 form of quota: `{"cpus": {"value": 1.0}}`."""
        return {name: {"value": from_milli(milli)} for name, milli in self.items()}

    @classmethod
    def from_wire(cls, value: object) -> Self:
        """Read numbers or `{"value": number}` by name. Raises ValueError naming the one that is wrong."""
        if not isinstance(value, Mapping):
            raise ValueError("expected an object of numbers by resource name")
        return cls({name: _number(name, number) for name, number in value.items() if number is not None})

    def get(self, name: str) -> int | None:
        """Thousandths under that name, None if absent."""
        return self._milli.get(name)

    def items(self) -> Iterator[tuple[str, int]]:
        """Name and thousandths, by name."""
        return iter(sorted(self._milli.items()))

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._milli))

    def as_floats(self) -> dict[str, float]:
        """For views: `{"cpus": 1.5}`, by name."""
        return {name: from_milli(milli) for name, milli in self.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._milli))

    def __contains__(self, name: str) -> bool:
        return name in self._milli

    def __bool__(self) -> bool:
        return bool(self._milli)

    def __len__(self) -> int:
        return len(self._milli)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._milli == other._milli

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._milli.items()))
        return self._hash

    def __str__(self) -> str:
        return ";".join(f"{name}:{format_milli(milli)}" for name, milli in self.items())

    def __repr__(self) -> str:
        return f"{type(self).__name__}.parse({str(self)!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self._milli,)


class Quantities(_Amounts):
    """How much there is of each name. Zero is the same as absent, and nothing is ever negative."""

    __slots__ = ()

    @staticmethod
    def _canonical(milli: dict[str, int]) -> dict[str, int]:
        return {name: amount for name, amount in milli.items() if amount > 0}

    def __getitem__(self, name: str) -> int:
        """Thousandths under that name, 0 if absent."""
        return self._milli.get(name, 0)

    def __add__(self, other: Quantities) -> Quantities:
        total = self._milli.copy()
        for name, milli in other._milli.items():
            total[name] = total.get(name, 0) + milli
        return self._make(total)

    def __sub__(self, other: Quantities) -> Quantities:
        left = self._milli.copy()
        for name, milli in other._milli.items():
            if (have := left.get(name, 0)) > milli:
                left[name] = have - milli
            elif have:
                del left[name]
        return self._make(left)

    def contains(self, other: Quantities) -> bool:
        """Is there at least as much of every name?"""
        mine = self._milli
        for name, milli in other._milli.items():  # noqa: SIM110  # The innermost question of a run: twice as fast.
            if mine.get(name, 0) < milli:
                return False
        return True

    def __le__(self, other: Quantities) -> bool:
        return other.contains(self)

    def __ge__(self, other: Quantities) -> bool:
        return self.contains(other)


class Limits(_Amounts):
    """How much there may be of each name. Zero is kept: it forbids; absent is unlimited."""

    __slots__ = ()

    def __sub__(self, used: Quantities) -> Limits:
        """What may still be used. Stops at zero; what has no limit goes on having none."""
        return self._make({name: max(milli - used[name], 0) for name, milli in self._milli.items()})

    def contains(self, other: Limits) -> bool:
        """Does everything that `other` allows stay within these limits?"""
        return all(
            (theirs := other._milli.get(name)) is not None and theirs <= milli for name, milli in self._milli.items()
        )

    def contains_quantities(self, quantities: Quantities) -> bool:
        """Do the quantities stay within the limits?"""
        return all(quantities[name] <= milli for name, milli in self._milli.items())


def _number(name: object, number: object) -> int:
    if not isinstance(name, str) or not name:
        raise ValueError(f"quantity {shown(name)}: expected a resource name")
    number = number.get("value") if isinstance(number, Mapping) else number
    if not isinstance(number, int | float | str):
        raise ValueError(f"quantity {name}: expected a number, got {shown(number)}")
    try:
        milli = to_milli(number)
    except ValueError as error:
        raise ValueError(f"quantity {name}: {error}") from None
    if milli < 0:
        raise ValueError(f"quantity {name}: expected no negative number, got {shown(number)}")
    return milli


NO_QUANTITIES: Final = Quantities()
NO_LIMITS: Final = Limits()
