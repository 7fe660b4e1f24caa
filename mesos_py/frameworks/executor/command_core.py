"""The command executor's rules (EX-01): one task, one process, and how its end is told.

STARTING is reported when the task arrives, RUNNING when its process runs. Exit 0 is FINISHED, everything else FAILED;
a process that ends after it was asked to is KILLED, however it ended. A task is killed politely first (TS-13): SIGTERM
to its process group, and SIGKILL when the grace is over. Then the executor lingers until the end is acknowledged.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from libprocess_py.exit_words import exit_words
from libprocess_py.message import Record
from mesos_py.frameworks.executor.core import Update
from mesos_py.protocol.ids import TaskId
from mesos_py.protocol.task import CommandInfo, Reason, TaskInfo, TaskState

LINGER_NS: Final = 60_000_000_000  # EX-01: a scheduler that has not acknowledged by then is not coming back soon.
COMMAND_SHOWN_MAX: Final = 256  # Characters of a command in a sentence: it may be a whole script.


class Phase(Enum):
    """How far the one task is. Rows of NEXT say what may follow."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    KILLING = "killing"
    ENDED = "ended"


NEXT: Final = {
    Phase.IDLE: frozenset({Phase.STARTING, Phase.ENDED}),
    Phase.STARTING: frozenset({Phase.RUNNING, Phase.ENDED}),
    Phase.RUNNING: frozenset({Phase.KILLING, Phase.ENDED}),
    Phase.KILLING: frozenset({Phase.ENDED}),
    Phase.ENDED: frozenset[Phase](),
}


class Report(Record):
    update: Update


class StartProcess(Record):
    """Start the command; call `started` or `start_failed`, and `exited` at its end."""

    task_id: TaskId
    command: CommandInfo


class Terminate(Record):
    """Ask the process group to end."""


class ForceKill(Record):
    """Kill what is left of the process group."""


class StartGrace(Record):
    """Call `grace_over` after this time, with this number."""

    after_ns: int
    number: int


class Stop(Record):
    """Nothing is left to do but to wait for acknowledgements."""

    linger_ns: int


Effect = Report | StartProcess | Terminate | ForceKill | StartGrace | Stop
Effects = tuple[Effect, ...]


class CommandState:
    """The one task of a command executor."""

    def __init__(self) -> None:
        self.phase = Phase.IDLE
        self.task: TaskInfo | None = None
        self.tells_killing = False  # Whether the framework knows the state KILLING.
        self.grace_due: int | None = None
        self.graces = 0  # Numbers the grace timers: only the last one counts.

    def launched(self, task: TaskInfo) -> Effects:
        if self.phase is not Phase.IDLE:
            return (Report(update=_failed(task, "The command executor runs one task, and has had it")),)
        self.task = task
        if task.command is None:
            self._enter(Phase.ENDED)
            return Report(update=_failed(task, "The task has no command")), Stop(linger_ns=LINGER_NS)
        self._enter(Phase.STARTING)
        starting = Update(task_id=task.task_id, state=TaskState.STARTING)
        return Report(update=starting), StartProcess(task_id=task.task_id, command=task.command)

    def started(self) -> Effects:
        self._enter(Phase.RUNNING)
        return (self._report(TaskState.RUNNING),)

    def start_failed(self, problem: str) -> Effects:
        self._enter(Phase.ENDED)
        assert self.task is not None
        assert self.task.command is not None
        words = f"Command did not start: {_shortened(self.task.command.value)}: {problem}"
        return Report(update=_failed(self.task, words)), Stop(linger_ns=LINGER_NS)

    def killed(self, grace_ns: int, *, now: int) -> Effects:
        """Asked to end the task. Asked again, the grace can only become shorter."""
        due = now + grace_ns
        if self.phase is Phase.RUNNING:
            self._enter(Phase.KILLING)
            told = (self._report(TaskState.KILLING),) if self.tells_killing else ()
            return (*told, Terminate(), self._grace(due, grace_ns))
        if self.phase is Phase.KILLING and self.grace_due is not None and due < self.grace_due:
            return (self._grace(due, grace_ns),)
        return ()

    def grace_over(self, number: int) -> Effects:
        return (ForceKill(),) if self.phase is Phase.KILLING and number == self.graces else ()

    def exited(self, status: int | None) -> Effects:
        """The process ended; what it left behind in its group goes with it."""
        was_killed = self.phase is Phase.KILLING
        self._enter(Phase.ENDED)
        words = f"Command {exit_words(status)}"
        if was_killed:
            report = self._report(TaskState.KILLED, words)
        elif status == 0:
            report = self._report(TaskState.FINISHED, words)
        else:
            report = self._report(TaskState.FAILED, words, reason=Reason.COMMAND_EXECUTOR_FAILED)
        return ForceKill(), report, Stop(linger_ns=LINGER_NS)

    def shut_down(self, *, now: int) -> Effects:
        """The executor has to go: as a kill with the task's own grace."""
        if self.phase is Phase.IDLE:
            self._enter(Phase.ENDED)
            return (Stop(linger_ns=0),)
        assert self.task is not None
        return self.killed(self.task.kill_grace_ns, now=now)

    def check(self) -> None:
        """What holds between any two events."""
        assert (self.task is None) <= (self.phase in {Phase.IDLE, Phase.ENDED})
        assert (self.grace_due is not None) >= (self.phase is Phase.KILLING)

    def _grace(self, due: int, after_ns: int) -> StartGrace:
        self.grace_due = due
        self.graces += 1
        return StartGrace(after_ns=after_ns, number=self.graces)

    def _report(self, state: TaskState, message: str = "", *, reason: Reason | None = None) -> Report:
        assert self.task is not None
        return Report(update=Update(task_id=self.task.task_id, state=state, message=message, reason=reason))

    def _enter(self, phase: Phase) -> None:
        assert phase in NEXT[self.phase], f"{self.phase} does not become {phase}"
        self.phase = phase


def _shortened(command: str) -> str:
    return command if len(command) <= COMMAND_SHOWN_MAX else f"{command[:COMMAND_SHOWN_MAX]}..."


def _failed(task: TaskInfo, message: str) -> Update:
    return Update(task_id=task.task_id, state=TaskState.FAILED, message=message, reason=Reason.COMMAND_EXECUTOR_FAILED)
