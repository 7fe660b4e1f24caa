"""Ending what an explanation names, as those would who can: through the calls of the interface and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from allocators.allocator import Conversion
from allocators.explain import blockers as named
from allocators.explain.blockers import Blocker
from allocators.explain.explanation import Explanation
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.hierarchical.frameworks import FrameworkBook
from mesos_py.protocol.framework import Capability, FrameworkInfo, RoleOfferFilters
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.offer_constraints import OfferConstraints
from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resources import NOTHING, Resources

FIELDS: Final = {
    Capability.MULTI_ROLE: "multi_role",
    Capability.GPU_RESOURCES: "gpu_resources",
    Capability.REGION_AWARE: "region_aware",
    Capability.SHARED_RESOURCES: "shared",
    Capability.REVOCABLE_RESOURCES: "revocable",
    Capability.RESERVATION_REFINEMENT: "refined",
}


class Lifting:
    """Ends the blockers of one question: this framework, under this role, on this agent."""

    def __init__(self, allocator: HierarchicalAllocator, framework_id: FrameworkId, *, role: str, agent_id: AgentId):
        self.allocator = allocator
        self.framework_id = framework_id
        self.role = role
        self.agent_id = agent_id

    def explain(self, now: int) -> Explanation:
        return self.allocator.explain(self.framework_id, self.role, agent_id=self.agent_id, now=now)

    def blockers(self, now: int) -> tuple[Blocker, ...]:
        explanation = self.explain(now)
        return (*explanation.blockers, *(each for agent in explanation.agents for each in agent.blockers))

    def silence_the_others(self) -> None:
        """Nobody else wants anything, nor this framework under another role: who comes first is no longer the point."""
        for framework in self.allocator.books.frameworks.values():
            if framework.id != self.framework_id:
                self.allocator.suppress_offers(framework.id, ())
            elif others := [role for role in framework.roles if role != self.role]:
                self.allocator.suppress_offers(framework.id, others)

    def lift(self, blocker: Blocker) -> None:
        """End that one."""
        assert isinstance(blocker, tuple(LIFTS)), f"nobody can end {blocker}"
        LIFTS[type(blocker)](self, blocker)

    # Each in its own way.

    @property
    def framework(self) -> FrameworkBook:
        return self.allocator.books.frameworks[self.framework_id]

    def tell(self, **changes: object) -> None:
        """The framework says something else of itself."""
        book = self.framework
        info = FrameworkInfo(
            user="user",
            name="name",
            roles=tuple(book.roles),
            capabilities=tuple(each for each, field in FIELDS.items() if getattr(book, field)),
            offer_filters=tuple(
                RoleOfferFilters(role=role, min_allocatable=smallest) for role, smallest in book.min_allocatable.items()
            ),
        )
        suppressed = [role for role in book.suppressed if role != self.role]
        self.allocator.update_framework(self.framework_id, replace(info, **changes), suppressed_roles=suppressed)

    def subscribe(self, blocker: Blocker) -> None:
        self.tell(roles=(*self.framework.roles, self.role))

    def learn(self, blocker: Blocker) -> None:
        assert isinstance(blocker, named.FrameworkLacksCapability)
        known = [each for each, field in FIELDS.items() if getattr(self.framework, field)]
        self.tell(capabilities=(*known, blocker.capability))

    def ask_for_less(self, blocker: Blocker) -> None:
        assert isinstance(blocker, named.BelowMinimum)
        self.tell(offer_filters=(RoleOfferFilters(role=self.role, min_allocatable=()),))
        agent = self.allocator.books.agents[self.agent_id]
        if not agent.total:
            self.allocator.update_agent(self.agent_id, agent.info, total=Resources.of(cpus=1))

    def renew_agent(self, blocker: Blocker) -> None:
        assert isinstance(blocker, named.AgentLacksCapability)
        agent = self.allocator.books.agents[self.agent_id]
        info = replace(agent.info, capabilities=(*agent.info.capabilities, blocker.capability))
        self.allocator.update_agent(self.agent_id, info, total=agent.total)

    def give_back(self, blocker: Blocker) -> None:
        assert isinstance(blocker, named.OfferedTo | named.InUse)
        agent = self.allocator.books.agents[self.agent_id]
        held = agent.held.get(blocker.framework_id, NOTHING)
        part = held.allocations_by_role().get(blocker.role, NOTHING)
        self.allocator.recover_resources(
            blocker.framework_id,
            self.agent_id,
            resources=part,
            refusal=None,
            allocated=isinstance(blocker, named.InUse),
        )

    def unreserve(self, blocker: Blocker) -> None:
        total = self.allocator.books.agents[self.agent_id].total
        while reserved := total.filter(lambda kind: bool(kind.reservations) and not kind.shared):
            conversion = Conversion(consumed=reserved, produced=reserved.pop_reservation())
            assert self.allocator.update_available(self.agent_id, [conversion])
            total = self.allocator.books.agents[self.agent_id].total

    def grow(self, blocker: Blocker) -> None:
        agent = self.allocator.books.agents[self.agent_id]
        held = Resources.sum(part.unallocate().non_shared() for part in agent.held.values())
        self.allocator.update_agent(self.agent_id, agent.info, total=agent.total + (held - agent.total))

    def unlimit(self, blocker: Blocker) -> None:
        quota = self.allocator.books.roles.quotas.get(self.role, Quota())
        self.allocator.update_quota(self.role, Quota(guarantees=quota.guarantees, limits=Limits()))

    def release_headroom(self, blocker: Blocker) -> None:
        assert isinstance(blocker, named.HeldAsHeadroom)
        for each in blocker.roles:
            quota = self.allocator.books.roles.quotas.get(each.role, Quota())
            self.allocator.update_quota(each.role, Quota(guarantees=Quantities(), limits=quota.limits))

    def revive(self, blocker: Blocker) -> None:
        self.allocator.revive_offers(self.framework_id, (self.role,))

    def wait(self, blocker: Blocker) -> None:
        """The next run will do."""


# The order is that in which they are ended: what is held comes back before it is unreserved.
LIFTS: Final[dict[type[Blocker], Callable[[Lifting, Blocker], None]]] = {
    named.FrameworkInactive: lambda self, _: self.allocator.activate_framework(self.framework_id),
    named.NotSubscribed: Lifting.subscribe,
    named.Suppressed: Lifting.revive,
    named.Paused: lambda self, _: self.allocator.resume(),
    named.Recovering: lambda self, _: self.allocator.resume(),
    named.AgentInactive: lambda self, _: self.allocator.activate_agent(self.agent_id),
    named.NotWhitelisted: lambda self, _: self.allocator.update_whitelist(None),
    named.AgentLacksCapability: Lifting.renew_agent,
    named.FrameworkLacksCapability: Lifting.learn,
    named.ConstraintFailed: lambda self, _: self.allocator.update_offer_constraints(
        self.framework_id, OfferConstraints()
    ),
    named.Overcommitted: Lifting.grow,
    named.OfferedTo: Lifting.give_back,
    named.InUse: Lifting.give_back,
    named.ReservedForOther: Lifting.unreserve,
    named.SharedOnce: Lifting.wait,
    named.BelowMinimum: Lifting.ask_for_less,
    named.LimitReached: Lifting.unlimit,
    named.HeldAsHeadroom: Lifting.release_headroom,
    named.Refused: Lifting.revive,
    named.AwaitsRun: Lifting.wait,
}
