"""The executor driver's side of the conversation with the agent (EX-04), as a pure state machine.

An executor registers until its agent answers, is given tasks, and reports what becomes of them. Each update is kept
until the scheduler's acknowledgement comes back and sent again if the executor has to register again, so an agent that
lost it hears of it. The token guards both directions: nothing is obeyed that does not carry it, or that comes from
another actor than the agent named in the environment.

Ends: the agent says so, the agent is lost and does not mean to come back (checkpointing is off), or the executor stops
itself. The first two give it the shutdown grace period to end its tasks; a stop may linger for acknowledgements.
"""

from __future__ import annotations

import hmac
from enum import Enum
from typing import Final

from libprocess_py.errors import ProtocolError
from libprocess_py.message import Record
from libprocess_py.pid import PID
from mesos_py.frameworks.executor.effects import (
    Disconnected,
    Effects,
    ForceStop,
    FrameworkMessage,
    KillTask,
    LaunchTask,
    Link,
    Registered,
    Reregistered,
    Retry,
    Send,
    Shutdown,
    Stop,
)
from mesos_py.frameworks.executor.environment import ExecutorEnvironment
from mesos_py.protocol.ids import TaskId
from mesos_py.protocol.messages.agent_executor import (
    ExecutorMessage,
    ExecutorRegistered,
    ExecutorRegistration,
    ExecutorStatusAcknowledgement,
    ExecutorStatusUpdate,
    ExecutorTaskKill,
    ExecutorTaskLaunch,
)
from mesos_py.protocol.task import Reason, Source, TaskState, TaskStatus

REGISTRATION_RETRY_NS: Final = 1_000_000_000  # The agent waits a minute; a lost message costs one second of it.
# On a shutdown the last updates only have to arrive: an agent that has forgotten the framework acknowledges nothing.
SHUTDOWN_LINGER_NS: Final = 100_000_000
NOTHING: Final[Effects] = ()


class ExecutorPhase(Enum):
    """How far the executor is. Rows below say what may follow."""

    REGISTERING = "registering"
    REGISTERED = "registered"
    SHUTTING_DOWN = "shutting down"  # Told to end, or deserted: tasks are being ended.
    LINGERING = "lingering"  # Stopped by itself; the last updates wait for their acknowledgements.
    STOPPED = "stopped"


NEXT: Final = {
    ExecutorPhase.REGISTERING: frozenset(
        {ExecutorPhase.REGISTERED, ExecutorPhase.SHUTTING_DOWN, ExecutorPhase.LINGERING, ExecutorPhase.STOPPED}
    ),
    ExecutorPhase.REGISTERED: frozenset({ExecutorPhase.SHUTTING_DOWN, ExecutorPhase.LINGERING, ExecutorPhase.STOPPED}),
    ExecutorPhase.SHUTTING_DOWN: frozenset({ExecutorPhase.LINGERING, ExecutorPhase.STOPPED}),
    ExecutorPhase.LINGERING: frozenset({ExecutorPhase.STOPPED}),
    ExecutorPhase.STOPPED: frozenset[ExecutorPhase](),
}
ENDING: Final = frozenset({ExecutorPhase.SHUTTING_DOWN, ExecutorPhase.LINGERING, ExecutorPhase.STOPPED})


class Stranger(ProtocolError):
    """A message that does not come from this executor's agent."""


class UnexpectedTask(ProtocolError):
    """A task that the agent should not have sent now."""


class Update(Record):
    """What an executor says of a task; the driver adds who, where and when."""

    task_id: TaskId
    state: TaskState
    message: str = ""
    reason: Reason | None = None
    data: bytes = b""


class ExecutorState:
    """The books of one executor: its phase, its tasks, and the updates that nobody has acknowledged yet."""

    def __init__(self, environment: ExecutorEnvironment) -> None:
        self.environment = environment
        self.phase = ExecutorPhase.REGISTERING
        self.was_registered = False
        self.tasks: dict[TaskId, TaskState] = {}  # Until all that was said of a task is acknowledged.
        self.unacknowledged: dict[bytes, TaskStatus] = {}  # By uuid, oldest first.

    # What happens

    def start(self) -> Effects:
        return (Link(), *self.registration_due())

    def registration_due(self) -> Effects:
        """Register, unless the agent has answered meanwhile."""
        if self.phase is not ExecutorPhase.REGISTERING:
            return NOTHING
        environment = self.environment
        registration = ExecutorRegistration(
            framework_id=environment.framework_id, executor_id=environment.executor_id, token=environment.token
        )
        return Send(message=registration), Retry(after_ns=REGISTRATION_RETRY_NS)

    def registered(self, sender: PID, message: ExecutorRegistered) -> Effects:
        """The agent knows us; the second time because it lost us, and then it may have lost updates too."""
        self._authenticate(sender, message.token)
        if self.phase is ExecutorPhase.REGISTERING:
            self._enter(ExecutorPhase.REGISTERED)
        if self.was_registered:
            resent = tuple(self._send(status) for status in self.unacknowledged.values())
            return (*resent, Reregistered(agent=message.agent)) if self.phase not in ENDING else resent
        self.was_registered = True
        return (Registered(executor=message.executor, framework=message.framework, agent=message.agent),)

    def task_launched(self, sender: PID, message: ExecutorTaskLaunch) -> Effects:
        self._authenticate(sender, message.token)
        task = message.task
        if self.phase in ENDING:
            return NOTHING  # The agent hears of this executor's end, and what that means for the task.
        if not self.was_registered:
            raise UnexpectedTask(f"task {task.task_id} came before the registration was answered")
        if task.task_id in self.tasks:
            raise UnexpectedTask(f"task {task.task_id} is here already")
        self.tasks[task.task_id] = TaskState.STAGING
        return (LaunchTask(task=task),)

    def task_killed(self, sender: PID, message: ExecutorTaskKill) -> Effects:
        """A task that is unknown or over has nothing left to kill: its last update says so."""
        self._authenticate(sender, message.token)
        state = self.tasks.get(message.task_id)
        if state is None or state.is_terminal or self.phase is ExecutorPhase.STOPPED:
            return NOTHING
        return (KillTask(task_id=message.task_id, grace_ns=message.grace_ns),)

    def acknowledged(self, sender: PID, message: ExecutorStatusAcknowledgement) -> Effects:
        self._authenticate(sender, message.token)
        status = self.unacknowledged.pop(message.uuid, None)
        if status is None:
            return NOTHING  # Acknowledged before.
        if self.tasks[status.task_id].is_terminal and not self._waits(status.task_id):
            del self.tasks[status.task_id]
        return self._stopped() if self.phase is ExecutorPhase.LINGERING and not self.unacknowledged else NOTHING

    def message_received(self, sender: PID, message: ExecutorMessage) -> Effects:
        self._authenticate(sender, message.token)
        return NOTHING if self.phase in ENDING else (FrameworkMessage(data=message.data),)

    def shut_down(self, sender: PID, token: str) -> Effects:
        """Told to end. One that only waits for acknowledgements has nothing else to do first."""
        self._authenticate(sender, token)
        return self._stopped() if self.phase is ExecutorPhase.LINGERING else self._begin_shutdown()

    def agent_exited(self, pid: PID) -> Effects:
        """The connection is lost. Without checkpointing the agent's tasks go with it, and so do we."""
        if pid != self.environment.agent or self.phase is ExecutorPhase.STOPPED:
            return NOTHING
        if not self.was_registered or self.phase is ExecutorPhase.LINGERING:
            return self._stopped()  # Nobody is left who could acknowledge anything.
        if self.environment.checkpoint:
            return (Disconnected(),)
        return (Disconnected(), *self._begin_shutdown())

    # What the executor does

    def updated(self, update: Update, *, now: int, uuid: bytes) -> Effects:
        """Report a task. Raises ValueError for a task that this executor does not have, or that is over."""
        state = self.tasks.get(update.task_id)
        if state is None or state.is_terminal:
            raise ValueError(f"task {update.task_id}: no such task here, or it is over")
        self.tasks[update.task_id] = update.state
        status = TaskStatus(
            task_id=update.task_id,
            state=update.state,
            source=Source.EXECUTOR,
            timestamp_ns=now,
            agent_id=self.environment.agent_id,
            executor_id=self.environment.executor_id,
            uuid=uuid,
            reason=update.reason,
            message=update.message,
            data=update.data,
        )
        self.unacknowledged[uuid] = status
        return (self._send(status),)

    def message_sent(self, data: bytes) -> Effects:
        """Bytes for the scheduler, best effort."""
        environment = self.environment
        message = ExecutorMessage(
            framework_id=environment.framework_id,
            executor_id=environment.executor_id,
            data=data,
            token=environment.token,
        )
        return (Send(message=message),)

    def stopped(self, *, linger_ns: int = 0) -> Effects:
        """End, but give unacknowledged updates this long; less on a shutdown."""
        if self.phase in {ExecutorPhase.STOPPED, ExecutorPhase.LINGERING}:
            return NOTHING
        if self.phase is ExecutorPhase.SHUTTING_DOWN:
            linger_ns = min(linger_ns, SHUTDOWN_LINGER_NS)
        if not linger_ns or not self.unacknowledged:
            return self._stopped()
        self._enter(ExecutorPhase.LINGERING)
        return (ForceStop(after_ns=linger_ns),)

    def stop_due(self) -> Effects:
        """A grace period or a linger is over."""
        return NOTHING if self.phase is ExecutorPhase.STOPPED else self._stopped()

    def check(self) -> None:
        """What holds between any two events."""
        for uuid, status in self.unacknowledged.items():
            assert status.uuid == uuid, "an update is kept under its own uuid"
            assert status.task_id in self.tasks, "a task is kept until its last update is acknowledged"
        for task_id, state in self.tasks.items():
            assert not state.is_terminal or self._waits(task_id), (
                "a task that is over is kept for acknowledgements only"
            )
        assert self.was_registered or not self.tasks, "tasks come after the registration"

    def _waits(self, task_id: TaskId) -> bool:
        return any(status.task_id == task_id for status in self.unacknowledged.values())

    def _begin_shutdown(self) -> Effects:
        if self.phase in ENDING:
            return NOTHING
        self._enter(ExecutorPhase.SHUTTING_DOWN)
        return Shutdown(), ForceStop(after_ns=self.environment.shutdown_grace_ns)

    def _stopped(self) -> Effects:
        self._enter(ExecutorPhase.STOPPED)
        return (Stop(),)

    def _enter(self, phase: ExecutorPhase) -> None:
        assert phase in NEXT[self.phase], f"{self.phase} does not become {phase}"
        self.phase = phase

    def _send(self, status: TaskStatus) -> Send:
        environment = self.environment
        update = ExecutorStatusUpdate(
            framework_id=environment.framework_id,
            executor_id=environment.executor_id,
            token=environment.token,
            status=status,
        )
        return Send(message=update)

    def _authenticate(self, sender: PID, token: str) -> None:
        if sender != self.environment.agent:
            raise Stranger(f"sender {sender}: expected this executor's agent, {self.environment.agent}")
        if not hmac.compare_digest(token.encode(), self.environment.token.encode()):
            raise Stranger("token: expected the one that the agent gave to this executor")
