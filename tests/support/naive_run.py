"""One run of the naive allocator: the rules of a run, read from top to bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allocators.draw import mix, stable_hash
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.messages.master_allocator import Allocation
from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.resource import ResourceKind
from mesos_py.protocol.resource_selection import shrink
from mesos_py.protocol.resources import NOTHING, Resources

if TYPE_CHECKING:
    from tests.support.naive_allocator import Agent, NaiveAllocator


class NaiveRun:
    """First the guarantees, then fair shares; each in a random order of agents."""

    def __init__(self, allocator: NaiveAllocator) -> None:
        self.allocator = allocator
        self.draw = stable_hash(allocator.settings.seed, "run", allocator.runs)
        self.consumed = {role: allocator.consumed(role) for role in allocator.quotas}
        self.required = Quantities()
        for role in allocator.quotas:
            self.required += self.missing(role)
        self.available = allocator.headroom()
        self.offers: dict[FrameworkId, dict[tuple[str, AgentId], Resources]] = {}
        self.volumes_offered: dict[AgentId, Resources] = {}

    def missing(self, role: str) -> Quantities:
        quota = self.allocator.quotas.get(role)
        return Quantities() if quota is None else quota.guarantees - self.consumed[role]

    def over(self, agents: list[AgentId]) -> tuple[Allocation, ...]:
        candidates = [each for each in agents if self.is_candidate(self.allocator.agents[each])]
        for stage in (1, 2):
            for agent_id in self.shuffled(candidates, stage):
                for role in self.allocator.role_order():
                    self.serve_role(agent_id, role, stage=stage)
        return tuple(
            Allocation(framework_id=framework, agent_id=agent, role=role, resources=resources)
            for framework, places in self.offers.items()
            for (role, agent), resources in places.items()
        )

    def is_candidate(self, agent: Agent) -> bool:
        whitelist = self.allocator.whitelist
        return agent.active and (whitelist is None or agent.info.hostname in whitelist)

    def shuffled(self, agents: list[AgentId], stage: int) -> list[AgentId]:
        draw, seed = stable_hash(self.draw, stage), self.allocator.settings.seed
        return sorted(agents, key=lambda each: (mix(stable_hash(seed, each) ^ draw), each))

    def serve_role(self, agent_id: AgentId, role: str, *, stage: int) -> None:
        for framework_id in self.allocator.framework_order(role):
            if stage == 1 and not self.missing(role):
                return
            free = self.allocator.agents[agent_id].free.allocatable_to(role)
            visible = free - self.volumes_offered.get(agent_id, NOTHING)
            if not visible:
                return
            visible = self.stripped(visible, framework_id, agent_id=agent_id, role=role)
            if not self.is_enough(visible, framework_id, role=role):
                continue
            if stage == 1:
                self.offer_owed(visible, framework_id, agent_id=agent_id, role=role)
            else:
                self.offer_share(visible, framework_id, agent_id=agent_id, role=role)

    def stripped(self, visible: Resources, framework_id: FrameworkId, *, agent_id: AgentId, role: str) -> Resources:
        framework, agent = self.allocator.frameworks[framework_id], self.allocator.agents[agent_id]
        settings, info = self.allocator.settings, agent.info
        is_hidden = (
            (settings.filter_gpu_resources and agent.total.gpus > 0 and not framework.has(Capability.GPU_RESOURCES))
            or (info.region not in (None, settings.region) and not framework.has(Capability.REGION_AWARE))
            or (framework.has(Capability.MULTI_ROLE) and "MULTI_ROLE" not in info.capabilities)
            or ("/" in role and "HIERARCHICAL_ROLE" not in info.capabilities)
        )
        if is_hidden:
            return NOTHING
        return visible.filter(
            lambda kind: (
                (framework.has(Capability.SHARED_RESOURCES) or not kind.shared)
                and (framework.has(Capability.REVOCABLE_RESOURCES) or not kind.revocable)
                and (framework.has(Capability.RESERVATION_REFINEMENT) or len(kind.reservations) < 2)
            )
        )

    def is_enough(self, resources: Resources, framework_id: FrameworkId, *, role: str) -> bool:
        smallest = self.allocator.settings.min_allocatable
        for each in self.allocator.frameworks[framework_id].info.offer_filters:
            if each.role == role:
                smallest = each.min_allocatable
        if not smallest:
            return bool(resources)
        return any(resources.quantities.contains(each) for each in smallest)

    def offer_owed(self, visible: Resources, framework_id: FrameworkId, *, agent_id: AgentId, role: str) -> None:
        owed = self.chop(goods(visible), self.missing(role), agent_id=agent_id)
        if not owed:
            return
        limits = self.allocator.quotas[role].limits - self.consumed[role] - owed.quantities
        extra = self.above_headroom(self.chop(goods(visible) - owed, limits, agent_id=agent_id), agent_id)
        riders = (visible - goods(visible)).filter(lambda kind: kind.role in ("*", role))
        if self.offer(owed + extra + riders, framework_id, agent_id=agent_id, role=role):
            self.hand_out(role, (owed + extra).quantities)
            self.required -= owed.quantities

    def offer_share(self, visible: Resources, framework_id: FrameworkId, *, agent_id: AgentId, role: str) -> None:
        extra = goods(visible)
        if role in self.consumed:
            extra = self.chop(extra, self.allocator.quotas[role].limits - self.consumed[role], agent_id=agent_id)
        extra = self.above_headroom(extra, agent_id)
        if self.offer(visible - goods(visible) + extra, framework_id, agent_id=agent_id, role=role):
            self.hand_out(role, extra.quantities)

    def hand_out(self, role: str, amounts: Quantities) -> None:
        self.available -= amounts
        if role in self.consumed:
            self.consumed[role] += amounts

    def above_headroom(self, resources: Resources, agent_id: AgentId) -> Resources:
        return self.chop(resources, self.available - self.required, agent_id=agent_id) if self.required else resources

    def chop(self, resources: Resources, target: Quantities | Limits, *, agent_id: AgentId) -> Resources:
        draw = stable_hash(self.allocator.settings.seed, agent_id) ^ self.draw

        def shuffle(kinds: list[ResourceKind]) -> None:
            if len({kind.name for kind in kinds}) < len(kinds):
                places = {kind: mix(draw + place) for place, kind in enumerate(kinds)}
                kinds.sort(key=places.__getitem__)

        return shrink(resources, target, shuffle=shuffle)

    def offer(self, resources: Resources, framework_id: FrameworkId, *, agent_id: AgentId, role: str) -> bool:
        if not self.is_enough(resources, framework_id, role=role):
            return False
        for each in self.allocator.refusals:
            is_about_this = (each.framework, each.role, each.agent) == (framework_id, role, agent_id)
            if is_about_this and each.resources.contains(resources):
                return False
        self.allocator.hold(self.allocator.agents[agent_id], framework_id, resources=resources.allocate(role))
        places = self.offers.setdefault(framework_id, {})
        places[role, agent_id] = places.get((role, agent_id), NOTHING) + resources.allocate(role)
        offered = self.volumes_offered.get(agent_id, NOTHING)
        self.volumes_offered[agent_id] = offered + resources.shared()
        return True


def goods(resources: Resources) -> Resources:
    """What quota speaks of: unreserved, not revocable, scalar."""
    return resources.unreserved().non_revocable().non_shared().scalars()
