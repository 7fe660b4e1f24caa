"""Named workloads: each shows a difference between policies that people argue about.

A workload makes a scenario for any number of agents and tenants. `load` is the work that arrives at a tenant, as a
part of what the cluster could do with it: so much of its dominant resource, on average, if nothing ever waited.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from allocators.allocator import SECOND_NS
from bench.compare.scenario import Scenario, Task, Tenant
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.resources import Resources

TASKS_MAX: Final = 1_000_000  # Of one tenant: they are held in memory, and each is started and ended.


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of tenant. With a `period_s` its work arrives in the first part (`busy`) of each period only."""

    demand: Quantities
    duration_s: float
    load: float  # Of all tenants of the kind together.
    weight: float = 1.0
    priority: int = 0
    start: float = 0.0  # As a part of the whole time.
    period_s: float = 0.0
    busy: float = 1.0


@dataclass(frozen=True, slots=True)
class Workload:
    """Machines and kinds of tenants, both taken in turn."""

    summary: str
    machines: tuple[Quantities, ...]
    kinds: tuple[Kind, ...]
    frameworks: int  # How many if nobody says.


def of(cpus: float, mem: float) -> Quantities:
    return Quantities.of(cpus=cpus, mem=mem)


WORKLOADS: Final[Mapping[str, Workload]] = {
    "paper": Workload(
        "the example of the DRF paper: 1 cpu with 4 GB against 3 cpus with 1 GB, more work than fits",
        machines=(of(9, 18_432),),
        kinds=(Kind(of(1, 4_096), 20, 1.2), Kind(of(3, 1_024), 20, 1.2, priority=1)),
        frameworks=2,
    ),
    "fragmentation": Workload(
        "tasks with much memory and tasks with many cpus, on machines of both sorts",
        machines=(of(16, 8_192), of(16, 8_192), of(4, 32_768), of(4, 32_768)),
        kinds=(Kind(of(2, 1_024), 30, 0.8), Kind(of(0.5, 4_096), 30, 0.8)),
        frameworks=2,
    ),
    "bursts": Workload(
        "equal tenants that are busy two fifths of the time, each at another",
        machines=(of(16, 65_536),),
        kinds=(Kind(of(1, 4_096), 10, 0.9, period_s=90, busy=0.4),),
        frameworks=3,
    ),
    "mixed": Workload(
        "a service of weight 2, bursts of short queries, and batch work that would take everything",
        machines=(of(16, 65_536),),
        kinds=(
            Kind(of(2, 16_384), 100, 0.5, weight=2, priority=1, start=0.15),
            Kind(of(0.5, 1_024), 3, 0.12, priority=2, period_s=60, busy=0.3),
            Kind(of(4, 8_192), 40, 1.2),
        ),
        frameworks=3,
    ),
    "late": Workload(
        "the first tenants could use all of the cluster, others come after a quarter of the time",
        machines=(of(16, 65_536),),
        kinds=(Kind(of(1, 4_096), 30, 1.2), Kind(of(2, 2_048), 30, 0.6, start=0.25, priority=1)),
        frameworks=2,
    ),
}


@dataclass(frozen=True, slots=True)
class Size:
    """How large a scenario is to be. No frameworks: as many as the workload has kinds."""

    agents: int = 40
    frameworks: int = 0
    seconds: int = 300
    seed: int = 0


DEFAULT_SIZE: Final = Size()


def make_scenario(name: str, size: Size) -> Scenario:
    """The workload of that name. ValueError if there is none, or if it would be too much."""
    if name not in WORKLOADS:
        raise ValueError(f"workload {name!r}: expected one of {', '.join(WORKLOADS)}")
    workload = WORKLOADS[name]
    agents = {
        AgentId(f"agent{number:05}"): _resources(workload.machines[number % len(workload.machines)])
        for number in range(size.agents)
    }
    pool = dict(Resources.sum(agents.values()).scalar_quantities.items())
    count = size.frameworks or workload.frameworks
    kinds = [workload.kinds[number % len(workload.kinds)] for number in range(count)]
    tenants = tuple(_tenant(number, kinds, size=size, pool=pool) for number in range(count))
    parameters = {
        "priority": {tenant.role: str(kind.priority) for tenant, kind in zip(tenants, kinds, strict=True)},
        "static": {tenant.role: str(tenant.weight) for tenant in tenants},
    }
    return Scenario(name, agents, tenants, size.seconds, parameters)


def _tenant(number: int, kinds: Sequence[Kind], *, size: Size, pool: Mapping[str, int]) -> Tenant:
    kind = kinds[number]
    # So many of its tasks the whole pool runs at once, if they could be cut.
    capacity = min(pool[name] / milli for name, milli in kind.demand.items())
    per_s = kind.load / kinds.count(kind) * capacity / kind.duration_s
    if per_s * size.seconds > TASKS_MAX:
        raise ValueError(f"expected at most {TASKS_MAX} tasks of a tenant: take fewer agents or less time")
    rng = random.Random(f"{size.seed} tenant {number}")
    moments = _moments(kind, size.seconds, per_s=per_s, offset=number / len(kinds), rng=rng)
    tasks = tuple(
        Task(round(at * SECOND_NS), round(rng.expovariate(1 / kind.duration_s) * SECOND_NS)) for at in moments
    )
    return Tenant(FrameworkId(f"tenant{number}"), f"role{number}", kind.demand, tasks, kind.weight)


def _moments(kind: Kind, seconds: int, *, per_s: float, offset: float, rng: random.Random) -> Iterator[float]:
    """When tasks arrive: a Poisson process, squeezed into the busy parts of its periods, if it has any."""
    at = 0.0
    start = kind.start * seconds
    while True:
        at += rng.expovariate(per_s)
        moment = start + at
        if kind.period_s:
            period, within = divmod(at, kind.period_s)
            moment = (period + offset) * kind.period_s + within * kind.busy
        if moment >= seconds:
            return
        yield moment


def _resources(machine: Quantities) -> Resources:
    return Resources.of(**machine.as_floats())
