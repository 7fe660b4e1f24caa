"""The decision log: everything that decided how a run went, as numbered records with one running hash.

Two runs with the same hash did the same things in the same order; where two hashes part, the texts of the records tell
the first difference. A record holds a digest of what was delivered, not the thing itself, so the log needs no memory.
Values are digested by what they say: records and messages in their wire form with sets and mappings in sorted order,
anything without a wire form by the name of its type. Nothing here depends on addresses in memory or on hash seeds.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Final

import msgspec

from libprocess_py import events
from libprocess_py.events import Event

DIGEST_BYTES: Final = 8  # 64 bits name a run; nobody forges one.

Sink = Callable[[str], object]


def _describe(value: object) -> object:
    if isinstance(value, type):
        return _type_name(value)
    to_wire: Callable[[object], object] | None = getattr(type(value), "to_wire", None)
    return _type_name(value) if to_wire is None else to_wire(value)


def _type_name(value: object) -> str:
    return str(getattr(value, "__qualname__", type(value).__qualname__))


_ENCODER: Final = msgspec.msgpack.Encoder(enc_hook=_describe, order="deterministic")


def digest_of(value: object) -> str:
    """Sixteen hexadecimal digits that are equal for equal values, in any OS process."""
    try:
        encoded = _ENCODER.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        encoded = _type_name(value).encode()
    return blake2b(encoded, digest_size=DIGEST_BYTES).hexdigest()


class DecisionLog:
    """Numbers and hashes records. `sink`, if given, gets the text of each, without a line end."""

    def __init__(self, sink: Sink | None = None) -> None:
        self._sink = sink
        self._hash = bytes(DIGEST_BYTES)
        self.length = 0

    def digest(self) -> str:
        """The identity of the run so far."""
        return self._hash.hex()

    def event(self, event: Event, *, now: int, pid: object) -> None:
        """An event is about to be served by the actor `pid`."""
        kind, what, payload, _ = event
        name = events.name_of(event)
        sender = str(what) if kind == events.MESSAGE else "-"
        if kind == events.TIMER:
            payload = (what.due, what.args)
        self.record(events.KIND_NAMES[kind], f"{name} {sender} {digest_of(payload)}", now=now, who=pid)

    def record(self, kind: str, text: str, *, now: int, who: object) -> None:
        """Any other fact: a random draw, a fault, an input from outside."""
        self.length += 1
        line = f"{self.length} {now} {who} {kind} {text}"
        self._hash = blake2b(self._hash + line.encode(), digest_size=DIGEST_BYTES).digest()
        if self._sink is not None:
            self._sink(line)
