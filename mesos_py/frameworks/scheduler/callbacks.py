"""What a framework author implements: one method per thing that happens to a framework (FW-01).

Callbacks run one at a time, in the driver's own turn, so they need no locks and must not block. Each is handed the
driver, to answer with. Those not overridden do nothing, except `resource_offers`: offers that nobody looks at are
declined.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from mesos_py.protocol.agent import MasterInfo
from mesos_py.protocol.ids import AgentId, ExecutorId, FrameworkId, OfferId, TaskId
from mesos_py.protocol.messages.master_framework import ReconciledTask
from mesos_py.protocol.offer import Filters, Offer, Operation
from mesos_py.protocol.task import TaskInfo, TaskStatus


class Driver(Protocol):
    """What a scheduler can ask for (FW-02). Calls while not subscribed are dropped; launches are then reported lost."""

    def launch(
        self, offer_ids: tuple[OfferId, ...], tasks: tuple[TaskInfo, ...], *, filters: Filters = ...
    ) -> None: ...
    def accept(
        self, offer_ids: tuple[OfferId, ...], operations: tuple[Operation, ...], *, filters: Filters = ...
    ) -> None: ...
    def decline(self, offer_ids: tuple[OfferId, ...], *, filters: Filters = ...) -> None: ...
    def kill(self, task_id: TaskId, agent_id: AgentId | None = None) -> None: ...
    def revive(self, roles: tuple[str, ...] = ()) -> None: ...
    def suppress(self, roles: tuple[str, ...] = ()) -> None: ...
    def acknowledge(self, status: TaskStatus) -> None: ...
    def reconcile(self, tasks: tuple[ReconciledTask, ...] = ()) -> None: ...
    def send_to_executor(self, agent_id: AgentId, executor_id: ExecutorId, *, data: bytes) -> None: ...
    def later(self, ns: int, function: Callable[[], object]) -> None: ...
    def stop(self, *, failover: bool = False) -> None: ...
    def abort(self) -> None: ...


class Scheduler:
    """Base of a framework's brain. Times and random choices come from the driver's process, never from the system."""

    def registered(self, driver: Driver, framework_id: FrameworkId, *, master: MasterInfo) -> None:
        """Subscribed for the first time, under this id."""

    def reregistered(self, driver: Driver, master: MasterInfo) -> None:
        """Subscribed again, after the master was lost or has changed."""

    def disconnected(self, driver: Driver) -> None:
        """The master is lost. Offers are void; tasks go on."""

    def resource_offers(self, driver: Driver, offers: tuple[Offer, ...]) -> None:
        """Free resources: accept or decline each."""
        driver.decline(tuple(offer.id for offer in offers))

    def offer_rescinded(self, driver: Driver, offer_id: OfferId) -> None:
        """The offer is void; using it loses the tasks."""

    def status_update(self, driver: Driver, status: TaskStatus) -> None:
        """A task's new status; repeated until acknowledged, so the same one may come twice."""

    def framework_message(self, driver: Driver, agent_id: AgentId, *, executor_id: ExecutorId, data: bytes) -> None:
        """Bytes from an executor."""

    def agent_lost(self, driver: Driver, agent_id: AgentId) -> None:
        """An agent is gone; the fate of its tasks comes as status updates."""

    def executor_lost(self, driver: Driver, agent_id: AgentId, *, executor_id: ExecutorId, exit_status: int) -> None:
        """An executor ended; the fate of its tasks comes as status updates."""

    def error(self, driver: Driver, message: str) -> None:
        """The master refuses this framework. The driver has aborted."""
