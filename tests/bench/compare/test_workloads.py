"""Workloads: as much work as they say, the same for every policy."""

from __future__ import annotations

import pytest

from allocators.allocator import SECOND_NS
from bench.compare.workloads import DEFAULT_SIZE, WORKLOADS, Size, make_scenario


@pytest.mark.parametrize("workload", WORKLOADS)
def test_as_much_work_arrives_as_the_kinds_of_tenants_say(workload: str) -> None:
    scenario = make_scenario(workload, Size(agents=60, seconds=2_000))

    for number, tenant in enumerate(scenario.tenants):
        kind = WORKLOADS[workload].kinds[number % len(WORKLOADS[workload].kinds)]
        of_kind = sum(each.demand == kind.demand for each in scenario.tenants)
        work = sum(task.duration_ns for task in tenant.tasks) / SECOND_NS * scenario.dominant_share(tenant)
        due = kind.load / of_kind * scenario.seconds * (1 - kind.start)
        assert work == pytest.approx(due, rel=0.15)


@pytest.mark.parametrize("workload", WORKLOADS)
@pytest.mark.parametrize("frameworks", [1, 7])
def test_there_are_as_many_agents_and_tenants_as_asked_for(workload: str, frameworks: int) -> None:
    scenario = make_scenario(workload, Size(agents=9, frameworks=frameworks, seconds=50))

    assert len(scenario.agents) == 9
    assert len(scenario.tenants) == frameworks
    for tenant in scenario.tenants:
        arrivals = [task.arrival_ns for task in tenant.tasks]
        assert arrivals == sorted(arrivals)
        assert all(0 <= arrival < scenario.end_ns for arrival in arrivals)


def test_another_seed_is_another_history() -> None:
    histories = [make_scenario("paper", Size(seed=seed)).tenants[0].tasks for seed in (0, 0, 1)]

    assert histories[0] == histories[1]
    assert histories[0] != histories[2]


def test_a_workload_that_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 1000000 tasks of a tenant"):
        make_scenario("late", Size(agents=10_000, seconds=10_000))


def test_an_unknown_workload_is_named_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match="'rush': expected one of paper, fragmentation"):
        make_scenario("rush", DEFAULT_SIZE)
