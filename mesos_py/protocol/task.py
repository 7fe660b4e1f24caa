"""Tasks: what a framework wants run, and how it is going (TS-01, TS-02)."""

from __future__ import annotations

from enum import Enum
from typing import Final

from libprocess_py.message import Record
from mesos_py.protocol.durations import Nanoseconds
from mesos_py.protocol.ids import AgentId, ContainerId, ExecutorId, FrameworkId, TaskId
from mesos_py.protocol.resources import Resources

DEFAULT_KILL_GRACE_NS: Final = 3_000_000_000  # TS-13: the built-in executors wait three seconds between TERM and KILL.


class TaskState(Enum):
    """The states of a task, under the names that the v1 API gives them."""

    STAGING = "TASK_STAGING"
    STARTING = "TASK_STARTING"
    RUNNING = "TASK_RUNNING"
    KILLING = "TASK_KILLING"
    FINISHED = "TASK_FINISHED"
    FAILED = "TASK_FAILED"
    KILLED = "TASK_KILLED"
    ERROR = "TASK_ERROR"
    LOST = "TASK_LOST"
    DROPPED = "TASK_DROPPED"
    UNREACHABLE = "TASK_UNREACHABLE"
    GONE = "TASK_GONE"
    GONE_BY_OPERATOR = "TASK_GONE_BY_OPERATOR"
    UNKNOWN = "TASK_UNKNOWN"

    @property
    def is_terminal(self) -> bool:
        """Whether the task has ended and its resources are free. UNREACHABLE and UNKNOWN tasks may still run."""
        return self in TERMINAL


TERMINAL: Final = frozenset(
    {
        TaskState.FINISHED,
        TaskState.FAILED,
        TaskState.KILLED,
        TaskState.ERROR,
        TaskState.LOST,
        TaskState.DROPPED,
        TaskState.GONE,
        TaskState.GONE_BY_OPERATOR,
    }
)


class Source(Enum):
    """Who made a status."""

    MASTER = "SOURCE_MASTER"
    AGENT = "SOURCE_AGENT"
    EXECUTOR = "SOURCE_EXECUTOR"


class Reason(Enum):
    """Why a status is as it is, under the v1 names; only those that something here gives."""

    COMMAND_EXECUTOR_FAILED = "REASON_COMMAND_EXECUTOR_FAILED"
    CONTAINER_LAUNCH_FAILED = "REASON_CONTAINER_LAUNCH_FAILED"
    EXECUTOR_REGISTRATION_TIMEOUT = "REASON_EXECUTOR_REGISTRATION_TIMEOUT"
    EXECUTOR_TERMINATED = "REASON_EXECUTOR_TERMINATED"
    EXECUTOR_UNREGISTERED = "REASON_EXECUTOR_UNREGISTERED"
    FRAMEWORK_REMOVED = "REASON_FRAMEWORK_REMOVED"
    INVALID_OFFERS = "REASON_INVALID_OFFERS"
    MASTER_DISCONNECTED = "REASON_MASTER_DISCONNECTED"
    RECONCILIATION = "REASON_RECONCILIATION"
    SLAVE_DISCONNECTED = "REASON_AGENT_DISCONNECTED"
    SLAVE_REMOVED = "REASON_AGENT_REMOVED"
    SLAVE_RESTARTED = "REASON_AGENT_RESTARTED"
    SLAVE_UNKNOWN = "REASON_AGENT_UNKNOWN"
    SLAVE_REREGISTERED = "REASON_AGENT_REREGISTERED"
    TASK_INVALID = "REASON_TASK_INVALID"
    TASK_KILLED_DURING_LAUNCH = "REASON_TASK_KILLED_DURING_LAUNCH"
    TASK_UNAUTHORIZED = "REASON_TASK_UNAUTHORIZED"
    TASK_UNKNOWN = "REASON_TASK_UNKNOWN"


class CommandInfo(Record):
    """A command line: `value` run by `/bin/sh -c`, or, with `shell` false, as the program with `arguments` as argv."""

    value: str
    shell: bool = True
    arguments: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    user: str | None = None


class ExecutorInfo(Record):
    """The program that runs a framework's tasks. Tasks with equal infos share one executor on an agent (EX-04).

    `data` is handed to the executor as it is and may hold a secret: no endpoint and no log shows it.
    """

    executor_id: ExecutorId
    command: CommandInfo
    framework_id: FrameworkId | None = None  # The master fills it in.
    resources: Resources = Resources()
    name: str = ""
    source: str = ""
    data: bytes = b""
    shutdown_grace_ns: Nanoseconds | None = None  # None: the agent's default.


class TaskInfo(Record):
    """One task to launch: exactly one of `command` and `executor` is set (MA-18)."""

    task_id: TaskId
    name: str
    agent_id: AgentId
    resources: Resources
    command: CommandInfo | None = None
    executor: ExecutorInfo | None = None
    data: bytes = b""
    labels: tuple[tuple[str, str], ...] = ()
    kill_grace_ns: Nanoseconds = DEFAULT_KILL_GRACE_NS


class TaskStatus(Record):
    """What is known of a task at `timestamp_ns`. Without `uuid` there is nothing to acknowledge (TS-04)."""

    task_id: TaskId
    state: TaskState
    source: Source
    timestamp_ns: Nanoseconds
    agent_id: AgentId | None = None
    executor_id: ExecutorId | None = None
    container_id: ContainerId | None = None
    uuid: bytes | None = None  # Sixteen bytes. Acknowledgements name the update, not the task.
    reason: Reason | None = None
    message: str = ""
    data: bytes = b""
    healthy: bool | None = None


class Task(Record):
    """A launched task, as master and agent book it: what it is, whose, where, and its statuses so far.

    `status_state` and `status_uuid` are those of the last update forwarded to the scheduler, `state` the latest known;
    they differ while an acknowledgement is due (MA-21).
    """

    task_id: TaskId
    name: str
    framework_id: FrameworkId
    agent_id: AgentId
    executor_id: ExecutorId | None  # None: a command task, run by the command executor under the task's own id.
    state: TaskState
    resources: Resources
    statuses: tuple[TaskStatus, ...] = ()  # One per state, the newest of each, in order of arrival.
    status_state: TaskState | None = None
    status_uuid: bytes | None = None
    labels: tuple[tuple[str, str], ...] = ()
    user: str | None = None
