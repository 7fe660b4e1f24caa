"""What returning agents report, for the tests of it."""

from __future__ import annotations

from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId, TaskId
from mesos_py.protocol.messages.master_agent import (
    AgentReregistration,
    RunningExecutor,
)
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import Task, TaskState
from tests.master.builders import (
    a_framework_info,
    a_pid,
    an_agent_info,
)

AGENT = a_pid("slave(1)")
SCHEDULER = a_pid("scheduler(1)", host=9)
OLD, OLD_AGENT = FrameworkId("old-0000"), AgentId("old-S0")


def a_task(
    framework_id: FrameworkId,
    task_id: str = "t",
    *,
    state: TaskState = TaskState.RUNNING,
    agent_id: AgentId = OLD_AGENT,
) -> Task:
    return Task(
        task_id=TaskId(task_id),
        name=task_id,
        framework_id=framework_id,
        agent_id=agent_id,
        executor_id=None,
        state=state,
        resources=Resources.of(cpus=1),
    )


def a_report(
    *tasks: Task,
    id: AgentId | None = OLD_AGENT,
    executors: tuple[RunningExecutor, ...] = (),
    completed: tuple[Task, ...] = (),
    hostname: str = "h",
    cpus: float = 4,
) -> AgentReregistration:
    ids = dict.fromkeys(task.framework_id for task in (*tasks, *completed))
    frameworks: tuple[FrameworkInfo, ...] = tuple(a_framework_info(id=framework_id) for framework_id in ids)
    return AgentReregistration(
        agent=an_agent_info(cpus, id=id, hostname=hostname),
        version="0.1.0",
        frameworks=frameworks,
        executors=executors,
        tasks=tasks,
        completed_tasks=completed,
    )
