"""Packing: fairness says who is next, use says which agent fits him best."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from allocators.allocator import AllocatorSettings
from allocators.policies.packing import PackingAllocator, cosine
from bench.compare.run import compare
from bench.compare.workloads import Size
from mesos_py.protocol.ids import FrameworkId
from mesos_py.protocol.messages.master_allocator import Allocation
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import SECOND, add_agent, add_framework

CPU_RICH = Resources.of(cpus=16, mem=1_000)
MEM_RICH = Resources.of(cpus=1, mem=16_000)


def a_cluster(seed: int, agents: int) -> tuple[PackingAllocator, tuple[Allocation, ...]]:
    """A framework that uses cpus and one that uses memory; then as many agents of each sort, handed out in one run."""
    allocator = PackingAllocator(AllocatorSettings(seed=seed))
    used = {"cpu": Resources.of(cpus=4, mem=250), "mem": Resources.of(cpus=0.25, mem=4_000)}
    for name, resources in used.items():
        add_framework(allocator, name, name)
        add_agent(allocator, f"old-{name}", total=resources, used={FrameworkId(name): resources.allocate(name)})
    for number in range(agents):
        add_agent(allocator, f"cpu-{number}", total=CPU_RICH)
        add_agent(allocator, f"mem-{number}", total=MEM_RICH)
    return allocator, allocator.allocate(None, now=0)


@given(seed=st.integers(0, 2**32), agents=st.integers(1, 8))
def test_everybody_gets_agents_that_look_like_his_use(seed: int, agents: int) -> None:
    _, allocations = a_cluster(seed, agents)

    assert len(allocations) == 2 * agents
    for each in allocations:
        assert each.agent_id.startswith(str(each.framework_id))


@given(seed=st.integers(0, 2**32), agents=st.integers(1, 8))
def test_who_is_next_is_the_poorest_as_ever(seed: int, agents: int) -> None:
    allocator, _ = a_cluster(seed, agents)

    shares = [allocator.books.role_sorter.share(name) for name in ("cpu", "mem")]
    one_agent = 16 / (17 * agents)
    assert abs(shares[0] - shares[1]) <= one_agent


def test_what_does_not_fit_well_is_offered_all_the_same() -> None:
    allocator, allocations = a_cluster(1, 3)
    allocator.suppress_offers(FrameworkId("mem"), ())
    for each in allocations:
        allocator.recover_resources(
            each.framework_id, each.agent_id, resources=each.resources, refusal=None, allocated=False
        )

    again = allocator.allocate(None, now=SECOND)

    assert {each.framework_id for each in again} == {"cpu"}
    assert len(again) == len(allocations)


def test_less_is_stranded_than_with_agents_in_random_order() -> None:
    size = Size(agents=16, seconds=120, seed=3)

    default, packed = compare(("drf", "packing"), "fragmentation", size=size).figures

    assert packed.utilization["cpus"] > default.utilization["cpus"]
    assert packed.utilization["mem"] > default.utilization["mem"]
    assert packed.finished > default.finished


def test_directions_are_compared_by_their_angle() -> None:
    assert cosine({"cpus": 1.0}, {"cpus": 1.0}) == 1
    assert cosine({"cpus": 1.0}, {"mem": 1.0}) == 0
    assert cosine({}, {"mem": 1.0}) == 0
