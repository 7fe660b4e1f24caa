"""Accepting offers, in five stages (MA-16, MA-17).

1. *Look up*: the offers must be the framework's, of one agent and one role. They leave the book here, whatever follows.
2. *Authorize*: a question to the outside, so the acceptance waits on a page of its own; its tasks are pending.
   Answers may come in any order, acceptances of one framework go on in the order in which they were sent.
3. *Validate* each task against what the operations before it left.
4. *Apply*: book the task and its executor, send the launch.
5. *Return the rest* with the framework's filters.

Each task gets an answer: it is launched, or one terminal status says why not.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from libprocess_py.pid import PID
from master.core import offers
from master.core.books import Books
from master.core.effects import Authorize, Count, Effects, RecoverOffered, Send, UseResources
from master.core.entities import Agent, Framework, PendingAcceptance
from master.core.errors import InvalidCall
from master.core.events import AcceptanceAuthorized
from master.core.statuses import Verdict, count_of, lost_or, status_of, tell
from master.validation.task import Surroundings, task_problem
from mesos_py.protocol.ids import ContainerId, FrameworkId
from mesos_py.protocol.messages.master_agent import RunningExecutor, TaskLaunch
from mesos_py.protocol.messages.master_framework import OfferAcceptance
from mesos_py.protocol.offer import Offer
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import Reason, Task, TaskInfo, TaskState


def accept(books: Books, sender: PID, *, message: OfferAcceptance, now: int) -> Effects:
    """Stages one and two."""
    framework = books.framework_of(sender, message.framework_id)
    tasks = tuple(task for operation in message.operations for task in operation.tasks)
    if len(tasks) > books.limits.tasks_per_acceptance:
        raise InvalidCall(f"operations: expected at most {books.limits.tasks_per_acceptance} tasks, got {len(tasks)}")
    found = offers.look_up(books, framework, ids=message.offer_ids)
    if isinstance(found, str):
        refused = Verdict(lost_or(TaskState.DROPPED, framework), Reason.INVALID_OFFERS, found)
        returned = offers.return_offers(books, framework, ids=message.offer_ids, refuse_ns=0)
        return [*returned, *_refused(framework, tasks, verdict=refused, now=now)]
    if not tasks:
        return offers.return_offers(
            books, framework, ids=message.offer_ids, refuse_ns=message.filters.effective_refuse_ns
        )
    taken = [effect for offer in found for effect in offers.take(books, offer)]
    acceptance = _put_aside(books, framework, found=found, message=message)
    return [*taken, Authorize(acceptance.number, framework.info, tasks)]


def _refused(framework: Framework, tasks: Iterable[TaskInfo], *, verdict: Verdict, now: int) -> Effects:
    """Tell the scheduler of tasks that were not launched."""
    effects: Effects = []
    for task in tasks:
        status = status_of(task.task_id, task.agent_id, verdict=verdict, now=now)
        effects += [*tell(framework, status), count_of(status)]
    return effects


def _put_aside(
    books: Books, framework: Framework, *, found: list[Offer], message: OfferAcceptance
) -> PendingAcceptance:
    acceptance = PendingAcceptance(
        number=books.next_number("acceptance"),
        framework_id=framework.id,
        agent_id=found[0].agent_id,
        offers=tuple(found),
        operations=message.operations,
        filters=message.filters,
        resources=Resources.sum(offer.resources for offer in found),
    )
    books.acceptances[acceptance.number] = acceptance
    framework.acceptances[acceptance.number] = None
    for task in acceptance.tasks:
        if not books.knows_task(framework, task.task_id):  # Those that are known are refused when their turn comes.
            framework.pending[task.task_id] = acceptance.number
    return acceptance


def authorized(books: Books, event: AcceptanceAuthorized, *, now: int) -> Effects:
    """An answer to stage two: stages three to five, for this acceptance and those that waited behind it."""
    acceptance = books.acceptances.get(event.number)
    if acceptance is None:  # Its framework or agent went meanwhile.
        return []
    acceptance.denied = event.denied
    effects: Effects = []
    for number in tuple(books.frameworks[acceptance.framework_id].acceptances):
        if books.acceptances[number].denied is None:
            break
        effects += _proceed(books, books.acceptances[number], now=now)
    return effects


def _proceed(books: Books, acceptance: PendingAcceptance, *, now: int) -> Effects:
    framework, agent = books.frameworks[acceptance.framework_id], books.agents[acceptance.agent_id]
    _close(books, acceptance)
    if not agent.connected:
        verdict = Verdict(
            lost_or(TaskState.DROPPED, framework), Reason.SLAVE_DISCONNECTED, "The agent disconnected before the launch"
        )
        return [_returned(acceptance), *_refused(framework, _alive(acceptance), verdict=verdict, now=now)]
    left = acceptance.resources
    effects: Effects = []
    for task in _alive(acceptance):
        prepared = _allocated(task, acceptance, framework=framework)
        refusal = _verdict(books, acceptance, task=prepared, left=left)
        if refusal is not None:
            effects += _refused(framework, (task,), verdict=refusal, now=now)
        else:
            left = left - _needed(agent, prepared, framework_id=framework.id)
            effects += _launch(books, agent, info=prepared, framework=framework, now=now)
    used = acceptance.resources - left
    if used:  # First of all, so that the allocator never sees used resources come back before they are used.
        effects.insert(0, UseResources(framework.id, agent.id, used))
    if left:
        effects.append(RecoverOffered(framework.id, agent.id, left, acceptance.filters.effective_refuse_ns))
    return effects


def _close(books: Books, acceptance: PendingAcceptance) -> None:
    """Off its page; its tasks are pending no more."""
    framework = books.frameworks[acceptance.framework_id]
    del books.acceptances[acceptance.number], framework.acceptances[acceptance.number]
    for task in acceptance.tasks:
        if framework.pending.get(task.task_id) == acceptance.number:
            del framework.pending[task.task_id]


def _alive(acceptance: PendingAcceptance) -> tuple[TaskInfo, ...]:
    """The tasks that were not killed while they waited; those have had their answer."""
    return tuple(task for task in acceptance.tasks if task.task_id not in acceptance.killed)


def _returned(acceptance: PendingAcceptance) -> RecoverOffered:
    return RecoverOffered(acceptance.framework_id, acceptance.agent_id, acceptance.resources, 0)


def _allocated(task: TaskInfo, acceptance: PendingAcceptance, *, framework: Framework) -> TaskInfo:
    """The task as books and agent have it: resources under the role of the offers, the executor with its framework."""
    role = acceptance.offers[0].role
    executor = task.executor
    if executor is not None:
        owner = executor.framework_id or framework.id
        executor = replace(executor, framework_id=owner, resources=executor.resources.unallocate().allocate(role))
    return replace(task, resources=task.resources.unallocate().allocate(role), executor=executor)


def _verdict(books: Books, acceptance: PendingAcceptance, *, task: TaskInfo, left: Resources) -> Verdict | None:
    """Stage three: why not to launch a task, or None."""
    assert acceptance.denied is not None
    if task.task_id in acceptance.denied:
        return Verdict(TaskState.ERROR, Reason.TASK_UNAUTHORIZED, "The framework's user may not launch this task")
    framework, agent = books.frameworks[acceptance.framework_id], books.agents[acceptance.agent_id]
    running = agent.executors.get((framework.id, task.executor.executor_id)) if task.executor else None
    around = Surroundings(
        framework_id=framework.id,
        agent_id=agent.id,
        known=books.knows_task(framework, task.task_id),
        full=_is_full(books, framework, agent=agent),
        executor=running.executor if running else None,
        left=left,
    )
    problem = task_problem(task, around)
    return Verdict(TaskState.ERROR, Reason.TASK_INVALID, f"Task: {problem}") if problem else None


def _is_full(books: Books, framework: Framework, *, agent: Agent) -> bool:
    limits = books.limits
    return len(framework.tasks) >= limits.tasks_per_framework or len(agent.tasks) >= limits.tasks_per_agent


def _needed(agent: Agent, task: TaskInfo, *, framework_id: FrameworkId) -> Resources:
    """What a launch uses: the first task of an executor brings the executor's resources along."""
    if task.executor is None or (framework_id, task.executor.executor_id) in agent.executors:
        return task.resources
    return task.resources + task.executor.resources


def _launch(books: Books, agent: Agent, *, info: TaskInfo, framework: Framework, now: int) -> Effects:
    """Stage four."""
    executor = info.executor
    if executor is not None and (framework.id, executor.executor_id) not in agent.executors:
        running = RunningExecutor(framework_id=framework.id, executor=executor, container_id=ContainerId(""))
        agent.executors[framework.id, executor.executor_id] = running
    books.add_task(
        Task(
            task_id=info.task_id,
            name=info.name,
            framework_id=framework.id,
            agent_id=agent.id,
            executor_id=executor.executor_id if executor else None,
            state=TaskState.STAGING,
            resources=info.resources,
            labels=info.labels,
            user=info.command.user if info.command else None,
        )
    )
    books.story.note(f"task {info.task_id}", f"launched on {agent.id}", now=now)
    launch = TaskLaunch(framework=framework.info, scheduler=framework.pid, executor=executor, task=info)
    return [Send(agent.pid, launch), Count("tasks_launched")]


def abandon_of_framework(books: Books, framework: Framework) -> Effects:
    """The framework goes: what its acceptances hold comes back."""
    effects: Effects = []
    for number in tuple(framework.acceptances):
        acceptance = books.acceptances[number]
        _close(books, acceptance)
        effects.append(_returned(acceptance))
    return effects


def abandon_of_agent(books: Books, agent: Agent, *, message: str, now: int) -> Effects:
    """The agent goes: what acceptances hold of it comes back, and their tasks are not launched."""
    effects: Effects = []
    for acceptance in tuple(books.acceptances.values()):
        if acceptance.agent_id == agent.id:
            framework = books.frameworks[acceptance.framework_id]
            _close(books, acceptance)
            verdict = Verdict(lost_or(TaskState.DROPPED, framework), Reason.SLAVE_REMOVED, message)
            effects += [_returned(acceptance), *_refused(framework, _alive(acceptance), verdict=verdict, now=now)]
    return effects
