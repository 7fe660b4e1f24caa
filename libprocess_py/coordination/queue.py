"""`Queue`: values from those who have them to those who wait for them."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

from libprocess_py.coordination.waiters import Waiters
from libprocess_py.future import Future, ready

T = TypeVar("T")


class QueueFull(Exception):
    """As many values wait as the queue may hold; this one was not taken."""


class Queue(Generic[T]):
    """Each value is got once, in the order in which they were put, by the one who has waited longest."""

    def __init__(self, *, size_max: int | None = None) -> None:
        """Without a bound whoever puts must know that somebody gets."""
        assert size_max is None or size_max > 0, f"size_max {size_max}: expected at least one"
        self._size_max = size_max
        self._values: deque[T] = deque()
        self._waiters: Waiters[T] = Waiters()

    def __len__(self) -> int:
        """Values that nobody has got yet."""
        return len(self._values)

    def put(self, value: T) -> None:
        """Never waits. Raises QueueFull if nobody waits for it and there is no room."""
        if self._waiters:
            self._waiters.pop().set(value)
        elif self._size_max is not None and len(self._values) >= self._size_max:
            raise QueueFull(f"{self._size_max} values are waiting to be got")
        else:
            self._values.append(value)

    def get(self) -> Future[T]:
        """The next value. Discarding it leaves the line, and no value is lost."""
        return ready(self._values.popleft()) if self._values else self._waiters.join()
