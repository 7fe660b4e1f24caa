"""Attributes: what an agent says of itself, `rack:r1;zone:2;ports:[1-5]`. Passed on with offers, never consumed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

from libprocess_py.message import Record
from mesos_py.protocol.json_object import JsonObject
from mesos_py.protocol.resource_wire import read_value, value_to_json
from mesos_py.protocol.values import Ranges, Set, format_value, from_milli, parse_value, shown

TEXT: Final = "TEXT"  # The one value type that attributes have and resources have not.

AttributeValue: TypeAlias = str | int | Ranges


class Attribute(Record):
    """A name with a text, a scalar (thousandths) or ranges. It travels only inside `Attributes`."""

    name: str
    value: str | int | Ranges

    @property
    def text(self) -> str | None:
        """The value if it is text; constraints look at no other."""
        return self.value if isinstance(self.value, str) else None


class Attributes:
    """An agent's attributes in the order given; a name may occur again. Immutable; order is no part of equality."""

    __slots__ = ("_items",)

    _items: tuple[Attribute, ...]

    def __init__(self, items: Iterable[Attribute] = ()) -> None:
        self._items = tuple(items)

    @classmethod
    def parse(cls, text: str) -> Attributes:
        """Read `name:value;...`: a number, `[begin-end,...]` or else text. Raises ValueError naming the part."""
        parts = (part.strip() for part in text.replace("\n", ";").split(";"))
        return cls(_parse_attribute(part) for part in parts if part)

    def to_wire(self) -> list[dict[str, Any]]:
        """The v1 JSON list."""
        return [{"name": each.name, **_value_to_json(each.value)} for each in self._items]

    @classmethod
    def from_wire(cls, value: object) -> Attributes:
        """Read a v1 JSON list. Raises ValueError naming the attribute and the field."""
        if not isinstance(value, list | tuple):
            raise ValueError("attributes: expected a list")
        return cls(_read_attribute(JsonObject(each, f"attributes[{at}]")) for at, each in enumerate(value))

    def to_endpoint(self) -> dict[str, float | str]:
        """The form of the old endpoints: `{"rack": "r1", "zone": 2.0}`; of a name that occurs again, the first."""
        made: dict[str, float | str] = {}
        for each in self._items:
            value = from_milli(each.value) if isinstance(each.value, int) else str(each.value)
            made.setdefault(each.name, value)
        return made

    def get(self, name: str) -> Attribute | None:
        """The first attribute of that name."""
        return next((each for each in self._items if each.name == name), None)

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Attributes):
            return False
        return self._items == other._items or sorted(self._items, key=_order) == sorted(other._items, key=_order)

    def __hash__(self) -> int:
        return hash(frozenset(self._items))

    def __str__(self) -> str:
        return ";".join(f"{each.name}:{_format(each.value)}" for each in self._items)

    def __repr__(self) -> str:
        return f"Attributes.parse({str(self)!r})"


def _order(attribute: Attribute) -> tuple[str, str, str]:
    return attribute.name, type(attribute.value).__name__, _format(attribute.value)


def _format(value: AttributeValue) -> str:
    return value if isinstance(value, str) else format_value(value)


def _parse_attribute(part: str) -> Attribute:
    name, colon, text = (piece.strip() for piece in part.partition(":"))
    if not (name and colon and text):
        raise ValueError(f"attribute {shown(part)}: expected name:value")
    try:
        value = parse_value(text)
    except ValueError as error:
        raise ValueError(f"attribute {name}: {error}") from None
    if isinstance(value, Set):
        raise ValueError(f"attribute {name}: expected a number, [begin-end,...] or text; sets are for resources")
    return Attribute(name=name, value=value)


def _value_to_json(value: AttributeValue) -> dict[str, Any]:
    return {"type": TEXT, "text": {"value": value}} if isinstance(value, str) else value_to_json(value)


def _read_attribute(given: JsonObject) -> Attribute:
    name = given.text("name")
    if not name:
        raise given.wrong("name", "a name")
    if given.raw("type") == TEXT:
        return Attribute(name=name, value=given.child("text").text("value"))
    value = read_value(given)
    if isinstance(value, Set):
        raise given.wrong("type", "SCALAR, RANGES or TEXT")
    return Attribute(name=name, value=value)
