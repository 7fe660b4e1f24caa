"""The closed loop: nothing is used twice, nothing is lost, and only the policy differs."""

from __future__ import annotations

import pytest

from allocators.allocator import SECOND_NS, AllocatorSettings
from allocators.policies.registry import POLICIES, make_allocator
from bench.compare.loop import ClosedLoop, Record
from bench.compare.scenario import Scenario, Task, Tenant
from bench.compare.workloads import WORKLOADS, Size, make_scenario
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.resources import Resources

SMALL = Size(agents=6, seconds=40, seed=1)


def a_tenant(name: str, *tasks: tuple[int, int], cpus: float = 1) -> Tenant:
    """Tasks are when they arrive and how long they take, in seconds."""
    return Tenant(
        FrameworkId(name),
        name,
        Quantities.of(cpus=cpus, mem=100),
        tuple(Task(arrival * SECOND_NS, duration * SECOND_NS) for arrival, duration in tasks),
    )


def play(*tenants: Tenant, policy: str = "hierarchical", cpus: float = 2, seconds: int = 10) -> tuple[Record, ...]:
    """On one agent."""
    agents = {AgentId("n1"): Resources.of(cpus=cpus, mem=1000)}
    return ClosedLoop(make_allocator(policy, AllocatorSettings()), Scenario("test", agents, tenants, seconds, {})).run()


def test_tasks_start_when_they_fit_and_wait_until_then() -> None:
    (record,) = play(a_tenant("a", (0, 4), (0, 3), (1, 2)))

    assert record.running == [2, 2, 2, 2, 1, 0, 0, 0, 0, 0]
    assert record.waiting == [0, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert record.waits_ns == [0, 0, 2 * SECOND_NS]
    assert record.finished == 3


def test_a_task_that_never_starts_has_waited_until_the_end() -> None:
    (record,) = play(a_tenant("a", (3, 1), cpus=5))

    assert record.running == [0] * 10
    assert record.waits_ns == [7 * SECOND_NS]


def test_what_one_cannot_use_is_used_by_another_in_the_same_second() -> None:
    small, large = play(a_tenant("small", *[(0, 9)] * 4, cpus=0.5), a_tenant("large", (0, 9), cpus=5))

    assert small.running[0] == 4
    assert large.running[0] == 0


def test_a_tenant_with_work_again_is_offered_what_it_refused() -> None:
    (record,) = play(a_tenant("a", (0, 1), (2, 1)))

    assert record.running[:4] == [1, 0, 1, 0]


@pytest.mark.parametrize("workload", WORKLOADS)
@pytest.mark.parametrize("policy", POLICIES)
def test_nobody_uses_what_is_not_there_and_every_task_is_somewhere(policy: str, workload: str) -> None:
    scenario = make_scenario(workload, SMALL)
    parameters = dict(scenario.parameters.get(policy, {}))
    allocator = make_allocator(policy, AllocatorSettings(parameters=parameters))

    records = ClosedLoop(allocator, scenario).run()

    allocator.check()
    for second in range(SMALL.seconds):
        for name, total in scenario.pool.items():
            assert sum(each.running[second] * each.tenant.demand[name] for each in records) <= total
    for each in records:
        assert len(each.waits_ns) == len(each.tenant.tasks)
        arrived = sum(task.arrival_ns <= (SMALL.seconds - 1) * SECOND_NS for task in each.tenant.tasks)
        assert each.finished + each.running[-1] + each.waiting[-1] == arrived
        assert all(wait >= 0 for wait in each.waits_ns)


def test_the_same_seed_gives_the_same_records() -> None:
    scenario = make_scenario("mixed", SMALL)

    first, second = (ClosedLoop(make_allocator("random", AllocatorSettings()), scenario).run() for _ in range(2))

    assert first == second
