"""Executors: the programs that run a framework's tasks on this agent (AG-04, AG-06, AG-07).

    REGISTERING --registers with its token--> RUNNING
    REGISTERING, RUNNING --shut down, silent, lost--> TERMINATING
    REGISTERING, RUNNING, TERMINATING --its container ends--> TERMINATED

A TERMINATED executor stays in the books until the last terminal update of its tasks is acknowledged.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from enum import Enum
from typing import Final

from libprocess_py.message import Record
from libprocess_py.pid import PID
from mesos_py.protocol.ids import ContainerId, ExecutorId, FrameworkId
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import ExecutorInfo, Reason, Task, TaskState
from slave.core.tasks import TaskBook

REGISTRATION: Final = "registration"  # What its timers are for.
SHUTDOWN: Final = "shutdown"


class Phase(Enum):
    """Where an executor stands."""

    REGISTERING = "registering"
    RUNNING = "running"
    TERMINATING = "terminating"
    TERMINATED = "terminated"


NEXT: Final[Mapping[Phase, frozenset[Phase]]] = {
    Phase.REGISTERING: frozenset({Phase.RUNNING, Phase.TERMINATING, Phase.TERMINATED}),
    Phase.RUNNING: frozenset({Phase.TERMINATING, Phase.TERMINATED}),
    Phase.TERMINATING: frozenset({Phase.TERMINATED}),
    Phase.TERMINATED: frozenset(),
}


class Ending(Record):
    """Why an executor ends, where the agent knows better than its exit status; the first reason stays."""

    state: TaskState | None  # What its live tasks become; None: what follows from the kind of executor.
    reason: Reason
    message: str


class Executor:
    """One run of an executor, in one container."""

    def __init__(
        self, info: ExecutorInfo, framework_id: FrameworkId, *, container_id: ContainerId, token: str, sandbox: str
    ) -> None:
        self.info = info
        self.framework_id = framework_id
        self.container_id = container_id
        self.token = token
        self.sandbox = sandbox
        self.is_command_executor = False  # Made by the agent for one command task, whose id it bears.
        self.phase = Phase.REGISTERING
        self.pid: PID | None = None
        self.ending: Ending | None = None
        self.tasks = TaskBook(0)

    @property
    def id(self) -> ExecutorId:
        return self.info.executor_id

    @property
    def is_live(self) -> bool:
        """Its container has not ended."""
        return self.phase is not Phase.TERMINATED

    @property
    def resources(self) -> Resources:
        """What its container may use: its own and those of its live tasks."""
        return Resources.sum((self.info.resources, *(booked.info.resources for booked in self.tasks.alive())))

    def proves(self, token: str) -> bool:
        """Whether this is the token of its environment. Takes equally long for any guess."""
        return hmac.compare_digest(token.encode(), self.token.encode())

    def enter(self, phase: Phase) -> None:
        assert phase in NEXT[self.phase], f"{self.phase} to {phase}"
        self.phase = phase

    def registered(self, pid: PID) -> None:
        """The executor has shown its token: from now on it is whoever speaks from `pid`, and nobody else."""
        self.enter(Phase.RUNNING)
        self.pid = pid

    def terminating(self, ending: Ending) -> None:
        self.enter(Phase.TERMINATING)
        self.ending = self.ending or ending

    def timer(self, purpose: str) -> str:
        """The key of one of its timers."""
        return f"executor-{purpose}/{self.container_id}"

    def check(self) -> None:
        """Assert what must always hold."""
        self.tasks.check()
        if self.phase is Phase.REGISTERING:
            assert self.pid is None
            assert not self.tasks.launched
            assert self.tasks.queued, "an executor that has nobody to wait for is destroyed"
        if self.phase is Phase.RUNNING:
            assert self.pid is not None
            assert not self.tasks.queued
        if self.phase is Phase.TERMINATED:
            assert self.tasks.is_idle
            assert self.tasks.terminated, "an executor that ended and has nothing to deliver is history"


class CompletedExecutor(Record):
    """An executor that is over: what the endpoints show of it."""

    info: ExecutorInfo
    framework_id: FrameworkId
    container_id: ContainerId
    sandbox: str
    is_command_executor: bool
    tasks: tuple[Task, ...]


def completed(executor: Executor) -> CompletedExecutor:
    """The history's entry for an executor with nothing left to do."""
    assert executor.phase is Phase.TERMINATED
    return CompletedExecutor(
        info=executor.info,
        framework_id=executor.framework_id,
        container_id=executor.container_id,
        sandbox=executor.sandbox,
        is_command_executor=executor.is_command_executor,
        tasks=tuple(executor.tasks.completed),
    )
