"""Executors and what their agent says to them."""

from __future__ import annotations

from typing import Any, Final

from libprocess_py.pid import PID
from mesos_py.frameworks.executor.environment import ExecutorEnvironment
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import AgentId, ContainerId, ExecutorId, FrameworkId, TaskId
from mesos_py.protocol.messages.agent_executor import (
    ExecutorRegistered,
    ExecutorStatusAcknowledgement,
    ExecutorTaskKill,
    ExecutorTaskLaunch,
)
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import CommandInfo, ExecutorInfo, TaskInfo

AGENT: Final = PID.parse("slave(1)@10.0.0.1:5051")
TOKEN: Final = "c7a5"
SECOND_NS: Final = 1_000_000_000
GRACE_NS: Final = 5 * SECOND_NS


def an_environment(**changes: Any) -> ExecutorEnvironment:
    fields: dict[str, Any] = {
        "framework_id": FrameworkId("framework"),
        "executor_id": ExecutorId("executor"),
        "agent_id": AgentId("agent"),
        "agent": AGENT,
        "sandbox": "/tmp",
        "token": TOKEN,
        "shutdown_grace_ns": GRACE_NS,
    }
    return ExecutorEnvironment(**{**fields, **changes})


def a_task(id: str = "task", command: str | CommandInfo | None = "true", **changes: Any) -> TaskInfo:
    fields: dict[str, Any] = {
        "task_id": TaskId(id),
        "name": id,
        "agent_id": AgentId("agent"),
        "resources": Resources.of(cpus=1),
        "command": CommandInfo(value=command) if isinstance(command, str) else command,
    }
    return TaskInfo(**{**fields, **changes})


def a_welcome(token: str = TOKEN, data: bytes = b"") -> ExecutorRegistered:
    return ExecutorRegistered(
        executor=ExecutorInfo(executor_id=ExecutorId("executor"), command=CommandInfo(value=""), data=data),
        framework=FrameworkInfo(user="somebody", name="framework"),
        agent=AgentInfo(hostname="here", port=5051, resources=Resources.of(cpus=4)),
        container_id=ContainerId("container"),
        token=token,
    )


def a_launch(task: TaskInfo | None = None, token: str = TOKEN) -> ExecutorTaskLaunch:
    return ExecutorTaskLaunch(task=task or a_task(), token=token)


def a_kill(id: str = "task", grace_ns: int = GRACE_NS, *, token: str = TOKEN) -> ExecutorTaskKill:
    return ExecutorTaskKill(task_id=TaskId(id), grace_ns=grace_ns, token=token)


def an_acknowledgement(uuid: bytes, id: str = "task", *, token: str = TOKEN) -> ExecutorStatusAcknowledgement:
    return ExecutorStatusAcknowledgement(task_id=TaskId(id), uuid=uuid, token=token)
