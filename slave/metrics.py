"""The agent's metrics (MO-03): gauges that read the books when somebody asks, so that they cost nothing otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import TaskState
from slave.core.books import Books
from slave.core.executors import Executor, Phase

if TYPE_CHECKING:
    from slave.slave import Slave

FIRST_AGENT: Final = "slave(1)"
SECOND_NS: Final = 1_000_000_000
COUNTED: Final = (
    "container_launch_errors",
    "executors_terminated",
    "invalid_framework_messages",
    "invalid_status_updates",
    "recovery_errors",
    "tasks_dropped",
    "tasks_error",
    "tasks_failed",
    "tasks_finished",
    "tasks_gone",
    "tasks_killed",
    "tasks_lost",
    "valid_framework_messages",
    "valid_status_updates",
)
LIVE_TASKS: Final = (TaskState.STAGING, TaskState.STARTING, TaskState.RUNNING, TaskState.KILLING)
RESOURCES: Final = ("cpus", "mem", "disk", "gpus")


class AgentMetrics:
    """Declares them, and takes them away again."""

    def __init__(self, slave: Slave) -> None:
        # Further agents of one node would hide the first one's metrics under the well-known names.
        self._prefix = "slave" if slave.pid.id == FIRST_AGENT else slave.pid.id
        self._registry = slave.metrics
        self._names: list[str] = []
        books = slave.books
        self._add("uptime_secs", lambda: (slave.clock.now() - slave.started_ns) / SECOND_NS)
        self._add("registered", lambda: float(books.registration.is_running))
        self._add("frameworks_active", lambda: len(books.frameworks))
        for name in COUNTED:
            self._add(name, partial(_counted, books, name))
        for phase in (Phase.REGISTERING, Phase.RUNNING, Phase.TERMINATING):
            self._add(f"executors_{phase.value}", partial(_executors, books, phase))
        for state in LIVE_TASKS:
            self._add(f"tasks_{state.name.lower()}", partial(_tasks, books, state))
        for name in RESOURCES:
            self._add(f"{name}_total", partial(_total, books, name))
            self._add(f"{name}_used", partial(_used, books, name))
            self._add(f"{name}_percent", partial(_percent, books, name))

    def _add(self, name: str, read: Callable[[], float]) -> None:
        self._names.append(f"{self._prefix}/{name}")
        self._registry.gauge(self._names[-1], read)

    def remove(self) -> None:
        for name in self._names:
            self._registry.remove(name)


def used(books: Books) -> Resources:
    """What live executors and tasks hold, command executors' overhead aside: that is not charged to the offer."""
    return Resources.sum(
        executor.resources - executor.info.resources if executor.is_command_executor else executor.resources
        for executor in live_executors(books)
    )


def live_executors(books: Books) -> Iterator[Executor]:
    return iter(books.containers.values())


def _counted(books: Books, name: str) -> int:
    return books.counters[name]


def _total(books: Books, name: str) -> float:
    return float(getattr(books.settings.info.resources, name))


def _used(books: Books, name: str) -> float:
    return float(getattr(used(books), name))


def _percent(books: Books, name: str) -> float:
    total = _total(books, name)
    return _used(books, name) / total if total else 0.0


def _executors(books: Books, phase: Phase) -> int:
    return sum(executor.phase is phase for executor in live_executors(books))


def _tasks(books: Books, state: TaskState) -> int:
    return sum(booked.task.state is state for executor in live_executors(books) for booked in executor.tasks.alive())
