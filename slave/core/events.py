"""What happens to an agent, as its core is told: messages with their senders, fired timers, and answers to effects."""

from __future__ import annotations

from libprocess_py.message import Record
from libprocess_py.pid import PID
from mesos_py.protocol.ids import ContainerId, FrameworkId, TaskId
from mesos_py.protocol.messages.agent_executor import ExecutorMessage, ExecutorRegistration, ExecutorStatusUpdate
from mesos_py.protocol.messages.master_agent import (
    AgentRegistered,
    AgentReregistered,
    AgentShutdown,
    FrameworkShutdown,
    Ping,
    SchedulerMoved,
    TaskKill,
    TaskLaunch,
)
from mesos_py.protocol.messages.master_framework import SchedulerToExecutor, StatusAcknowledgement
from slave.containerizer.container import LaunchOutcome, Termination

FromMaster = (
    AgentRegistered
    | AgentReregistered
    | AgentShutdown
    | FrameworkShutdown
    | Ping
    | SchedulerMoved
    | StatusAcknowledgement
    | TaskKill
    | TaskLaunch
)
FromExecutor = ExecutorRegistration | ExecutorStatusUpdate | ExecutorMessage


class Received(Record):
    """A message came, from this sender."""

    sender: PID
    message: FromMaster | FromExecutor | SchedulerToExecutor


class Recovered(Record):
    """What an earlier agent left on this machine is dealt with."""


class MasterDetected(Record):
    """The detector names the leader; None while there is none."""

    master: PID | None


class Exited(Record):
    """A linked actor ended, or the connection to it did."""

    pid: PID


class StopRequested(Record):
    """Somebody on this machine wants the agent to end in good order."""


class ContainerLaunched(Record):
    """The containerizer's answer to `LaunchContainer`."""

    container_id: ContainerId
    outcome: LaunchOutcome


class ContainerEnded(Record):
    """The containerizer's answer to waiting."""

    container_id: ContainerId
    termination: Termination


class RegistrationDue(Record):
    """The registration back-off is over."""


class PingTimeout(Record):
    """The master did not ping for as long as it said it would."""


class StatusUpdateRetryDue(Record):
    """This update was not acknowledged in time."""

    framework_id: FrameworkId
    task_id: TaskId
    uuid: bytes


class ExecutorRegistrationTimeout(Record):
    """The executor in this container had its time to register."""

    container_id: ContainerId


class ExecutorShutdownTimeout(Record):
    """The executor in this container had its grace to shut down."""

    container_id: ContainerId


TimerEvent = (
    RegistrationDue | PingTimeout | StatusUpdateRetryDue | ExecutorRegistrationTimeout | ExecutorShutdownTimeout
)
Event = Received | Recovered | MasterDetected | Exited | StopRequested | ContainerLaunched | ContainerEnded | TimerEvent
