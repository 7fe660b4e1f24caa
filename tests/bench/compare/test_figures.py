"""Figures, worked out by hand."""

from __future__ import annotations

import pytest

from allocators.allocator import SECOND_NS
from bench.compare.figures import figures_of, jain, largest_envy, mean, percentile
from bench.compare.loop import Record
from bench.compare.scenario import Scenario, Tenant
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.resources import Resources

TENANTS = (
    Tenant(FrameworkId("a"), "a", Quantities.of(cpus=1, mem=4), ()),
    Tenant(FrameworkId("b"), "b", Quantities.of(cpus=3, mem=1), (), weight=2),
)
SCENARIO = Scenario("test", {AgentId("n1"): Resources.of(cpus=10, mem=20)}, TENANTS, 10, {})


def records(a: int, b: int, *, waiting: tuple[int, int] = (1, 1)) -> tuple[Record, ...]:
    """So many tasks of each ran all the time, but for the first second, which is not counted."""
    return tuple(
        Record(tenant, running=[100] + [count] * 9, waiting=[0] + [queue] * 9, waits_ns=[count * SECOND_NS])
        for tenant, count, queue in zip(TENANTS, (a, b), waiting, strict=True)
    )


def test_utilization_and_dominant_shares_are_means_after_the_cluster_has_filled() -> None:
    figures = figures_of("drf", SCENARIO, records=records(3, 2))

    assert figures.utilization == pytest.approx({"cpus": 0.9, "mem": 0.7})
    assert figures.dominant_shares == pytest.approx({"a": 0.6, "b": 0.6})


def test_fairness_is_judged_by_weight_among_those_who_wait() -> None:
    both, one = (figures_of("drf", SCENARIO, records=records(3, 2, waiting=waiting)) for waiting in ((1, 1), (1, 0)))

    assert both.jain == pytest.approx(0.9**2 / (2 * (0.36 + 0.09)))
    assert one.jain is None


def test_envy_is_what_one_could_use_of_anothers_bundle_beyond_its_own() -> None:
    seconds = range(1, 10)

    # The first has 1 task, a fifth of memory, and could run 2 * min(3, 1/4) / 2 of b's: nothing to envy.
    assert largest_envy(SCENARIO, records(1, 2), seconds=seconds) == 0
    # The second has no task, and with twice the weight could run 2 * 5 * min(1/3, 4) of a's: 10/3 of 3/10 each.
    assert largest_envy(SCENARIO, records(5, 0), seconds=seconds) == pytest.approx(1)
    assert largest_envy(SCENARIO, records(5, 0, waiting=(1, 0)), seconds=seconds) == 0


def test_waiting_is_that_of_all_tasks_and_of_each_tenant() -> None:
    figures = figures_of("drf", SCENARIO, records=records(3, 2))

    assert (figures.waiting_mean, figures.waiting_p95) == (2.5, 3)
    assert figures.waiting_by_tenant == {"a": 3, "b": 2}


@pytest.mark.parametrize(("shares", "index"), [([1, 1, 1], 1), ([1, 0, 0], 1 / 3), ([0, 0], 1), ([1, 2], 0.9)])
def test_jains_index_is_one_for_equals_and_falls_to_one_in_n(shares: list[float], index: float) -> None:
    assert jain(shares) == pytest.approx(index)


def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed() -> None:
    ordered = [float(number) for number in range(1, 101)]

    assert percentile(ordered, 95) == 95
    assert percentile([7.0], 95) == 7
    assert percentile([], 95) is None
    assert mean([]) is None
