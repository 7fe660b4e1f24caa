"""One-off commands on a cluster (OP-07): a framework that launches the same command some times and reports its states.

`CommandScheduler` is the framework; it ends its driver once every instance has ended. A lost instance is not tried
again, since nobody knows how far it got: its fate is the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Final

from libprocess_py.message import Record
from mesos_py.frameworks.scheduler.callbacks import Driver, Scheduler
from mesos_py.protocol.agent import MasterInfo
from mesos_py.protocol.ids import AgentId, FrameworkId, TaskId
from mesos_py.protocol.offer import Filters, Offer
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import CommandInfo, TaskInfo, TaskState, TaskStatus

DONE_FILTERS: Final = Filters(
    refuse_ns=3_600_000_000_000
)  # Nothing more will be launched: an hour outlives any run here.


class Fate(IntEnum):
    """How a run ended, as the exit status of `mesos-py execute`; the worst instance decides."""

    FINISHED = 0
    FAILED = 1
    REFUSED = 2
    LOST = 3


FATES: Final = {
    TaskState.FINISHED: Fate.FINISHED,
    TaskState.FAILED: Fate.FAILED,
    TaskState.KILLED: Fate.FAILED,
    TaskState.ERROR: Fate.REFUSED,
    TaskState.LOST: Fate.LOST,
    TaskState.DROPPED: Fate.LOST,
    TaskState.UNREACHABLE: Fate.LOST,
    TaskState.GONE: Fate.LOST,
    TaskState.GONE_BY_OPERATOR: Fate.LOST,
}


class Work(Record):
    """What to run: `instances` times `command`, each with `resources`."""

    command: str
    resources: Resources
    instances: int = 1
    name: str = "execute"
    environment: tuple[tuple[str, str], ...] = ()


class CommandScheduler(Scheduler):
    """Launches the work as offers come, reports each status, and stops the driver at the end."""

    def __init__(self, work: Work, *, report: Callable[[str], None]) -> None:
        self._work = work
        self._report = report
        self._launched = 0
        self._fates: dict[TaskId, Fate] = {}
        self._states: dict[TaskId, TaskState] = {}
        self.fate = Fate.FINISHED

    def registered(self, driver: Driver, framework_id: FrameworkId, master: MasterInfo) -> None:
        self._report(f"subscribed to {master.pid} as framework {framework_id}")

    def disconnected(self, driver: Driver) -> None:
        self._report("the master is lost: tasks go on, waiting for it to come back")

    def reregistered(self, driver: Driver, master: MasterInfo) -> None:
        self._report(f"subscribed again to {master.pid}")
        driver.reconcile()

    def resource_offers(self, driver: Driver, offers: tuple[Offer, ...]) -> None:
        for offer in offers:
            tasks = self._fill(offer)
            if tasks:
                for task in tasks:
                    self._report(f"task {task.task_id} launched on agent {offer.hostname} ({offer.agent_id})")
                driver.launch((offer.id,), tasks)
            elif self._is_all_launched:
                driver.decline((offer.id,), filters=DONE_FILTERS)
            else:
                driver.decline((offer.id,))

    def status_update(self, driver: Driver, status: TaskStatus) -> None:
        if status.task_id in self._fates or status.state is self._states.get(status.task_id):
            return
        self._states[status.task_id] = status.state
        why = "".join(f" ({text})" for text in (status.message,) if text)
        self._report(f"task {status.task_id} {status.state.value}{why}")
        fate = FATES.get(status.state)
        if fate is not None:
            self._fates[status.task_id] = fate
            self.fate = max(self.fate, fate)
        if len(self._fates) == self._work.instances:
            driver.stop()

    def agent_lost(self, driver: Driver, agent_id: AgentId) -> None:
        self._report(f"agent {agent_id} is lost")

    def error(self, driver: Driver, message: str) -> None:
        self._report(f"the master refuses the framework: {message}")
        self.fate = Fate.REFUSED
        driver.stop()

    @property
    def _is_all_launched(self) -> bool:
        return self._launched == self._work.instances

    def _fill(self, offer: Offer) -> tuple[TaskInfo, ...]:
        left = offer.resources.unallocate()
        tasks: list[TaskInfo] = []
        while not self._is_all_launched and left.contains(self._work.resources):
            left = left - self._work.resources
            tasks.append(self._task(offer))
            self._launched += 1
        return tuple(tasks)

    def _task(self, offer: Offer) -> TaskInfo:
        suffix = f"-{self._launched + 1}" if self._work.instances > 1 else ""
        return TaskInfo(
            task_id=TaskId(f"{self._work.name}{suffix}"),
            name=self._work.name,
            agent_id=offer.agent_id,
            resources=self._work.resources,
            command=CommandInfo(value=self._work.command, environment=self._work.environment),
        )
