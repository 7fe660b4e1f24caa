"""A JSON object that knows where it stands, so that whoever reads it can say exactly what is wrong with it.

`null` is the same as absent at any depth, and unknown fields are never looked at: both are rules of the v1 API.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, TypeVar

from mesos_py.protocol.values import shown, to_amount

E = TypeVar("E", bound=Enum)
T = TypeVar("T")

UINT64_DIGITS: Final = 20  # No uint64 has more; int() would also refuse absurdly long ones, less clearly.


class JsonObject:
    """One object at a place such as `resources[0].disk`. Every reading method raises ValueError naming the field."""

    __slots__ = ("_fields", "where")

    where: str

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, Mapping):
            raise ValueError(f"{where}: expected an object, got {shown(value)}")
        self._fields: Mapping[str, Any] = value
        self.where = where

    def has(self, field: str) -> bool:
        """Is the field set?"""
        return self._fields.get(field) is not None

    def raw(self, field: str) -> Any:
        """The field as it is, None if not set."""
        return self._fields.get(field)

    def wrong(self, field: str, expected: str) -> ValueError:
        """The error to raise for a field."""
        return ValueError(f"{self.where}.{field}: expected {expected}, got {shown(self.raw(field))}")

    def child(self, field: str) -> JsonObject:
        """The object in a field; not set is an object without fields."""
        value = self._fields.get(field)
        return JsonObject({} if value is None else value, f"{self.where}.{field}")

    def required_child(self, field: str) -> JsonObject:
        return JsonObject(self._fields.get(field), f"{self.where}.{field}")

    def maybe(self, field: str, read: Callable[[JsonObject], T]) -> T | None:
        """What `read` makes of the object in a field, None if not set."""
        return read(self.child(field)) if self.has(field) else None

    def items(self, field: str) -> list[tuple[Any, str]]:
        """The values of a list, each with its place; not set is an empty list."""
        value = self._fields.get(field)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise self.wrong(field, "a list")
        return [(each, f"{self.where}.{field}[{at}]") for at, each in enumerate(value)]

    def objects(self, field: str) -> list[JsonObject]:
        """The objects of a list."""
        return [JsonObject(each, where) for each, where in self.items(field)]

    def optional_text(self, field: str) -> str | None:
        value = self._fields.get(field)
        if value is not None and not isinstance(value, str):
            raise self.wrong(field, "text")
        return value

    def text(self, field: str) -> str:
        value = self._fields.get(field)
        if not isinstance(value, str):
            raise self.wrong(field, "text")
        return value

    def texts(self, field: str) -> list[str]:
        """A list of texts."""
        found: list[str] = []
        for value, where in self.items(field):
            if not isinstance(value, str):
                raise ValueError(f"{where}: expected text, got {shown(value)}")
            found.append(value)
        return found

    def amount(self, field: str) -> int:
        """Thousandths of a number, or of a number in a string."""
        value = self._fields.get(field)
        if not isinstance(value, int | float | str):
            raise self.wrong(field, "a number")
        try:
            return to_amount(value)
        except ValueError as error:
            raise ValueError(f"{self.where}.{field}: {error}") from None

    def whole(self, field: str) -> int:
        """A whole number, or one in a string."""
        value = self._fields.get(field)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= UINT64_DIGITS:
            return int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(field, "a whole number")
        return value

    def member(self, field: str, kind: type[E]) -> E:
        """An enum member by its name on the wire."""
        try:
            return kind(self._fields.get(field))
        except ValueError:
            raise self.wrong(field, f"one of {', '.join(str(each.value) for each in kind)}") from None
