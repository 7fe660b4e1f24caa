"""What happens, whatever the policy: machines, tenants, and when which task arrives and how long it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from allocators.allocator import SECOND_NS
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.resources import Resources


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work. It uses its tenant's demand from when it starts until it has run that long."""

    arrival_ns: int
    duration_ns: int


@dataclass(frozen=True)
class Tenant:
    """One framework with a role of its own; all of its tasks are of one size. `tasks` stand in order of arrival."""

    id: FrameworkId
    role: str
    demand: Quantities
    tasks: tuple[Task, ...]
    weight: float = 1.0

    def fits(self, amounts: Mapping[str, int]) -> int:
        """How many of its tasks so much can run at once. Thousandths by name."""
        return min(amounts.get(name, 0) // milli for name, milli in self.demand.items())

    def bundle(self, tasks: int) -> Resources:
        """What so many tasks use."""
        return Resources.of(**{name: number * tasks for name, number in self.demand.as_floats().items()})


@dataclass(frozen=True)
class Scenario:
    """Agents and tenants over a time. `parameters` are what policies need to know of it, by name of the policy."""

    name: str
    agents: Mapping[AgentId, Resources]
    tenants: tuple[Tenant, ...]
    seconds: int
    parameters: Mapping[str, Mapping[str, str]]

    @property
    def pool(self) -> dict[str, int]:
        """Scalars of all agents, in thousandths."""
        return dict(Resources.sum(self.agents.values()).scalar_quantities.items())

    @property
    def end_ns(self) -> int:
        return self.seconds * SECOND_NS

    def dominant_share(self, tenant: Tenant) -> float:
        """That of one task of the tenant."""
        pool = self.pool
        return max(milli / pool[name] for name, milli in tenant.demand.items())
