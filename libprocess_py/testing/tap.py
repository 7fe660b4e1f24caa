"""One tap: a pattern, and what becomes of the events that fit it."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from libprocess_py.core.mailbox import Mailbox
from libprocess_py.events import Event
from libprocess_py.future import Future, Promise
from libprocess_py.testing.pattern import Pattern, content_of

T = TypeVar("T")

ALL: Final = -1  # Times: every event that fits, until the tap is closed.


class Tap(Generic[T]):
    """Takes what fits its pattern, up to `times`, and remembers it. Close it, or leave its `with`, to have it end."""

    def __init__(self, pattern: Pattern, *, times: int | None = None) -> None:
        if times is not None and times < 1:
            raise ValueError(f"times {times}: expected at least 1, or None for every event")
        self.pattern = pattern
        self.taken: list[T] = []
        self._left = ALL if times is None else times
        self._first: Promise[T] = Promise()

    @property
    def first(self) -> Future[T]:
        """The first event that is taken: the message, the arguments of the call, the request, the PID."""
        return self._first

    @property
    def is_open(self) -> bool:
        return self._left != 0

    def close(self) -> None:
        """Take no more. A `first` that did not come is abandoned."""
        self._left = 0
        self._first.abandon()

    def take(self, mailbox: Mailbox, event: Event) -> bool:
        """Whether this event was taken."""
        if not self._left or not self.pattern.fits(mailbox, event):
            return False
        self._left -= self._left > 0
        content: T = content_of(event)
        self.taken.append(content)
        self._first.set(content)
        return True

    def __enter__(self) -> Tap[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
