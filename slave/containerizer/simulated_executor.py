"""An executor that runs nothing: an actor that follows the executor protocol and lets tasks take time (AG-23, CO-23).

It speaks to the agent as every executor does, with the token from its environment, so that master, agent and scheduler
cannot tell. A command task's executor ends when the terminal status is acknowledged, any other one when it is told to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from libprocess_py.core.timers import Timer
from libprocess_py.pid import PID
from libprocess_py.process import Process
from mesos_py.protocol.ids import ExecutorId, FrameworkId, TaskId
from mesos_py.protocol.messages.agent_executor import (
    ExecutorRegistered,
    ExecutorRegistration,
    ExecutorShutdown,
    ExecutorStatusAcknowledgement,
    ExecutorStatusUpdate,
    ExecutorTaskKill,
    ExecutorTaskLaunch,
)
from mesos_py.protocol.task import Reason, Source, TaskInfo, TaskState, TaskStatus
from slave.containerizer.container import ContainerConfig
from slave.containerizer.task_model import Fate, TaskModel, model_of
from slave.core.environment import TOKEN_VARIABLE

REGISTRATION_RETRY_NS: Final = 1_000_000_000  # AG-06: an executor that is not answered asks again after a second.
CRASH_STATUS: Final = 139  # As a shell reports a program that ended with SIGSEGV.

Ended = Callable[[int], object]


@dataclass(slots=True)
class Running:
    """One task: when it ends, if by itself, and its updates that are not acknowledged."""

    info: TaskInfo
    model: TaskModel
    timer: Timer | None = None
    unacknowledged: dict[bytes, TaskState] = field(default_factory=dict)


class SimulatedExecutor(Process):
    """`ended` is called once, with the exit status, before the actor ends."""

    def __init__(self, config: ContainerConfig, ended: Ended) -> None:
        super().__init__(f"executor({config.container_id})")
        environment = dict(config.environment)
        self._agent = PID.parse(environment["MESOS_SLAVE_PID"])
        self._framework_id = FrameworkId(environment["MESOS_FRAMEWORK_ID"])
        self._executor_id = ExecutorId(environment["MESOS_EXECUTOR_ID"])
        self._token = environment[TOKEN_VARIABLE]
        self._ended = ended
        self._is_registered = False
        self._tasks: dict[TaskId, Running] = {}

    def initialize(self) -> None:
        self.link(self._agent)
        self._register()

    def exited(self, pid: PID) -> None:
        """The agent is gone, and with it the reason to live."""
        self._end(0)

    def _register(self) -> None:
        if self._is_registered:
            return
        registration = ExecutorRegistration(
            framework_id=self._framework_id, executor_id=self._executor_id, token=self._token
        )
        self.send(self._agent, registration)
        self.delay(REGISTRATION_RETRY_NS, self._register)

    def _end(self, status: int) -> None:
        self._ended(status)
        self.terminate()

    # From the agent

    def registered(self, sender: PID, message: ExecutorRegistered) -> None:
        self._is_registered = True

    def launch(self, sender: PID, message: ExecutorTaskLaunch) -> None:
        info = message.task
        try:
            model = model_of(info)
        except ValueError as error:
            self._tasks[info.task_id] = Running(info, TaskModel())
            self._report(info.task_id, TaskState.FAILED, message=str(error))
            return
        self._tasks[info.task_id] = task = Running(info, model)
        if model.fate is Fate.NEVER_STARTS:
            self._report(info.task_id, TaskState.FAILED, message="Command did not start")
            return
        if info.command is not None:
            self._report(info.task_id, TaskState.STARTING)
        self._report(info.task_id, TaskState.RUNNING)
        if model.fate is not Fate.RUNS_FOREVER:
            task.timer = self.delay(model.duration_ns, self._finished, info.task_id)

    def _finished(self, task_id: TaskId) -> None:
        model = self._tasks[task_id].model
        if model.fate is Fate.CRASHES_EXECUTOR:
            self._end(model.exit_status or CRASH_STATUS)
        elif model.exit_status:
            self._report(task_id, TaskState.FAILED, message=f"Command exited with status {model.exit_status}")
        else:
            self._report(task_id, TaskState.FINISHED)

    def kill(self, sender: PID, message: ExecutorTaskKill) -> None:
        self._kill(message.task_id)

    def _kill(self, task_id: TaskId) -> None:
        task = self._tasks.get(task_id)
        if task is None or any(state.is_terminal for state in task.unacknowledged.values()):
            return
        if task.timer is not None:
            task.timer.cancel()
        self._report(task_id, TaskState.KILLED, message="Command was killed")

    def shut_down(self, sender: PID, message: ExecutorShutdown) -> None:
        for task_id in tuple(self._tasks):
            self._kill(task_id)
        self._end(0)

    def acknowledged(self, sender: PID, message: ExecutorStatusAcknowledgement) -> None:
        task = self._tasks.get(message.task_id)
        state = task.unacknowledged.pop(message.uuid, None) if task is not None else None
        if task is None or state is None or not state.is_terminal:
            return
        del self._tasks[message.task_id]
        if task.info.command is not None:
            self._end(0)

    def _report(self, task_id: TaskId, state: TaskState, *, message: str = "") -> None:
        uuid = bytes.fromhex(self.unique_id().replace("-", ""))
        self._tasks[task_id].unacknowledged[uuid] = state
        failed = state is TaskState.FAILED
        status = TaskStatus(
            task_id=task_id,
            state=state,
            source=Source.EXECUTOR,
            timestamp_ns=self.clock.now(),
            uuid=uuid,
            reason=Reason.COMMAND_EXECUTOR_FAILED if failed else None,
            message=message,
        )
        update = ExecutorStatusUpdate(
            framework_id=self._framework_id, executor_id=self._executor_id, token=self._token, status=status
        )
        self.send(self._agent, update)
