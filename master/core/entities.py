"""Frameworks, agents and acceptances under way, as the master's books hold them, and a framework's table of states.

These are pages of one aggregate, `Books`, and only the rules beside them write on them. What is on a page that is not a
dict or a counter is frozen.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from libprocess_py.pid import PID
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.ids import AgentId, ExecutorId, FrameworkId, OfferId, TaskId
from mesos_py.protocol.messages.master_agent import RunningExecutor
from mesos_py.protocol.offer import Filters, Launch, Offer
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import Task, TaskInfo

TaskKey = tuple[FrameworkId, TaskId]
ExecutorKey = tuple[FrameworkId, ExecutorId]


class FrameworkState(Enum):
    """Where a framework stands (MA-03)."""

    RECOVERED = "RECOVERED"  # Known only from agents that run its tasks; its scheduler has not come to this master yet.
    CONNECTED = "CONNECTED"
    DISCONNECTED = "DISCONNECTED"
    COMPLETED = "COMPLETED"


RECOVERED: Final = FrameworkState.RECOVERED
CONNECTED: Final = FrameworkState.CONNECTED
DISCONNECTED: Final = FrameworkState.DISCONNECTED
COMPLETED: Final = FrameworkState.COMPLETED

NEXT_FRAMEWORK_STATES: Final[dict[FrameworkState | None, frozenset[FrameworkState]]] = {
    None: frozenset({RECOVERED, CONNECTED}),
    RECOVERED: frozenset({CONNECTED, COMPLETED}),
    CONNECTED: frozenset({CONNECTED, DISCONNECTED, COMPLETED}),  # To itself: another scheduler took over.
    DISCONNECTED: frozenset({CONNECTED, COMPLETED}),
    COMPLETED: frozenset(),
}


@dataclass(slots=True)
class Framework:
    """One framework and what it has."""

    id: FrameworkId
    info: FrameworkInfo
    state: FrameworkState
    registered_ns: int
    pid: PID | None = None  # Of the scheduler, while connected.
    active: bool = False  # Only active frameworks are offered anything; only connected ones are active.
    reregistered_ns: int | None = None
    unregistered_ns: int | None = None
    disconnects: int = 0  # Numbers the disconnects, so that a failover timer knows its own.
    suppressed_roles: tuple[str, ...] = ()
    tasks: dict[TaskId, Task] = field(default_factory=dict)
    pending: dict[TaskId, int] = field(default_factory=dict)  # To be launched by the acceptance of that number.
    unreachable: dict[TaskId, Task] = field(default_factory=dict)  # Oldest first; they may come back (MA-11).
    completed: deque[Task] = field(default_factory=deque)
    offers: dict[OfferId, None] = field(default_factory=dict)
    acceptances: dict[int, None] = field(default_factory=dict)  # Under way, in the order in which they came.

    @property
    def is_connected(self) -> bool:
        return self.state is CONNECTED

    @property
    def is_partition_aware(self) -> bool:
        return self.info.has(Capability.PARTITION_AWARE)

    def move(self, state: FrameworkState) -> None:
        """Take a step of the table."""
        assert state in NEXT_FRAMEWORK_STATES[self.state], f"framework {self.id}: {self.state} to {state}"
        self.state = state
        self.active = state is CONNECTED


@dataclass(slots=True)
class Agent:
    """One registered agent and what is on it."""

    id: AgentId
    info: AgentInfo
    pid: PID
    version: str
    registered_ns: int
    instance: int  # Tells this stay from an earlier one under the same id.
    run_id: str = ""  # The agent's own: see AgentRegistration.
    connected: bool = True
    booked: bool = False  # The allocator has answered for this instance.
    marking_unreachable: bool = False  # Asked to go on record; a pong that comes before the answer cancels it (MA-07).
    reregistered_ns: int | None = None
    pings_missed: int = 0
    pinged: bool = False  # A ping was sent that is not answered yet.
    tasks: dict[TaskKey, None] = field(default_factory=dict)
    executors: dict[ExecutorKey, RunningExecutor] = field(default_factory=dict)
    offers: dict[OfferId, None] = field(default_factory=dict)
    kills: dict[TaskKey, None] = field(default_factory=dict)  # Asked for while the agent was away.

    @property
    def is_active(self) -> bool:
        """Only active agents are offered."""
        return self.connected


@dataclass(slots=True)
class PendingAcceptance:
    """An acceptance whose offers are taken and whose authorization is due (MA-16)."""

    number: int
    framework_id: FrameworkId
    agent_id: AgentId
    offers: tuple[Offer, ...]
    operations: tuple[Launch, ...]
    filters: Filters
    resources: Resources  # Of all the offers together.
    killed: dict[TaskId, None] = field(default_factory=dict)
    denied: tuple[TaskId, ...] | None = None  # None: not answered yet.

    @property
    def tasks(self) -> tuple[TaskInfo, ...]:
        return tuple(task for operation in self.operations for task in operation.tasks)
