"""Messages: frozen data, declared once; the type is the schema, and its wire name is the route.

`Record` is a value that travels inside messages, `Message` one that is sent by itself. Both are frozen, keyword-only
`msgspec.Struct`s. Bodies are JSON: unknown fields are ignored, absent fields take their defaults, defaults are not
written. A class that is not a struct travels too if it has `to_wire()` and `from_wire(value)` (see `WireValue`); PID
is one. There is no registry of message types: a receiver's installed handler names the type that decodes the body.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, Protocol, Self, TypeVar, dataclass_transform, runtime_checkable

import msgspec

from libprocess_py.errors import MalformedMessage

DECODERS_MAX: Final = 4_096  # One decoder per message type; a program declares far fewer.

T = TypeVar("T")


@runtime_checkable
class WireValue(Protocol):
    """A value with its own JSON form. `from_wire` raises ValueError with a sentence that says what was expected."""

    def to_wire(self) -> object: ...

    @classmethod
    def from_wire(cls, value: object) -> Self: ...


class RecordMeta(msgspec.StructMeta):
    """Makes every record frozen, keyword-only and sparse on the wire, so that no declaration has to say so."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> RecordMeta:
        options.setdefault("frozen", True)
        options.setdefault("kw_only", True)
        options.setdefault("omit_defaults", True)
        return super().__new__(mcls, name, bases, namespace, **options)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Record(msgspec.Struct, metaclass=RecordMeta, frozen=True, kw_only=True):
    """Immutable data with named, typed fields. Containers in fields are tuples, so that records stay hashable."""


class Message(Record):
    """A record that is sent to an actor. `wire_name` is the class name unless the class sets its own."""

    wire_name: ClassVar[str] = "Message"

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "wire_name" not in cls.__dict__:
            cls.wire_name = cls.__name__


def _to_wire(value: object) -> object:
    to_wire = getattr(type(value), "to_wire", None)  # As `isinstance` with the protocol, at a twentieth of the price.
    if to_wire is not None:
        return to_wire(value)
    raise TypeError(f"{type(value).__name__} has no wire form: make it a Record or give it to_wire() and from_wire()")


def _from_wire(kind: type[Any], value: object) -> object:
    return kind.from_wire(value)


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_to_wire)


def encode(value: object) -> bytes:
    """The JSON body of a record, UTF-8. Raises TypeError for a value without a wire form."""
    return _ENCODER.encode(value)


_DECODERS: Final[dict[object, msgspec.json.Decoder[Any]]] = {}


def _decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    """A new one, kept for the next time."""
    if len(_DECODERS) >= DECODERS_MAX:
        _DECODERS.clear()
    decoder = _DECODERS[kind] = msgspec.json.Decoder(kind, dec_hook=_from_wire)
    return decoder


def decode(kind: type[T], body: bytes) -> T:
    """Read a JSON body as `kind`. Raises MalformedMessage naming the field and what was expected there."""
    decoder = _DECODERS.get(kind) or _decoder(kind)
    try:
        value: T = decoder.decode(body)
        return value
    except (msgspec.MsgspecError, ValueError) as error:
        raise MalformedMessage(f"{getattr(kind, '__name__', kind)}: {error}") from error


def to_builtins(value: object) -> Any:
    """The same as `encode`, as plain dicts, lists and scalars: what HTTP views are made of."""
    return msgspec.to_builtins(value, enc_hook=_to_wire, str_keys=True)


def from_builtins(kind: type[T], value: object) -> T:
    """The inverse of `to_builtins`. Raises MalformedMessage naming the field and what was expected there."""
    try:
        return msgspec.convert(value, kind, dec_hook=_from_wire)
    except (msgspec.MsgspecError, ValueError) as error:
        raise MalformedMessage(f"{kind.__name__}: {error}") from error
