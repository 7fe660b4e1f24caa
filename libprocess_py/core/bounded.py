"""A mailbox with a bound: when it is full the newest event is refused, and whoever sent it is told.

The box itself keeps the bound, so that an actor without one pays nothing. Unlike a plain box it is there while it is
empty, and puts its actor into the run queue itself. What the runtime tells an actor (its timers, its life, the ends of
others, its own coroutines) always has room: there is no more of it than the actor asked for.
"""

from __future__ import annotations

from operator import length_hint
from typing import TYPE_CHECKING, Final

from libprocess_py.core.drops import MAILBOX_FULL
from libprocess_py.core.mailbox import Mailbox
from libprocess_py.errors import MailboxFull
from libprocess_py.events import DISPATCH, KEYWORDS, MESSAGE, REQUEST, Event

if TYPE_CHECKING:
    from libprocess_py.core.kernel import Kernel

_BOUNDED: Final = (MESSAGE, DISPATCH, KEYWORDS, REQUEST)


def bound(kernel: Kernel, mailbox: Mailbox, *, events_max: int) -> None:
    """Give an actor that is about to be spawned a bound. Raises ValueError for one that lets nothing in."""
    if events_max < 1:
        raise ValueError(f"{mailbox._process_pid.id}: mailbox_max {events_max}: expected a positive number")
    mailbox._process_box = BoundedBox(kernel, mailbox, events_max=events_max)


def is_full(mailbox: Mailbox) -> bool:
    """Whether the next message would be refused."""
    box = mailbox._process_box
    return isinstance(box, BoundedBox) and box.is_full


class BoundedBox(list[Event]):
    """The box of one actor, until a turn takes it."""

    __slots__ = ("_kernel", "_mailbox", "_max", "_queued")

    def __init__(self, kernel: Kernel, mailbox: Mailbox, *, events_max: int) -> None:
        super().__init__()
        self._kernel = kernel
        self._mailbox = mailbox
        self._max = events_max
        self._queued = False  # In the run queue.

    @property
    def is_full(self) -> bool:
        return len(self) + self._unserved() >= self._max

    def append(self, event: Event) -> None:
        kernel = self._kernel
        if event[0] in _BOUNDED and self.is_full:
            self._refuse(event)
            return
        super().append(event)
        if not self._queued:
            self._queued = True
            kernel.runnable.append(self._mailbox)
            if kernel.idle:
                kernel.rouse()

    def successor(self) -> BoundedBox:
        """For what arrives while a turn serves this one."""
        return BoundedBox(self._kernel, self._mailbox, events_max=self._max)

    def _refuse(self, event: Event) -> None:
        id = self._mailbox._process_pid.id
        failure = None
        if event[3] is not None:  # Floods are mostly of messages, whose senders wait for nothing.
            failure = MailboxFull(f"{id}: {self._max} events wait already, and it takes no more")
        self._kernel.drop(event, reason=MAILBOX_FULL, to=id, failure=failure)

    def _unserved(self) -> int:
        """What a turn took and has not come to."""
        mailbox = self._mailbox
        if self._kernel.current is mailbox:
            return length_hint(self._kernel.turn_events)
        return 0 if mailbox._process_rest is None else length_hint(mailbox._process_rest[1])
