"""Making task statuses, and booking them: the one way by which a task on this agent changes its state."""

from __future__ import annotations

from libprocess_py.message import Record
from mesos_py.protocol.ids import FrameworkId, TaskId
from mesos_py.protocol.messages.agent_executor import ExecutorStatusAcknowledgement
from mesos_py.protocol.task import Reason, Source, TaskState, TaskStatus
from slave.core.books import Books
from slave.core.effects import NOTHING, Effects, Send, UpdateContainer
from slave.core.executors import Executor


class Verdict(Record):
    """What the agent says of a task."""

    state: TaskState
    reason: Reason
    message: str


def agent_status(
    books: Books, task_id: TaskId, *, verdict: Verdict, now: int, executor: Executor | None = None
) -> TaskStatus:
    """A status made by the agent itself."""
    return TaskStatus(
        task_id=task_id,
        state=verdict.state,
        source=Source.AGENT,
        timestamp_ns=now,
        agent_id=books.agent_id,
        executor_id=executor.id if executor is not None else None,
        container_id=executor.container_id if executor is not None else None,
        uuid=bytes.fromhex(books.chance.unique_id().replace("-", "")),
        reason=verdict.reason,
        message=verdict.message,
    )


def book_status(books: Books, executor: Executor, *, status: TaskStatus) -> Effects:
    """A task of this executor has a new status: into the books, and on its way to the master."""
    framework = books.frameworks[executor.framework_id]
    executor.tasks.advance(status)
    effects: Effects = NOTHING
    if status.state.is_terminal:
        books.counters[f"tasks_{status.state.name.lower()}"] += 1
        if executor.pid is not None and executor.is_live:
            effects = (UpdateContainer(container_id=executor.container_id, resources=executor.resources),)
    if not framework.is_terminating:
        return *effects, *books.updates.add(framework.id, status)
    if status.state.is_terminal:
        framework.complete(status.task_id)
    return effects


def acknowledge_to(executor: Executor, status: TaskStatus) -> Effects:
    """Tell an executor that an update of its own is dealt with."""
    if executor.pid is None or not executor.is_live or status.uuid is None:
        return NOTHING
    acknowledgement = ExecutorStatusAcknowledgement(task_id=status.task_id, uuid=status.uuid, token=executor.token)
    return (Send(to=executor.pid, message=acknowledgement),)


def acknowledge_all(books: Books, executor: Executor) -> Effects:
    """Take all updates that an executor waits for off its hands: the agent has them, and the executor is to go."""
    pending = [
        status
        for task_id in (*executor.tasks.launched, *executor.tasks.terminated)
        for status in books.updates.pending(executor.framework_id, task_id)
        if status.source is Source.EXECUTOR
    ]
    return tuple(effect for status in pending for effect in acknowledge_to(executor, status))


def refuse(books: Books, framework_id: FrameworkId, *, status: TaskStatus) -> Effects:
    """Report a task that is in nobody's books, reliably like any other."""
    books.counters[f"tasks_{status.state.name.lower()}"] += 1
    return books.updates.add(framework_id, status)
