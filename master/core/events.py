"""All inputs of the master's rules: what peers send, and what earlier effects come back as.

An effect that has to wait (an admission, an authorization, a timer) carries the event that answers it; that event says
which instance of the matter it is about, so that an answer that comes too late is recognised.
"""

from __future__ import annotations

from typing import TypeAlias

from libprocess_py.message import Message, Record
from libprocess_py.pid import PID
from mesos_py.protocol.ids import AgentId, FrameworkId, OfferId, TaskId
from mesos_py.protocol.messages.master_agent import AgentRegistration, AgentReregistration
from mesos_py.protocol.messages.master_allocator import Allocation


class Received(Record, kw_only=False):
    """A peer sent this."""

    sender: PID
    message: Message


class Exited(Record, kw_only=False):
    """A linked agent or scheduler ended, or the connection to it was lost."""

    pid: PID


class Allocated(Record, kw_only=False):
    """The allocator decided whom to offer what."""

    allocations: tuple[Allocation, ...]


class AgentAdmitted(Record, kw_only=False):
    """A new agent is on record and may join (MA-05)."""

    sender: PID
    agent_id: AgentId
    registration: AgentRegistration


class AgentReadmitted(Record, kw_only=False):
    """An agent that was unreachable, or is known to earlier masters only, is on record as reachable (MA-06)."""

    sender: PID
    registration: AgentReregistration


class AgentBooked(Record, kw_only=False):
    """The allocator has taken up the agent: allocations that are older than this do not bind it."""

    agent_id: AgentId
    instance: int


class AgentMarkedUnreachable(Record, kw_only=False):
    """It is on record that the agent is unreachable (MA-11)."""

    agent_id: AgentId
    instance: int


class AcceptanceAuthorized(Record, kw_only=False):
    """An acceptance may go on, without the tasks that are `denied`."""

    number: int
    denied: tuple[TaskId, ...]


class PingDue(Record, kw_only=False):
    """Time to ping an agent again, and to see whether it answered the last ping."""

    agent_id: AgentId
    instance: int


class FailoverExpired(Record, kw_only=False):
    """A framework's scheduler stayed away for too long after this disconnect (MA-04)."""

    framework_id: FrameworkId
    disconnect: int


class OfferExpired(Record, kw_only=False):
    """Nobody used an offer in time (MA-14)."""

    offer_id: OfferId


class TeardownRequested(Record, kw_only=False):
    """An operator wants the framework gone (MA-23)."""

    framework_id: FrameworkId


Event: TypeAlias = (
    Received
    | Exited
    | Allocated
    | AgentAdmitted
    | AgentReadmitted
    | AgentBooked
    | AgentMarkedUnreachable
    | AcceptanceAuthorized
    | PingDue
    | FailoverExpired
    | OfferExpired
    | TeardownRequested
)
