"""Schedulers that want to be called from time to time, as real ones are by timers of their own."""

from __future__ import annotations

from typing import Final

from mesos_py.frameworks.scheduler.callbacks import Driver, Scheduler
from mesos_py.frameworks.scheduler.driver import SchedulerProcess

TICK_NS: Final = 30_000_000_000  # Half a minute: often against the timeouts of a cluster, rare against its messages.


class TickingScheduler(Scheduler):
    """A scheduler with a clock."""

    def tick(self, driver: Driver) -> None:
        """Some time has passed."""


class TickingDriver(SchedulerProcess):
    """A driver that calls its scheduler's `tick` every so often."""

    def initialize(self) -> None:
        super().initialize()
        self.delay(TICK_NS, self._tick)

    def _tick(self) -> None:
        self.delay(TICK_NS, self._tick)
        assert isinstance(self._scheduler, TickingScheduler)
        self._scheduler.tick(self)
