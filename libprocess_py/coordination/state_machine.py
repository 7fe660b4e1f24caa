"""`StateMachine`: one state out of few, moves between them that somebody may have to wait for."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from libprocess_py.coordination.waiters import Waiters, serve_all
from libprocess_py.future import Future, ready

S = TypeVar("S", bound=Hashable)


class StateMachine(Generic[S]):
    """Moves when it is where the caller believes it to be, and tells those who wait for a state."""

    def __init__(self, initial: S) -> None:
        self._state = initial
        self._waiters: dict[S, Waiters[None]] = {}

    @property
    def state(self) -> S:
        return self._state

    def move(self, source: S, to: S, *, effect: Callable[[], object] | None = None) -> bool:
        """From `source` to another state. False, and nothing happens, if the machine is elsewhere.

        The state changes first, then the effect is made, then those are told who wait for the new state: whoever looks,
        or moves on at once, finds the state that the effect belongs to.
        """
        if self._state != source:
            return False
        self._state = to
        waiters = self._waiters.pop(to, None)
        try:
            if effect is not None:
                effect()
        finally:
            if waiters is not None:
                serve_all(waiters.pop_all(), None)
        return True

    def when(self, state: S) -> Future[None]:
        """Ready when the machine is in that state: at once if it is, otherwise when it comes there next."""
        if self._state == state:
            return ready(None)
        return self._waiters.setdefault(state, Waiters()).join()
