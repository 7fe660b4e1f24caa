"""Futures of time. Timers belong to actors, so these take the actor whose they are, and virtual time works."""

from __future__ import annotations

from libprocess_py.future.promise import Future, Promise
from libprocess_py.future.turns import Turns


def after(ns: int, *, on: Turns) -> Future[None]:
    """Ready no earlier than after `ns`, in a turn of `on`. A discard cancels it. Never ready if the actor has ended."""
    result: Promise[None] = Promise()
    timer = on.delay(ns, lambda: result.set(None))

    def cancel(_: Future[None]) -> None:
        timer.cancel()
        result.set_discarded()

    result.on_discard(cancel)
    return result
