"""Inverse offers: asking frameworks to leave agents whose machines will be away (AL-26).

A framework that holds something there is asked once. Its answer is recorded and re-opens the question, so it is asked
again in the next run unless it refused for a while.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from allocators.allocator import Refusal
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.maintenance import InverseOfferStatus, Unavailability
from mesos_py.protocol.offer import Filters


class Schedule:
    """The maintenance of one agent, and what was said about it."""

    __slots__ = ("asked", "refused_until", "statuses", "unavailability")

    def __init__(self, unavailability: Unavailability) -> None:
        self.unavailability = unavailability
        self.asked: dict[FrameworkId, None] = {}
        self.statuses: dict[FrameworkId, InverseOfferStatus] = {}
        self.refused_until: dict[FrameworkId, int] = {}

    def may_ask(self, framework_id: FrameworkId, now: int) -> bool:
        return framework_id not in self.asked and self.refused_until.get(framework_id, now) <= now


class Maintenance:
    """The schedules of all agents that have one."""

    def __init__(self) -> None:
        self._schedules: dict[AgentId, Schedule] = {}

    def set(self, agent_id: AgentId, unavailability: Unavailability | None) -> None:
        """A new or cleared schedule: whatever was asked, answered or refused is void."""
        self._schedules.pop(agent_id, None)
        if unavailability is not None:
            self._schedules[agent_id] = Schedule(unavailability)

    def answer(
        self,
        framework_id: FrameworkId,
        agent_id: AgentId,
        *,
        status: InverseOfferStatus | None,
        refusal: Refusal | None,
    ) -> None:
        """The framework answered, or its inverse offer is gone (no status)."""
        schedule = self._schedules.get(agent_id)
        if schedule is None:
            return
        schedule.asked.pop(framework_id, None)
        if status is not None:
            schedule.statuses[framework_id] = status
        if refusal is not None and refusal.ns != 0:
            schedule.refused_until[framework_id] = refusal.now + Filters(refuse_ns=refusal.ns).effective_refuse_ns

    def drop_refusals(self, framework_id: FrameworkId) -> None:
        """The framework may be asked again, of every agent."""
        for schedule in self._schedules.values():
            schedule.refused_until.pop(framework_id, None)

    def remove_framework(self, framework_id: FrameworkId) -> None:
        """Forget what the framework was asked and said."""
        for schedule in self._schedules.values():
            schedule.asked.pop(framework_id, None)
            schedule.statuses.pop(framework_id, None)
            schedule.refused_until.pop(framework_id, None)

    def schedules(self) -> Iterator[tuple[AgentId, Schedule]]:
        """All schedules, in the order in which they were set."""
        return iter(self._schedules.items())

    def statuses(self) -> Mapping[AgentId, Mapping[FrameworkId, InverseOfferStatus]]:
        """The last answers."""
        return {agent_id: dict(schedule.statuses) for agent_id, schedule in self._schedules.items()}
