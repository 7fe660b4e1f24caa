"""Futures of time. Timers belong to actors, so these take the actor whose they are, and virtual time works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from libprocess_py.future.promise import Future, Promise

if TYPE_CHECKING:
    from libprocess_py.process import Process


def after(ns: int, *, on: Process) -> Future[None]:
    """Ready no earlier than after `ns`, in a turn of `on`. A discard cancels it. Never ready if the actor has ended."""
    result: Promise[None] = Promise()
    timer = on.delay(ns, lambda: result.set(None))

    def cancel(_: Future[None]) -> None:
        timer.cancel()
        result.set_discarded()

    result.on_discard(cancel)
    return result
