"""Gates that open once: `CountDownLatch` after so many events, `Once` when something has been done by the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from libprocess_py.coordination.waiters import Waiters, serve_all
from libprocess_py.future import Future, Promise, ready

T = TypeVar("T")


class CountDownLatch:
    """Opens when it has been counted down to zero, and stays open."""

    def __init__(self, count: int = 1) -> None:
        assert count >= 0, f"count {count}: expected zero or more"
        self._count = count
        self._waiters: Waiters[None] = Waiters()

    @property
    def count(self) -> int:
        """How often it has still to be counted down."""
        return self._count

    def count_down(self) -> None:
        """One less. An open latch stays as it is."""
        if self._count:
            self._count -= 1
            if not self._count:
                serve_all(self._waiters.pop_all(), None)

    def opened(self) -> Future[None]:
        """Ready when the latch is open. Each caller has its own future to discard."""
        return self._waiters.join() if self._count else ready(None)


class Once(Generic[T]):
    """Does something when it is first asked to, and has everybody share the outcome, be it a failure."""

    @overload
    def __init__(self, function: Callable[[], Future[T]]) -> None: ...
    @overload
    def __init__(self, function: Callable[[], T]) -> None: ...
    def __init__(self, function: Callable[[], Any]) -> None:
        self._function: Callable[[], Any] | None = function
        self._outcome: Promise[T] = Promise()

    def __call__(self) -> Future[T]:
        """Each caller has its own future: none can take the outcome from the others by discarding it."""
        function, self._function = self._function, None
        if function is not None:
            self._outcome.associate(ready(function).then(_call))
        return self._outcome.undiscardable()


def _call(function: Callable[[], Any]) -> Any:
    return function()
