"""What is wrong with a task that a framework launches (MA-18): by itself, and beside what is there already."""

from __future__ import annotations

from libprocess_py.message import Record
from master.core.limits import ENVIRONMENT_MAX, NAME_LENGTH_MAX
from master.validation.labels import labels_problem
from mesos_py.protocol.ids import AgentId, FrameworkId, id_problem
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import CommandInfo, ExecutorInfo, TaskInfo
from mesos_py.protocol.values import shown


class Surroundings(Record):
    """What a task is checked against."""

    framework_id: FrameworkId
    agent_id: AgentId  # Of the offers.
    known: bool  # Whether the framework has a task of that id.
    full: bool  # Whether framework or agent has as many tasks as may be.
    executor: ExecutorInfo | None  # The one of that id that is on the agent already.
    left: Resources  # Of the offers, after the operations before; allocated.


def task_problem(task: TaskInfo, around: Surroundings) -> str | None:
    """The first thing that is wrong, in words, or None. Resources of the task are allocated as those of the offers."""
    return (
        _identity_problem(task, around)
        or _program_problem(task, around)
        or _resources_problem(task, around)
        or _details_problem(task)
    )


def _identity_problem(task: TaskInfo, around: Surroundings) -> str | None:
    if problem := id_problem(task.task_id):
        return f"task_id {problem}"
    if around.known:
        return f"task_id {task.task_id!r} is in use"
    if around.full:
        return "there are as many tasks already as a framework or an agent may have"
    if task.agent_id != around.agent_id:
        return f"agent_id {shown(task.agent_id)}: the offers are of {around.agent_id}"
    return None


def _program_problem(task: TaskInfo, around: Surroundings) -> str | None:
    if (task.command is None) == (task.executor is None):
        return "expected exactly one of command and executor"
    if task.command is not None:
        problem = command_problem(task.command)
        return f"command.{problem}" if problem else None
    assert task.executor is not None
    return _executor_problem(task.executor, around)


def _executor_problem(executor: ExecutorInfo, around: Surroundings) -> str | None:
    if problem := id_problem(executor.executor_id):
        return f"executor.executor_id {problem}"
    if executor.framework_id not in (None, around.framework_id):
        return f"executor.framework_id {shown(executor.framework_id)}: expected none or {around.framework_id}"
    if len(executor.name) > NAME_LENGTH_MAX or len(executor.source) > NAME_LENGTH_MAX:
        return f"executor.name and executor.source must not be longer than {NAME_LENGTH_MAX} characters"
    if problem := command_problem(executor.command):
        return f"executor.command.{problem}"
    if executor.shutdown_grace_ns is not None and executor.shutdown_grace_ns < 0:
        return "executor.shutdown_grace must not be negative"
    if around.executor is not None and not is_same_executor(executor, around.executor):
        return f"executor {executor.executor_id!r} runs on the agent already, and differs"
    return None


def is_same_executor(first: ExecutorInfo, second: ExecutorInfo) -> bool:
    """Whether tasks of both share an executor: all is equal, whoever filled in the framework and the role."""
    return _bare(first) == _bare(second)


def _bare(executor: ExecutorInfo) -> tuple[object, ...]:
    return (
        executor.executor_id,
        executor.command,
        executor.resources.unallocate(),
        executor.name,
        executor.source,
        executor.data,
        executor.shutdown_grace_ns,
    )


def command_problem(command: CommandInfo) -> str | None:
    """What is wrong with a command line; the text begins with the field."""
    if not command.value or "\0" in command.value:
        return "value must not be empty or contain NUL"
    if any("\0" in argument for argument in command.arguments):
        return "arguments must not contain NUL"
    if len(command.environment) > ENVIRONMENT_MAX:
        return f"environment must not have more than {ENVIRONMENT_MAX} variables"
    for name, value in command.environment:
        if not name or "=" in name or "\0" in name or "\0" in value:
            return f"environment: {shown(name)} is no variable: no name may be empty or contain '=', nothing NUL"
    if command.user is not None and not 0 < len(command.user) <= NAME_LENGTH_MAX:
        return f"user must have 1 to {NAME_LENGTH_MAX} characters"
    return None


def _resources_problem(task: TaskInfo, around: Surroundings) -> str | None:
    if not task.resources:
        return "resources must not be empty"
    asked = task.resources
    if task.executor is not None:
        asked = asked + task.executor.resources
    for name in asked.names:
        named = asked.get(name)
        if named.revocable() and named.non_revocable():
            return f"resources: {name} must not be both revocable and not"
    needed = task.resources
    if task.executor is not None and around.executor is None:
        needed = needed + task.executor.resources
    if not around.left.contains(needed):
        return f"resources: {needed.unallocate()} is more than what is left of the offers, {around.left.unallocate()}"
    return None


def _details_problem(task: TaskInfo) -> str | None:
    if len(task.name) > NAME_LENGTH_MAX:
        return f"name must not be longer than {NAME_LENGTH_MAX} characters"
    if problem := labels_problem(task.labels):
        return f"labels {problem}"
    if task.kill_grace_ns < 0:
        return "kill_grace must not be negative"
    return None
