"""A bounded history: the newest N of what is over (AG-17). Feeds the master after a failover, and the endpoints."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class History(Generic[T]):
    """Oldest first; adding to a full one forgets the oldest. A bound of 0 remembers nothing."""

    __slots__ = ("_items",)

    def __init__(self, bound: int) -> None:
        assert bound >= 0
        self._items: deque[T] = deque(maxlen=bound)

    def add(self, item: T) -> None:
        self._items.append(item)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)
