"""Offers and what frameworks do with them (MA-13, MA-16, MA-19)."""

from __future__ import annotations

from typing import Final

from libprocess_py.message import Record
from libprocess_py.pid import PID
from mesos_py.protocol.attributes import Attributes
from mesos_py.protocol.durations import Nanoseconds
from mesos_py.protocol.ids import AgentId, ExecutorId, FrameworkId, OfferId
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import TaskInfo

DEFAULT_REFUSE_NS: Final = 5_000_000_000  # MA-19: five seconds unless the framework says otherwise.
REFUSE_NS_MAX: Final = 365 * 24 * 3600 * 1_000_000_000  # MA-19: capped at a year of 365 days.


class Offer(Record):
    """Free resources of one agent, offered to one framework under one role; used once."""

    id: OfferId
    framework_id: FrameworkId
    agent_id: AgentId
    hostname: str
    agent_pid: PID
    role: str
    resources: Resources  # Allocated to `role` (RS-05).
    attributes: Attributes = Attributes()
    executor_ids: tuple[ExecutorId, ...] = ()  # This framework's executors that live on the agent.


class Filters(Record):
    """How long what is returned need not be offered again. Negative means the default; capped at a year."""

    refuse_ns: Nanoseconds = DEFAULT_REFUSE_NS

    @property
    def effective_refuse_ns(self) -> int:
        return min(DEFAULT_REFUSE_NS if self.refuse_ns < 0 else self.refuse_ns, REFUSE_NS_MAX)


class Launch(Record, tag="LAUNCH", tag_field="type"):
    """Run these tasks on what is offered."""

    tasks: tuple[TaskInfo, ...]


Operation = Launch  # A union once more operations exist; the tag on the wire is there already.
