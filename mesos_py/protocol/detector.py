"""Finding the leading master (HA-01). Agents and schedulers ask a detector; how it knows is its own affair."""

from __future__ import annotations

from typing import Protocol

from libprocess_py.future import Future, Promise
from libprocess_py.pid import PID, Address

MASTER_ID = "master"


class MasterDetector(Protocol):
    """Tells who leads, and tells again only on change."""

    def detect(self, previous: PID | None) -> Future[PID | None]:
        """A future that is ready once the leader is another than `previous`; None stands for no leader."""
        ...


class StandaloneDetector:
    """One master at a fixed address, which leads for ever; whether it is up shows only when it answers."""

    def __init__(self, master: PID) -> None:
        self._master = master
        self._unchanged: Promise[PID | None] = Promise()

    def detect(self, previous: PID | None) -> Future[PID | None]:
        if previous == self._master:
            return self._unchanged.future
        found: Promise[PID | None] = Promise()
        found.set(self._master)
        return found.future


def parse_master(text: str) -> PID:
    """Read `ip:port` or `master@ip:port`. Raises ValueError saying what was expected."""
    pid = PID.parse(text) if "@" in text else PID(MASTER_ID, Address.parse(text))
    if pid.address.port == 0:
        raise ValueError(f"master {text!r}: port must not be 0")
    return pid
