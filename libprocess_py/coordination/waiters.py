"""A line of those who wait: first come, first served, and whoever gives up leaves it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from libprocess_py.future import Future, Promise
from libprocess_py.future.trampoline import together

T = TypeVar("T")


def serve_all(waiters: Iterable[Promise[T]], value: T) -> None:
    """Every one of them, before the callbacks of any run. What one raises keeps it from nobody else."""
    together(lambda: [waiter.set(value) for waiter in waiters])


class Waiters(Generic[T]):
    """Promises in the order in which they were asked for. Joining, serving and leaving take constant time."""

    def __init__(self, left: Callable[[], object] | None = None) -> None:
        """`left` is called after somebody gave up: those behind may be free to go."""
        self._line: OrderedDict[Promise[T], None] = OrderedDict()
        self._left = left

    def __len__(self) -> int:
        return len(self._line)

    def join(self) -> Promise[T]:
        """A new place at the end."""
        promise: Promise[T] = Promise()
        self._line[promise] = None
        promise.on_discard(self._leave)
        return promise

    def first(self) -> Promise[T]:
        """Who is next; there must be somebody."""
        return next(iter(self._line))

    def pop(self) -> Promise[T]:
        """Take out who is next. The caller completes it when its own books are in order: callbacks run then."""
        promise, _ = self._line.popitem(last=False)
        return promise

    def pop_all(self) -> list[Promise[T]]:
        line, self._line = self._line, OrderedDict()
        return list(line)

    def dismiss(self) -> None:
        """Nobody is served any more: they find their futures discarded."""
        together(lambda: [waiter.set_discarded() for waiter in self.pop_all()])

    def _leave(self, waiter: Future[T]) -> None:
        assert isinstance(waiter, Promise)
        if waiter not in self._line:
            return  # Its turn came, and its callbacks are about to run.
        del self._line[waiter]
        waiter.set_discarded()
        if self._left is not None:
            self._left()
