"""The conversation between a master and an agent.

An agent registers until it is acknowledged; the master pings it and the agent expects pings (MA-07, AG-03). Tasks go
down with their framework, status updates come up and are repeated until acknowledged. After either side restarts, the
agent re-registers with all it runs, and the master rebuilds its books from that (HA-04). `StatusUpdate` and
`StatusAcknowledgement` are the same messages as between master and scheduler.
"""

from __future__ import annotations

from libprocess_py.message import Message, Record
from libprocess_py.pid import PID
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.durations import Nanoseconds
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import AgentId, ContainerId, ExecutorId, FrameworkId, TaskId
from mesos_py.protocol.task import ExecutorInfo, Task, TaskInfo

# Agent to master.


class AgentRegistration(Message):
    """A new agent asks to join; repeated with back-off until answered (AG-02).

    `run_id` is drawn once per run of the agent. It tells a repetition from a restart under the same pid, after which
    nothing of what ran before is left; without it every registration is taken for a repetition.
    """

    agent: AgentInfo
    version: str
    run_id: str = ""


class RunningExecutor(Record):
    """An executor that lives on the agent, for the master's books."""

    framework_id: FrameworkId
    executor: ExecutorInfo
    container_id: ContainerId


class AgentReregistration(Message):
    """An agent with an id returns, with everything it runs (MA-06).

    `tasks` are all that are not yet terminal and acknowledged; `frameworks` those that they belong to.
    """

    agent: AgentInfo
    version: str
    frameworks: tuple[FrameworkInfo, ...] = ()
    executors: tuple[RunningExecutor, ...] = ()
    tasks: tuple[Task, ...] = ()
    completed_tasks: tuple[Task, ...] = ()


class AgentUnregistration(Message):
    """The agent stops for good; its tasks are lost at once."""

    agent_id: AgentId


class Pong(Message):
    """Alive."""


class ExecutorExited(Message):
    """An executor ended with this exit status (negative: the signal)."""

    agent_id: AgentId
    framework_id: FrameworkId
    executor_id: ExecutorId
    exit_status: int


# Master to agent.


class AgentRegistered(Message):
    """Welcome under this id; expect a ping at least every `ping_timeout_ns`."""

    agent_id: AgentId
    ping_timeout_ns: Nanoseconds


class AgentReregistered(Message):
    """Welcome back under the same id.

    What the agent did not report and the master believed in, the master reports as lost.
    """

    agent_id: AgentId
    ping_timeout_ns: Nanoseconds


class AgentShutdown(Message):
    """Stop everything and exit; `message` says why."""

    message: str


class Ping(Message):
    """Are you there? `connected` is whether the master believes the link is up (MA-07)."""

    connected: bool


class TaskLaunch(Message):
    """Run this task for this framework. The scheduler's pid is for messages from executors."""

    framework: FrameworkInfo  # With its id.
    scheduler: PID | None
    executor: ExecutorInfo | None  # None: a command task.
    task: TaskInfo


class TaskKill(Message):
    """Stop this task."""

    framework_id: FrameworkId
    task_id: TaskId


class FrameworkShutdown(Message):
    """Stop everything of this framework: it is gone."""

    framework_id: FrameworkId


class SchedulerMoved(Message):
    """The framework's scheduler is reached here now."""

    framework_id: FrameworkId
    scheduler: PID
