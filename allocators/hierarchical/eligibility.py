"""Who may have what (allocator rules for capabilities and smallest offers): AL-16, AL-18.

Two questions: may a framework hear of an agent at all under a role, and what is hidden of it from that framework.
"""

from __future__ import annotations

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.agents import HIERARCHICAL_ROLE, MULTI_ROLE, AgentBook
from allocators.hierarchical.frameworks import HAS_GPUS, IS_REMOTE, NO_HIERARCHY, NO_MULTI_ROLE, FrameworkBook
from allocators.hierarchical.grants import Bundle, is_enough
from allocators.hierarchical.rules import Admits
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.resources import Resources

GPUS = "gpus"


class Eligibility:
    """The rules under the operator's settings."""

    __slots__ = ("_admits", "_filter_gpus", "_min_allocatable", "_region")

    def __init__(self, settings: AllocatorSettings, admits: Admits | None = None) -> None:
        self._admits = admits
        self._filter_gpus = settings.filter_gpu_resources
        self._region = settings.region
        self._min_allocatable = settings.min_allocatable

    def may_have(self, framework: FrameworkBook, agent: AgentBook, *, role: str) -> bool:
        """May the framework be offered that agent under that role?"""
        return not self.is_kept_from(agent, role) and self.has_traits_for(framework, agent, role=role)

    def is_kept_from(self, agent: AgentBook, role: str) -> bool:
        """Does the policy keep this very agent from the role?"""
        return self._admits is not None and not self._admits(role, agent)

    def has_traits_for(self, framework: FrameworkBook, agent: AgentBook, *, role: str) -> bool:
        """Is an agent like this for the framework?"""
        traits = self.traits(agent)
        return not traits or not traits & framework.avoided(role)

    def traits(self, agent: AgentBook) -> int:
        """What keeps some frameworks away from the agent; it keeps the answer until its facts or its total change."""
        traits = agent.traits
        if traits is None:
            traits = agent.traits = self._traits(agent)
        return traits

    def _traits(self, agent: AgentBook) -> int:
        info, traits = agent.info, 0
        if not agent.has_capability(MULTI_ROLE):
            traits |= NO_MULTI_ROLE
        if not agent.has_capability(HIERARCHICAL_ROLE):
            traits |= NO_HIERARCHY
        if self._filter_gpus and agent.total.scalar_quantities[GPUS]:
            traits |= HAS_GPUS  # Machines with gpus are few; what needs none shall not fill them.
        if info.region is not None and info.region != self._region:
            traits |= IS_REMOTE
        return traits

    def admits_all(self, agent: AgentBook, bundle: Bundle) -> bool:
        """Is the bundle, which nothing is hidden of, for every modest framework under every role?"""
        return self._admits is None and not self.traits(agent) and bundle.is_enough(self._min_allocatable)

    def check(self, agent: AgentBook) -> None:
        """Assert that what the agent keeps is up to date."""
        assert agent.traits is None or agent.traits == self._traits(agent), f"{agent.id}: traits are out of date"

    def strip(self, framework: FrameworkBook, resources: Resources) -> Resources:
        """What the framework understands of these resources."""
        if not framework.shared:
            resources = resources.non_shared()
        if not framework.revocable:
            resources = resources.non_revocable()
        if not framework.refined:
            resources = resources.filter(lambda kind: len(kind.reservations) <= 1)
        return resources

    def is_enough(self, framework: FrameworkBook, role: str, *, resources: Resources) -> bool:
        """Is that an offer worth making? With an empty list anything is that is there."""
        return is_enough(resources, self.smallest(framework, role))

    def smallest(self, framework: FrameworkBook, role: str) -> tuple[Quantities, ...]:
        """The smallest offers, one of which must be contained."""
        return framework.min_allocatable.get(role, self._min_allocatable)
