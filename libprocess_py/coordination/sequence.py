"""`Sequence`: what takes more than one turn, one after the other, in the order in which it was asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, overload

from libprocess_py.coordination.waiters import Waiters
from libprocess_py.future import Future, Promise

T = TypeVar("T")


class Sequence:
    """Starts the next callback when the future of the previous one is settled, however that ended."""

    def __init__(self) -> None:
        self._waiting: Waiters[None] = Waiters()
        self._running = False
        self._closed = False

    def __len__(self) -> int:
        """Callbacks that have not been started."""
        return len(self._waiting)

    @overload
    def add(self, callback: Callable[[], Future[T]]) -> Future[T]: ...
    @overload
    def add(self, callback: Callable[[], T]) -> Future[T]: ...
    def add(self, callback: Callable[[], Any]) -> Future[Any]:
        """What becomes of the callback, which is called when it is its turn: at once, if nothing is under way.

        A discard concerns this callback only: one that waits is never called, one under way is asked to give up.
        Raises RuntimeError after `close`.
        """
        if self._closed:
            raise RuntimeError("the sequence is closed")
        turn = self._waiting.join()
        outcome = turn.then(lambda _: callback())
        outcome.on_settled(partial(self._over, turn))  # Before whatever the caller registers.
        self._start()
        return outcome

    def close(self) -> None:
        """Take nothing more. What was added before still runs."""
        self._closed = True

    def _start(self) -> None:
        if not self._running and self._waiting:
            self._running = True
            self._waiting.pop().set(None)

    def _over(self, turn: Promise[None], _: Future[Any]) -> None:
        if turn.is_ready:  # Otherwise it gave up while it waited: it is somebody else who runs.
            self._running = False
            self._start()
