"""Rare turns that a run may take: what histories of small clusters hardly ever come by."""

from __future__ import annotations

from typing import Any, cast

import pytest

from allocators.allocator import Allocator
from allocators.hierarchical.allocator import HierarchicalAllocator
from mesos_py.protocol.ids import FrameworkId
from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import (
    SECOND,
    add_agent,
    add_framework,
    agents_of,
    an_agent,
    anything_goes,
    give_back,
    received,
)
from tests.support.naive_allocator import NaiveAllocator
from tests.support.resource_notation import resources_of

SEEDS = 8
CPUS = Resources.of(cpus=2)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_is_held_below_a_quota_makes_room_in_the_next_run(seed: int) -> None:
    allocator = HierarchicalAllocator(anything_goes(seed))
    allocator.update_quota("q", Quota(guarantees=Quantities.of(cpus=2)))
    add_framework(allocator, "below", "q/x")
    for name in ("n1", "n2"):
        add_agent(allocator, name, total=CPUS)

    runs = [agents_of(allocator.allocate(None, now=second * SECOND)) for second in range(3)]

    assert runs == [{"below": 1}, {"below": 1}, {}]


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize(
    "quota", [Quota(limits=Limits.of(cpus=100)), Quota(guarantees=Quantities.of(widgets=1))], ids=["whole", "in parts"]
)
def test_a_refusal_of_one_agent_says_nothing_of_another_like_it(seed: int, quota: Quota) -> None:
    allocator = HierarchicalAllocator(anything_goes(seed))
    allocator.update_quota("q", quota)
    add_framework(allocator, "f1", "r" if quota.guarantees else "q")
    add_agent(allocator, "n1", total=CPUS)
    give_back(allocator, allocator.allocate(None, now=0), refuse_s=100)
    add_agent(allocator, "n2", total=CPUS)
    allocator.update_whitelist(None)  # Everybody is looked at again.

    assert [each.agent_id for each in allocator.allocate(None, now=SECOND)] == ["n2"]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_agents_go_whole_to_roles_with_room_and_in_parts_to_those_whose_limit_is_near(seed: int) -> None:
    outcomes = []
    for make in (HierarchicalAllocator, NaiveAllocator):
        allocator = cast(Allocator, make(anything_goes(seed)))
        allocator.update_quota("q", Quota(limits=Limits.of(cpus=5)))
        add_framework(allocator, "f1", "q")
        add_framework(allocator, "f2", "r", "q")
        for number in range(6):
            add_agent(allocator, f"n{number}", total=CPUS)
        first = allocator.allocate(None, now=0)
        give_back(allocator, first[:2], refuse_s=5)
        outcomes.append([first, allocator.allocate(None, now=SECOND), allocator.allocate(None, now=7 * SECOND)])

    assert outcomes[0] == outcomes[1]
    held = [each.resources.cpus for each in outcomes[0][0] if each.role == "q"]
    assert sum(held) <= 5


def test_what_a_deficit_hid_comes_as_a_second_part_of_the_same_offer() -> None:
    allocator = HierarchicalAllocator(anything_goes())
    add_framework(allocator, "holder", "x")
    shrunk = add_agent(allocator, "n2", total=Resources.of(cpus=3))
    allocator.allocate(None, now=0)
    allocator.suppress_offers(FrameworkId("holder"), ())
    allocator.update_agent(shrunk, an_agent("n2", Resources()), total=Resources())
    allocator.update_quota("q", Quota(guarantees=Quantities.of(cpus=1)))
    add_framework(allocator, "f1", "q")
    add_agent(allocator, "n1", total=Resources.of(cpus=4))

    allocations = allocator.allocate(None, now=SECOND)

    assert received(allocations) == {"f1": Resources.of(cpus=4)}
    assert len(allocations) == 1


@pytest.mark.parametrize("seed", range(SEEDS))
def test_equal_agents_with_several_disks_are_cut_by_chance_each_by_itself(seed: int) -> None:
    mount: dict[str, Any] = {"@disk": {"source": {"type": "MOUNT"}}}
    total = resources_of([{"cpus": 1, "disk": 30}, {"disk": 10, **mount}, {"disk": 20, **mount}])
    outcomes = []
    for make in (HierarchicalAllocator, NaiveAllocator):
        allocator = cast(Allocator, make(anything_goes(seed)))
        for role in ("q", "r", "s"):
            allocator.update_quota(role, Quota(limits=Limits.of(disk=35)))
            add_framework(allocator, f"f-{role}", role)
        for number in range(4):
            add_agent(allocator, f"n{number}", total=total)
        outcomes.append([allocator.allocate(None, now=second * SECOND) for second in range(2)])

    assert outcomes[0] == outcomes[1]
