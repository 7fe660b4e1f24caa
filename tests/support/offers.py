"""Builders of offers and statuses, as a scheduler sees them."""

from __future__ import annotations

from libprocess_py.pid import PID
from mesos_py.protocol.ids import AgentId, FrameworkId, OfferId, TaskId
from mesos_py.protocol.offer import Offer
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import Reason, Source, TaskState, TaskStatus

FRAMEWORK = FrameworkId("m-0000")


def an_offer(number: int = 1, *, agent: str = "m-S0", resources: str = "cpus:1") -> Offer:
    return Offer(
        id=OfferId(f"m-O{number}"),
        framework_id=FRAMEWORK,
        agent_id=AgentId(agent),
        hostname=agent,
        agent_pid=PID.parse("slave(1)@10.0.0.3:5051"),
        role="*",
        resources=Resources.parse(resources).allocate("*"),
    )


def a_status(
    task_id: str,
    state: TaskState,
    *,
    source: Source = Source.EXECUTOR,
    reason: Reason | None = None,
    message: str = "",
) -> TaskStatus:
    return TaskStatus(
        task_id=TaskId(task_id),
        state=state,
        source=source,
        timestamp_ns=0,
        reason=reason,
        message=message,
        data=b"sealed",
    )
