"""The hierarchical policy under watch: every run is held against the promises that must hold whatever happens."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy

from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.hierarchical.quota import QuotaFigures, available_headroom
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.messages.master_allocator import Allocation
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.resources import NOTHING, Resources
from mesos_py.protocol.roles import is_descendant
from tests.support.naive_run import goods


class WatchedAllocator(HierarchicalAllocator):
    """Asserts the safety properties around each run."""

    def allocate(
        self, agents: Collection[AgentId] | None, *, now: int, event_driven: bool = False
    ) -> tuple[Allocation, ...]:
        before = deepcopy(self)
        allocations = super().allocate(agents, now=now, event_driven=event_driven)
        self._check_books(before, allocations)
        for allocation in allocations:
            self._check_ownership(allocation)
            self._check_eligibility(allocation)
            self._check_refusals(before, allocation, now=now)
        self._check_limits(before, allocations)
        self._check_headroom(before)
        if agents is None and not self.is_paused(now=now):
            self._check_guarantees()
            self._check_quiescence(now)
        return allocations

    def _check_books(self, before: HierarchicalAllocator, allocations: tuple[Allocation, ...]) -> None:
        """A run changes no total, and offers nothing twice."""
        offered: dict[AgentId, Resources] = {}
        for each in allocations:
            part = each.resources.unallocate().non_shared()
            offered[each.agent_id] = offered.get(each.agent_id, NOTHING) + part
        for agent_id, agent in before.books.agents.items():
            assert self.books.agents[agent_id].total == agent.total
            assert agent.free.contains(offered.get(agent_id, NOTHING)), f"{agent_id} was over-allocated"

    def _check_ownership(self, allocation: Allocation) -> None:
        for kind in allocation.resources.kinds:
            assert kind.allocation_role == allocation.role
            assert not kind.reservations or allocation.role == kind.role or is_descendant(allocation.role, kind.role)

    def _check_eligibility(self, allocation: Allocation) -> None:
        framework = self.books.frameworks[allocation.framework_id]
        agent = self.books.agents[allocation.agent_id]
        info, resources = agent.info, allocation.resources
        assert framework.active
        assert allocation.role in framework.roles
        assert allocation.role not in framework.suppressed
        assert agent.active
        assert self._whitelist is None or info.hostname in self._whitelist
        assert framework.gpu_resources or not agent.total.gpus or not self._settings.filter_gpu_resources
        assert framework.region_aware or info.region in (None, self._settings.region)
        assert "MULTI_ROLE" in info.capabilities or not framework.multi_role
        assert "HIERARCHICAL_ROLE" in info.capabilities or "/" not in allocation.role
        assert framework.shared or not resources.shared()
        assert framework.revocable or not resources.revocable()
        smallest = framework.min_allocatable.get(allocation.role, self._settings.min_allocatable)
        assert resources
        assert not smallest or any(resources.quantities.contains(each) for each in smallest)

    def _check_refusals(self, before: HierarchicalAllocator, allocation: Allocation, *, now: int) -> None:
        cell = (allocation.framework_id, allocation.role, allocation.agent_id)
        for _, _, refused in before.refusals._ends:
            if refused.cell == cell and not refused.is_dropped and not refused.is_over(now, before.refusals.batches):
                assert not refused.resources.contains(allocation.resources.unallocate()), "a refusal was ignored"

    def _check_limits(self, before: HierarchicalAllocator, allocations: tuple[Allocation, ...]) -> None:
        figures = QuotaFigures(before.books)
        for role in before.books.roles.quotas:
            offered = Quantities()
            for each in allocations:
                if each.role == role:
                    offered += goods(each.resources).quantities
            assert figures.room(role).contains_quantities(offered), f"{role} got {offered}"

    def _check_headroom(self, before: HierarchicalAllocator) -> None:
        had, had_to = available_headroom(before.books), required_headroom(before)
        has, has_to = available_headroom(self.books), required_headroom(self)
        for name in had_to:
            if had[name] >= had_to[name]:
                assert has[name] >= has_to[name], f"the headroom of {name} was eaten"

    def _check_guarantees(self) -> None:
        """With everybody willing nothing is left of what a guarantee lacks."""
        if self._settings.min_allocatable:
            return
        figures = QuotaFigures(self.books)
        for role in self.books.roles.quotas:
            willing = [each for each in self.books.frameworks.values() if self._is_willing(each.id, role)]
            if not willing:
                continue
            for agent in self.books.agents.values():
                if self._may_be_offered(agent) and "MULTI_ROLE" in agent.info.capabilities:
                    left = goods(agent.free).quantities
                    assert not any(left[name] for name in figures.missing(role)), f"{role} is owed {left}"

    def _is_willing(self, framework_id: FrameworkId, role: str) -> bool:
        framework = self.books.frameworks[framework_id]
        return (
            framework.takes_part(role)
            and framework.gpu_resources
            and framework.region_aware
            and not framework.min_allocatable.get(role)
            and not any(refused.cell[0] == framework_id for _, _, refused in self.refusals._ends)
        )

    def _check_quiescence(self, now: int) -> None:
        """A second run right after the first offers nothing."""
        quotas = self.books.roles.quotas
        if any(agent.total.shared() for agent in self.books.agents.values()):
            return
        if any(role.partition("/")[0] in quotas for role in self.books.framework_sorters if "/" in role):
            return
        if any(until <= now for until, _, _ in self.refusals._ends):
            return  # This run was the last that such a refusal covered.
        again = HierarchicalAllocator.allocate(deepcopy(self), None, now=now, event_driven=True)
        assert not again, f"a second run offered {again}"


def required_headroom(allocator: HierarchicalAllocator) -> Quantities:
    return QuotaFigures(allocator.books).required


ALL_CAPABILITIES = tuple(each.value for each in Capability)
