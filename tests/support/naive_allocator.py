"""An allocator that recomputes everything for every decision: slow, short, and meant to be obviously right.

It keeps what it was told (agents, frameworks, what is held, refusals, quotas, weights) and the one thing that is
history and cannot be recomputed, the numbers of allocations. Shares, orders, free resources, consumption and headroom
are added up from there whenever they are needed. It shares with the real policy only the draws that make the order of
agents.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from allocators.allocator import AllocatorSettings, Conversion, Refusal
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.messages.master_allocator import Allocation, InverseAllocation
from mesos_py.protocol.offer_constraints import OfferConstraints
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resource import ResourceKind, ValueType
from mesos_py.protocol.resources import NOTHING, Resources
from mesos_py.protocol.roles import ancestors, is_descendant
from tests.support.naive_run import NaiveRun, goods

YEAR = 365 * 24 * 3600 * 1_000_000_000
FIVE_SECONDS = 5_000_000_000


@dataclass
class Agent:
    info: AgentInfo
    total: Resources
    active: bool = True
    held: dict[FrameworkId, Resources] = field(default_factory=dict)  # Allocated to roles.

    @property
    def free(self) -> Resources:
        return self.total - Resources.sum(held.unallocate().non_shared() for held in self.held.values())


@dataclass
class Framework:
    info: FrameworkInfo
    active: bool
    suppressed: frozenset[str]

    def has(self, capability: Capability) -> bool:
        return self.info.has(capability)


@dataclass(frozen=True)
class Refused:
    framework: FrameworkId
    role: str
    agent: AgentId
    resources: Resources
    until: int
    batch: int


class NaiveAllocator:
    """The calls of `Allocator` that the comparison makes, with the same meaning."""

    def __init__(self, settings: AllocatorSettings) -> None:
        self.settings = settings
        self.agents: dict[AgentId, Agent] = {}
        self.frameworks: dict[FrameworkId, Framework] = {}
        self.refusals: list[Refused] = []
        self.quotas: dict[str, Quota] = {}
        self.weights: dict[str, float] = {}
        self.whitelist: frozenset[str] | None = None
        self.runs = 0
        self.batches = 0
        self.paused = False
        self.tracked: dict[str, dict[FrameworkId, int]] = {}  # By role: its frameworks, with their allocation counts.
        self.node_counts: dict[str, int] = {}  # By path of a node of the role tree.

    # What it is told.

    def add_framework(
        self,
        framework_id: FrameworkId,
        framework: FrameworkInfo,
        *,
        used: Mapping[AgentId, Resources],
        active: bool,
        suppressed_roles: Collection[str],
    ) -> None:
        self.frameworks[framework_id] = Framework(framework, active, frozenset(suppressed_roles))
        self.update_tracking()
        for agent in self.agents.values():
            if framework_id in agent.held:
                self.count(framework_id, agent.held[framework_id])
        for agent_id, resources in used.items():
            if agent_id in self.agents:
                self.hold(self.agents[agent_id], framework_id, resources=resources)

    def remove_framework(self, framework_id: FrameworkId) -> None:
        for agent in self.agents.values():
            agent.held.pop(framework_id, None)
        del self.frameworks[framework_id]
        self.drop(lambda each: each.framework == framework_id)
        self.update_tracking()

    def activate_framework(self, framework_id: FrameworkId) -> None:
        self.frameworks[framework_id].active = True

    def deactivate_framework(self, framework_id: FrameworkId) -> None:
        self.frameworks[framework_id].active = False
        self.drop(lambda each: each.framework == framework_id)

    def update_framework(
        self, framework_id: FrameworkId, framework: FrameworkInfo, *, suppressed_roles: Collection[str]
    ) -> None:
        old = self.frameworks[framework_id]
        new = Framework(framework, old.active, frozenset(suppressed_roles))
        left = set(old.info.roles) - set(framework.roles)
        woken = old.suppressed - new.suppressed
        self.drop(lambda each: each.framework == framework_id and each.role in left | woken)
        self.frameworks[framework_id] = new
        self.update_tracking()

    def suppress_offers(self, framework_id: FrameworkId, roles: Collection[str]) -> None:
        framework = self.frameworks[framework_id]
        framework.suppressed |= set(roles or framework.info.roles) & set(framework.info.roles)

    def revive_offers(self, framework_id: FrameworkId, roles: Collection[str]) -> None:
        framework = self.frameworks[framework_id]
        revived = set(roles or framework.info.roles)
        framework.suppressed -= revived
        self.drop(lambda each: each.framework == framework_id and each.role in revived)

    def add_agent(
        self, agent_id: AgentId, agent: AgentInfo, *, total: Resources, used: Mapping[FrameworkId, Resources]
    ) -> None:
        self.agents[agent_id] = Agent(agent, total)
        for framework_id, resources in used.items():
            self.hold(self.agents[agent_id], framework_id, resources=resources)

    def remove_agent(self, agent_id: AgentId) -> None:
        del self.agents[agent_id]
        self.drop(lambda each: each.agent == agent_id)
        self.update_tracking()

    def update_agent(self, agent_id: AgentId, agent: AgentInfo, *, total: Resources) -> bool:
        old = self.agents[agent_id]
        if old.info.attributes != agent.attributes:
            self.drop(lambda each: each.agent == agent_id)
        self.agents[agent_id] = replace(old, info=agent, total=total)
        return old.total != total or replace_resources(old.info) != replace_resources(agent)

    def activate_agent(self, agent_id: AgentId) -> None:
        self.agents[agent_id].active = True

    def deactivate_agent(self, agent_id: AgentId) -> None:
        self.agents[agent_id].active = False

    def update_whitelist(self, hostnames: Collection[str] | None) -> None:
        self.whitelist = None if hostnames is None else frozenset(hostnames)

    def recover_resources(
        self,
        framework_id: FrameworkId,
        agent_id: AgentId,
        *,
        resources: Resources,
        refusal: Refusal | None,
        allocated: bool,
    ) -> None:
        agent = self.agents.get(agent_id)
        if agent is None or framework_id not in agent.held:
            return
        agent.held[framework_id] -= resources
        if not agent.held[framework_id]:
            del agent.held[framework_id]
        framework = self.frameworks.get(framework_id)
        if framework is not None and refusal is not None and refusal.ns:
            ns = max(FIVE_SECONDS if refusal.ns < 0 else min(refusal.ns, YEAR), self.settings.allocation_interval_ns)
            for role, part in resources.allocations_by_role().items():
                if role in framework.info.roles:
                    refused = part.unallocate()
                    self.refusals.append(Refused(framework_id, role, agent_id, refused, refusal.now + ns, self.batches))
        self.update_tracking()

    def update_available(self, agent_id: AgentId, conversions: Sequence[Conversion]) -> bool:
        agent = self.agents[agent_id]
        free, total = agent.free, agent.total
        for each in conversions:
            changed = free.convert(each.consumed, each.produced)
            if changed is None:
                return False
            free, total = changed, total - each.consumed + each.produced
        agent.total = total
        return True

    def update_allocation(
        self, framework_id: FrameworkId, agent_id: AgentId, *, conversions: Sequence[Conversion]
    ) -> None:
        agent = self.agents[agent_id]
        for each in conversions:
            agent.held[framework_id] = agent.held[framework_id] - each.consumed + each.produced
            agent.total = agent.total - each.consumed.unallocate() + each.produced.unallocate()

    def update_quota(self, role: str, quota: Quota) -> None:
        self.quotas.pop(role, None)
        if not quota.is_default:
            self.quotas[role] = quota

    def update_weights(self, weights: Mapping[str, float]) -> None:
        self.weights.update(weights)

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def is_paused(self, *, now: int) -> bool:
        return self.paused

    # Books.

    def drop(self, is_dropped: Callable[[Refused], bool]) -> None:
        self.refusals = [each for each in self.refusals if not is_dropped(each)]

    def hold(self, agent: Agent, framework_id: FrameworkId, *, resources: Resources) -> None:
        agent.held[framework_id] = agent.held.get(framework_id, NOTHING) + resources
        if framework_id in self.frameworks:
            self.count(framework_id, resources)

    def count(self, framework_id: FrameworkId, resources: Resources) -> None:
        """One allocation more, for the framework in each role and for the role and all above it."""
        self.update_tracking()
        for role in resources.allocations_by_role():
            self.tracked[role][framework_id] += 1
            for path in {self.leaf(role), role, *ancestors(role)}:
                self.node_counts[path] += 1

    def update_tracking(self) -> None:
        """A framework is in the books of a role while it subscribes to it or holds something there."""
        wanted: dict[str, dict[FrameworkId, None]] = {}
        for framework_id, framework in self.frameworks.items():
            for role in [*framework.info.roles, *self.roles_held(framework_id)]:
                wanted.setdefault(role, {})[framework_id] = None
        for role in [role for role in self.tracked if role not in wanted]:
            del self.tracked[role]
            self.update_nodes()
        for role, frameworks in wanted.items():
            counts = self.tracked.get(role, {})
            self.tracked[role] = {each: counts.get(each, 0) for each in frameworks}
            self.update_nodes(new_client=role if not counts else None)

    def update_nodes(self, new_client: str | None = None) -> None:
        """Counts live as long as their nodes. A leaf that becomes virtual takes a copy of its count with it."""
        paths = {path: None for role in self.tracked for path in (role, *ancestors(role), self.leaf(role))}
        counts: dict[str, int] = {}
        for path in paths:
            was_leaf = path.endswith("/.") and path not in self.node_counts and path[:-2] != new_client
            counts[path] = self.node_counts.get(path[:-2] if was_leaf else path, 0)
        self.node_counts = counts

    def roles_held(self, framework_id: FrameworkId) -> list[str]:
        return [
            role
            for agent in self.agents.values()
            for role in agent.held.get(framework_id, NOTHING).allocations_by_role()
        ]

    # Orders.

    def leaf(self, role: str) -> str:
        """The path at which a role competes: below itself if other roles are below it."""
        return f"{role}/." if any(is_descendant(each, role) for each in self.tracked) else role

    def role_order(self) -> list[str]:
        return sorted(self.tracked, key=self.role_key)

    def role_key(self, role: str) -> list[tuple[float, int, str]]:
        """The keys of the nodes on the way down: what is compared first is where two roles part."""
        path = [*reversed(ancestors(role)), role]
        if self.leaf(role) != role:
            path.append(self.leaf(role))
        return [self.node_key(each) for each in path]

    def node_key(self, path: str) -> tuple[float, int, str]:
        own = path.removesuffix("/.")
        below = [] if own != path else [each for each in self.tracked if is_descendant(each, path)]
        share = self.share([(role, framework) for role in [own, *below] for framework in self.tracked.get(role, ())])
        return share / self.weights.get(path, 1.0), self.node_counts[path], path

    def framework_order(self, role: str) -> list[FrameworkId]:
        counts = self.tracked[role]
        taking_part = [each for each in counts if self.takes_part(each, role)]
        return sorted(taking_part, key=lambda each: (self.share([(role, each)]), counts[each], each))

    def takes_part(self, framework_id: FrameworkId, role: str) -> bool:
        framework = self.frameworks[framework_id]
        return framework.active and role in framework.info.roles and role not in framework.suppressed

    def share(self, holders: list[tuple[str, FrameworkId]]) -> float:
        """The dominant share of what these frameworks hold under these roles, together."""
        held: dict[str, int] = {}
        volumes: set[tuple[AgentId, ResourceKind]] = set()
        for agent_id, agent in self.agents.items():
            for role, framework_id in holders:
                for kind, amount in allocated_to(agent.held.get(framework_id, NOTHING), role):
                    if kind.shared and (agent_id, kind) in volumes:
                        continue
                    if kind.shared:
                        volumes.add((agent_id, kind))
                    held[kind.name] = held.get(kind.name, 0) + milli_of(kind, amount)
        pool = Quantities()
        for agent in self.agents.values():
            pool += agent.total.scalar_quantities
        excluded = self.settings.fair_sharing_excluded_resource_names
        return max([milli / pool[name] for name, milli in held.items() if name in pool and name not in excluded] or [0])

    # Quota.

    def consumed(self, role: str) -> Quantities:
        """Reservations of the subtree, and unreserved non-revocable scalars held in it."""
        total = Quantities()
        for agent in self.agents.values():
            for owner, reserved in agent.total.reservations_by_role().items():
                if owner == role or is_descendant(owner, role):
                    total += reserved.scalar_quantities
            for framework_id, held in agent.held.items():
                if framework_id in self.frameworks:
                    for holder, part in held.allocations_by_role().items():
                        if holder == role or is_descendant(holder, role):
                            total += goods(part).quantities
        return total

    def headroom(self) -> Quantities:
        """What is there to meet guarantees with."""
        total, held, reserved, reserved_held, revocable = (Quantities() for _ in range(5))
        for agent in self.agents.values():
            total += agent.total.non_shared().scalar_quantities
            reserved += agent.total.non_shared().reserved().scalar_quantities
            revocable += agent.free.revocable().scalar_quantities
            for each in agent.held.values():
                held += each.non_shared().scalar_quantities
                reserved_held += each.non_shared().reserved().scalar_quantities
        return total - held - (reserved - reserved_held) - revocable

    # A run.

    def allocate(
        self, agents: Collection[AgentId] | None, *, now: int, event_driven: bool = False
    ) -> tuple[Allocation, ...]:
        self.drop(lambda each: now >= each.until and self.batches > each.batch)
        if agents is None and not event_driven:
            self.batches += 1
        if self.paused:
            return ()
        self.runs += 1
        return NaiveRun(self).over([each for each in self.agents if agents is None or each in agents])

    # What a replay calls beside; nothing here depends on it.

    def update_offer_constraints(self, framework_id: FrameworkId, constraints: OfferConstraints) -> None:
        assert not constraints.roles, "constraints are no part of the comparison"

    def transition_offered_to_allocated(
        self, framework_id: FrameworkId, agent_id: AgentId, *, resources: Resources
    ) -> None:
        """Held before and after."""

    def inverse_offers(self, agents: Collection[AgentId] | None, *, now: int) -> tuple[InverseAllocation, ...]:
        return ()

    def check(self) -> None:
        """There is nothing that could disagree."""


def allocated_to(resources: Resources, role: str) -> Iterator[tuple[ResourceKind, int]]:
    for kind, amount in resources.amounts.items():
        if kind.allocation_role == role and kind.type is ValueType.SCALAR:
            yield kind, amount


def milli_of(kind: ResourceKind, amount: int) -> int:
    if kind.whole is None:
        return amount
    return kind.whole if kind.shared else kind.whole * amount


def replace_resources(info: AgentInfo) -> tuple[object, ...]:
    return info.capabilities, info.attributes, info.hostname, info.region, info.zone
