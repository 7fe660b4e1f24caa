"""Reconciliation: a scheduler asks what became of its tasks (TS-06, TS-07).

Answers are statuses without uuid, sent once. Silence is an answer too: while an agent may still come back and report,
nothing true can be said of its tasks. A framework that is older than this master may have tasks on agents that are,
too, and those have until `agent_reregister_timeout` after the election to find it; agents that are being put on record
will be back in a moment. Whoever got no answer is to ask again later.
"""

from __future__ import annotations

from libprocess_py.pid import PID
from master.core.books import Books
from master.core.effects import Effects
from master.core.entities import Framework
from master.core.errors import InvalidCall
from master.core.statuses import Verdict, lost_or, status_of, tell
from mesos_py.protocol.ids import AgentId, TaskId
from mesos_py.protocol.messages.master_framework import ReconciledTask, Reconciliation
from mesos_py.protocol.task import Reason, Task, TaskState


def reconciliation(books: Books, sender: PID, *, message: Reconciliation, now: int) -> Effects:
    """Answer for the tasks listed, or for all that are not terminal when none is."""
    framework = books.framework_of(sender, message.framework_id)
    if len(message.tasks) > books.limits.reconciled_tasks:
        raise InvalidCall(f"tasks: expected at most {books.limits.reconciled_tasks}, got {len(message.tasks)}")
    if message.tasks:
        return [effect for asked in message.tasks for effect in explain(books, framework, asked=asked, now=now)]
    return _explain_all(books, framework, now=now)


def _explain_all(books: Books, framework: Framework, *, now: int) -> Effects:
    effects: Effects = []
    for task_id, number in framework.pending.items():
        effects += _staging(framework, task_id, agent_id=books.acceptances[number].agent_id, now=now)
    for task in (*framework.tasks.values(), *framework.unreachable.values()):
        if not forwarded_state(task).is_terminal:
            effects += _known(framework, task, now=now)
    return effects


def explain(books: Books, framework: Framework, *, asked: ReconciledTask, now: int) -> Effects:
    """The six cases of TS-07."""
    if (number := framework.pending.get(asked.task_id)) is not None:
        return _staging(framework, asked.task_id, agent_id=books.acceptances[number].agent_id, now=now)
    if (task := framework.tasks.get(asked.task_id) or framework.unreachable.get(asked.task_id)) is not None:
        return _known(framework, task, now=now)
    if _may_return(books, framework, agent_id=asked.agent_id, now=now):
        return []
    if asked.agent_id in books.agents:
        state, what = TaskState.GONE, "Reconciliation: the agent does not know the task"
    elif asked.agent_id in books.unreachable_agents:
        state, what = TaskState.UNREACHABLE, "Reconciliation: the agent is unreachable"
    else:
        state, what = TaskState.UNKNOWN, "Reconciliation: task and agent are unknown"
    verdict = Verdict(lost_or(state, framework), Reason.RECONCILIATION, what)
    return tell(framework, status_of(asked.task_id, asked.agent_id, verdict=verdict, now=now))


def _may_return(books: Books, framework: Framework, *, agent_id: AgentId | None, now: int) -> bool:
    """Whether an agent that may have the task has yet to tell this master."""
    recovering = _is_recovering(books, framework, now=now)
    if agent_id is None:
        return recovering or bool(books.admitting)
    if agent_id in books.agents or agent_id in books.unreachable_agents:
        return False
    if any(agent_id == admitted for admitted in books.admitting.values()):
        return True
    return recovering and not books.is_own(agent_id)


def _is_recovering(books: Books, framework: Framework, *, now: int) -> bool:
    """Whether agents may still bring back tasks of the framework that were launched before this master's time."""
    if books.is_own(framework.id):
        return False
    return now < books.settings.started_ns + books.settings.agent_reregister_timeout_ns


def forwarded_state(task: Task) -> TaskState:
    """What the scheduler has heard of last; it learns of a later state by an update, not by asking."""
    return task.status_state or task.state


def _known(framework: Framework, task: Task, *, now: int) -> Effects:
    verdict = Verdict(forwarded_state(task), Reason.RECONCILIATION, "Reconciliation: latest task state")
    return tell(framework, status_of(task.task_id, task.agent_id, verdict=verdict, now=now))


def _staging(framework: Framework, task_id: TaskId, *, agent_id: AgentId, now: int) -> Effects:
    verdict = Verdict(TaskState.STAGING, Reason.RECONCILIATION, "Reconciliation: the task is being launched")
    return tell(framework, status_of(task_id, agent_id, verdict=verdict, now=now))
