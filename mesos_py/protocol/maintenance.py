"""Maintenance: when an agent's machine will be away, and what a framework says to that (MT-05)."""

from __future__ import annotations

from enum import Enum

from libprocess_py.message import Record
from mesos_py.protocol.durations import Nanoseconds


class Unavailability(Record):
    """A machine goes away at `start_ns`, for `duration_ns` or for ever."""

    start_ns: Nanoseconds
    duration_ns: Nanoseconds | None = None


class InverseOfferStatus(Enum):
    """A framework's last answer to the request to leave an agent."""

    UNKNOWN = "UNKNOWN"
    ACCEPT = "ACCEPT"
    DECLINE = "DECLINE"
