"""Patterns: which events are meant. Whatever a pattern does not say does not matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from libprocess_py.core.mailbox import Mailbox
from libprocess_py.events import DISPATCH, EXITED, KEYWORDS, MESSAGE, NOBODY, REQUEST, Event
from libprocess_py.message import Message
from libprocess_py.pid import PID

Where = Callable[[Any], object]

_CALLS: Final = (DISPATCH, KEYWORDS)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Events for `to`, if it is given, about `what`.

    `what` is a type of messages, the wire name of one, a method of an actor, or one of the two other kinds of events
    that somebody outside can cause: `events.REQUEST` and `events.EXITED`.
    """

    what: type[Message] | str | Callable[..., Any] | int
    to: PID | None = None
    sender: PID | None = None  # Of a message; of EXITED whose end it tells.
    where: Where | None = None  # Of what `content_of` returns for the event.

    def fits(self, mailbox: Mailbox, event: Event) -> bool:
        if self.to is not None and self.to != mailbox._process_pid:
            return False
        if self.sender is not None and self.sender != sender_of(event):
            return False
        return self._is_about(mailbox, event) and (self.where is None or bool(self.where(content_of(event))))

    def __str__(self) -> str:
        what = str(getattr(self.what, "__qualname__", self.what))
        ways = ((" from ", self.sender), (" to ", self.to))
        return what + "".join(f"{word}{pid}" for word, pid in ways if pid is not None)

    def _is_about(self, mailbox: Mailbox, event: Event) -> bool:
        kind, subject, payload, _ = event
        what = self.what
        if isinstance(what, int):
            return kind == what
        if isinstance(what, str):
            return kind == MESSAGE and payload.wire_name == what
        if isinstance(what, type) and issubclass(what, Message):
            return kind == MESSAGE and isinstance(payload, what)
        # An override is the same method, as it is for `dispatch`.
        return kind in _CALLS and mailbox.resolve_method(subject) == mailbox.resolve_method(what)


def sender_of(event: Event) -> PID | None:
    """Who is known to have caused it. Nobody signs a dispatch or a request."""
    sender = event[1] if event[0] in (MESSAGE, EXITED) else None
    return None if sender == NOBODY else sender


def content_of(event: Event) -> Any:
    """What there is to know of it: the message, the arguments of a call, the request, the PID of who is gone."""
    kind, what, payload, _ = event
    if kind in (MESSAGE, DISPATCH, REQUEST):
        return payload
    if kind == KEYWORDS:
        arguments, keywords = payload
        return (*arguments, *keywords.values())
    assert kind == EXITED
    return what
