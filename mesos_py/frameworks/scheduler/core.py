"""The scheduler driver's books, pure: what is known of the master, and what each message or call leads to.

Two machines side by side. `DriverStatus` is the author's view (FW-02): NOT_STARTED, RUNNING, then STOPPED or ABORTED
for good. `Link` is the master's: DOWN until one is detected, SUBSCRIBING until it answers, UP until it is lost.
Subscription is retried with back-off (FW-03); an attempt is numbered, so a timer of an earlier one means nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, TypeAlias

from msgspec.structs import replace

from libprocess_py.errors import ProtocolError
from libprocess_py.message import Message
from libprocess_py.pid import PID
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId, OfferId
from mesos_py.protocol.messages.master_framework import (
    ExecutorToScheduler,
    FrameworkSubscribed,
    FrameworkSubscription,
    FrameworkUnsubscription,
    OfferAcceptance,
    OfferDecline,
    OfferSuppression,
    StatusAcknowledgement,
    StatusUpdate,
)
from mesos_py.protocol.offer import Filters, Offer, Operation
from mesos_py.protocol.task import Reason, Source, TaskInfo, TaskState, TaskStatus

BACKOFF_NS: Final = 2_000_000_000  # FW-03: the first retry comes within two seconds,
BACKOFF_NS_MAX: Final = 60_000_000_000  # and none later than a minute after the last attempt.
BACKOFF_DOUBLINGS_MAX: Final = 5  # 2 s doubled five times is past the minute.
FAILOVER_SHARE: Final = 10  # FW-03: ten attempts fit into the failover timeout,
RETRY_NS_MIN: Final = 100_000_000  # unless it is so short that they would come faster than a master answers.
OFFERS_MAX: Final = 100_000  # Offers kept; twice the largest cluster aimed at, so only a runaway master meets it.


class DriverStatus(Enum):
    NOT_STARTED = "NOT_STARTED"
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    ABORTED = "ABORTED"


class Link(Enum):
    DOWN = "DOWN"
    SUBSCRIBING = "SUBSCRIBING"
    UP = "UP"


NEXT_STATUS: Final[Mapping[DriverStatus, frozenset[DriverStatus]]] = {
    DriverStatus.NOT_STARTED: frozenset({DriverStatus.RUNNING}),
    DriverStatus.RUNNING: frozenset({DriverStatus.STOPPED, DriverStatus.ABORTED}),
    DriverStatus.ABORTED: frozenset({DriverStatus.STOPPED}),
    DriverStatus.STOPPED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Send:
    """To the master that is followed now."""

    message: Message


@dataclass(frozen=True, slots=True)
class Watch:
    """Link to this master, so that its loss is told."""

    master: PID


@dataclass(frozen=True, slots=True)
class Retry:
    """Come back with `retry(attempt)` at a random time within `within_ns`."""

    attempt: int
    within_ns: int


@dataclass(frozen=True, slots=True)
class Call:
    """Call the scheduler back."""

    callback: str
    arguments: tuple[Any, ...] = ()  # By position,
    named: Mapping[str, Any] = field(default_factory=dict)  # and by name.


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Have `acknowledge(status)` asked now, after the callback:

    it may have stopped the driver, and then nobody says so.
    """

    status: TaskStatus


@dataclass(frozen=True, slots=True)
class Aborted:
    """Nobody is called any more: whoever waits for the driver's end need not wait longer."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The driver is done: nothing more will happen."""


Effect: TypeAlias = Send | Watch | Retry | Call | Acknowledge | Aborted | Ended
Effects: TypeAlias = tuple[Effect, ...]


class NotFromMaster(ProtocolError):
    """A message that only the followed master may send came from somebody else."""


class NotFromAgent(ProtocolError):
    """Bytes of an executor that did not come from its agent."""


@dataclass(slots=True)
class SchedulerState:
    """Everything a driver knows. Methods apply one event and return what to do about it."""

    framework: FrameworkInfo
    suppressed_roles: tuple[str, ...] = ()
    implicit_acknowledgements: bool = True
    status: DriverStatus = DriverStatus.NOT_STARTED
    link: Link = Link.DOWN
    master: PID | None = None
    ever_subscribed: bool = False
    attempt: int = 0  # Counts on for ever, so that the timer of an earlier attempt is recognised.
    tries: int = 0  # Since the last success: what the back-off grows with.
    offers: dict[OfferId, AgentId] = field(default_factory=dict)
    agents: dict[AgentId, PID] = field(default_factory=dict)  # All that were ever offered and are not lost.

    def start(self) -> Effects:
        self._become(DriverStatus.RUNNING)
        return ()

    def detected(self, master: PID | None) -> Effects:
        """Another master leads, or none."""
        effects = self._lose_master()
        self.master = master
        if master is None or self.status is not DriverStatus.RUNNING:
            return effects
        return (*effects, Watch(master), *self._subscribe())

    def master_exited(self, master: PID) -> Effects:
        """The connection broke. The same master may come back: keep asking."""
        if master != self.master or self.status is not DriverStatus.RUNNING:
            return ()
        lost = self._lose_master()
        return (*lost, self._next_retry())

    def retry(self, attempt: int) -> Effects:
        if attempt != self.attempt or self.link is Link.UP or self.master is None:
            return ()
        return (Watch(self.master), *self._subscribe()) if self.status is DriverStatus.RUNNING else ()

    def subscribed(self, sender: PID, message: FrameworkSubscribed) -> Effects:
        """Welcome. A second one for the same subscription changes nothing."""
        self._from_master(sender)
        if self.link is Link.UP or self.status is not DriverStatus.RUNNING:
            return ()
        self.link = Link.UP
        self.attempt += 1
        self.tries = 0
        self.framework = replace(self.framework, id=message.framework_id)
        first, self.ever_subscribed = not self.ever_subscribed, True
        if first:
            return (Call("registered", (message.framework_id,), {"master": message.master}),)
        return (Call("reregistered", (message.master,)),)

    def offered(self, sender: PID, offers: tuple[Offer, ...]) -> Effects:
        self._from_master(sender)
        if not self._is_up:
            return ()
        if len(self.offers) + len(offers) > OFFERS_MAX:
            raise ProtocolError(f"more than {OFFERS_MAX} outstanding offers")
        self.offers.update((offer.id, offer.agent_id) for offer in offers)
        self.agents.update((offer.agent_id, offer.agent_pid) for offer in offers)
        return (Call("resource_offers", (offers,)),)

    def rescinded(self, sender: PID, offer_id: OfferId) -> Effects:
        self._from_master(sender)
        if not self._is_up or self.offers.pop(offer_id, None) is None:
            return ()
        return (Call("offer_rescinded", (offer_id,)),)

    def updated(self, sender: PID, update: StatusUpdate) -> Effects:
        """A status, acknowledged after the callback unless the author does that."""
        self._from_master(sender)
        if not self._is_up:
            return ()
        callback = Call("status_update", (update.status,))
        return (callback, Acknowledge(update.status)) if self.implicit_acknowledgements else (callback,)

    def told(self, sender: PID, callback: str, *arguments: object, **named: object) -> Effects:
        """A message that is handed on as it is."""
        self._from_master(sender)
        return (Call(callback, arguments, named),) if self._is_up else ()

    def agent_lost(self, sender: PID, agent_id: AgentId) -> Effects:
        effects = self.told(sender, "agent_lost", agent_id)
        self.agents.pop(agent_id, None)
        return effects

    def message_received(self, sender: PID, message: ExecutorToScheduler) -> Effects:
        """Bytes from an executor (MA-22). They come straight from its agent, which is known by its offers."""
        agent = self.agents.get(message.agent_id)
        if sender != agent:
            raise NotFromAgent(f"expected agent {message.agent_id} at {agent or 'a place yet unknown'}, not {sender}")
        named = {"executor_id": message.executor_id, "data": message.data}
        return (Call("framework_message", (message.agent_id,), named),) if self._is_up else ()

    def refused(self, sender: PID, message: str) -> Effects:
        """The master does not want the framework, or not from this driver: it would hear nothing more."""
        self._from_master(sender)
        if not self._is_running:
            return ()
        self._become(DriverStatus.ABORTED)
        return Call("error", (message,)), Aborted()

    def acknowledge(self, status: TaskStatus) -> Effects:
        """Statuses without uuid are nobody's to acknowledge (TS-04)."""
        if status.uuid is None or status.agent_id is None or self.framework.id is None:
            return ()
        return self.call(
            StatusAcknowledgement(
                framework_id=self.framework.id,
                agent_id=status.agent_id,
                task_id=status.task_id,
                uuid=status.uuid,
            )
        )

    def accept(
        self, offer_ids: tuple[OfferId, ...], operations: tuple[Operation, ...], *, filters: Filters, now: int
    ) -> Effects:
        """Use offers. Without a master the tasks are lost at once, as nobody else would say so (FW-02)."""
        for offer_id in offer_ids:
            self.offers.pop(offer_id, None)
        if not self._is_up:
            tasks = tuple(task for launch in operations for task in launch.tasks)
            return tuple(Call("status_update", (lost(task, now),)) for task in tasks) if self._is_running else ()
        return self.call(
            OfferAcceptance(framework_id=self.id, offer_ids=offer_ids, operations=operations, filters=filters)
        )

    def decline(self, message: OfferDecline) -> Effects:
        for offer_id in message.offer_ids:
            self.offers.pop(offer_id, None)
        return self.call(message)

    def call(self, message: Message) -> Effects:
        """Any call to the master: dropped while there is none, as the original drops it."""
        return (Send(message),) if self._is_up else ()

    def stop(self, *, failover: bool) -> Effects:
        """End. Without `failover` the framework's tasks are killed."""
        if self.status in {DriverStatus.STOPPED, DriverStatus.NOT_STARTED}:
            return ()
        leave = () if failover or not self._is_up else self.call(FrameworkUnsubscription(framework_id=self.id))
        self._become(DriverStatus.STOPPED)
        return (*leave, Ended())

    def abort(self) -> Effects:
        """No more callbacks and no more calls. The tasks go on; no offers are held or made meanwhile."""
        if not self._is_running:
            return ()
        leave: Effects = ()
        if self._is_up:
            leave = self.call(OfferSuppression(framework_id=self.id))
            if self.offers:
                leave = (*leave, *self.decline(OfferDecline(framework_id=self.id, offer_ids=tuple(self.offers))))
        self._become(DriverStatus.ABORTED)
        return (*leave, Aborted())

    @property
    def id(self) -> FrameworkId:
        assert self.framework.id is not None, "a subscribed framework has an id"
        return self.framework.id

    def check(self) -> None:
        """What always holds."""
        assert self.link is not Link.UP or self.framework.id is not None
        assert self.link is Link.UP or not self.offers
        assert self.master is not None or self.link is Link.DOWN

    @property
    def _is_running(self) -> bool:
        return self.status is DriverStatus.RUNNING

    @property
    def _is_up(self) -> bool:
        return self.link is Link.UP and self._is_running

    def _become(self, status: DriverStatus) -> None:
        assert status in NEXT_STATUS[self.status], f"{self.status} cannot become {status}"
        self.status = status

    def _from_master(self, sender: PID) -> None:
        if sender != self.master:
            raise NotFromMaster(f"expected the message from {self.master}, it came from {sender}")

    def _lose_master(self) -> Effects:
        was_up = self._is_up
        self.link = Link.DOWN
        self.offers.clear()
        return (Call("disconnected"),) if was_up else ()

    def _subscribe(self) -> Effects:
        """Ask now and again later. Only the first subscription may push another scheduler out."""
        self.link = Link.SUBSCRIBING
        force = not self.ever_subscribed and self.tries == 0
        message = FrameworkSubscription(framework=self.framework, suppressed_roles=self.suppressed_roles, force=force)
        return Send(message), self._next_retry()

    def _next_retry(self) -> Retry:
        self.attempt += 1
        within = min(BACKOFF_NS << min(self.tries, BACKOFF_DOUBLINGS_MAX), BACKOFF_NS_MAX)
        self.tries += 1
        if self.framework.failover_timeout_ns:
            within = min(within, max(self.framework.failover_timeout_ns // FAILOVER_SHARE, RETRY_NS_MIN))
        return Retry(self.attempt, within)


def lost(task: TaskInfo, now: int) -> TaskStatus:
    """The status of a task that was launched while no master could hear it."""
    return TaskStatus(
        task_id=task.task_id,
        state=TaskState.LOST,
        source=Source.MASTER,
        timestamp_ns=now,
        agent_id=task.agent_id,
        reason=Reason.MASTER_DISCONNECTED,
        message="No master is connected",
    )
