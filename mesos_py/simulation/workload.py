"""A framework with a batch of jobs to finish, whatever happens to the cluster meanwhile.

Each *job* is tried until one of its *attempts*, tasks named `job.attempt`, has finished. An attempt that is lost is
followed by another. One that is unreachable is, too; if it comes back, it is killed, unless it has finished. Offers
are filled one after the other, job by job; what is left over is declined for a while. With nothing to launch the
framework suppresses offers, and revives them when something was lost.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from mesos_py.frameworks.scheduler.callbacks import Driver
from mesos_py.protocol.agent import MasterInfo
from mesos_py.protocol.durations import format_duration
from mesos_py.protocol.ids import AgentId, FrameworkId, TaskId
from mesos_py.protocol.messages.master_framework import ReconciledTask
from mesos_py.protocol.offer import Filters, Offer
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import CommandInfo, TaskInfo, TaskState, TaskStatus
from mesos_py.simulation.ticking import TickingScheduler

MILLISECOND_NS: Final = 1_000_000
DECLINE: Final = Filters(refuse_ns=60_000_000_000)  # Too small stays too small; more is offered all the same.
GIVEN_UP: Final = frozenset(
    {
        TaskState.FAILED,
        TaskState.KILLED,
        TaskState.ERROR,
        TaskState.LOST,
        TaskState.DROPPED,
        TaskState.GONE,
        TaskState.GONE_BY_OPERATOR,
        TaskState.UNREACHABLE,
        TaskState.UNKNOWN,
    }
)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to run once, to its end."""

    name: str
    resources: Resources
    duration_ns: int

    def task(self, task_id: TaskId, agent_id: AgentId) -> TaskInfo:
        """An attempt at it, on an agent with simulated containers."""
        command = CommandInfo(value=f"simulate duration={format_duration(self.duration_ns)}")
        return TaskInfo(task_id=task_id, name=self.name, agent_id=agent_id, resources=self.resources, command=command)


@dataclass(frozen=True, slots=True)
class JobSize:
    """What each job of a batch needs, and between which bounds its duration is drawn."""

    resources: Resources
    shortest_ns: int
    longest_ns: int


def draw_jobs(random: Random, count: int, *, size: JobSize) -> tuple[Job, ...]:
    """Jobs whose durations are random whole milliseconds."""
    durations = range(size.shortest_ns // MILLISECOND_NS, size.longest_ns // MILLISECOND_NS + 1)
    return tuple(Job(f"job-{n}", size.resources, random.choice(durations) * MILLISECOND_NS) for n in range(count))


@dataclass(slots=True, eq=False)
class Progress:
    """How far a job is."""

    job: Job
    attempts: int = 0
    current: TaskId | None = None  # The attempt that counts; None: it waits to be launched, or has finished.
    finished: bool = False


@dataclass(slots=True)
class Attempt:
    """A task that may be running somewhere."""

    progress: Progress
    agent_id: AgentId
    state: TaskState = TaskState.STAGING


@dataclass(eq=False)
class BatchScheduler(TickingScheduler):
    """Runs its jobs to the end. May be handed to another driver, as one that keeps its state on disk."""

    jobs: Sequence[Job]
    framework_id: FrameworkId | None = None
    attempts: dict[TaskId, Attempt] = field(default_factory=dict)  # Those that have not ended, for all that is known.
    heard: Counter[TaskState] = field(default_factory=Counter)  # Ends of attempts.
    finished: int = 0
    subscriptions: int = 0
    offers: int = 0
    suppressed: bool = False
    error_message: str | None = None
    _progress: dict[str, Progress] = field(default_factory=dict)  # By the name of the job.
    _waiting: deque[Progress] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._progress = {job.name: Progress(job) for job in self.jobs}
        self._waiting.extend(self._progress.values())

    @property
    def is_finished(self) -> bool:
        return self.finished == len(self.jobs)

    @property
    def states(self) -> dict[TaskId, TaskState]:
        """Of the attempts that have not ended, as last heard."""
        return {id: attempt.state for id, attempt in self.attempts.items()}

    # Callbacks

    def registered(self, driver: Driver, framework_id: FrameworkId, *, master: MasterInfo) -> None:
        self.framework_id = framework_id
        self._joined(driver)

    def reregistered(self, driver: Driver, master: MasterInfo) -> None:
        self._joined(driver)

    def _joined(self, driver: Driver) -> None:
        """A subscription forgets what was suppressed; and updates may have been missed."""
        self.subscriptions += 1
        self.suppressed = False
        self.tick(driver)
        if not self._waiting:
            self._suppress(driver)

    def tick(self, driver: Driver) -> None:
        """Ask after the attempts: an acceptance may have been lost on its way, and nobody would ever say so."""
        asked = tuple(ReconciledTask(task_id=id, agent_id=attempt.agent_id) for id, attempt in self.attempts.items())
        if asked:
            driver.reconcile(asked)

    def resource_offers(self, driver: Driver, offers: tuple[Offer, ...]) -> None:
        self.offers += len(offers)
        for offer in offers:
            tasks = self._fill(offer)
            if tasks:
                driver.launch((offer.id,), tasks, filters=DECLINE)
            else:
                driver.decline((offer.id,), filters=DECLINE)
        if not self._waiting and not self.suppressed:
            self._suppress(driver)

    def _fill(self, offer: Offer) -> tuple[TaskInfo, ...]:
        """As many of the waiting jobs as fit, in order."""
        tasks: list[TaskInfo] = []
        left = offer.resources.unallocate()
        while self._waiting and left.contains(self._waiting[0].job.resources):
            progress = self._waiting.popleft()
            left = left - progress.job.resources
            progress.attempts += 1
            id = progress.current = TaskId(f"{progress.job.name}.{progress.attempts}")
            self.attempts[id] = Attempt(progress, offer.agent_id)
            tasks.append(progress.job.task(id, offer.agent_id))
        return tuple(tasks)

    def status_update(self, driver: Driver, status: TaskStatus) -> None:
        attempt = self.attempts.get(status.task_id)
        if attempt is None:
            self._strange(driver, status)
        elif status.state is TaskState.FINISHED:
            self._end(status)
            self._finish(driver, attempt.progress)
        elif status.state in GIVEN_UP:
            self._end(status)
            self._try_again(driver, attempt.progress, id=status.task_id)
        else:
            attempt.state = status.state

    def _strange(self, driver: Driver, status: TaskStatus) -> None:
        """Of an attempt that was given up: it is back, or has even finished."""
        job_name, _, _ = status.task_id.rpartition(".")
        progress = self._progress.get(job_name)
        if status.state is TaskState.FINISHED and progress is not None:
            if not progress.finished:  # The end that was counted when it was given up was none.
                self.heard[TaskState.FINISHED] += 1
            self._finish(driver, progress)
        elif not status.state.is_terminal and status.state not in GIVEN_UP:
            driver.kill(status.task_id, status.agent_id)

    def _end(self, status: TaskStatus) -> None:
        del self.attempts[status.task_id]
        self.heard[status.state] += 1

    def _finish(self, driver: Driver, progress: Progress) -> None:
        if progress.finished:
            return
        progress.finished = True
        self.finished += 1
        if progress.current in self.attempts:  # An earlier attempt was faster.
            driver.kill(progress.current)
        elif progress in self._waiting:
            self._waiting.remove(progress)
        progress.current = None

    def _try_again(self, driver: Driver, progress: Progress, *, id: TaskId) -> None:
        if progress.finished or progress.current != id:
            return
        progress.current = None
        self._waiting.append(progress)
        if self.suppressed:
            self.suppressed = False
            driver.revive()

    def _suppress(self, driver: Driver) -> None:
        self.suppressed = True
        driver.suppress()

    def error(self, driver: Driver, message: str) -> None:
        self.error_message = message
