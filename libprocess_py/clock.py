"""The time of a node, as its actors see it: integer nanoseconds since the epoch, which never go back."""

from __future__ import annotations

from collections.abc import Callable


class Clock:
    """Reads the driver's time: wall time, or virtual time in simulation."""

    __slots__ = ("now",)

    now: Callable[[], int]  # The driver's own method: reading the time is one call.

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now
