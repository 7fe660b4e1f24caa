"""Fairness with whole agents: flat roles, one framework each, nothing that could stand in the way."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from allocators.hierarchical.allocator import HierarchicalAllocator
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import (
    SECOND,
    add_agent,
    add_framework,
    agents_of,
    anything_goes,
    give_back,
)

seeds = st.integers(0, 2**32)
sizes = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=12)


def a_cluster(seed: int, roles: int, *, weights: dict[str, int] | None = None) -> HierarchicalAllocator:
    allocator = HierarchicalAllocator(anything_goes(seed))
    allocator.update_weights(weights or {})
    for number in range(roles):
        add_framework(allocator, f"f{number}", f"r{number}")
    return allocator


def add_equal_agents(allocator: HierarchicalAllocator, count: int) -> None:
    for number in range(count):
        add_agent(allocator, f"n{number}")


@given(seed=seeds, roles=st.integers(1, 6), agents=st.integers(0, 20))
def test_equal_agents_are_divided_evenly(seed: int, *, roles: int, agents: int) -> None:
    allocator = a_cluster(seed, roles)
    add_equal_agents(allocator, agents)

    counts = agents_of(allocator.allocate(None, now=0))

    assert sum(counts.values()) == agents
    for number in range(roles):
        assert counts.get(f"f{number}", 0) in (agents // roles, ceil(agents / roles))


@given(seed=seeds, weights=st.lists(st.integers(1, 5), min_size=1, max_size=5), agents=st.integers(0, 20))
def test_nobody_gets_more_than_his_weight_rounded_up(seed: int, *, weights: list[int], agents: int) -> None:
    by_role = {f"r{number}": weight for number, weight in enumerate(weights)}
    allocator = a_cluster(seed, len(weights), weights=by_role)
    add_equal_agents(allocator, agents)

    counts = agents_of(allocator.allocate(None, now=0))

    for number, weight in enumerate(weights):
        assert counts.get(f"f{number}", 0) <= ceil(Fraction(agents * weight, sum(weights)))


@given(seed=seeds, roles=st.integers(1, 5), agents=st.integers(1, 6), runs=st.integers(1, 12))
def test_what_is_always_given_back_goes_round(seed: int, *, roles: int, agents: int, runs: int) -> None:
    allocator = a_cluster(seed, roles)
    add_equal_agents(allocator, agents)
    counts = {f"f{number}": 0 for number in range(roles)}

    for run in range(runs):
        allocations = allocator.allocate(None, now=run * SECOND)
        for framework, got in agents_of(allocations).items():
            counts[framework] += got
        assert max(counts.values()) - min(counts.values()) <= 1
        give_back(allocator, allocations)


@given(seed=seeds, roles=st.integers(2, 5), sizes=sizes)
def test_nobody_envies_another_by_more_than_one_agent(seed: int, *, roles: int, sizes: list[tuple[int, int]]) -> None:
    allocator = a_cluster(seed, roles)
    for number, (cpus, mem) in enumerate(sizes):
        add_agent(allocator, f"n{number}", total=Resources.of(cpus=cpus, mem=mem))

    allocations = allocator.allocate(None, now=0)

    pool = Resources.sum(Resources.of(cpus=cpus, mem=mem) for cpus, mem in sizes).quantities

    def share(parts: list[Resources]) -> Fraction:
        held = Resources.sum(parts).quantities
        return max(Fraction(held[name], pool[name]) for name in pool)

    bundles: dict[str, list[Resources]] = {f"f{number}": [] for number in range(roles)}
    for each in sorted(allocations, key=lambda each: each.framework_id):
        bundles[each.framework_id].append(each.resources.unallocate())
    for parts in bundles.values():
        for others in bundles.values():
            # Which one was the last is not told here, and taking the largest away can only make the share smaller.
            if parts:
                assert min(share(parts[:at] + parts[at + 1 :]) for at in range(len(parts))) <= share(others)


@given(seed=seeds, agents=st.integers(0, 15), weight=st.integers(1, 4))
def test_more_weight_never_means_fewer_agents(seed: int, *, agents: int, weight: int) -> None:
    counts = []
    for own in (weight, weight + 1):
        allocator = a_cluster(seed, 3, weights={"r0": own, "r1": 2, "r2": 3})
        add_equal_agents(allocator, agents)
        counts.append(agents_of(allocator.allocate(None, now=0)).get("f0", 0))

    assert counts[0] <= counts[1]


@given(seed=seeds, scale=st.sampled_from((2, 3, 10)), sizes=sizes, roles=st.integers(1, 4))
def test_the_unit_of_a_resource_decides_nothing(
    seed: int, *, scale: int, sizes: list[tuple[int, int]], roles: int
) -> None:
    outcomes = []
    for factor in (1, scale):
        allocator = a_cluster(seed, roles)
        for number, (cpus, mem) in enumerate(sizes):
            add_agent(allocator, f"n{number}", total=Resources.of(cpus=cpus, mem=mem * factor))
        allocations = allocator.allocate(None, now=0)
        outcomes.append([(each.framework_id, each.agent_id) for each in allocations])

    assert outcomes[0] == outcomes[1]
