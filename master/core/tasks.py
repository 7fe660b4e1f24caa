"""The life of a task in the master: relayed updates, acknowledgements, kills, and ends that the master decides.

Theory of operation (MA-21). An agent repeats each update until the scheduler acknowledges it, so the master keeps
none: it notes the latest state that the agent knows (`Task.state`) and the one it forwarded last (`status_state`),
passes the update on to a connected scheduler, and passes the acknowledgement down. A task's resources come back once,
when its latest state first is terminal; the task leaves the books when its terminal update is acknowledged. Ends that
the master decides are not acknowledged, and the task leaves the books at once.

An update that steps off the table moves nothing here, but is forwarded all the same: the agent waits for its
acknowledgement. One of a task that is on another agent is acknowledged here, and goes no further.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from libprocess_py.pid import PID
from master.core.books import Books
from master.core.effects import Count, Effects, RecoverUsed, Send
from master.core.entities import Agent, Framework
from master.core.errors import InvalidCall
from master.core.reconciliation import explain
from master.core.statuses import Verdict, count_of, status_of, tell
from mesos_py.protocol.messages.master_agent import FrameworkShutdown, TaskKill
from mesos_py.protocol.messages.master_framework import (
    ReconciledTask,
    StatusAcknowledgement,
    StatusUpdate,
    TaskKillRequest,
)
from mesos_py.protocol.task import TERMINAL, Reason, Task, TaskState, TaskStatus

UUID_LENGTH: Final = 16

_ENDS: Final = TERMINAL
_AWAY: Final = frozenset({TaskState.UNREACHABLE})

# Latest states, and those that may follow. States may be passed over, since the master hears of the latest one only.
NEXT_TASK_STATES: Final[dict[TaskState, frozenset[TaskState]]] = {
    TaskState.STAGING: frozenset({TaskState.STARTING, TaskState.RUNNING, TaskState.KILLING}) | _ENDS | _AWAY,
    TaskState.STARTING: frozenset({TaskState.RUNNING, TaskState.KILLING}) | _ENDS | _AWAY,
    TaskState.RUNNING: frozenset({TaskState.KILLING}) | _ENDS | _AWAY,
    TaskState.KILLING: _ENDS | _AWAY,
    # What an agent that is back reports: whatever the task has become meanwhile.
    TaskState.UNREACHABLE: frozenset({TaskState.STAGING, TaskState.STARTING, TaskState.RUNNING, TaskState.KILLING})
    | _ENDS,
    TaskState.FINISHED: frozenset(),
    TaskState.FAILED: frozenset(),
    TaskState.KILLED: frozenset(),
    TaskState.ERROR: frozenset(),
    TaskState.LOST: frozenset(),
    TaskState.DROPPED: frozenset(),
    TaskState.GONE: frozenset(),
    TaskState.GONE_BY_OPERATOR: frozenset(),
    TaskState.UNKNOWN: frozenset(),  # An answer to a question, never the state of a task in the books.
}

# Only a master can say these of a task.
_NOT_FROM_AGENTS: Final = frozenset({TaskState.UNREACHABLE, TaskState.UNKNOWN, TaskState.GONE_BY_OPERATOR})


def status_update(books: Books, sender: PID, *, update: StatusUpdate, now: int) -> Effects:
    """An agent reports; see above."""
    agent = books.agent_of(sender)
    latest = _checked(agent, update)
    framework = books.frameworks.get(update.framework_id)
    if framework is None:
        if books.is_removed(update.framework_id):  # It missed the end of the framework.
            return [Count("invalid_status_updates"), Send(sender, FrameworkShutdown(framework_id=update.framework_id))]
        raise InvalidCall(f"framework_id {update.framework_id}: no such framework")
    if books.place_of(framework, update.status.task_id) not in (None, agent.id):
        return _silence(agent, update)
    task = framework.tasks.get(update.status.task_id)
    effects: Effects = [Count("valid_status_updates")]
    if task is not None:
        effects += _advance(books, task, latest=latest, status=update.status, now=now)
        if framework.pid is not None:
            _note_forwarded(framework, update.status)
    if framework.pid is not None:
        effects.append(Send(framework.pid, update))
    return effects


def _silence(agent: Agent, update: StatusUpdate) -> Effects:
    """An agent speaks of a task that is on another: not to the scheduler, who would take it for the other's.

    It may mean one of the same id that was killed when it came back, so it is told that this has been dealt with.
    """
    status = update.status
    if status.uuid is None:
        return [Count("invalid_status_updates")]
    dealt_with = StatusAcknowledgement(
        framework_id=update.framework_id, agent_id=agent.id, task_id=status.task_id, uuid=status.uuid
    )
    return [Count("invalid_status_updates"), Send(agent.pid, dealt_with)]


def _checked(agent: Agent, update: StatusUpdate) -> TaskState:
    """The latest state of an agent's update. Raises InvalidCall."""
    if update.status.agent_id not in (None, agent.id):
        raise InvalidCall(f"status.agent_id {update.status.agent_id}: expected {agent.id}")
    if update.status.state in _NOT_FROM_AGENTS:
        raise InvalidCall(f"status.state {update.status.state.value}: expected one that an agent can know")
    if update.status.uuid is not None and len(update.status.uuid) != UUID_LENGTH:
        raise InvalidCall(f"status.uuid: expected {UUID_LENGTH} bytes, got {len(update.status.uuid)}")
    if update.latest_state is None:
        return update.status.state
    try:
        latest = TaskState(update.latest_state)
    except ValueError:
        raise InvalidCall(f"latest_state {update.latest_state!r}: expected a task state") from None
    if latest in _NOT_FROM_AGENTS:
        raise InvalidCall(f"latest_state {update.latest_state}: expected one that an agent can know")
    return latest


def _advance(books: Books, task: Task, *, latest: TaskState, status: TaskStatus, now: int) -> Effects:
    """Take a step of the table, if it is one; the first terminal state frees the resources."""
    if latest not in NEXT_TASK_STATES[task.state]:
        return []
    books.frameworks[task.framework_id].tasks[task.task_id] = replace(task, state=latest)
    books.story.note(f"task {task.task_id}", latest.value, now=now)
    return [*_freed(task), Count(_ended(latest)), count_of(status)] if latest.is_terminal else []


def _ended(state: TaskState) -> str:
    """The metric of tasks that ended so, `tasks_finished`."""
    return state.value.lower().replace("task_", "tasks_")


def _freed(task: Task) -> Effects:
    """A task that was not terminal gives its resources back."""
    assert not task.state.is_terminal, f"task {task.task_id} has given its resources back already"
    return [RecoverUsed(task.framework_id, task.agent_id, task.resources)]


def _note_forwarded(framework: Framework, status: TaskStatus) -> None:
    task = framework.tasks[status.task_id]
    framework.tasks[status.task_id] = replace(
        task, statuses=_with(task.statuses, status), status_state=status.state, status_uuid=status.uuid
    )


def _with(statuses: tuple[TaskStatus, ...], status: TaskStatus) -> tuple[TaskStatus, ...]:
    """The newest status of each state. Their data are the scheduler's business, and may be large."""
    kept = tuple(each for each in statuses if each.state is not status.state)
    return (*kept, replace(status, data=b"") if status.data else status)


def acknowledgement(books: Books, sender: PID, *, message: StatusAcknowledgement, now: int) -> Effects:
    """A scheduler has dealt with an update: the agent is told, and a task that has ended leaves the books."""
    framework = books.framework_of(sender, message.framework_id)
    if len(message.uuid) != UUID_LENGTH:
        raise InvalidCall(f"uuid: expected {UUID_LENGTH} bytes, got {len(message.uuid)}")
    agent = books.agents.get(message.agent_id)
    if agent is None or not agent.connected:  # The update comes again when the agent is back.
        return [Count("invalid_status_update_acknowledgements")]
    effects: Effects = [Count("valid_status_update_acknowledgements")]
    task = framework.tasks.get(message.task_id)
    if task is not None and _is_settled(task, message):
        books.remove_task(task)
        books.remember_completed(framework, task)
        books.story.note(f"task {task.task_id}", "acknowledged", now=now)
    return [*effects, Send(agent.pid, message)]


def _is_settled(task: Task, message: StatusAcknowledgement) -> bool:
    terminal = task.status_state is not None and task.status_state.is_terminal
    return terminal and task.agent_id == message.agent_id and task.status_uuid == message.uuid


def conclude(books: Books, task: Task, *, verdict: Verdict, now: int) -> Effects:
    """The master decides that a task has ended. One that had ended by itself only leaves the books."""
    assert verdict.state.is_terminal
    framework = books.frameworks[task.framework_id]
    ended = _taken_off(books, task, verdict=verdict, now=now)
    books.remember_completed(framework, ended or task)
    if ended is None:
        return []
    status = ended.statuses[-1]
    return [*_freed(task), *tell(framework, status), count_of(status), Count(_ended(verdict.state))]


def mark_unreachable(books: Books, task: Task, *, verdict: Verdict, now: int) -> Effects:
    """The task's agent is unreachable: it may come back, and its resources are the removed agent's affair (MA-11)."""
    framework = books.frameworks[task.framework_id]
    away = _taken_off(books, task, verdict=verdict, now=now)
    if away is None:
        books.remember_completed(framework, task)
        return []
    books.remember_unreachable(framework, away)
    status = away.statuses[-1]
    counted: Effects = [Count("tasks_lost")] if verdict.state is TaskState.LOST else []
    return [*tell(framework, status), count_of(status), *counted]


def _taken_off(books: Books, task: Task, *, verdict: Verdict, now: int) -> Task | None:
    """Off the pages of framework and agent. The task as the verdict leaves it; None if it had ended by itself."""
    books.remove_task(task)
    if task.state.is_terminal:
        return None
    status = status_of(task.task_id, task.agent_id, verdict=verdict, now=now)
    books.story.note(f"task {task.task_id}", f"{verdict.state.value}: {verdict.message}", now=now)
    return replace(task, state=verdict.state, statuses=_with(task.statuses, status), status_state=verdict.state)


def kill(books: Books, sender: PID, *, request: TaskKillRequest, now: int) -> Effects:
    """MA-20: wherever the task is, stop it; of one that is not known, say what is known instead."""
    framework = books.framework_of(sender, request.framework_id)
    if request.task_id in framework.pending:
        return _kill_pending(books, framework, request=request, now=now)
    task = framework.tasks.get(request.task_id)
    if task is None:
        return explain(
            books, framework, asked=ReconciledTask(task_id=request.task_id, agent_id=request.agent_id), now=now
        )
    if request.agent_id not in (None, task.agent_id):
        raise InvalidCall(f"agent_id {request.agent_id}: the task is on {task.agent_id}")
    return kill_on(books.agents[task.agent_id], task)


def _kill_pending(books: Books, framework: Framework, *, request: TaskKillRequest, now: int) -> Effects:
    """The task never leaves the master; its resources come back with the rest of the acceptance."""
    acceptance = books.acceptances[framework.pending.pop(request.task_id)]
    acceptance.killed[request.task_id] = None
    verdict = Verdict(TaskState.KILLED, Reason.TASK_KILLED_DURING_LAUNCH, "Killed before it was launched")
    status = status_of(request.task_id, acceptance.agent_id, verdict=verdict, now=now)
    return [*tell(framework, status), count_of(status), Count("tasks_killed")]


def kill_on(agent: Agent, task: Task) -> Effects:
    """Ask the agent to stop a task, or remember to when it is back."""
    if not agent.connected:
        agent.kills[task.framework_id, task.task_id] = None
        return []
    return [Send(agent.pid, TaskKill(framework_id=task.framework_id, task_id=task.task_id))]
