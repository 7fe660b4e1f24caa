"""What `ExecutorState` asks its actor to do: messages, timers, and calls of the `Executor` that sits on the driver."""

from __future__ import annotations

from libprocess_py.message import Message, Record
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import TaskId
from mesos_py.protocol.task import ExecutorInfo, TaskInfo


class Link(Record):
    """Keep a connection to the agent, and say when it is lost."""


class Send(Record):
    """A message for the agent."""

    message: Message


class Retry(Record):
    """Call `registration_due` after this time."""

    after_ns: int


class ForceStop(Record):
    """Call `stop_due` after this time."""

    after_ns: int


class Stop(Record):
    """It is over: end the actor."""


class Registered(Record):
    executor: ExecutorInfo
    framework: FrameworkInfo
    agent: AgentInfo


class Reregistered(Record):
    agent: AgentInfo


class Disconnected(Record):
    pass


class LaunchTask(Record):
    task: TaskInfo


class KillTask(Record):
    task_id: TaskId
    grace_ns: int


class FrameworkMessage(Record):
    data: bytes


class Shutdown(Record):
    pass


Callback = Registered | Reregistered | Disconnected | LaunchTask | KillTask | FrameworkMessage | Shutdown
Effect = Link | Send | Retry | ForceStop | Stop | Callback
Effects = tuple[Effect, ...]
