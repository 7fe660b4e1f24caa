"""What passes through between executors and the world: updates, acknowledgements, plain messages (TS-04, MA-22)."""

from __future__ import annotations

from msgspec.structs import replace

from libprocess_py.pid import PID
from mesos_py.protocol.messages.agent_executor import ExecutorMessage, ExecutorStatusUpdate
from mesos_py.protocol.messages.master_agent import SchedulerMoved
from mesos_py.protocol.messages.master_framework import ExecutorToScheduler, SchedulerToExecutor, StatusAcknowledgement
from mesos_py.protocol.task import Source
from slave.core.books import Books
from slave.core.effects import NOTHING, Effects, Send
from slave.core.problems import BadUpdate, NotTheLeader, WrongAgent
from slave.core.status_updates import Known
from slave.core.statuses import acknowledge_to, book_status


def status_update(books: Books, sender: PID, *, update: ExecutorStatusUpdate) -> Effects:
    """An executor reports. What it repeats although it is acknowledged is acknowledged again, by the agent."""
    executor = books.speaker(sender, update.framework_id, executor_id=update.executor_id, token=update.token)
    status = update.status
    try:
        known = books.updates.known(executor.framework_id, status)
        if known is Known.PENDING:
            return acknowledge_to(executor, status) if books.is_ending(executor) else NOTHING
        is_over = status.task_id in executor.tasks.terminated or executor.tasks.has_completed(status.task_id)
        if known is Known.ACKNOWLEDGED or is_over:
            return acknowledge_to(executor, status)
        if status.task_id not in executor.tasks.launched:
            raise BadUpdate(f"task {status.task_id}: executor {executor.id} was not given it")
        if problem := books.updates.problem(executor.framework_id, status.task_id):
            raise BadUpdate(f"task {status.task_id}: {problem}")
    except BadUpdate:
        books.counters["invalid_status_updates"] += 1
        raise
    books.counters["valid_status_updates"] += 1
    signed = replace(
        status,
        source=Source.EXECUTOR,
        agent_id=books.agent_id,
        executor_id=executor.id,
        container_id=executor.container_id,
    )
    effects = book_status(books, executor, status=signed)
    return (*effects, *acknowledge_to(executor, signed)) if books.is_ending(executor) else effects


def acknowledgement(books: Books, acknowledged: StatusAcknowledgement) -> Effects:
    """The scheduler has dealt with an update. The terminal one frees the record (TS-04)."""
    if acknowledged.agent_id != books.registration.agent_id:
        raise WrongAgent(f"an acknowledgement for agent {acknowledged.agent_id}")
    framework_id, task_id = acknowledged.framework_id, acknowledged.task_id
    status, effects = books.updates.acknowledge(framework_id, task_id, uuid=acknowledged.uuid)
    framework = books.frameworks.get(framework_id)
    executor = framework.tasks.get(task_id) if framework is not None else None
    if status is None or framework is None or executor is None:
        return effects
    if status.source is Source.EXECUTOR:
        effects = (*effects, *acknowledge_to(executor, status))
    if status.state.is_terminal:
        framework.complete(task_id)
        books.retire(executor)
    return effects


def message_to_scheduler(books: Books, sender: PID, *, message: ExecutorMessage) -> Effects:
    """Bytes from an executor, straight to its scheduler, if anybody knows where that is."""
    executor = books.speaker(sender, message.framework_id, executor_id=message.executor_id, token=message.token)
    scheduler = books.frameworks[executor.framework_id].scheduler
    if scheduler is None:
        return NOTHING
    relayed = ExecutorToScheduler(agent_id=books.agent_id, executor_id=executor.id, data=message.data)
    return (Send(to=scheduler, message=relayed),)


def message_to_executor(books: Books, sender: PID, *, message: SchedulerToExecutor) -> Effects:
    """Bytes for an executor, by the master or straight from the framework's scheduler. Best effort."""
    framework = books.frameworks.get(message.framework_id)
    allowed = (books.registration.master, framework.scheduler if framework is not None else None)
    if sender not in allowed:
        raise NotTheLeader(f"SchedulerToExecutor from {sender}: expected the leading master or the scheduler")
    executor = framework.live.get(message.executor_id) if framework is not None else None
    if executor is None or executor.pid is None or message.agent_id != books.registration.agent_id:
        books.counters["invalid_framework_messages"] += 1
        return NOTHING
    books.counters["valid_framework_messages"] += 1
    relayed = ExecutorMessage(
        framework_id=message.framework_id, executor_id=executor.id, data=message.data, token=executor.token
    )
    return (Send(to=executor.pid, message=relayed),)


def scheduler_moved(books: Books, moved: SchedulerMoved) -> Effects:
    """The framework failed over or came back: its executors' messages go there now, and so do updates that wait."""
    framework = books.frameworks.get(moved.framework_id)
    if framework is None:
        return NOTHING
    framework.scheduler = moved.scheduler
    return books.updates.repeat(moved.framework_id)
