"""`RateLimiter`: so many permits per duration, evenly spaced and in order, for an actor that must not be hurried.

No burst is saved up: after an idle hour the second caller waits like any other. A caller who no longer wants its permit
discards the future, and whoever is behind moves up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from libprocess_py.coordination.waiters import Waiters
from libprocess_py.duration import SECOND, format_duration, parse_duration
from libprocess_py.future import Future, failed, ready

if TYPE_CHECKING:
    from libprocess_py.core.timers import Timer
    from libprocess_py.process import Process

WAITING_MAX: Final = 100  # Callers in line: at two per second the last would wait 50 s, longer than clients do.


class TooManyWaiting(Exception):
    """The line is full; nobody would wait to its end."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many per duration. In text as Mesos writes it: `2/1secs`."""

    permits: int
    per_ns: int = SECOND

    def __post_init__(self) -> None:
        if self.permits < 1 or self.per_ns < 1:
            raise ValueError(f"rate {self}: expected at least one permit and a duration above zero")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `permits/duration`. Raises ValueError."""
        permits, slash, duration = text.partition("/")
        if not (slash and permits.isascii() and permits.isdigit()):
            raise ValueError(f"rate {text!r}: expected a number and a duration, as in 2/1secs")
        return cls(int(permits), parse_duration(duration))

    @property
    def interval_ns(self) -> int:
        """From one permit to the next."""
        return -(-self.per_ns // self.permits)

    def __str__(self) -> str:
        return f"{self.permits}/{format_duration(self.per_ns)}"


class RateLimiter:
    """Used by one actor, in its own turns; the actor calls `close` when it ends."""

    def __init__(self, owner: Process, rate: Rate, *, waiting_max: int = WAITING_MAX) -> None:
        self._owner = owner
        self._interval_ns = rate.interval_ns
        self._waiting_max = waiting_max
        self._waiting: Waiters[None] = Waiters()
        self._free_at = 0  # When the next permit can be given.
        self._timer: Timer | None = None

    def acquire(self) -> Future[None]:
        """Ready when it is the caller's turn: at once if nobody had one lately. Fails when the line is full."""
        now = self._owner.clock.now()
        if not self._waiting and now >= self._free_at:
            self._free_at = now + self._interval_ns
            return ready(None)
        if len(self._waiting) >= self._waiting_max:
            return failed(TooManyWaiting(f"{self._waiting_max} are waiting already"))
        promise = self._waiting.join()
        self._arm(now)
        return promise

    def close(self) -> None:
        """Nobody gets a permit any more: who waits is told so by a discarded future."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._waiting.dismiss()

    def _arm(self, now: int) -> None:
        if self._timer is None and self._waiting:
            self._timer = self._owner.delay(self._free_at - now, self._next)

    def _next(self) -> None:
        self._timer = None
        if not self._waiting:
            return
        now = self._owner.clock.now()
        self._free_at = now + self._interval_ns
        promise = self._waiting.pop()
        self._arm(now)
        promise.set(None)
