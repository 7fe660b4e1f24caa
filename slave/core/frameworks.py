"""Frameworks as an agent knows them: whose tasks run here, and where their scheduler is reached."""

from __future__ import annotations

from libprocess_py.pid import PID
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.ids import ContainerId, ExecutorId, FrameworkId, TaskId
from mesos_py.protocol.task import TaskState
from slave.core.executors import CompletedExecutor, Executor, Phase, completed
from slave.core.history import History
from slave.core.tasks import BookedTask


class Framework:
    """One framework with executors here. It exists as long as one of them has work or updates to deliver."""

    def __init__(self, info: FrameworkInfo, scheduler: PID | None, *, completed_executors_max: int) -> None:
        assert info.id is not None
        self.id: FrameworkId = info.id
        self.info = info
        self.scheduler = scheduler
        self.is_terminating = False  # The master has removed it: nobody wants to hear of its tasks.
        self.executors: dict[ContainerId, Executor] = {}  # All that are not history.
        self.live: dict[ExecutorId, Executor] = {}  # Those whose container has not ended: one per id.
        self.tasks: dict[TaskId, Executor] = {}  # Who holds a task that has not completed.
        self.completed_executors: History[CompletedExecutor] = History(completed_executors_max)

    @property
    def lost_state(self) -> TaskState:
        """What a task becomes that ended with its executor, in words that this framework understands (TS-01)."""
        return TaskState.GONE if self.info.has(Capability.PARTITION_AWARE) else TaskState.LOST

    def add(self, executor: Executor) -> None:
        assert executor.id not in self.live
        self.executors[executor.container_id] = executor
        self.live[executor.id] = executor

    def enqueue(self, executor: Executor, booked: BookedTask) -> None:
        """A new task, for one of the executors."""
        assert booked.info.task_id not in self.tasks
        executor.tasks.enqueue(booked)
        self.tasks[booked.info.task_id] = executor

    def complete(self, task_id: TaskId) -> None:
        """A task's terminal update is acknowledged, or nobody waits for it."""
        self.tasks.pop(task_id).tasks.complete(task_id)

    def ended(self, executor: Executor) -> None:
        """The container of an executor has ended."""
        executor.enter(Phase.TERMINATED)
        del self.live[executor.id]

    def forget(self, executor: Executor) -> None:
        """An executor that has nothing left to deliver becomes history."""
        del self.executors[executor.container_id]
        self.completed_executors.add(completed(executor))

    def check(self) -> None:
        """Assert what must always hold."""
        for container_id, executor in self.executors.items():
            executor.check()
            assert executor.container_id == container_id
            assert executor.framework_id == self.id
            assert (self.live.get(executor.id) is executor) == executor.is_live
        held = {
            task_id: executor
            for executor in self.executors.values()
            for task_id in (*executor.tasks.queued, *executor.tasks.launched, *executor.tasks.terminated)
        }
        assert held == self.tasks
        assert len(self.live) <= len(self.executors)
