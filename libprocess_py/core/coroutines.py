"""What handlers return: a value, a future of one, or a coroutine, which the kernel itself drives.

A coroutine runs to its next wait and goes on as an event of its actor when the wait is over. So an actor that waits
serves others meanwhile, nothing of it runs outside its turns, and a simulation repeats it to the letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CoroutineType
from typing import Any, TypeAlias

from libprocess_py.core.mailbox import ENDED, Mailbox
from libprocess_py.events import RESUME, Event
from libprocess_py.future import Promise

Coroutine: TypeAlias = "CoroutineType[Any, Any, Any]"


class Coroutines:
    """Those of one node that have come to a wait, by actor."""

    __slots__ = ("_post", "suspended")

    def __init__(self, post: Callable[[Mailbox, Event], None]) -> None:
        self._post = post
        self.suspended: dict[str, dict[Coroutine, Promise[Any] | None]] = {}

    def finish(self, mailbox: Mailbox, value: Any, *, promise: Promise[Any] | None) -> None:
        """Pass on what a handler returned."""
        if value.__class__ is CoroutineType:
            self.drive(mailbox, value, promise=promise)
        elif promise is None:
            return
        elif value.__class__ is Promise:
            promise.associate(value)
        else:
            promise.set(value)

    def drive(self, mailbox: Mailbox, coroutine: Coroutine, *, promise: Promise[Any] | None) -> None:
        """Run a handler's coroutine to its first wait, or to its end."""
        try:
            awaited = coroutine.send(None)
        except StopIteration as stop:
            self.finish(mailbox, stop.value, promise=promise)
            return
        self.suspended.setdefault(mailbox._process_pid.id, {})[coroutine] = promise
        self._wait(mailbox, coroutine, awaited=awaited, promise=promise)

    def resume(self, mailbox: Mailbox, coroutine: Coroutine, *, promise: Promise[Any] | None) -> None:
        """The wait is over, and this is a turn of its actor: run it to the next one."""
        try:
            awaited = coroutine.send(None)
        except StopIteration as stop:
            self._forget(mailbox, coroutine)
            self.finish(mailbox, stop.value, promise=promise)
            return
        except BaseException:
            self._forget(mailbox, coroutine)
            raise
        self._wait(mailbox, coroutine, awaited=awaited, promise=promise)

    def waiting(self, id: str) -> int:
        """How many coroutines of that actor have come to a wait and not to their end."""
        return len(self.suspended.get(id, ()))

    def _wait(self, mailbox: Mailbox, coroutine: Coroutine, *, awaited: Any, promise: Promise[Any] | None) -> None:
        if awaited.__class__ is not Promise:
            self._forget(mailbox, coroutine)
            coroutine.close()
            raise TypeError(f"an actor awaits futures of libprocess_py, not {type(awaited).__name__}: see from_asyncio")
        post, event = self._post, (RESUME, coroutine, None, promise)

        def resume(_: object) -> None:
            if mailbox._process_phase is not ENDED:
                post(mailbox, event)

        awaited.queue_when_settled(resume)

    def _forget(self, mailbox: Mailbox, coroutine: Coroutine) -> None:
        self.suspended.get(mailbox._process_pid.id, {}).pop(coroutine, None)

    def ends_of(self, id: str) -> Iterator[Callable[[], object]]:
        """The actor is gone: what is to be done for each coroutine of it that will not go on."""
        for coroutine, promise in self.suspended.pop(id, {}).items():
            yield coroutine.close  # Raises if the coroutine waits once more, in a `finally` of its own.
            if promise is not None:
                yield promise.abandon


def refuse_to_wait(value: Any) -> None:
    """An actor that is leaving has no later turn in which a coroutine could go on."""
    if value.__class__ is CoroutineType:
        value.close()
        raise TypeError("finalize is a plain def: there is no later turn in which it could go on")
