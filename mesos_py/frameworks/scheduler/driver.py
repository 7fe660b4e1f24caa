"""The scheduler driver (FW-02): an actor between a framework's `Scheduler` and the master.

`SchedulerProcess` takes messages in, asks `SchedulerState` what they mean, and performs what comes back. Spawn it on
any node: in a daemon, in a simulation, or through `SchedulerDriver` for a program of threads that has no node of its
own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, assert_never

from libprocess_py.errors import ProtocolError
from libprocess_py.future import Promise
from libprocess_py.pid import PID
from libprocess_py.process import Process
from mesos_py.frameworks.scheduler.callbacks import Scheduler
from mesos_py.frameworks.scheduler.core import (
    Aborted,
    Acknowledge,
    Call,
    DriverStatus,
    Effects,
    Ended,
    Retry,
    SchedulerState,
    Send,
    Watch,
)
from mesos_py.protocol.detector import MasterDetector
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import AgentId, ExecutorId, FrameworkId, OfferId, TaskId
from mesos_py.protocol.messages.master_framework import (
    AgentLost,
    ExecutorLost,
    ExecutorToScheduler,
    FrameworkError,
    FrameworkSubscribed,
    OfferDecline,
    OfferRescinded,
    OfferRevival,
    OfferSuppression,
    ReconciledTask,
    Reconciliation,
    ResourceOffers,
    SchedulerToExecutor,
    StatusUpdate,
    TaskKillRequest,
)
from mesos_py.protocol.offer import Filters, Launch, Operation
from mesos_py.protocol.task import TaskInfo, TaskStatus

P = ParamSpec("P")

DEFAULT_FILTERS = Filters()


class SchedulerProcess(Process):
    """The driver as an actor. Its public methods are what a `Scheduler` calls, from its callbacks only."""

    id_prefix = "scheduler"

    def __init__(
        self,
        scheduler: Scheduler,
        framework: FrameworkInfo,
        *,
        detector: MasterDetector,
        implicit_acknowledgements: bool = True,
        suppressed_roles: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self._scheduler = scheduler
        self._detector = detector
        self._state = SchedulerState(
            framework, suppressed_roles=suppressed_roles, implicit_acknowledgements=implicit_acknowledgements
        )
        self.ended: Promise[DriverStatus] = Promise()

    @property
    def state(self) -> SchedulerState:
        """For checks and views; only the methods below change it."""
        return self._state

    @property
    def status(self) -> DriverStatus:
        return self._state.status

    @property
    def framework_id(self) -> FrameworkId | None:
        return self._state.framework.id

    # What the runtime and the master tell.

    def initialize(self) -> None:
        self._perform(self._state.start())
        self._detect()

    def finalize(self) -> None:
        """Ended from outside: the master sees the link break, and the failover timeout begins."""
        self._told()

    def _told(self) -> None:
        """Whoever waits for the end hears of it, once."""
        if self.ended.is_pending:
            self.ended.set(self._state.status)

    def exited(self, pid: PID) -> None:
        self._perform(self._state.master_exited(pid))

    def framework_subscribed(self, sender: PID, message: FrameworkSubscribed) -> None:
        self._perform(self._state.subscribed(sender, message))

    def framework_error(self, sender: PID, message: FrameworkError) -> None:
        self._perform(self._state.refused(sender, message.message))

    def resource_offers(self, sender: PID, message: ResourceOffers) -> None:
        self._perform(self._state.offered(sender, message.offers))

    def offer_rescinded(self, sender: PID, message: OfferRescinded) -> None:
        self._perform(self._state.rescinded(sender, message.offer_id))

    def status_update(self, sender: PID, message: StatusUpdate) -> None:
        self._perform(self._state.updated(sender, message))

    def agent_lost(self, sender: PID, message: AgentLost) -> None:
        self._perform(self._state.agent_lost(sender, message.agent_id))

    def executor_lost(self, sender: PID, message: ExecutorLost) -> None:
        named = {"executor_id": message.executor_id, "exit_status": message.exit_status}
        self._perform(self._state.told(sender, "executor_lost", message.agent_id, **named))

    def executor_to_scheduler(self, sender: PID, message: ExecutorToScheduler) -> None:
        self._perform(self._state.message_received(sender, message))

    # What the scheduler asks for: `callbacks.Driver`.

    def launch(
        self, offer_ids: tuple[OfferId, ...], tasks: tuple[TaskInfo, ...], *, filters: Filters = DEFAULT_FILTERS
    ) -> None:
        self.accept(offer_ids, (Launch(tasks=tasks),), filters=filters)

    def accept(
        self, offer_ids: tuple[OfferId, ...], operations: tuple[Operation, ...], *, filters: Filters = DEFAULT_FILTERS
    ) -> None:
        _check_several(offer_ids)
        self._perform(self._state.accept(offer_ids, operations, filters=filters, now=self.clock.now()))

    def decline(self, offer_ids: tuple[OfferId, ...], *, filters: Filters = DEFAULT_FILTERS) -> None:
        _check_several(offer_ids)
        if self._can_call() and offer_ids:
            self._perform(
                self._state.decline(OfferDecline(framework_id=self._id, offer_ids=offer_ids, filters=filters))
            )

    def kill(self, task_id: TaskId, agent_id: AgentId | None = None) -> None:
        if self._can_call():
            message = TaskKillRequest(framework_id=self._id, task_id=task_id, agent_id=agent_id)
            self._perform(self._state.call(message))

    def revive(self, roles: tuple[str, ...] = ()) -> None:
        if self._can_call():
            self._perform(self._state.call(OfferRevival(framework_id=self._id, roles=roles)))

    def suppress(self, roles: tuple[str, ...] = ()) -> None:
        if self._can_call():
            self._perform(self._state.call(OfferSuppression(framework_id=self._id, roles=roles)))

    def acknowledge(self, status: TaskStatus) -> None:
        self._perform(self._state.acknowledge(status))

    def reconcile(self, tasks: tuple[ReconciledTask, ...] = ()) -> None:
        if self._can_call():
            self._perform(self._state.call(Reconciliation(framework_id=self._id, tasks=tasks)))

    def send_to_executor(self, agent_id: AgentId, executor_id: ExecutorId, *, data: bytes) -> None:
        if self._can_call():
            message = SchedulerToExecutor(framework_id=self._id, agent_id=agent_id, executor_id=executor_id, data=data)
            self._perform(self._state.call(message))

    def later(self, ns: int, function: Callable[[], object]) -> None:
        """Call `function` in the driver's turn, no earlier than after `ns`; not at all if the driver has ended."""
        self.delay(ns, self._later, function)

    def stop(self, *, failover: bool = False) -> None:
        """End; without `failover` the master kills the framework's tasks."""
        self._perform(self._state.stop(failover=failover))

    def abort(self) -> None:
        self._perform(self._state.abort())

    # The shell's own.

    @property
    def _id(self) -> FrameworkId:
        return self._state.id

    def _can_call(self) -> bool:
        return self._state.framework.id is not None

    def _detect(self) -> None:
        self._detector.detect(self._state.master).on_ready(self.defer(self._follow))

    def _follow(self, master: PID | None) -> None:
        self.log.info("master_detected", master=master)
        self._perform(self._state.detected(master))
        self._detect()

    def _later(self, function: Callable[[], object]) -> None:
        if self._state.status is DriverStatus.RUNNING:
            self._call(function)

    def _retry(self, attempt: int) -> None:
        self._perform(self._state.retry(attempt))

    def _call(self, callback: Callable[P, object], *arguments: P.args, **named: P.kwargs) -> None:
        """What a callback raises ends this actor, and whoever waits for the end is told that."""
        try:
            callback(*arguments, **named)
        except ProtocolError:
            raise
        except Exception as error:
            if self.ended.is_pending:
                self.ended.fail(error)
            raise

    def _perform(self, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case Send(message):
                    assert self._state.master is not None, "nothing is sent before a master is detected"
                    self.send(self._state.master, message)
                case Watch(master):
                    self.link(master)
                case Retry(attempt, within_ns):
                    # Not before half of it: asking twice makes the master take back the offers it has just made.
                    wait_ns = self.random("subscription").randrange(within_ns // 2, within_ns + 1)
                    self.delay(wait_ns, self._retry, attempt)
                case Call(callback, arguments, named):
                    self._call(getattr(self._scheduler, callback), self, *arguments, **named)
                case Acknowledge(status):
                    self._perform(self._state.acknowledge(status))
                case Aborted():
                    self._told()
                case Ended():
                    self._told()
                    self.terminate(inject=False)
                case _:
                    assert_never(effect)


def _check_several(offer_ids: object) -> None:
    """An id is a text, and a text is a sequence too: of letters, which no master knows."""
    if isinstance(offer_ids, str):
        raise TypeError(f"offer_ids: expected a tuple of offer ids, got the text {offer_ids!r}")
