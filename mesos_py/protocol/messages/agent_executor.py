"""The conversation between an agent and an executor.

The agent starts the executor in a container; the executor registers at the agent's PID, found in its environment, and
is given its tasks. `StatusUpdate`, `StatusAcknowledgement`, `TaskKill` and the framework's messages are those of the
other conversations. An executor that registers proves with `token` that it is the one the agent started: the token is
in its environment and nowhere else, and the agent's own messages carry it back, so that neither side obeys a
stranger.
"""

from __future__ import annotations

from libprocess_py.message import Message
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.durations import Nanoseconds
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import ContainerId, ExecutorId, FrameworkId, TaskId
from mesos_py.protocol.task import ExecutorInfo, TaskInfo, TaskStatus

# Executor to agent.


class ExecutorRegistration(Message):
    """The executor of this framework is up."""

    framework_id: FrameworkId
    executor_id: ExecutorId
    token: str


class ExecutorStatusUpdate(Message):
    """A task's new status, with a uuid of the executor's; repeated to a restarted agent until acknowledged."""

    framework_id: FrameworkId
    executor_id: ExecutorId
    token: str
    status: TaskStatus


# Agent to executor.


class ExecutorRegistered(Message):
    """Welcome: who you are, for whom and where."""

    executor: ExecutorInfo
    framework: FrameworkInfo
    agent: AgentInfo
    container_id: ContainerId
    token: str


class ExecutorTaskLaunch(Message):
    """Run this task."""

    task: TaskInfo
    token: str


class ExecutorTaskKill(Message):
    """Stop this task: ask it to end, and force it after `grace_ns`."""

    task_id: TaskId
    grace_ns: Nanoseconds
    token: str


class ExecutorStatusAcknowledgement(Message):
    """The scheduler has dealt with this update."""

    task_id: TaskId
    uuid: bytes
    token: str


class ExecutorShutdown(Message):
    """Kill all tasks and exit; the container is destroyed after the grace period."""

    token: str


class ExecutorMessage(Message):
    """Bytes between executor and scheduler, best effort, both ways."""

    framework_id: FrameworkId
    executor_id: ExecutorId
    data: bytes
    token: str
