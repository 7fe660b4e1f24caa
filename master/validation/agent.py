"""What is wrong with an agent that registers or returns (MA-05, MA-06)."""

from __future__ import annotations

from collections.abc import Callable, Collection

from master.core.limits import (
    CAPABILITIES_MAX,
    COMPLETED_TASKS_REPORTED_MAX,
    NAME_LENGTH_MAX,
    STATUSES_REPORTED_MAX,
    TASKS_PER_AGENT_MAX,
)
from master.validation.framework import framework_problem
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.ids import AgentId, FrameworkId, TaskId, id_problem
from mesos_py.protocol.messages.master_agent import AgentReregistration
from mesos_py.protocol.task import Task, TaskState
from mesos_py.protocol.values import shown

PORT_MAX = 65_535


def agent_problem(agent: AgentInfo, version: str) -> str | None:
    """The first thing that is wrong with what an agent says of itself, in words, or None."""
    if not 0 < len(agent.hostname) <= NAME_LENGTH_MAX:
        return f"agent.hostname must have 1 to {NAME_LENGTH_MAX} characters"
    if not 0 <= agent.port <= PORT_MAX:
        return f"agent.port must be from 0 to {PORT_MAX}"
    if len(version) > NAME_LENGTH_MAX:
        return f"version must not be longer than {NAME_LENGTH_MAX} characters"
    if len(agent.region or "") > NAME_LENGTH_MAX or len(agent.zone or "") > NAME_LENGTH_MAX:
        return f"agent.region and agent.zone must not be longer than {NAME_LENGTH_MAX} characters"
    if len(agent.capabilities) > CAPABILITIES_MAX or any(len(name) > NAME_LENGTH_MAX for name in agent.capabilities):
        return f"agent.capabilities must be at most {CAPABILITIES_MAX}, none longer than {NAME_LENGTH_MAX} characters"
    if agent.resources.unallocate() != agent.resources:
        return "agent.resources must not be allocated to a role"
    return None


def reregistration_problem(message: AgentReregistration, is_known: Callable[[FrameworkId], bool]) -> str | None:
    """The same for all that a returning agent reports. Frameworks that the master knows need no description."""
    if message.agent.id is None or (problem := id_problem(message.agent.id)):
        return "agent.id must be set" if message.agent.id is None else f"agent.id {problem}"
    if problem := agent_problem(message.agent, message.version):
        return problem
    if len(message.tasks) > TASKS_PER_AGENT_MAX or len(message.executors) > TASKS_PER_AGENT_MAX:
        return f"tasks and executors must not be more than {TASKS_PER_AGENT_MAX} each"
    if len(message.completed_tasks) > COMPLETED_TASKS_REPORTED_MAX:
        return f"completed_tasks must not be more than {COMPLETED_TASKS_REPORTED_MAX}"
    described: dict[FrameworkId, None] = {}
    for framework in message.frameworks:
        if framework.id is None:
            return "frameworks: each must have an id"
        if problem := framework_problem(framework, ()):
            return f"frameworks: {problem}"
        described[framework.id] = None
    for running in message.executors:
        if problem := id_problem(running.executor.executor_id):
            return f"executors: executor_id {problem}"
        if running.framework_id not in described and not is_known(running.framework_id):
            return f"executors: framework {shown(running.framework_id)} is not described"
    return _tasks_problem(message.tasks, message.agent.id, described=described, is_known=is_known)


def _tasks_problem(
    tasks: tuple[Task, ...],
    agent_id: AgentId,
    *,
    described: Collection[FrameworkId],
    is_known: Callable[[FrameworkId], bool],
) -> str | None:
    seen: dict[tuple[FrameworkId, TaskId], None] = {}
    for task in tasks:
        key = (task.framework_id, task.task_id)
        if problem := id_problem(task.task_id):
            return f"tasks: task_id {problem}"
        if len(task.statuses) > STATUSES_REPORTED_MAX:
            return f"tasks: {task.task_id!r} has more than {STATUSES_REPORTED_MAX} statuses"
        if key in seen:
            return f"tasks: {task.task_id!r} is reported twice"
        if task.agent_id != agent_id:
            return f"tasks: {task.task_id!r} is of agent {shown(task.agent_id)}"
        if task.state in (TaskState.UNKNOWN, TaskState.UNREACHABLE):
            return f"tasks: {task.task_id!r} is {task.state.value}, which no agent can know"
        if task.framework_id not in described and not is_known(task.framework_id):
            return f"tasks: framework {shown(task.framework_id)} of {task.task_id!r} is not described"
        seen[key] = None
    return None
