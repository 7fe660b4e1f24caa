"""When to make no allocations: while paused, and after a failover with quotas until enough agents are back (AL-21)."""

from __future__ import annotations

from fractions import Fraction

from allocators.allocator import AllocatorSettings


class Recovery:
    """Without quotas there is nothing to protect from being handed out too early, so there is no pause either."""

    __slots__ = ("_deadline", "_is_paused", "_needed", "_settings")

    def __init__(self, settings: AllocatorSettings) -> None:
        self._settings = settings
        self._is_paused = False
        self._deadline: int | None = None  # None: not recovering.
        self._needed = 0

    @property
    def is_held(self) -> bool:
        """Was it told to pause?"""
        return self._is_paused

    @property
    def deadline(self) -> int | None:
        """Until when agents are waited for; None: not any more."""
        return self._deadline

    @property
    def needed(self) -> int:
        """So many agents are enough."""
        return self._needed

    def restore(self, *, is_held: bool, deadline: int | None, needed: int) -> None:
        """Go on from there."""
        self._is_paused, self._deadline, self._needed = is_held, deadline, needed

    def begin(self, expected_agents: int, *, now: int) -> None:
        """The allocator knows of quotas and expects so many agents back."""
        # In fractions, so that 29 % of 100 are 29; a double would say 28.
        self._needed = int(expected_agents * Fraction(str(self._settings.recovery_factor_percent)) / 100)
        self._deadline = now + self._settings.recovery_timeout_ns if self._needed else None

    def agents_known(self, count: int) -> None:
        """So many agents are there now."""
        if self._deadline is not None and count >= self._needed:
            self._deadline = None

    def pause(self) -> None:
        self._is_paused = True

    def resume(self) -> None:
        self._is_paused = False
        self._deadline = None

    def is_paused(self, *, now: int) -> bool:
        return self._is_paused or (self._deadline is not None and now < self._deadline)
