"""Where time goes: an observer that counts and times the handlers of each actor, and names the slow ones in the log.

It costs each event half a microsecond while it observes, so it is switched on when somebody looks. A coroutine is
timed from wait to wait: what it waits for is not its own time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from libprocess_py.core.mailbox import ENDED, Mailbox
from libprocess_py.events import DISPATCH, KEYWORDS, KIND_NAMES, MESSAGE, REQUEST, Event, name_of
from libprocess_py.log import EventLog

HANDLERS_MAX: Final = 200  # Per actor. Peers choose names of messages and requests: those beyond count as one.
OTHERS: Final = "(others)"
NS_PER_MS: Final = 1_000_000


class HandlerTime:
    """What one handler of one actor has cost."""

    __slots__ = ("count", "longest_ns", "total_ns")

    def __init__(self) -> None:
        self.count = self.total_ns = self.longest_ns = 0

    def add(self, ns: int) -> None:
        self.count += 1
        self.total_ns += ns
        if ns > self.longest_ns:  # noqa: PLR1730  # As in the kernel: `max` costs three times as much.
            self.longest_ns = ns


class Timing:
    """Observes one node. `clock` is a monotonic clock in nanoseconds, whatever the node's own time does."""

    def __init__(self, clock: Callable[[], int], *, log: EventLog, slow_ns: int | None = None) -> None:
        self._clock = clock
        self._log = log
        self._slow_ns = slow_ns
        self._began = 0
        self._actors: dict[str, dict[str, HandlerTime]] = {}

    def of(self, id: str) -> dict[str, HandlerTime]:
        """The handlers of a live actor, by name."""
        return self._actors.get(id, {})

    def before(self, mailbox: Mailbox, event: Event) -> bool:
        self._began = self._clock()
        return True

    def after(self, mailbox: Mailbox, event: Event) -> None:
        elapsed = self._clock() - self._began
        id = mailbox._process_pid.id
        handlers = self._actors.get(id)
        if handlers is None:
            handlers = self._actors[id] = {}
        name = handler_name(event)
        handler = handlers.get(name)
        if handler is None:
            name = name if len(handlers) < HANDLERS_MAX else OTHERS
            handler = handlers.setdefault(name, HandlerTime())
        handler.add(elapsed)
        if self._slow_ns is not None and elapsed >= self._slow_ns:
            self._log.warning("slow handler", actor=id, name=name, ms=round(elapsed / NS_PER_MS, 1))
        if mailbox._process_phase is ENDED:
            del self._actors[id]


def handler_name(event: Event) -> str:
    """What people call the handler of an event."""
    if event[0] in (MESSAGE, DISPATCH, KEYWORDS):
        return name_of(event)
    return (
        f"http {name_of(event) or '/'}" if event[0] == REQUEST else f"{KIND_NAMES[event[0]]} {name_of(event)}".strip()
    )
