"""What an executor is told in its environment by the agent that starts it (AG-20)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from libprocess_py.message import Record
from libprocess_py.pid import PID
from libprocess_py.runtime.settings import trust_of
from mesos_py.protocol.durations import parse_duration
from mesos_py.protocol.ids import AgentId, ExecutorId, FrameworkId

T = TypeVar("T")

TOKEN_VARIABLE: Final = "MESOS_EXECUTOR_AUTHENTICATION_TOKEN"
GRACE_VARIABLE: Final = "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD"


class EnvironmentProblem(ValueError):
    """A variable that is missing or does not read; the text names it and what was expected."""


class ExecutorEnvironment(Record):
    """Who this executor is, and who its agent. The token proves it to the agent: tasks must not see it."""

    framework_id: FrameworkId
    executor_id: ExecutorId
    agent_id: AgentId
    agent: PID
    sandbox: str
    token: str
    shutdown_grace_ns: int
    checkpoint: bool = False  # Whether the agent, when it dies, means to come back to its executors.

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> ExecutorEnvironment:
        """Raises EnvironmentProblem for the first variable that is missing or wrong."""
        return cls(
            framework_id=FrameworkId(_needed(environ, "MESOS_FRAMEWORK_ID")),
            executor_id=ExecutorId(_needed(environ, "MESOS_EXECUTOR_ID")),
            agent_id=AgentId(_needed(environ, "MESOS_SLAVE_ID")),
            agent=_parsed(environ, "MESOS_SLAVE_PID", parse=PID.parse),
            sandbox=_needed(environ, "MESOS_SANDBOX"),
            token=_needed(environ, TOKEN_VARIABLE),
            checkpoint=environ.get("MESOS_CHECKPOINT") == "1",
            shutdown_grace_ns=_parsed(environ, GRACE_VARIABLE, parse=parse_duration),
        )


def for_tasks(environ: Mapping[str, str]) -> dict[str, str]:
    """The executor's environment without what belongs to the executor alone: its proofs of who it is."""
    own = {TOKEN_VARIABLE, *trust_of(environ)}
    return {name: value for name, value in environ.items() if name not in own}


def _needed(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if not value:
        raise EnvironmentProblem(f"{name} is not set: executors are started by an agent, which sets it")
    return value


def _parsed(environ: Mapping[str, str], name: str, *, parse: Callable[[str], T]) -> T:
    text = _needed(environ, name)
    try:
        return parse(text)
    except ValueError as error:
        raise EnvironmentProblem(f"{name}: {error}") from error
