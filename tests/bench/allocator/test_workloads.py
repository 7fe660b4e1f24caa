"""Every workload at a tiny size: it comes to its end, its own checks hold, and it tells what it says it tells."""

from __future__ import annotations

import pytest

from bench.allocator.definitions import Size
from bench.allocator.sorters import tree_paths
from bench.allocator.stopwatch import Stopwatch
from bench.allocator.workloads import MIXED_FRAMEWORKS, WORKLOADS

TINY = {
    "cold": (Size(12, 4, "one"), Size(12, 4, "own")),
    "whole-cluster-no-filters": (Size(13, 4),),
    "decline-for-ever": (Size(6, 3), Size(6, 3, "own")),
    "decline-with-labels": (Size(6, 3),),
    "almost-all-suppressed": (Size(12, 4),),
    "suppressing-frameworks": (Size(12, 7),),
    "reserved-agents-with-volumes": (Size(6, 3, "plain"), Size(6, 3, "shared"), Size(6, 3, "mixed")),
    "large-and-small-quotas": (Size(30, 30),),
    "quota-versus-no-quota": (Size(8, 8, "free"), Size(8, 8, "quota")),
    "state-snapshot": (Size(6, 3),),
    "event-driven": (Size(12, 4), Size(12, 4, "own")),
    "backlog-of-revivals": (Size(12, 40),),
    "add-and-update-agents": (Size(6, 3),),
    "idle-cluster": (Size(6, 3),),
    "picky-poor-frameworks": (Size(8, 4),),
    "churn": (Size(40, 90),),
    "mixed-frameworks-until-done": (Size(3, MIXED_FRAMEWORKS),),
    "reserve-unreserve-on-a-crowded-agent": (Size(1, 3),),
    "sorter-flat": (Size(12, 4),),
    "sorter-trees": (Size(12, 0, "7x3"),),
}


def test_every_workload_is_tried() -> None:
    assert set(TINY) == set(WORKLOADS)


@pytest.mark.parametrize(("name", "size"), [(name, size) for name, sizes in TINY.items() for size in sizes], ids=str)
def test_a_workload_tells_the_series_that_it_is_said_to_tell(name: str, size: Size) -> None:
    watch = Stopwatch()

    WORKLOADS[name].run(size, watch)

    assert tuple(watch.series) == WORKLOADS[name].series
    assert all(each.values and len(each.values) == len(each.offers) for each in watch.series.values())


def test_runs_tell_how_many_offers_they_made() -> None:
    watch = Stopwatch()

    WORKLOADS["cold"].run(Size(12, 4, "one"), watch)

    assert (watch.series["cold"].offers, watch.series["empty"].offers) == ([12], [0])


def test_refusals_are_declined_until_nobody_is_left_and_nothing_is_offered_from_then_on() -> None:
    watch = Stopwatch()

    WORKLOADS["decline-for-ever"].run(Size(6, 3), watch)

    assert watch.series["decline"].offers == [6, 6]
    assert watch.series["refused"].offers == [0, 0, 0]


def test_a_burst_of_revivals_costs_one_run() -> None:
    watch = Stopwatch()

    WORKLOADS["backlog-of-revivals"].run(Size(12, 40), watch)

    assert watch.series["backlog_runs"].values == [1]


def test_usual_sizes_are_those_with_published_figures() -> None:
    assert Size(10_000, 1_000, "own") in WORKLOADS["cold"].sizes
    assert Size(10_000, 1_000) in WORKLOADS["decline-for-ever"].sizes
    assert WORKLOADS["churn"].sizes == (Size(5_000, 300),)
    assert WORKLOADS["idle-cluster"].sizes == (Size(50_000, 1_000),)


@pytest.mark.parametrize(
    ("name", "wished", "shaped"),
    [
        ("large-and-small-quotas", Size(5, 300), Size(300, 300)),
        ("quota-versus-no-quota", Size(5, 200, "quota"), Size(200, 200, "quota")),
        ("mixed-frameworks-until-done", Size(40, 5), Size(40, MIXED_FRAMEWORKS)),
        ("reserve-unreserve-on-a-crowded-agent", Size(40, 5), Size(1, 5)),
        ("cold", Size(40, 5, "own"), Size(40, 5, "own")),
    ],
)
def test_a_wished_size_becomes_one_that_the_workload_has(name: str, wished: Size, shaped: Size) -> None:
    assert WORKLOADS[name].shape(wished) == shaped


@pytest.mark.parametrize(("depth", "branching", "nodes"), [(3, 32, 1_056), (7, 3, 1_092), (10, 2, 1_022)])
def test_trees_have_about_a_thousand_nodes_each_a_client(depth: int, branching: int, nodes: int) -> None:
    paths = list(tree_paths(depth, branching))

    assert len(paths) == len(set(paths)) == nodes
    assert max(path.count("/") for path in paths) == depth - 2
