"""Agents, frameworks and policies with defaults that tests need not care about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from allocators.allocator import Allocator, AllocatorSettings, Refusal
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.messages.master_allocator import Allocation
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.resources import NOTHING, Resources

SECOND: Final = 1_000_000_000
A_MACHINE: Final = Resources.of(cpus=4, mem=1024)


def a_framework(*roles: str, capabilities: Collection[Capability] = (Capability.MULTI_ROLE,)) -> FrameworkInfo:
    return FrameworkInfo(user="user", name="framework", roles=roles or ("*",), capabilities=tuple(capabilities))


def an_agent(agent_id: str = "n1", total: Resources = A_MACHINE) -> AgentInfo:
    return AgentInfo(hostname=agent_id, port=5051, resources=total, id=AgentId(agent_id))


def add_framework(
    allocator: Allocator, framework_id: str, *roles: str, active: bool = True, suppressed: Collection[str] = ()
) -> FrameworkId:
    known = FrameworkId(framework_id)
    allocator.add_framework(known, a_framework(*roles), used={}, active=active, suppressed_roles=suppressed)
    return known


def add_agent(
    allocator: Allocator,
    agent_id: str,
    *,
    total: Resources = A_MACHINE,
    used: Mapping[FrameworkId, Resources] | None = None,
) -> AgentId:
    known = AgentId(agent_id)
    allocator.add_agent(known, an_agent(agent_id, total), total=total, used=used or {})
    return known


def give_back(
    allocator: Allocator, allocations: Collection[Allocation], *, refuse_s: float | None = None, now: int = 0
) -> None:
    refusal = None if refuse_s is None else Refusal(ns=round(refuse_s * SECOND), now=now)
    for each in allocations:
        allocator.recover_resources(
            each.framework_id, each.agent_id, resources=each.resources, refusal=refusal, allocated=False
        )


def received(allocations: Collection[Allocation]) -> dict[str, Resources]:
    """What each framework got, over all agents and roles."""
    parts: dict[str, Resources] = {}
    for each in allocations:
        parts[each.framework_id] = parts.get(each.framework_id, NOTHING) + each.resources.unallocate()
    return parts


def agents_of(allocations: Collection[Allocation]) -> dict[str, int]:
    """How many agents each framework got."""
    counts: dict[str, int] = {}
    for each in allocations:
        counts[each.framework_id] = counts.get(each.framework_id, 0) + 1
    return counts


def anything_goes(seed: int = 0) -> AllocatorSettings:
    """Settings under which the smallest rest is offered."""
    return AllocatorSettings(seed=seed, min_allocatable=tuple[Quantities, ...]())
