"""The command executor (EX-01): performs what `CommandState` decides, with one real process."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import Mapping
from functools import partial
from typing import Final, assert_never

from mesos_py.frameworks.executor.callbacks import Driver, Executor
from mesos_py.frameworks.executor.command_core import (
    CommandState,
    Effects,
    ForceKill,
    Report,
    StartGrace,
    StartProcess,
    Stop,
    Terminate,
)
from mesos_py.frameworks.executor.environment import for_tasks
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.ids import TaskId
from mesos_py.protocol.task import CommandInfo, ExecutorInfo, TaskInfo

SHELL: Final = "/bin/sh"
RESTORED: Final = (signal.SIGPIPE, signal.SIGXFSZ)  # Python ignores them; the command must not inherit that.


class CommandExecutor(Executor):
    """Runs the task's command in a process group of its own, in the executor's working directory: the sandbox."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environment = for_tasks(environ)
        self._state = CommandState()
        self._os_pid: int | None = None  # None: not started, or reaped.

    def registered(self, driver: Driver, executor: ExecutorInfo, *, framework: FrameworkInfo, agent: AgentInfo) -> None:
        self._state.tells_killing = framework.has(Capability.TASK_KILLING_STATE)

    def launch_task(self, driver: Driver, task: TaskInfo) -> None:
        self._perform(driver, self._state.launched(task))

    def kill_task(self, driver: Driver, task_id: TaskId, *, grace_ns: int) -> None:
        self._perform(driver, self._state.killed(grace_ns, now=driver.now()))

    def shutdown(self, driver: Driver) -> None:
        self._perform(driver, self._state.shut_down(now=driver.now()))

    def ended(self) -> None:
        self._signal(signal.SIGKILL)

    def _perform(self, driver: Driver, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case Report(update=update):
                    driver.update(update)
                case StartProcess(task_id=task_id, command=command):
                    self._start(driver, command, task_id=task_id)
                case Terminate():
                    self._signal(signal.SIGTERM)
                case ForceKill():
                    self._signal(signal.SIGKILL)
                case StartGrace(after_ns=ns, number=number):
                    driver.after(ns, partial(self._grace_over, driver, number))
                case Stop(linger_ns=ns):
                    self._os_pid = None
                    driver.stop(linger_ns=ns)
                case _:
                    assert_never(effect)

    def _start(self, driver: Driver, command: CommandInfo, *, task_id: TaskId) -> None:
        environment = {**self._environment, "MESOS_TASK_ID": task_id, **dict(command.environment)}
        try:
            self._os_pid = start_process(command, environment)
        except OSError as error:
            self._perform(driver, self._state.start_failed(str(error.strerror)))
            return
        exited = driver.deferred(partial(self._exited, driver))
        driver.reap(self._os_pid).on_any(lambda reaped: exited(reaped.get() if reaped.is_ready else None))
        self._perform(driver, self._state.started())

    def _exited(self, driver: Driver, status: int | None) -> None:
        self._perform(driver, self._state.exited(status))

    def _grace_over(self, driver: Driver, number: int) -> None:
        self._perform(driver, self._state.grace_over(number))

    def _signal(self, what: signal.Signals) -> None:
        if self._os_pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._os_pid, what)


def start_process(command: CommandInfo, environment: Mapping[str, str]) -> int:
    """Start a command as the leader of its own session. Raises OSError if there is no such program or it cannot run."""
    if command.shell:
        program, argv = SHELL, ["sh", "-c", command.value]
    else:
        found = shutil.which(command.value, path=environment.get("PATH", os.defpath))
        if found is None:
            raise FileNotFoundError(2, "No such file, or it is not a program")
        program, argv = found, list(command.arguments) or [command.value]
    return os.posix_spawn(
        program,
        argv,
        environment,
        file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)],
        setsid=True,
        setsigmask=[],
        setsigdef=RESTORED,
    )
