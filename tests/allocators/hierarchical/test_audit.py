"""The check of the books catches what it is for, and leaves no trace."""

from __future__ import annotations

import pytest

from allocators.allocator import AllocatorSettings
from allocators.explain.explanation import counters
from allocators.hierarchical.allocator import HierarchicalAllocator
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import add_agent, add_framework

F1, N1 = FrameworkId("f1"), AgentId("n1")


def asleep(quota: Quota, *, total: Resources) -> HierarchicalAllocator:
    """An agent with something free sleeps, whether or not a run has passed over it."""
    allocator = HierarchicalAllocator(AllocatorSettings(seed=1))
    add_framework(allocator, "f1", "r")
    allocator.update_quota("r", quota)
    add_agent(allocator, N1, total=total)
    agents = [allocator.books.agents[N1]]
    allocator.allocate([], now=0)
    allocator.candidates.seen(agents, left=agents, staying=(), is_all=False)
    return allocator


@pytest.mark.parametrize("quota", [Quota(), Quota(guarantees=Quantities.of(cpus=1))], ids=["whole", "in parts"])
def test_an_agent_that_sleeps_though_somebody_may_have_it_is_told_and_given_to_nobody(quota: Quota) -> None:
    allocator = asleep(quota, total=Resources.of(cpus=4, mem=1024))

    with pytest.raises(AssertionError, match="n1 is asleep, and f1 may have"):
        allocator.check()

    assert not allocator.books.agents[N1].held


def test_a_check_is_not_counted_among_the_findings_of_runs() -> None:
    allocator = asleep(Quota(), total=Resources.of(mem=1))
    before = counters(allocator.scene(), allocator.books.frameworks[F1], role="r")

    allocator.check()

    assert counters(allocator.scene(), allocator.books.frameworks[F1], role="r") == before
