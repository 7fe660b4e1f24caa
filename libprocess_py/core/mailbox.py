"""What the kernel knows of an actor: an id, its queued events, and where it stands in its life.

The box is None while it is empty and otherwise a plain list, which a turn takes whole: the cheapest queue that Python
has, and an idle actor pays for none. Names begin with `_process` because actors are subclasses with attributes of their
own.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from operator import length_hint
from typing import Any, ClassVar, Final

from libprocess_py.events import INITIALIZE, Event
from libprocess_py.message import Message
from libprocess_py.pid import PID


class Phase(enum.Enum):
    """Mesos' states of a process, without the ones that only threads need."""

    UNBORN = "not spawned"
    BOTTOM = "spawned, not initialized"
    READY = "ready"
    TERMINATING = "terminating"
    ENDED = "ended"


# Read on every spawn and turn: a global costs less than an attribute of an enum.
UNBORN: Final = Phase.UNBORN
BOTTOM: Final = Phase.BOTTOM
READY: Final = Phase.READY
TERMINATING: Final = Phase.TERMINATING
ENDED: Final = Phase.ENDED


# What the first turn of every actor begins with. It is not queued: an actor that was told nothing yet has no box.
INITIALIZED: Final[Event] = (INITIALIZE, None, None, None)


class MethodTable(dict[Callable[..., Any], Callable[..., Any]]):
    """For one class of actors: what a dispatched method means there, so that overriding works as in C++.

    A method found in the class or a base of it is resolved once; a free function or lambda is called as it is and not
    kept, since each dispatch may bring a new one.
    """

    def __init__(self, actor: type[Mailbox]) -> None:
        super().__init__()
        self._actor = actor

    def __missing__(self, method: Callable[..., Any]) -> Callable[..., Any]:
        resolved = self._actor.resolve_method(method)
        name = getattr(method, "__name__", "")
        if any(base.__dict__.get(name) is method for base in self._actor.__mro__):
            self[method] = resolved
        return resolved


class Mailbox:
    """The base of every actor; `Process` adds what actors themselves use."""

    __slots__ = ("_process_box", "_process_id", "_process_phase", "_process_pid", "_process_rest")

    _process_box: list[Event] | None
    _process_rest: tuple[list[Event], Iterator[Event]] | None  # A turn that the budget cut short.
    _process_id: str | None
    _process_phase: Phase
    _process_pid: PID

    mailbox_max: ClassVar[int | None] = None  # How many events may wait; the newest is refused. None: no bound.
    authenticated_only: ClassVar[bool] = False  # True: a peer that has not proved who it is reaches no handler.

    # Per class, made by `Process.__init_subclass__`; see `libprocess_py.handlers`.
    _process_declared: ClassVar[Mapping[str, tuple[type[Message], ...]]] = {}  # By method: what this class adds.
    _process_handlers: ClassVar[dict[type, Callable[..., object]]]
    _process_methods: ClassVar[MethodTable]
    _process_names: ClassVar[dict[str, type[Message]]]

    @classmethod
    def resolve_method(cls, method: Callable[..., Any]) -> Callable[..., Any]:
        """What a dispatch of `method` calls, with the actor as first argument: the class's own override of it."""
        name = getattr(method, "__name__", "")
        overridden = any(base.__dict__.get(name) is method for base in cls.__mro__)
        return getattr(cls, name) if overridden else method

    @classmethod
    def method_named(cls, name: str) -> Callable[..., Any]:
        """What a call from another node means here. Raises AttributeError if there is no public method of that name."""
        method = getattr(cls, name, None)
        if name.startswith("_") or not callable(method):
            raise AttributeError(f"{cls.__qualname__} has no public method {name!r}")
        found: Callable[..., Any] = method
        return found

    def queued_events(self) -> list[Event]:
        """What is waiting, oldest first. Of the current turn of this actor only what arrived since it began."""
        queued: list[Event] = [INITIALIZED] if self._process_phase is BOTTOM else []
        if self._process_rest is not None:
            box, events = self._process_rest
            left = length_hint(events)
            queued += box[-left:] if left else []
        return queued + (self._process_box or [])

    def _process_elsewhere(self) -> int:
        """How much of what it was told waits somewhere else, for its thread say."""
        return 0

    def initialize(self) -> None:
        """The actor's first turn, before any event."""

    def finalize(self) -> None:
        """The actor's last turn, before others are told that it ended."""

    def exited(self, pid: PID) -> None:
        """A linked actor ended (local), or the connection to it was lost (remote: it may be alive)."""

    def exited_with(self, pid: PID, failure: Exception | None) -> object:
        """The same for those who ask why: None is an end in good order, which only an actor can have.

        Otherwise it is what a handler of that actor raised, ConnectionLost, or NoSuchProcess: it had ended before.
        """
        told: Callable[[PID], object] = self.exited
        return told(pid)

    def undelivered(self, to: PID, message: Message, *, reason: str) -> None:
        """A message of this actor to one of its own node was dropped. Called only where a class overrides it.

        Reasons are those that drops are counted by: `mailbox_full`, `no_such_process`, `terminated`, `unknown_message`.
        """
