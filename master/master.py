"""The master's actor: takes events in, asks `MasterState` what they mean, performs what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from allocators.allocator_process import AllocatorProcess
from libprocess_py.errors import ProtocolError
from libprocess_py.future import Future
from libprocess_py.message import Message
from libprocess_py.pid import PID
from libprocess_py.process import Process
from master.authorizer import AllowAll, Authorizer
from master.contender import MasterContender, StandaloneContender
from master.core.books import Books
from master.core.errors import NotLeading, StrangeSender
from master.core.events import Allocated, Event, Exited, Received
from master.core.settings import MasterSettings
from master.core.state import MasterState
from master.http.routes import add_routes
from master.metrics import MasterMetrics
from master.perform import Performer
from mesos_py.protocol.agent import MasterInfo
from mesos_py.protocol.detector import MASTER_ID
from mesos_py.protocol.ids import MasterId
from mesos_py.protocol.messages.master_agent import (
    AgentRegistration,
    AgentReregistration,
    AgentUnregistration,
    ExecutorExited,
    Pong,
)
from mesos_py.protocol.messages.master_allocator import ResourcesAllocated
from mesos_py.protocol.messages.master_framework import (
    FrameworkSubscription,
    FrameworkUnsubscription,
    OfferAcceptance,
    OfferDecline,
    OfferRevival,
    OfferSuppression,
    Reconciliation,
    SchedulerToExecutor,
    StatusAcknowledgement,
    StatusUpdate,
    TaskKillRequest,
)
from mesos_py.protocol.version import VERSION

SettingsOf = Callable[[MasterInfo, int], MasterSettings]


@dataclass(frozen=True)
class MasterOptions:
    """What does not change what the master does."""

    flags: Mapping[str, str] = field(default_factory=dict)  # As `/flags` shows them.
    weights: Mapping[str, float] = field(default_factory=dict)  # Of roles.
    hostname: str | None = None  # None: the address.
    cluster: str | None = None  # A name for people.
    checked: bool = False  # Check the books after every event.


class Master(Process):
    """A candidate, and once it is elected the master: it ends when it leads no more, since its books are void then.

    Whoever spawns it has spawned its allocator before, and both end together.
    """

    def __init__(
        self,
        allocator: PID,
        settings_of: SettingsOf,
        *,
        options: MasterOptions | None = None,
        authorizer: Authorizer | None = None,
        contender: MasterContender | None = None,
    ) -> None:
        super().__init__(MASTER_ID)
        self._allocator = allocator
        self._settings_of = settings_of
        self._authorizer = authorizer or AllowAll()
        self._contender = contender or StandaloneContender()
        self._lost: Future[None] | None = None  # While it leads: ready when it leads no more.
        self.options = options or MasterOptions()

    def initialize(self) -> None:
        hostname = self.options.hostname or self.pid.address.ip
        self._info = MasterInfo(id=MasterId(self.unique_id()), pid=self.pid, hostname=hostname, version=VERSION)
        self.link(self._allocator)
        add_routes(self)
        elected = self._contender.contend(self._info)
        if elected.is_ready:
            self.elected(elected.get())
        else:
            elected.on_ready(self.defer(self.elected))
            elected.on_failed(self.defer(self.leadership_lost))

    def elected(self, lost: Future[None]) -> None:
        """This master leads: its books begin empty, and fill with what agents and schedulers tell."""
        self._lost = lost
        lost.on_any(self.defer(self.leadership_lost))
        lost.on_abandoned(self.defer(self.leadership_lost))
        self._state = MasterState(self._settings_of(self._info, self.clock.now()))
        self._metrics = MasterMetrics(self.metrics, self.books, now=self.clock.now)
        self._performer = Performer(
            self, self._allocator, authorizer=self._authorizer, metrics=self._metrics, happened=self.happened
        )
        if self.options.weights:
            self.dispatch(self._allocator, AllocatorProcess.update_weights, self.options.weights)
        self.dispatch(self._allocator, AllocatorProcess.subscribe, self.pid)
        self.log.info("master_elected", id=self._info.id, hostname=self._info.hostname)

    def leadership_lost(self, _: object) -> None:
        """Another may lead by now, so nothing here is true any more (HA-12)."""
        self.log.error("leadership_lost")
        self.terminate()

    def finalize(self) -> None:
        if self.leads:
            self._metrics.remove()
        self.terminate(self._allocator)

    @property
    def leads(self) -> bool:
        """Whether it was elected, and so has books."""
        return self._lost is not None

    @property
    def info(self) -> MasterInfo:
        return self._info

    @property
    def books(self) -> Books:
        """For the views; only the rules change them."""
        return self._state.books

    def happened(self, event: Event) -> None:
        """Every event goes through here. A peer's mistake changes nothing, and goes on to be logged with the sender."""
        try:
            effects = self._state.apply(event, now=self.clock.now())
        except ProtocolError:
            self._metrics.count("dropped_messages")
            raise
        if self.options.checked:
            self._state.check()
        self._log_news()
        self._performer.perform(effects)

    def _log_news(self) -> None:
        """There are many more tasks than agents and frameworks, and schedulers tell of them."""
        for subject, what in self.books.story.news:
            kind, _, id = subject.partition(" ")
            log = self.log.debug if kind == "task" else self.log.info
            log(f"{kind}_transition", id=id, what=what)

    def _received(self, sender: PID, message: Message) -> None:
        """Something came; the rules know what it means, and whether this sender may say it."""
        if not self.leads:
            raise NotLeading(f"{message.wire_name}: this master is not elected")
        self._metrics.count_message(message)
        self.happened(Received(sender, message))

    # From schedulers

    def framework_subscription(self, sender: PID, message: FrameworkSubscription) -> None:
        self._received(sender, message)

    def framework_unsubscription(self, sender: PID, message: FrameworkUnsubscription) -> None:
        self._received(sender, message)

    def offer_acceptance(self, sender: PID, message: OfferAcceptance) -> None:
        self._received(sender, message)

    def offer_decline(self, sender: PID, message: OfferDecline) -> None:
        self._received(sender, message)

    def offer_suppression(self, sender: PID, message: OfferSuppression) -> None:
        self._received(sender, message)

    def offer_revival(self, sender: PID, message: OfferRevival) -> None:
        self._received(sender, message)

    def task_kill_request(self, sender: PID, message: TaskKillRequest) -> None:
        self._received(sender, message)

    def status_acknowledgement(self, sender: PID, message: StatusAcknowledgement) -> None:
        self._received(sender, message)

    def reconciliation(self, sender: PID, message: Reconciliation) -> None:
        self._received(sender, message)

    def scheduler_to_executor(self, sender: PID, message: SchedulerToExecutor) -> None:
        self._received(sender, message)

    # From agents

    def agent_registration(self, sender: PID, message: AgentRegistration) -> None:
        self._received(sender, message)

    def agent_reregistration(self, sender: PID, message: AgentReregistration) -> None:
        self._received(sender, message)

    def agent_unregistration(self, sender: PID, message: AgentUnregistration) -> None:
        self._received(sender, message)

    def pong(self, sender: PID, message: Pong) -> None:
        self._received(sender, message)

    def status_update(self, sender: PID, message: StatusUpdate) -> None:
        self._received(sender, message)

    def executor_exited(self, sender: PID, message: ExecutorExited) -> None:
        self._received(sender, message)

    # From the allocator

    def resources_allocated(self, sender: PID, message: ResourcesAllocated) -> None:
        if sender != self._allocator:
            raise StrangeSender(f"{sender}: expected allocations from {self._allocator}")
        self.happened(Allocated(message.allocations))

    def exited(self, pid: PID) -> None:
        if pid == self._allocator:
            self.log.error("allocator_ended")
            self.terminate()
            return
        self.happened(Exited(pid))  # Others are linked once it leads.
