"""The master's actor: takes events in, asks `MasterState` what they mean, performs what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from allocators.allocator_process import AllocatorProcess
from libprocess_py.errors import ProtocolError
from libprocess_py.message import Message
from libprocess_py.pid import PID
from libprocess_py.process import Process, install
from master.authorizer import AllowAll, Authorizer
from master.core.books import Books
from master.core.errors import StrangeSender
from master.core.events import Allocated, Event, Exited, Received
from master.core.settings import MasterSettings
from master.core.state import MESSAGE_RULES, MasterState
from master.http.routes import add_routes
from master.metrics import MasterMetrics
from master.perform import Performer
from mesos_py.protocol.agent import MasterInfo
from mesos_py.protocol.detector import MASTER_ID
from mesos_py.protocol.ids import MasterId
from mesos_py.protocol.messages.master_allocator import ResourcesAllocated
from mesos_py.protocol.version import VERSION

H = TypeVar("H", bound=Callable[..., None])

SettingsOf = Callable[[MasterInfo, int], MasterSettings]


def _installed_for_all(method: H) -> H:
    """Make one method the handler of everything that the rules take: they see sender, message and books together."""
    for kind in MESSAGE_RULES:
        install(kind)(method)
    return method


@dataclass(frozen=True)
class MasterOptions:
    """What does not change what the master does."""

    flags: Mapping[str, str] = field(default_factory=dict)  # As `/flags` shows them.
    weights: Mapping[str, float] = field(default_factory=dict)  # Of roles.
    hostname: str | None = None  # None: the address.
    cluster: str | None = None  # A name for people.
    checked: bool = False  # Check the books after every event.


class Master(Process):
    """One elected master. Whoever spawns it has spawned its allocator before, and both end together."""

    def __init__(
        self,
        allocator: PID,
        settings_of: SettingsOf,
        *,
        options: MasterOptions | None = None,
        authorizer: Authorizer | None = None,
    ) -> None:
        super().__init__(MASTER_ID)
        self._allocator = allocator
        self._settings_of = settings_of
        self._authorizer = authorizer or AllowAll()
        self.options = options or MasterOptions()

    def initialize(self) -> None:
        hostname = self.options.hostname or self.pid.address.ip
        info = MasterInfo(id=MasterId(self.unique_id()), pid=self.pid, hostname=hostname, version=VERSION)
        self._state = MasterState(self._settings_of(info, self.clock.now()))
        self._metrics = MasterMetrics(self.metrics, self.books, self.clock.now)
        self._performer = Performer(
            self, self._allocator, authorizer=self._authorizer, metrics=self._metrics, happened=self.happened
        )
        add_routes(self)
        self.link(self._allocator)
        if self.options.weights:
            self.dispatch(self._allocator, AllocatorProcess.update_weights, self.options.weights)
        self.dispatch(self._allocator, AllocatorProcess.subscribe, self.pid)
        self.log.info("master_elected", id=info.id, hostname=hostname)

    def finalize(self) -> None:
        self._metrics.remove()
        self.terminate(self._allocator)

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
        self._performer.perform(effects)

    @_installed_for_all
    def received(self, sender: PID, message: Message) -> None:
        """Something came; the rules know what it means, and whether this sender may say it."""
        self._metrics.count_message(message)
        self.happened(Received(sender, message))

    @install(ResourcesAllocated)
    def resources_allocated(self, sender: PID, message: ResourcesAllocated) -> None:
        if sender != self._allocator:
            raise StrangeSender(f"{sender}: expected allocations from {self._allocator}")
        self.happened(Allocated(message.allocations))

    def exited(self, pid: PID) -> None:
        if pid == self._allocator:
            self.log.error("allocator_ended")
            self.terminate()
            return
        self.happened(Exited(pid))
