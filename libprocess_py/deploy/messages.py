"""What nodes say to each other to spawn, call and watch actors.

Every question carries a `call`, which its answer repeats. Questions go to `SPAWNER_ID` of the other node, answers to
`REMOTES_ID` of the one that asked. Pickled data (`payload`) goes one way only, to the node that allows it; results come
back as typed JSON.
"""

from __future__ import annotations

from typing import Final

import msgspec

from libprocess_py.message import Message, Record
from libprocess_py.pid import PID

PROTOCOL: Final = 1  # Of these messages. It grows when an older node would misread one.
SPAWNER_ID: Final = "__spawner__"
REMOTES_ID: Final = "__remotes__"
# Of a pickled class or call, and of an encoded result: a third more as base64, it is far below the largest body.
PAYLOAD_MAX: Final = 16_777_216


class Platform(Record):
    """What decides whether a class that one node pickles by value means the same on another."""

    python: str  # "cpython 3.11": bytecode differs from one minor version to the next.
    cloudpickle: str
    protocol: int = PROTOCOL


class Failure(Record):
    """An exception, in words."""

    kind: str
    text: str
    traceback: str = ""


# Questions


class Hello(Message):
    """A node wants to use this one."""

    call: str
    platform: Platform


class Spawn(Message):
    """Start an actor. The payload is (class, args, kwargs), with None for a class that is to be imported."""

    call: str
    kind: str  # "module:Class", what it is called in errors, too.
    digest: str = ""  # Of the module's source; empty for a class that comes by value.
    id: str | None = None
    policy: str | None = None  # The name of a `Policy`; None: the node's own.
    python: str
    payload: bytes


class Call(Message):
    """Call a method of an actor. The payload is (function, args, kwargs), with None for a method, which is named."""

    call: str
    id: str
    method: str
    payload: bytes


class Watch(Message):
    """Tell when that actor ends; at once if there is none."""

    id: str


class Find(Message):
    """Is there an actor of that id?"""

    call: str
    id: str


class End(Message):
    """Terminate that actor."""

    id: str
    inject: bool


# Answers


class Welcome(Message):
    """What this node is."""

    call: str
    platform: Platform
    allows_spawn: bool


class Spawned(Message):
    """The actor was started."""

    call: str
    pid: PID


class Found(Message):
    """Whether there is."""

    call: str
    there: bool


class Unknown(Message):
    """The class cannot be imported here, or is another one: send it by value."""

    call: str
    why: str


class Answered(Message):
    """What the method returned."""

    call: str
    value: msgspec.Raw


class Abandoned(Message):
    """The actor is not there, or ended before it answered."""

    call: str


class Failed(Message):
    """The question could not be answered; `refused`: it was not even tried."""

    call: str
    failure: Failure
    refused: bool = False


class Ended(Message):
    """A watched actor ended; without a failure in good order."""

    id: str
    failure: Failure | None = None
