"""What makes a task impossible to run on any machine. Said of the task at once, instead of tried."""

from __future__ import annotations

from typing import Final

from mesos_py.protocol.durations import DURATION_NS_MAX
from mesos_py.protocol.messages.master_agent import TaskLaunch
from mesos_py.protocol.task import CommandInfo

NUL: Final = "\0"  # Ends a text in every system call, so no text may hold it.


def launch_problem(launch: TaskLaunch) -> str | None:
    """Why no machine can run this, or None."""
    if problem := user_problem(launch.framework.user):
        return f"framework.user: {problem}"
    if not 0 <= launch.task.kill_grace_ns <= DURATION_NS_MAX:
        return f"kill_grace_ns: expected a number from 0 to {DURATION_NS_MAX}"
    executor = launch.executor
    if executor is not None and not 0 <= (executor.shutdown_grace_ns or 0) <= DURATION_NS_MAX:
        return f"executor.shutdown_grace_ns: expected a number from 0 to {DURATION_NS_MAX}"
    commands = (launch.task.command, executor.command if executor is not None else None)
    return next((problem for command in commands if command and (problem := command_problem(command))), None)


def command_problem(command: CommandInfo) -> str | None:
    """What is wrong with a command, or None."""
    if NUL in command.value or any(NUL in argument for argument in command.arguments):
        return "command: must not contain NUL"
    if command.user is not None and (problem := user_problem(command.user)):
        return f"command.user: {problem}"
    problem = environment_problem(command.environment)
    return f"command.environment: {problem}" if problem else None


def environment_problem(variables: tuple[tuple[str, str], ...]) -> str | None:
    """Which of these cannot be an environment variable, and why, or None."""
    for name, value in variables:
        if not name or "=" in name or NUL in name:
            return f"{name!r} cannot be the name of a variable"
        if NUL in value:
            return f"the value of {name} must not contain NUL"
    return None


def user_problem(user: str) -> str | None:
    """What is wrong with the name of a user, whether or not there is one of that name."""
    return None if user.isprintable() and "/" not in user else "must be a name without control characters and '/'"
