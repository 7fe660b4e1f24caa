"""Statuses that the master makes itself.

They carry no uuid: there is nothing to acknowledge, and they are not repeated.
"""

from __future__ import annotations

from libprocess_py.message import Record
from master.core.effects import Count, Effects, Send
from master.core.entities import Framework
from mesos_py.protocol.ids import AgentId, TaskId
from mesos_py.protocol.messages.master_framework import StatusUpdate
from mesos_py.protocol.task import Reason, Source, TaskState, TaskStatus


class Verdict(Record, kw_only=False):
    """What the master says of a task on its own account."""

    state: TaskState
    reason: Reason
    message: str


def lost_or(state: TaskState, framework: Framework) -> TaskState:
    """The precise state for a framework that knows it; LOST, which says less, for one that does not (TS-08)."""
    return state if framework.is_partition_aware else TaskState.LOST


def status_of(task_id: TaskId, agent_id: AgentId | None, *, verdict: Verdict, now: int) -> TaskStatus:
    """The verdict as a status."""
    return TaskStatus(
        task_id=task_id,
        state=verdict.state,
        source=Source.MASTER,
        timestamp_ns=now,
        agent_id=agent_id,
        reason=verdict.reason,
        message=verdict.message,
    )


def tell(framework: Framework, status: TaskStatus) -> Effects:
    """Send a status of the master's to the scheduler, if there is one: nobody keeps it for later."""
    if framework.pid is None:
        return []
    return [Send(framework.pid, StatusUpdate(framework_id=framework.id, status=status))]


def count_of(status: TaskStatus) -> Count:
    """The metric of a state with its source and reason (MO-01)."""
    state, source = status.state.value.lower(), status.source.value.lower()
    reason = f"/{status.reason.value.lower()}" if status.reason else ""
    return Count(f"{state}/{source}{reason}")
