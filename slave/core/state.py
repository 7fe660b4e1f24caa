"""The agent's core: one event in, effects out. Everything that an agent decides is decided from here.

`AgentState` looks at who says what in which phase, and hands over to the module whose rule it is. A message that the
protocol does not allow raises ProtocolError before anything has changed.
"""

from __future__ import annotations

from typing import assert_never

from libprocess_py.pid import PID
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
from slave.core import ending, launching, relaying, reports
from slave.core.books import Books
from slave.core.chance import Chance
from slave.core.effects import NOTHING, Effects, note
from slave.core.events import (
    ContainerEnded,
    ContainerLaunched,
    Event,
    ExecutorRegistrationTimeout,
    ExecutorShutdownTimeout,
    Exited,
    FromMaster,
    MasterDetected,
    PingTimeout,
    Received,
    Recovered,
    RegistrationDue,
    StatusUpdateRetryDue,
    StopRequested,
)
from slave.core.registration import Phase
from slave.core.settings import AgentSettings


class AgentState:
    """The aggregate: books and the rules that change them."""

    def __init__(self, settings: AgentSettings, chance: Chance) -> None:
        self.books = Books(settings, chance)

    def handle(self, event: Event, now: int) -> Effects:
        """What an event means. Raises ProtocolError, with nothing changed, if a peer broke the rules."""
        books = self.books
        match event:
            case Received(sender=sender, message=message):
                return self._received(sender, message, now=now)
            case Recovered():
                return books.registration.recovered()
            case MasterDetected(master=master):
                return self._leaving(books.registration.detected(master))
            case Exited(pid=pid):
                return self._exited(pid)
            case StopRequested():
                return ending.shut_down_agent(books, "stop requested")
            case ContainerLaunched():
                return ending.container_launched(books, event)
            case ContainerEnded():
                return ending.container_ended(books, event, now=now)
            case RegistrationDue():
                return books.registration.due(reports.request(books))
            case PingTimeout():
                return self._leaving(books.registration.ping_timeout())
            case StatusUpdateRetryDue():
                return books.updates.retry_due(event)
            case ExecutorRegistrationTimeout():
                return ending.registration_timeout(books, event)
            case ExecutorShutdownTimeout():
                return ending.shutdown_timeout(books, event)
            case _:
                assert_never(event)

    def check(self) -> None:
        """Assert what must always hold. Called after every event in tests and in simulation."""
        self.books.check()

    def _leaving(self, effects: Effects) -> Effects:
        """After these effects the agent may be without a master: then its updates wait."""
        books = self.books
        if books.registration.phase is Phase.DISCONNECTED and not books.updates.is_paused:
            return *effects, *books.updates.pause()
        return effects

    def _exited(self, pid: PID) -> Effects:
        registration = self.books.registration
        if pid != registration.master:
            return ending.executor_exited(self.books, pid)
        if registration.phase is Phase.TERMINATING:
            return self.books.updates.pause()
        return self._leaving(registration.master_exited())

    def _received(
        self,
        sender: PID,
        message: FromMaster | ExecutorRegistration | ExecutorStatusUpdate | ExecutorMessage | SchedulerToExecutor,
        *,
        now: int,
    ) -> Effects:
        if self.books.registration.phase is Phase.RECOVERING:
            return (note("message_ignored", name=message.wire_name, sender=sender, why="recovering"),)
        match message:
            case ExecutorRegistration():
                return launching.register_executor(self.books, sender, registration=message)
            case ExecutorStatusUpdate():
                return relaying.status_update(self.books, sender, update=message)
            case ExecutorMessage():
                return relaying.message_to_scheduler(self.books, sender, message=message)
            case SchedulerToExecutor():
                return relaying.message_to_executor(self.books, sender, message=message)
            case _:
                self.books.registration.check_leader(sender, message)
                return self._ordered(sender, message, now=now)

    def _ordered(self, sender: PID, message: FromMaster, *, now: int) -> Effects:
        """What the leading master says.

        Work is taken only while registered: a launch that crosses a re-registration is not among the tasks reported
        in it, so the master reports it as lost, and running it would make that a lie.
        """
        books, registration = self.books, self.books.registration
        match message:
            case Ping():
                return self._leaving(registration.pinged(sender, message))
            case StatusAcknowledgement():
                return relaying.acknowledgement(books, message)
            case AgentShutdown():
                return ending.shut_down_agent(books, message.message)
            case AgentRegistered() | AgentReregistered():
                return self._registered(message)
            case FrameworkShutdown():
                return ending.shut_down_framework(books, message)
            case SchedulerMoved():
                return relaying.scheduler_moved(books, message)
            case TaskLaunch():
                if not registration.is_running:
                    return (note("task_dropped", task=message.task.task_id, why=registration.phase.value),)
                return launching.launch_task(books, message, now=now)
            case TaskKill():
                if registration.agent_id is None or registration.phase is Phase.TERMINATING:
                    return (note("kill_ignored", task=message.task_id, why=registration.phase.value),)
                return ending.kill_task(books, message, now=now)
            case _:
                assert_never(message)

    def _registered(self, message: AgentRegistered | AgentReregistered) -> Effects:
        registration = self.books.registration
        effects = registration.registered(message)
        if not effects or registration.master is None:
            return NOTHING
        return *effects, *self.books.updates.resume(registration.master)
