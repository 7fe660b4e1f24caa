"""Observers: who watches every event that the actors of a node are served, and may keep it from them.

The decision log, filters of tests, timings and spans are observers. A kernel asks once per turn whether it has one, so
that nobody pays for what nobody uses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from libprocess_py.core.decision_log import DecisionLog
from libprocess_py.core.mailbox import Mailbox
from libprocess_py.events import Event


class Observer(Protocol):
    """Is told of each event, in the order in which they are served."""

    def before(self, mailbox: Mailbox, event: Event) -> bool | None:
        """The event is about to be served. False drops it: whoever waits for its future finds it abandoned.

        None takes it over: it is neither served nor dropped now, and the observer answers for what becomes of it.
        The runtime's own events (initialize, terminate, resume) are served whatever the answer.
        """

    def after(self, mailbox: Mailbox, event: Event) -> None:
        """The handler returned, raised or came to its first wait. Not called for an event that was not served."""


class Observers:
    """Several, in their order. Those behind one that drops an event or takes it over do not hear of it."""

    __slots__ = ("_all",)

    def __init__(self, observers: tuple[Observer, ...]) -> None:
        self._all = observers

    def before(self, mailbox: Mailbox, event: Event) -> bool | None:
        for observer in self._all:
            verdict = observer.before(mailbox, event)
            if not verdict:
                return verdict
        return True

    def after(self, mailbox: Mailbox, event: Event) -> None:
        for observer in self._all:
            observer.after(mailbox, event)


class Logged:
    """Writes each event into the decision log."""

    __slots__ = ("_log", "_now")

    def __init__(self, log: DecisionLog, now: Callable[[], int]) -> None:
        self._log = log
        self._now = now

    def before(self, mailbox: Mailbox, event: Event) -> bool:
        self._log.event(event, now=self._now(), pid=mailbox._process_pid)
        return True

    def after(self, mailbox: Mailbox, event: Event) -> None:
        """The log tells what decided a run; when a handler was through is no part of it."""


def combined(observers: tuple[Observer, ...]) -> Observer | None:
    """As few objects as will do."""
    if not observers:
        return None
    return observers[0] if len(observers) == 1 else Observers(observers)
