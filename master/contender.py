"""Becoming the leading master (HA-01).

The counterpart of `mesos_py.protocol.detector`, which finds the one that leads.
"""

from __future__ import annotations

from typing import Protocol

from libprocess_py.future import Future, Promise, ready
from mesos_py.protocol.agent import MasterInfo


class MasterContender(Protocol):
    """Runs for leadership."""

    def contend(self, master: MasterInfo) -> Future[Future[None]]:
        """Ready once `master` leads; the inner future is ready when it leads no more, and must end itself."""
        ...


class StandaloneContender:
    """The only candidate: it leads at once and for ever."""

    def contend(self, master: MasterInfo) -> Future[Future[None]]:
        lost: Promise[None] = Promise()
        return ready(lost.future)
