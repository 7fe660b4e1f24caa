"""Reasons that do not depend on what is free: about the framework, about the agent, about the two together."""

from __future__ import annotations

from collections.abc import Iterator

from allocators.explain.blockers import (
    AgentInactive,
    AgentLacksCapability,
    Blocker,
    ConstraintFailed,
    ForbiddenByPolicy,
    FrameworkInactive,
    FrameworkLacksCapability,
    NoAgents,
    NotSubscribed,
    NotWhitelisted,
    Paused,
    Recovering,
    Suppressed,
)
from allocators.explain.scene import Scene
from allocators.hierarchical.agents import HIERARCHICAL_ROLE, MULTI_ROLE, AgentBook
from allocators.hierarchical.eligibility import GPUS
from allocators.hierarchical.frameworks import FrameworkBook
from mesos_py.protocol.framework import Capability


def framework_gates(scene: Scene, framework: FrameworkBook, *, role: str, now: int) -> Iterator[Blocker]:
    """Why it is offered nothing under that role, on whatever agent."""
    if not framework.active:
        yield FrameworkInactive()
    if role not in framework.roles:
        yield NotSubscribed(roles=tuple(framework.roles))
    if role in framework.suppressed:
        yield Suppressed()
    recovery = scene.recovery
    if recovery.is_held:
        yield Paused()
    if recovery.deadline is not None and now < recovery.deadline:
        yield Recovering(until=recovery.deadline, agents_needed=recovery.needed, agents_known=len(scene.books.agents))
    if not scene.books.agents:
        yield NoAgents()


def agent_gates(scene: Scene, agent: AgentBook) -> Iterator[Blocker]:
    """Why nobody is offered the agent."""
    if not agent.active:
        yield AgentInactive()
    if scene.whitelist is not None and agent.info.hostname not in scene.whitelist:
        yield NotWhitelisted(hostname=agent.info.hostname)


def pair_gates(scene: Scene, framework: FrameworkBook, *, role: str, agent: AgentBook) -> Iterator[Blocker]:
    """Why this framework is never offered this agent under this role."""
    settings = scene.settings
    for group, constraint in framework.constraints.failing(role, agent.info):
        yield ConstraintFailed(group=group, constraint=constraint)
    if scene.rules.admits is not None and not scene.rules.admits(role, agent):
        yield ForbiddenByPolicy()
    if framework.multi_role and not agent.has_capability(MULTI_ROLE):
        yield AgentLacksCapability(capability=MULTI_ROLE)
    if "/" in role and not agent.has_capability(HIERARCHICAL_ROLE):
        yield AgentLacksCapability(capability=HIERARCHICAL_ROLE)
    if settings.filter_gpu_resources and not framework.gpu_resources and agent.total.scalar_quantities[GPUS]:
        yield FrameworkLacksCapability(capability=Capability.GPU_RESOURCES)
    if not framework.region_aware and agent.info.region not in (None, settings.region):
        yield FrameworkLacksCapability(capability=Capability.REGION_AWARE)
