"""The conversation between a master and a scheduler.

A scheduler subscribes and is answered `FrameworkSubscribed` or `FrameworkError`. From then on the master sends offers,
rescinds some, forwards status updates until they are acknowledged, and tells of lost agents and executors; the
scheduler accepts, declines, kills, reconciles. Nothing of this is reliable but status updates (TS-03); whoever misses
an answer asks again.
"""

from __future__ import annotations

from libprocess_py.message import Message, Record
from mesos_py.protocol.agent import MasterInfo
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import AgentId, ExecutorId, FrameworkId, OfferId, TaskId
from mesos_py.protocol.offer import Filters, Offer, Operation
from mesos_py.protocol.task import TaskStatus

# Scheduler to master.


class FrameworkSubscription(Message):
    """Let me in; with `framework.id`, as the one that had this id before (MA-01, MA-02).

    `force` takes the place of a scheduler that is still connected under the id; a retry of one's own sets it false.
    """

    framework: FrameworkInfo
    suppressed_roles: tuple[str, ...] = ()
    force: bool = True


class OfferAcceptance(Message):
    """Use these offers, all of one agent, for these operations in order; the rest comes back with `filters`."""

    framework_id: FrameworkId
    offer_ids: tuple[OfferId, ...]
    operations: tuple[Operation, ...] = ()
    filters: Filters = Filters()


class OfferDecline(Message):
    """Take these offers back."""

    framework_id: FrameworkId
    offer_ids: tuple[OfferId, ...]
    filters: Filters = Filters()


class OfferRevival(Message):
    """Offer again under these roles, refusals forgotten; no roles means all (MA-25)."""

    framework_id: FrameworkId
    roles: tuple[str, ...] = ()


class OfferSuppression(Message):
    """No offers under these roles until revived; no roles means all (MA-25)."""

    framework_id: FrameworkId
    roles: tuple[str, ...] = ()


class TaskKillRequest(Message):
    """Stop a task (MA-20)."""

    framework_id: FrameworkId
    task_id: TaskId
    agent_id: AgentId | None = None


class StatusAcknowledgement(Message):
    """The update `uuid` has been dealt with; travels scheduler, master, agent, executor (TS-04)."""

    framework_id: FrameworkId
    agent_id: AgentId
    task_id: TaskId
    uuid: bytes


class ReconciledTask(Record):
    """A task that a scheduler wants to hear about."""

    task_id: TaskId
    agent_id: AgentId | None = None


class Reconciliation(Message):
    """Send the latest state of these tasks, or of all when there are none (TS-06, TS-07)."""

    framework_id: FrameworkId
    tasks: tuple[ReconciledTask, ...] = ()


class FrameworkUnsubscription(Message):
    """The scheduler stops for good: kill its tasks, forget it (MA-23)."""

    framework_id: FrameworkId


class SchedulerToExecutor(Message):
    """Bytes for an executor, best effort (MA-22)."""

    framework_id: FrameworkId
    agent_id: AgentId
    executor_id: ExecutorId
    data: bytes


# Master to scheduler.


class FrameworkSubscribed(Message):
    """You are in, under this id; precedes everything else (TS-15)."""

    framework_id: FrameworkId
    master: MasterInfo


class FrameworkError(Message):
    """You are not, or no longer, in; the driver aborts."""

    message: str


class ResourceOffers(Message):
    """New offers."""

    offers: tuple[Offer, ...]


class OfferRescinded(Message):
    """An offer is no longer valid."""

    offer_id: OfferId


class StatusUpdate(Message):
    """A task's new status: from executor to agent, agent to master, master to scheduler; repeated until acknowledged.

    `latest_state` is what the agent knows by the time it forwards the update (MA-21).
    """

    framework_id: FrameworkId
    status: TaskStatus
    latest_state: str | None = None


class AgentLost(Message):
    """An agent was removed; its tasks are reported one by one."""

    agent_id: AgentId


class ExecutorLost(Message):
    """An executor ended with this exit status (negative: the signal)."""

    agent_id: AgentId
    executor_id: ExecutorId
    exit_status: int


class ExecutorToScheduler(Message):
    """Bytes from an executor, best effort."""

    agent_id: AgentId
    executor_id: ExecutorId
    data: bytes
