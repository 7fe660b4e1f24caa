"""Who may have what (allocator rules for capabilities and smallest offers): AL-16, AL-18.

Two questions: may a framework hear of an agent at all under a role, and what is hidden of it from that framework.
"""

from __future__ import annotations

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.agents import HIERARCHICAL_ROLE, MULTI_ROLE, AgentBook
from allocators.hierarchical.frameworks import FrameworkBook
from allocators.hierarchical.rules import Admits
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
        if self._admits is not None and not self._admits(role, agent):
            return False
        if framework.multi_role and not agent.has_capability(MULTI_ROLE):
            return False
        if "/" in role and not agent.has_capability(HIERARCHICAL_ROLE):
            return False
        if self._filter_gpus and not framework.gpu_resources and agent.total.scalar_quantities[GPUS]:
            return False  # Machines with gpus are few; what needs none shall not fill them.
        return framework.region_aware or not self._is_remote(agent)

    def _is_remote(self, agent: AgentBook) -> bool:
        return agent.info.region is not None and agent.info.region != self._region

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
        smallest = framework.min_allocatable.get(role, self._min_allocatable)
        if not smallest:
            return bool(resources)
        quantities = resources.quantities
        return bool(quantities) and any(quantities.contains(each) for each in smallest)
