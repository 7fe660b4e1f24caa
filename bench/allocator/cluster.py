"""A policy with agents and frameworks, driven the way a master drives it: what the workloads are written in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

from allocators.allocator import AllocatorSettings, Refusal
from allocators.policies.registry import DEFAULT_POLICY, make_allocator
from bench.allocator.definitions import AGENT_CAPABILITIES
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.messages.master_allocator import Allocation
from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resources import Resources

SETTINGS: Final = AllocatorSettings(seed=1)  # Everything else as a master has it by default.
MULTI_ROLE: Final = (Capability.MULTI_ROLE,)
SHARED_ROLE: Final = "*"
PORT: Final = 5051
WIRE_FORMS_MAX: Final = 16  # A workload has a few kinds of machines, or as many as agents, of which each is read once.

Allocations: TypeAlias = tuple[Allocation, ...]


class Cluster:
    """Agents and frameworks are numbered from 1; a run takes place an allocation interval after the last."""

    def __init__(self) -> None:
        self.policy = make_allocator(DEFAULT_POLICY, SETTINGS)
        self.now = SETTINGS.allocation_interval_ns

    def add_framework(
        self,
        number: int,
        role: str,
        *,
        capabilities: Collection[Capability] = MULTI_ROLE,
        used: Mapping[AgentId, Resources] | None = None,
    ) -> None:
        add_framework = self.policy.add_framework
        framework = framework_info(number, role, capabilities=capabilities)
        add_framework(framework_of(number), framework, used=used or {}, active=True, suppressed_roles=())

    def add_agent(self, number: int, total: Resources, *, used: Mapping[FrameworkId, Resources] | None = None) -> None:
        total = as_read(total)
        self.policy.add_agent(agent_of(number), agent_info(number, total), total=total, used=used or {})

    def allocate(self) -> Allocations:
        """One batch run, with what belongs to it, an interval later."""
        self.now += SETTINGS.allocation_interval_ns
        allocations = self.policy.allocate(None, now=self.now)
        inverse_offers = self.policy.inverse_offers(None, now=self.now)
        assert not inverse_offers, "no machine is under maintenance"
        return allocations

    def give_back(self, allocations: Iterable[Allocation], *, refuse_ns: int | None = None) -> None:
        """Every offer is declined; without `refuse_ns` it may come again at once."""
        recover = self.policy.recover_resources
        refusal = None if refuse_ns is None else Refusal(ns=refuse_ns, now=self.now)
        for each in allocations:
            recover(each.framework_id, each.agent_id, resources=each.resources, refusal=refusal, allocated=False)


@lru_cache(maxsize=WIRE_FORMS_MAX)
def _wire_form(resources: Resources) -> list[dict[str, Any]]:
    return resources.to_wire()


def as_read(resources: Resources) -> Resources:
    """An equal value of its own, as each agent's is that a master reads from the wire."""
    return Resources.from_wire(_wire_form(resources))


def framework_of(number: int) -> FrameworkId:
    return FrameworkId(f"framework{number}")


def agent_of(number: int) -> AgentId:
    return AgentId(f"agent{number}")


def framework_info(number: int, role: str, *, capabilities: Collection[Capability] = MULTI_ROLE) -> FrameworkInfo:
    id = framework_of(number)
    return FrameworkInfo(user="bench", name=id, id=id, roles=(role,), capabilities=tuple(capabilities))


def agent_info(number: int, total: Resources) -> AgentInfo:
    id = agent_of(number)
    return AgentInfo(hostname=id, port=PORT, resources=total, id=id, capabilities=AGENT_CAPABILITIES)


def numbers(count: int) -> range:
    return range(1, count + 1)


def own_role(number: int) -> str:
    return f"role{number}"


def role_in(variant: str, number: int, *, shared: str = SHARED_ROLE) -> str:
    """The role of a framework: one of its own, or the one that all are in."""
    return own_role(number) if variant == "own" else shared


def in_turn(agent: int, frameworks: int) -> int:
    """The framework that uses something on this agent."""
    return (agent - 1) % frameworks + 1


def quota_of(amounts: Mapping[str, float]) -> Quota:
    """Guarantee and limit alike."""
    return Quota(guarantees=Quantities.of(**amounts), limits=Limits.of(**amounts))
