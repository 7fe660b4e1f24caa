"""A closed loop: tenants take of their offers what they can use, give back the rest, and again when tasks end.

Once a second of virtual time tasks end, tasks arrive, and offers go round until nobody is offered anything. A tenant
starts as many waiting tasks as fit into an offer and refuses the rest for the default time; one with nothing waiting
suppresses its offers and revives them when work arrives. That is how well-behaved frameworks act. That all of it takes
no time leaves the rule of the policy as the only thing that differs.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

from allocators.allocator import SECOND_NS, Allocator, Refusal
from bench.compare.scenario import Scenario, Task, Tenant
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.messages.master_allocator import Allocation

DEFAULT_REFUSAL_NS: Final = -1  # Negative: as long as a framework refuses that says nothing about it.
PORT: Final = 5051
# In one second. Each agent needs one for every tenant that refuses it; what is left then is offered a second later.
RUNS_MAX: Final = 100


@dataclass
class Record:
    """What one tenant lived through: once a second, and for each task."""

    tenant: Tenant
    running: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    waits_ns: list[int] = field(default_factory=list)  # Of tasks that started, and so far of those that never did.
    finished: int = 0


@dataclass
class _Desk:
    """A tenant at work."""

    record: Record
    queue: deque[Task] = field(default_factory=deque)
    arrived: int = 0
    running: int = 0

    @property
    def tenant(self) -> Tenant:
        return self.record.tenant


class ClosedLoop:
    """One policy under one scenario."""

    def __init__(self, allocator: Allocator, scenario: Scenario) -> None:
        self._allocator = allocator
        self._scenario = scenario
        self._desks = {tenant.id: _Desk(Record(tenant)) for tenant in scenario.tenants}
        self._endings: list[tuple[int, int, _Desk, AgentId]] = []  # When, and a number that makes them unique.
        self._started = 0

    def run(self) -> tuple[Record, ...]:
        """From an empty cluster to the end."""
        self._build()
        for second in range(self._scenario.seconds):
            now = second * SECOND_NS
            self._end_tasks(now)
            self._admit_tasks(now)
            self._hand_round(now)
            self._observe()
        for desk in self._desks.values():
            never = (*desk.queue, *desk.tenant.tasks[desk.arrived :])
            desk.record.waits_ns.extend(self._scenario.end_ns - task.arrival_ns for task in never)
        return tuple(desk.record for desk in self._desks.values())

    def _build(self) -> None:
        self._allocator.update_weights({tenant.role: tenant.weight for tenant in self._scenario.tenants})
        for tenant in self._scenario.tenants:
            info = FrameworkInfo(
                user="bench", name=tenant.id, id=tenant.id, roles=(tenant.role,), capabilities=(Capability.MULTI_ROLE,)
            )
            self._allocator.add_framework(tenant.id, info, used={}, active=True, suppressed_roles=(tenant.role,))
        for agent_id, total in self._scenario.agents.items():
            agent = AgentInfo(hostname=agent_id, port=PORT, resources=total, id=agent_id)
            self._allocator.add_agent(agent_id, agent, total=total, used={})

    def _hand_round(self, now: int) -> None:
        for _ in range(RUNS_MAX):
            allocations = self._allocator.allocate(None, now=now)
            if not allocations:
                return
            for allocation in allocations:
                self._use(allocation, now)

    def _end_tasks(self, now: int) -> None:
        while self._endings and self._endings[0][0] <= now:
            _, _, desk, agent_id = heappop(self._endings)
            desk.running -= 1
            desk.record.finished += 1
            self._allocator.recover_resources(
                desk.tenant.id,
                agent_id,
                resources=desk.tenant.bundle(1).allocate(desk.tenant.role),
                refusal=None,
                allocated=True,
            )

    def _admit_tasks(self, now: int) -> None:
        for desk in self._desks.values():
            was_idle = not desk.queue
            tasks = desk.tenant.tasks
            while desk.arrived < len(tasks) and tasks[desk.arrived].arrival_ns <= now:
                desk.queue.append(tasks[desk.arrived])
                desk.arrived += 1
            if was_idle and desk.queue:
                self._allocator.revive_offers(desk.tenant.id, ())

    def _use(self, allocation: Allocation, now: int) -> None:
        desk = self._desks[allocation.framework_id]
        tenant, agent_id = desk.tenant, allocation.agent_id
        count = min(len(desk.queue), tenant.fits(dict(allocation.resources.quantities.items())))
        used = tenant.bundle(count).allocate(tenant.role)
        for _ in range(count):
            task = desk.queue.popleft()
            desk.record.waits_ns.append(now - task.arrival_ns)
            self._started += 1
            heappush(self._endings, (now + task.duration_ns, self._started, desk, agent_id))
        desk.running += count
        if count:
            self._allocator.transition_offered_to_allocated(tenant.id, agent_id, resources=used)
        self._allocator.recover_resources(
            tenant.id,
            agent_id,
            resources=allocation.resources - used,
            refusal=Refusal(ns=DEFAULT_REFUSAL_NS, now=now),
            allocated=False,
        )
        if not desk.queue:
            self._allocator.suppress_offers(tenant.id, ())

    def _observe(self) -> None:
        for desk in self._desks.values():
            desk.record.running.append(desk.running)
            desk.record.waiting.append(len(desk.queue))
