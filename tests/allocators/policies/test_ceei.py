"""Proportional fairness: prices of an equilibrium, and bundles whose product is as large as can be."""

from __future__ import annotations

from itertools import product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocators.policies.ceei import MarketSorter, cost, equilibrium
from allocators.sorters.sorter import Entry, Pool
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.resources import Resources
from tests.support.divisible import DivisibleCluster

AGENT = AgentId("n1")
PARTS = st.integers(1, 9)
NEARLY = 5e-3  # Rounds are limited; this is a fraction of what one offer moves.


def bought(wanted: list[dict[str, float]], budgets: list[float], *, names: tuple[str, ...]) -> list[float]:
    """How many bundles of its proportions each client buys at equilibrium, of a pool of one of each name."""
    prices = equilibrium(wanted, budgets, names=names)
    return [budget / sum(budgets) / cost(each, prices) for each, budget in zip(wanted, budgets, strict=True)]


def test_the_example_of_the_drf_paper_has_the_prices_that_the_paper_says() -> None:
    tasks = bought([{"cpus": 1 / 9, "mem": 4 / 18}, {"cpus": 3 / 9, "mem": 1 / 18}], [1, 1], names=("cpus", "mem"))

    assert tasks == pytest.approx([45 / 11, 18 / 11])


def test_a_resource_that_nobody_lacks_is_free() -> None:
    prices = equilibrium([{"cpus": 1.0, "mem": 0.1}, {"cpus": 1.0, "mem": 0.2}], [1, 1], names=("cpus", "mem"))

    assert prices == pytest.approx({"cpus": 1, "mem": 0}, abs=1e-6)


@given(demands=st.lists(st.tuples(PARTS, PARTS, PARTS), min_size=1, max_size=4), budgets=st.lists(PARTS, min_size=4))
def test_no_feasible_change_of_the_bundles_raises_the_sum_of_relative_gains(
    demands: list[tuple[int, int, int]], *, budgets: list[int]
) -> None:
    # What characterises proportional fairness: for every corner of what is feasible, sum(budget * (y - x) / x) <= 0.
    names = ("x", "y", "z")
    wanted = [dict(zip(names, each, strict=True)) for each in demands]
    incomes = [float(budget) for budget in budgets[: len(wanted)]]
    tasks = bought([{name: float(part) for name, part in each.items()} for each in wanted], incomes, names=names)

    for name in names:  # The pool is not overdrawn,
        assert sum(each[name] * count for each, count in zip(wanted, tasks, strict=True)) <= 1 + NEARLY
    for alone, each in enumerate(wanted):  # and giving all to one does not pay.
        most = min(1 / each[name] for name in names)
        assert incomes[alone] * most / tasks[alone] <= sum(incomes) * (1 + NEARLY)


def test_the_example_of_the_drf_paper_ends_where_the_paper_says() -> None:
    cluster = DivisibleCluster("ceei", {"cpus": 990, "mem": 1_980})

    tasks = cluster.fill({"a": {"cpus": 1, "mem": 4}, "b": {"cpus": 3, "mem": 1}})

    assert tasks["a"] == pytest.approx(450, abs=2)
    assert tasks["b"] == pytest.approx(180, abs=2)


@given(
    cpus=st.integers(20, 60),
    mem=st.integers(20, 60),
    demands=st.tuples(*[st.tuples(st.integers(1, 4), st.integers(1, 4))] * 2),
)
def test_the_product_of_tasks_is_that_of_the_best_choice_within_a_task(
    cpus: int, *, mem: int, demands: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    cluster = DivisibleCluster("ceei", {"cpus": cpus, "mem": mem})

    tasks = cluster.fill({name: {"cpus": a, "mem": b} for name, (a, b) in zip("ab", demands, strict=True)})

    best = max(
        prod(each)
        for each in product(range(61), repeat=2)
        if sum(count * a for count, (a, _) in zip(each, demands, strict=True)) <= cpus
        and sum(count * b for count, (_, b) in zip(each, demands, strict=True)) <= mem
    )
    largest = max(max(each) for each in demands)  # A task of one may take the place of so many of the other.
    assert prod(count + largest for count in tasks.values()) >= best


def test_weights_are_budgets() -> None:
    cluster = DivisibleCluster("ceei", {"cpus": 90})

    assert cluster.fill({"a": {"cpus": 1}, "b": {"cpus": 1}}, weights={"a": 2}) == {"a": 60, "b": 30}


def test_prices_follow_those_with_large_budgets() -> None:
    # As in the paper's example, but with budgets of 1 and 3 memory is abundant, and both get as many tasks.
    cluster = DivisibleCluster("ceei", {"cpus": 990, "mem": 1_980})

    tasks = cluster.fill({"a": {"cpus": 1, "mem": 4}, "b": {"cpus": 3, "mem": 1}}, weights={"b": 3})

    assert tasks["a"] == pytest.approx(247.5, abs=2)
    assert tasks["b"] == pytest.approx(247.5, abs=2)


def a_market() -> MarketSorter:
    pool = Pool()
    pool.add({"cpus": 10_000, "mem": 10_000})
    sorter = MarketSorter(pool)
    for client, resources in (("a", Resources.of(cpus=4)), ("b", Resources.of(cpus=4, mem=1))):
        sorter.add(client)
        sorter.activate(client)
        sorter.allocated(client, Entry(AGENT, resources.allocate(client)))
    return sorter


def test_prices_stand_while_resources_are_handed_out_and_are_found_anew_when_some_come_back() -> None:
    sorter = a_market()
    before = dict(sorter.prices())
    some = Entry(AGENT, Resources.of(mem=6).allocate("b"))

    sorter.allocated("b", some)
    during = dict(sorter.prices())
    sorter.unallocated("a", Entry(AGENT, Resources.of(cpus=1).allocate("a")))
    after = dict(sorter.prices())

    assert during == before
    assert after != before


def test_before_anybody_holds_anything_all_prices_are_equal() -> None:
    pool = Pool(frozenset({"gpus"}))
    pool.add({"cpus": 1_000, "mem": 1_000, "gpus": 1_000})

    assert MarketSorter(pool).prices() == {"cpus": 0.5, "mem": 0.5}
