"""The agent's actor: takes events in, asks `AgentState` what they mean, performs what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from libprocess_py.pid import PID
from libprocess_py.process import Process
from mesos_py.protocol.messages.agent_executor import ExecutorMessage, ExecutorRegistration, ExecutorStatusUpdate
from mesos_py.protocol.messages.master_agent import (
    AgentRegistered,
    AgentReregistered,
    AgentShutdown,
    FrameworkShutdown,
    Ping,
    SchedulerMoved,
    TaskKill,
    TaskLaunch,
)
from mesos_py.protocol.messages.master_framework import SchedulerToExecutor, StatusAcknowledgement
from slave.containerizer.containerizer import Containerizer
from slave.core.books import Books
from slave.core.events import Event, Exited, FromExecutor, FromMaster, Received, Recovered, StopRequested
from slave.core.settings import AgentSettings
from slave.core.state import AgentState
from slave.http.routes import add_routes
from slave.metrics import AgentMetrics
from slave.perform import Performer, Surroundings


@dataclass(frozen=True)
class AgentOptions:
    """What does not change what the agent does."""

    flags: Mapping[str, str] = field(default_factory=dict)  # As `/flags` shows them.
    files: PID | None = None  # Who reads sandboxes for `/files`; None: there are none.
    checked: bool = False  # Check the books after every event.
    metrics: bool = True  # Thousands of simulated agents do without.


class RuntimeChance:
    """The core's chance, from the actor's own streams."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def fraction(self) -> float:
        return self._process.random("backoff").random()

    def unique_id(self) -> str:
        return self._process.unique_id()


class Slave(Process):
    """One agent. Whoever spawns it has spawned its containerizer before, and both end together."""

    def __init__(
        self, settings: AgentSettings, surroundings: Surroundings, *, options: AgentOptions | None = None
    ) -> None:
        super().__init__(settings.pid.id)
        self.settings = settings
        self.surroundings = surroundings
        self.options = options or AgentOptions()

    def initialize(self) -> None:
        assert self.pid == self.settings.pid, f"spawned as {self.pid}, but its settings say {self.settings.pid}"
        self.started_ns = self.clock.now()
        self._state = AgentState(self.settings, RuntimeChance(self))
        self._performer = Performer(self, self.surroundings, happened=self.happened)
        self._metrics = AgentMetrics(self) if self.options.metrics else None
        add_routes(self)
        self.link(self.surroundings.containerizer)
        recovered = self.dispatch(self.surroundings.containerizer, Containerizer.recover, ())
        recovered.on_ready(self.defer(self.recovered))

    def finalize(self) -> None:
        if self._metrics is not None:
            self._metrics.remove()
        self.terminate(self.surroundings.containerizer)
        if self.options.files is not None:
            self.terminate(self.options.files)

    @property
    def books(self) -> Books:
        """For the views; only the core changes them."""
        return self._state.books

    def happened(self, event: Event) -> None:
        """Every event goes through here."""
        effects = self._state.handle(event, self.clock.now())
        if self.options.checked:
            self._state.check()
        self._performer.perform(effects)

    def stop(self) -> None:
        """End in good order: executors first, then their containers, then this actor."""
        self.happened(StopRequested())

    def recovered(self, _: object) -> None:
        self.happened(Recovered())

    def exited(self, pid: PID) -> None:
        if pid == self.surroundings.containerizer:
            self.log.error("containerizer_ended")
            self.terminate()
            return
        self.happened(Exited(pid=pid))

    def _received(self, sender: PID, message: FromMaster | FromExecutor | SchedulerToExecutor) -> None:
        """The core knows what a message means, and whether this sender may say it."""
        self.happened(Received(sender=sender, message=message))

    # From the master

    def agent_registered(self, sender: PID, message: AgentRegistered) -> None:
        self._received(sender, message)

    def agent_reregistered(self, sender: PID, message: AgentReregistered) -> None:
        self._received(sender, message)

    def agent_shutdown(self, sender: PID, message: AgentShutdown) -> None:
        self._received(sender, message)

    def ping(self, sender: PID, message: Ping) -> None:
        self._received(sender, message)

    def task_launch(self, sender: PID, message: TaskLaunch) -> None:
        self._received(sender, message)

    def task_kill(self, sender: PID, message: TaskKill) -> None:
        self._received(sender, message)

    def status_acknowledgement(self, sender: PID, message: StatusAcknowledgement) -> None:
        self._received(sender, message)

    def framework_shutdown(self, sender: PID, message: FrameworkShutdown) -> None:
        self._received(sender, message)

    def scheduler_moved(self, sender: PID, message: SchedulerMoved) -> None:
        self._received(sender, message)

    # From executors and schedulers

    def executor_registration(self, sender: PID, message: ExecutorRegistration) -> None:
        self._received(sender, message)

    def executor_status_update(self, sender: PID, message: ExecutorStatusUpdate) -> None:
        self._received(sender, message)

    def executor_message(self, sender: PID, message: ExecutorMessage) -> None:
        self._received(sender, message)

    def scheduler_to_executor(self, sender: PID, message: SchedulerToExecutor) -> None:
        self._received(sender, message)
