"""Reading JSON whose author may have erred: every complaint names the key and what was expected there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Any, Final, TypeVar

from mesos_py.protocol.values import shown

T = TypeVar("T")

NANOS: Final = 1_000_000_000
SECONDS_MAX: Final = 10**12  # Some ten thousand years: whoever writes more has mistaken the unit.


class FormatError(Exception):
    """What is written breaks the format. No ValueError, which says that resources, roles or constraints are invalid."""


class Fields:
    """One JSON object and its name in the document."""

    __slots__ = ("values", "where")

    def __init__(self, values: object, where: str) -> None:
        self.values: Mapping[str, Any] = _typed(values, dict, where=where, wanted="an object")
        self.where = where

    def path(self, key: str) -> str:
        """The name of the value under that key."""
        return f"{self.where}.{key}" if self.where else key

    def error(self, key: str, problem: str) -> FormatError:
        """A complaint about the value under that key."""
        return FormatError(f"{self.path(key)}: {problem}")

    def __contains__(self, key: str) -> bool:
        """Is the key given, with null perhaps?"""
        return key in self.values

    def has(self, key: str) -> bool:
        """Is there a value that is not null?"""
        return self.values.get(key) is not None

    def need(self, key: str) -> Any:
        """The value as it stands."""
        if key not in self.values:
            raise self.error(key, "expected, but absent")
        return self.values[key]

    def text(self, key: str, default: str | None = None) -> str:
        return self._typed(key, str, wanted="a text", default=default)

    def flag(self, key: str, *, default: bool) -> bool:
        return self._typed(key, bool, wanted="true or false", default=default)

    def count(self, key: str) -> int:
        """A whole number that is not negative."""
        value = self.number(key)
        if value != int(value) or value < 0:
            raise self.error(key, f"expected a whole number, got {shown(value)}")
        return int(value)

    def number(self, key: str, default: float | None = None) -> float:
        value = default if default is not None and not self.has(key) else self.need(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise self.error(key, f"expected a number, got {shown(value)}")
        return value

    def nanos(self, key: str, default: float | None = None) -> int:
        """Seconds as nanoseconds."""
        seconds = self.number(key, default)
        if abs(seconds) > SECONDS_MAX:
            raise self.error(key, f"expected at most {SECONDS_MAX} seconds, got {shown(seconds)}")
        return round(seconds * NANOS)

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts."""
        if default is not None and not self.has(key):
            return default
        return tuple(
            _typed(each, str, where=self.path(f"{key}[{at}]"), wanted="a text")
            for at, each in enumerate(self._list(key))
        )

    def fields(self, key: str, *, optional: bool = False) -> Fields:
        """An object. An optional one that is absent is empty."""
        return Fields({} if optional and not self.has(key) else self.need(key), self.path(key))

    def each_fields(self, key: str, *, optional: bool = False) -> Iterator[tuple[str, Fields]]:
        """An object of objects by name."""
        within = self.fields(key, optional=optional)
        for name in within.values:
            yield name, within.fields(name)

    def listed(self, key: str) -> Iterator[Fields]:
        """A list of objects."""
        for at, each in enumerate(self._list(key)):
            yield Fields(each, self.path(f"{key}[{at}]"))

    def _list(self, key: str) -> list[Any]:
        return self._typed(key, list, wanted="a list", default=None)

    def parsed(self, key: str, read: Callable[[Any], T], *, default: T | None = None) -> T:
        """The value as `read` understands it; what it says of a wrong one is told with the key."""
        if default is not None and not self.has(key):
            return default
        value = self.need(key)
        try:
            return read(value)
        except ValueError as error:
            raise self.error(key, str(error)) from None

    def _typed(self, key: str, kind: type[T], *, wanted: str, default: T | None) -> T:
        if default is not None and not self.has(key):
            return default
        return _typed(self.need(key), kind, where=self.path(key), wanted=wanted)


def _typed(value: object, kind: type[T], *, where: str, wanted: str) -> T:
    if not isinstance(value, kind):
        raise FormatError(f"{where or 'document'}: expected {wanted}, got {shown(value)}")
    return value
