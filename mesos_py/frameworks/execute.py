"""One-off commands on a cluster (OP-07): a framework that launches the same command some times and reports its states.

`CommandScheduler` is the framework; it ends its driver once every instance has ended. A lost instance is not tried
again, since nobody knows how far it got: its fate is the answer. One whose offer was taken back before the launch came
to the master has not begun, and waits for the next offer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import Final

from libprocess_py.message import Record
from mesos_py.frameworks.scheduler.callbacks import Driver, Scheduler
from mesos_py.protocol.agent import MasterInfo
from mesos_py.protocol.ids import AgentId, FrameworkId, TaskId
from mesos_py.protocol.offer import Filters, Offer
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import CommandInfo, Reason, TaskInfo, TaskState, TaskStatus

# Nothing more will be launched: an hour outlives any run here.
DONE_FILTERS: Final = Filters(refuse_ns=3_600_000_000_000)


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


NOT_LAUNCHED: Final = frozenset({TaskState.LOST, TaskState.DROPPED})  # If the offer was the reason.


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
        self._waiting = deque(self._task_ids())
        self._fates: dict[TaskId, Fate] = {}
        self._states: dict[TaskId, TaskState] = {}
        self._has_complained = False
        self.was_offered = False
        self.fate = Fate.FINISHED

    def registered(self, driver: Driver, framework_id: FrameworkId, *, master: MasterInfo) -> None:
        self._report(f"subscribed to {master.pid} as framework {framework_id}")

    def disconnected(self, driver: Driver) -> None:
        self._report("the master is lost: tasks go on, waiting for it to come back")

    def reregistered(self, driver: Driver, master: MasterInfo) -> None:
        self._report(f"subscribed again to {master.pid}")
        driver.reconcile()

    def resource_offers(self, driver: Driver, offers: tuple[Offer, ...]) -> None:
        self.was_offered = True
        for offer in offers:
            tasks = self._fill(offer)
            if tasks:
                for task in tasks:
                    self._report(f"task {task.task_id} launched on agent {offer.hostname} ({offer.agent_id})")
                driver.launch((offer.id,), tasks)
            elif not self._waiting:
                driver.decline((offer.id,), filters=DONE_FILTERS)
            else:
                self._complain(offer)
                driver.decline((offer.id,))

    def status_update(self, driver: Driver, status: TaskStatus) -> None:
        if status.task_id in self._fates or status.state is self._states.get(status.task_id):
            return
        if status.state in NOT_LAUNCHED and status.reason is Reason.INVALID_OFFERS:
            self._report(f"task {status.task_id} was not launched ({status.message}): waiting for another offer")
            self._waiting.append(status.task_id)
            driver.revive()
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

    def _task_ids(self) -> list[TaskId]:
        name, instances = self._work.name, self._work.instances
        if instances == 1:
            return [TaskId(name)]
        return [TaskId(f"{name}-{number}") for number in range(1, instances + 1)]

    def _complain(self, offer: Offer) -> None:
        """Once: who asks for more than there is would wait for ever and not know for what."""
        if not self._has_complained:
            self._has_complained = True
            left = offer.resources.unallocate()
            self._report(f"waiting for {self._work.resources}: agent {offer.hostname} offers only {left}")

    def _fill(self, offer: Offer) -> tuple[TaskInfo, ...]:
        left = offer.resources.unallocate()
        tasks: list[TaskInfo] = []
        while self._waiting and left.contains(self._work.resources):
            left = left - self._work.resources
            tasks.append(self._task(self._waiting.popleft(), offer))
        return tuple(tasks)

    def _task(self, task_id: TaskId, offer: Offer) -> TaskInfo:
        return TaskInfo(
            task_id=task_id,
            name=self._work.name,
            agent_id=offer.agent_id,
            resources=self._work.resources,
            command=CommandInfo(value=self._work.command, environment=self._work.environment),
        )
