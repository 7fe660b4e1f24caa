"""Asset fairness: equal sums of fractions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from allocators.policies.asset import AssetSorter
from allocators.sorters.sorter import Entry, Pool
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.resources import Resources
from tests.support.divisible import DivisibleCluster

AGENT = AgentId("n1")
NUMBERS = st.integers(0, 100)


@given(one=st.tuples(NUMBERS, NUMBERS), other=st.tuples(NUMBERS, NUMBERS), weight=st.integers(1, 4))
def test_the_smaller_sum_of_fractions_by_weight_is_first(
    one: tuple[int, int], *, other: tuple[int, int], weight: int
) -> None:
    pool = Pool()
    pool.add({"cpus": 100_000, "mem": 200_000})
    sorter = AssetSorter(pool)
    for client, (cpus, mem) in (("a", one), ("b", other)):
        sorter.add(client)
        sorter.activate(client)
        sorter.allocated(client, Entry(AGENT, Resources.of(cpus=cpus, mem=mem).allocate(client)))
    sorter.update_weight("b", weight)

    # In two hundredths, so that it is exact.
    assets = weight * (2 * one[0] + one[1]), 2 * other[0] + other[1]
    assert sorter.sort() == (["a", "b"] if assets[0] <= assets[1] else ["b", "a"])


def test_names_that_are_excluded_or_in_no_pool_are_not_counted() -> None:
    pool = Pool(frozenset({"gpus"}))
    pool.add({"cpus": 10_000, "gpus": 1_000})
    sorter = AssetSorter(pool)
    for client, resources in (("a", Resources.of(gpus=1, disk=5, cpus=1)), ("b", Resources.of(cpus=2))):
        sorter.add(client)
        sorter.activate(client)
        sorter.allocated(client, Entry(AGENT, resources.allocate(client)))

    assert sorter.sort() == ["a", "b"]


def test_the_example_of_the_drf_paper_ends_where_the_paper_says() -> None:
    # 9 cpus and 18 GB; 1 cpu with 4 GB against 3 cpus with 1 GB: 2.52 and 2.16 tasks. Here tasks are a hundredth of it.
    cluster = DivisibleCluster("asset", {"cpus": 900, "mem": 1_800})

    tasks = cluster.fill({"a": {"cpus": 1, "mem": 4}, "b": {"cpus": 3, "mem": 1}})

    assert tasks == {"a": 252, "b": 216}
