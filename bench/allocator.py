"""`mesos-py bench allocator`: how long one allocation run takes, over a grid of agents and frameworks.

Cases are named `<kind>_<agents>x<frameworks>_<roles>`. Agents have cpus, memory, disk and ports and are all alike;
`cold` starts from nothing, `churn` returns every twentieth offer and runs again, `idle` runs again with nothing to
give. Building the cluster is not timed, the events of `churn` are.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from bench.report import Report, result_of
from bench.yardstick import combined, measure_machine
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId, MasterId, agent_id, framework_id
from mesos_py.protocol.messages.master_allocator import Allocation
from mesos_py.protocol.resources import Resources

ROUNDS: Final = 3
RETURNED_EVERY: Final = 20
RESOURCES: Final = "cpus:24;mem:4096;disk:4096;ports:[31000-32000]"
MASTER: Final = MasterId("bench")
SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Size:
    """One place of the grid; `roles` is "one" for all frameworks in one role, "many" for a role each."""

    agents: int
    frameworks: int
    roles: str

    def __str__(self) -> str:
        return f"{self.agents}x{self.frameworks}_{self.roles}"


GRID: Final = tuple(
    Size(agents, frameworks, roles)
    for agents, frameworks in ((100, 10), (1_000, 100), (5_000, 500))
    for roles in ("one", "many")
)


def run(progress: Callable[[str], None], *, rounds: int = ROUNDS, grid: tuple[Size, ...] = GRID) -> Report:
    """All cases, `rounds` times. `progress` is told what is measured."""
    progress("yardstick")
    before = measure_machine()
    times: dict[str, list[float]] = {}
    params: dict[str, dict[str, int | str]] = {}
    for number in range(1, rounds + 1):
        for size in grid:
            progress(f"round {number} of {rounds}: {size}")
            for kind, seconds in _measure(size).items():
                name = f"{kind}_{size}"
                times.setdefault(name, []).append(seconds)
                params[name] = {"agents": size.agents, "frameworks": size.frameworks, "roles": size.roles}
    machine = combined(before, measure_machine())
    results = (result_of(name, each, machine=machine, unit="s", params=params[name]) for name, each in times.items())
    return Report("allocator", machine, tuple(results))


def _measure(size: Size) -> dict[str, float]:
    """Seconds of each kind of run, on one cluster."""
    allocator = _cluster(size)
    cold, offered = _timed_run(allocator, now=SECOND_NS)
    assert len(offered) == size.agents, "every agent was offered, whole"
    idle, nothing = _timed_run(allocator, now=2 * SECOND_NS)
    assert not nothing, "there was nothing left to offer"
    start = time.perf_counter()
    for allocation in offered[::RETURNED_EVERY]:
        allocator.recover_resources(
            allocation.framework_id, allocation.agent_id, resources=allocation.resources, refusal=None, allocated=False
        )
    returning = time.perf_counter() - start
    churn, again = _timed_run(allocator, now=3 * SECOND_NS)
    assert len(again) == len(offered[::RETURNED_EVERY]), "what came back was offered again"
    return {"cold": cold, "churn": returning + churn, "idle": idle}


def _timed_run(allocator: HierarchicalAllocator, *, now: int) -> tuple[float, tuple[Allocation, ...]]:
    start = time.perf_counter()
    allocations = allocator.allocate(None, now=now)
    return time.perf_counter() - start, allocations


def _cluster(size: Size) -> HierarchicalAllocator:
    allocator = HierarchicalAllocator(AllocatorSettings())
    total = Resources.parse(RESOURCES)
    for number in range(size.frameworks):
        _add_framework(allocator, framework_id(MASTER, number), "shared" if size.roles == "one" else f"role{number}")
    for number in range(size.agents):
        _add_agent(allocator, agent_id(MASTER, number), total)
    return allocator


def _add_framework(allocator: HierarchicalAllocator, id: FrameworkId, role: str) -> None:
    framework = FrameworkInfo(user="bench", name=id, id=id, roles=(role,), capabilities=(Capability.MULTI_ROLE,))
    allocator.add_framework(id, framework, used={}, active=True, suppressed_roles=())


def _add_agent(allocator: HierarchicalAllocator, id: AgentId, total: Resources) -> None:
    agent = AgentInfo(hostname=id, port=5051, resources=total, id=id)
    allocator.add_agent(id, agent, total=total, used={})
