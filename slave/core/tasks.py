"""The tasks of one executor (AG-04): queued, launched, terminated, completed, each task in exactly one of these.

A task is *queued* until its executor has registered, *launched* when it was handed to the executor, *terminated* when a
terminal status is known but not acknowledged, and *completed*, in bounded history, when it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from libprocess_py.message import Record
from mesos_py.protocol.ids import AgentId, ExecutorId, FrameworkId, TaskId
from mesos_py.protocol.task import Task, TaskInfo, TaskState, TaskStatus
from slave.core.history import History


def task_of(info: TaskInfo, framework_id: FrameworkId, *, agent_id: AgentId, executor_id: ExecutorId | None) -> Task:
    """The books' entry for a task that has just come in. `executor_id` is None for a command task."""
    return Task(
        task_id=info.task_id,
        name=info.name,
        framework_id=framework_id,
        agent_id=agent_id,
        executor_id=executor_id,
        state=TaskState.STAGING,
        resources=info.resources,
        labels=info.labels,
        user=info.command.user if info.command is not None else None,
    )


def with_status(task: Task, status: TaskStatus) -> Task:
    """The task after a status: the newest of each state is kept, in order of arrival, without its data.

    Data may be large, and whoever it is for gets it with the update.
    """
    kept = tuple(earlier for earlier in task.statuses if earlier.state is not status.state)
    return replace(task, state=status.state, statuses=(*kept, replace(status, data=b"")))


class BookedTask(Record):
    """A task that has not ended: what was asked for, and what has become of it."""

    info: TaskInfo
    task: Task


class TaskBook:
    """All tasks of one executor."""

    def __init__(self, completed_max: int) -> None:
        self.queued: dict[TaskId, BookedTask] = {}
        self.launched: dict[TaskId, BookedTask] = {}
        self.terminated: dict[TaskId, Task] = {}
        self.completed: History[Task] = History(completed_max)

    @property
    def is_idle(self) -> bool:
        """Nothing to run. There may still be updates to deliver."""
        return not self.queued and not self.launched

    def alive(self) -> Iterator[BookedTask]:
        """The tasks that have not ended: launched ones first, as they came first."""
        yield from self.launched.values()
        yield from self.queued.values()

    def __contains__(self, task_id: object) -> bool:
        """Whether the id is taken by a task that has not completed."""
        return task_id in self.queued or task_id in self.launched or task_id in self.terminated

    def has_completed(self, task_id: TaskId) -> bool:
        return any(task.task_id == task_id for task in self.completed)

    def enqueue(self, booked: BookedTask) -> None:
        assert booked.info.task_id not in self
        self.queued[booked.info.task_id] = booked

    def launch(self, task_id: TaskId) -> BookedTask:
        """The executor is given a queued task."""
        booked = self.queued.pop(task_id)
        self.launched[task_id] = booked
        return booked

    def advance(self, status: TaskStatus) -> Task:
        """A task that has not ended has a new status, perhaps a terminal one."""
        held = self.launched if status.task_id in self.launched else self.queued
        booked = held[status.task_id]
        task = with_status(booked.task, status)
        if status.state.is_terminal:
            del held[status.task_id]
            self.terminated[status.task_id] = task
        else:
            held[status.task_id] = BookedTask(info=booked.info, task=task)
        return task

    def complete(self, task_id: TaskId) -> None:
        """The terminal status of a task is acknowledged."""
        self.completed.add(self.terminated.pop(task_id))

    def check(self) -> None:
        """Assert what must always hold."""
        taken = [*self.queued, *self.launched, *self.terminated]
        assert len(taken) == len(set(taken)), "a task is in one book"
        assert all(not booked.task.state.is_terminal for booked in self.alive())
        assert all(booked.task.state is TaskState.STAGING for booked in self.queued.values())
        assert all(task.state.is_terminal for task in self.terminated.values())
        assert all(task.state.is_terminal for task in self.completed)
