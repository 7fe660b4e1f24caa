"""A scheduler's `Driver` that only writes down what it is asked for: for tests of schedulers, not of the driver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mesos_py.protocol.ids import AgentId, ExecutorId, OfferId, TaskId
from mesos_py.protocol.messages.master_framework import ReconciledTask
from mesos_py.protocol.offer import Filters, Operation
from mesos_py.protocol.task import TaskInfo, TaskStatus

DEFAULT_FILTERS = Filters()


@dataclass
class RecordingDriver:
    """Each list holds the calls of one kind, in order."""

    launched: list[TaskInfo] = field(default_factory=list)
    declined: list[tuple[OfferId, Filters]] = field(default_factory=list)
    killed: list[TaskId] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    reconciled: list[ReconciledTask] = field(default_factory=list)
    timers: list[tuple[int, Callable[[], object]]] = field(default_factory=list)

    def launch(
        self, offer_ids: tuple[OfferId, ...], tasks: tuple[TaskInfo, ...], *, filters: Filters = DEFAULT_FILTERS
    ) -> None:
        self.launched += tasks

    def accept(
        self, offer_ids: tuple[OfferId, ...], operations: tuple[Operation, ...], *, filters: Filters = DEFAULT_FILTERS
    ) -> None:
        for operation in operations:
            self.launched += operation.tasks

    def decline(self, offer_ids: tuple[OfferId, ...], *, filters: Filters = DEFAULT_FILTERS) -> None:
        self.declined += [(offer_id, filters) for offer_id in offer_ids]

    def kill(self, task_id: TaskId, agent_id: AgentId | None = None) -> None:
        self.killed.append(task_id)

    def revive(self, roles: tuple[str, ...] = ()) -> None:
        self.calls.append("revive")

    def suppress(self, roles: tuple[str, ...] = ()) -> None:
        self.calls.append("suppress")

    def acknowledge(self, status: TaskStatus) -> None:
        self.calls.append("acknowledge")

    def reconcile(self, tasks: tuple[ReconciledTask, ...] = ()) -> None:
        self.calls.append("reconcile")
        self.reconciled += tasks

    def send_to_executor(self, agent_id: AgentId, executor_id: ExecutorId, *, data: bytes) -> None:
        self.calls.append("send_to_executor")

    def later(self, ns: int, function: Callable[[], object]) -> None:
        self.timers.append((ns, function))

    def stop(self, *, failover: bool = False) -> None:
        self.calls.append("stop")

    def abort(self) -> None:
        self.calls.append("abort")
