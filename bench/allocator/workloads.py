"""All workloads by name, with the sizes that each is measured at, and the grid that is run when nothing is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from bench.allocator import busy, definitions, events, offers, quotas, refusals, sorters
from bench.allocator.definitions import AGENTS, FRAMEWORKS, Size
from bench.allocator.stopwatch import Stopwatch

DEFINITIONS_VERSION: Final = 2  # Raised whenever a workload changes: figures of two versions cannot be compared.

Resize = Callable[[Size], Size]


@dataclass(frozen=True, slots=True)
class Workload:
    """`series` is what it tells, `sizes` are the usual ones; `grid` is what the benchmark it comes from spans."""

    id: str
    about: str
    run: Callable[[Size, Stopwatch], None]
    series: tuple[str, ...]
    sizes: tuple[Size, ...]
    grid: tuple[tuple[int, ...], tuple[int, ...]] = (AGENTS, FRAMEWORKS)
    origin: str = "own"
    shape: Resize = lambda size: size  # What makes of a wish for agents and frameworks a size that there is.


@dataclass(frozen=True, slots=True)
class Entry:
    """One workload at one size: what one OS process measures."""

    workload: str
    size: Size

    def __str__(self) -> str:
        return f"{self.workload} {self.size}"


def _sizes(*pairs: tuple[int, int], variants: tuple[str, ...] = ("",)) -> tuple[Size, ...]:
    return tuple(Size(agents, frameworks, variant) for variant in variants for agents, frameworks in pairs)


def _large_and_small(size: Size) -> Size:
    small, large = definitions.small_and_large(size.frameworks)
    return replace(size, agents=small // 5 + 5 * large, frameworks=small + large)


def _two_agents_per_role(size: Size) -> Size:
    roles = max(1, size.frameworks // 2)
    return replace(size, agents=2 * roles, frameworks=2 * roles)


def _of_listed(frameworks: int) -> Resize:
    """The number of frameworks is fixed."""
    return lambda size: replace(size, frameworks=frameworks)


COLD: Final = "cold"
MIXED_FRAMEWORKS: Final = sum(kind.count for kind in definitions.TASK_KINDS)
PREFIX: Final = "HierarchicalAllocator_BENCHMARK_Test"

WORKLOADS: Final[dict[str, Workload]] = {
    workload.id: workload
    for workload in (
        Workload(
            COLD,
            "Nothing is in use: a first run, an empty one, all again; what adding, returning and refusing take.",
            offers.cold,
            ("add_agent", "add_frameworks", "cold", "empty", "return", "again", "refuse"),
            (
                *_sizes((1_000, 50), (1_000, 500), (5_000, 500), (10_000, 1_000), variants=("own", "one")),
                *_sizes((10_000, 6_000), (50_000, 1_000), variants=("one",)),
                Size(50_000, 6_000, "own"),
            ),
        ),
        Workload(
            "whole-cluster-no-filters",
            "All that is free is offered, returned and offered again.",
            offers.whole_cluster,
            ("first", "unrefused"),
            _sizes((1_000, 100), (5_000, 500), (10_000, 1_000), (20_000, 2_000)),
            origin="chart of allocation cycle times, 2018-10-08",
        ),
        Workload(
            "decline-for-ever",
            "Every offer is declined for a year, until nothing is offered any more.",
            refusals.decline,
            ("decline_first", "decline_each", "decline", "refused"),
            (*_sizes((1_000, 50), (1_000, 500), (5_000, 500), (10_000, 1_000)), Size(1_000, 500, "own")),
            origin=f"{PREFIX}.DeclineOffers",
        ),
        Workload(
            "decline-with-labels",
            "The same, with labelled reservations that differ from agent to agent.",
            refusals.decline_labels,
            ("labels_decline_first", "labels_decline_each", "labels_decline", "labels_refused"),
            _sizes((1_000, 50), (1_000, 500)),
            origin=f"{PREFIX}.ResourceLabels",
        ),
        Workload(
            "almost-all-suppressed",
            "All is returned and offered again while 99 of 100 frameworks want no offers.",
            offers.almost_all_suppressed,
            ("unsuppressed", "suppress", "suppressed"),
            (*_sizes((1_000, 500), (5_000, 500), (10_000, 1_000)), Size(1_000, 500, "own")),
            origin=f"{PREFIX}.ExtremeSuppressOffers",
        ),
        Workload(
            "suppressing-frameworks",
            "Before each of five runs another fifth of the frameworks wants no more offers.",
            offers.suppressing,
            ("suppressing",),
            _sizes((1_000, 500), (10_000, 1_000)),
            origin=f"{PREFIX}.SuppressOffers",
        ),
        Workload(
            "reserved-agents-with-volumes",
            "Agents reserved for one role, each with a persistent volume: plain, shared, or every second one shared.",
            offers.volumes,
            ("volumes",),
            _sizes((1_000, 50), (5_000, 500), variants=("plain", "shared", "mixed")),
            origin="HierarchicalAllocations_BENCHMARK_Test.PersistentVolumes",
        ),
        Workload(
            "large-and-small-quotas",
            "A run that gives every role its quota, and one that has nothing to do.",
            quotas.large_and_small,
            ("quota_first", "quota_second"),
            _sizes((30, 30), (300, 300), (3_000, 3_000)),
            ((30, 300, 3_000), (30, 300, 3_000)),
            origin="BENCHMARK_HierarchicalAllocator_WithQuotaParam.LargeAndSmallQuota",
            shape=_large_and_small,
        ),
        Workload(
            "quota-versus-no-quota",
            "Two agents for each role, with and without quota.",
            quotas.quota_or_not,
            ("versus_first", "versus_second"),
            _sizes((20, 20), (200, 200), (2_000, 2_000), variants=("free", "quota")),
            ((20, 200, 2_000), (20, 200, 2_000)),
            origin="BENCHMARK_HierarchicalAllocator_WithNonQuotaVsQuotaParam.NonQuotaVsQuota",
            shape=_two_agents_per_role,
        ),
        Workload(
            "state-snapshot",
            "A look at totals, and at every role's quota, share and holdings.",
            quotas.snapshot,
            ("snapshot",),
            _sizes((1_000, 50), (10_000, 1_000)),
            origin=f"{PREFIX}.Metrics",
        ),
        Workload(
            "event-driven",
            "Frameworks come, agents come, offers are returned, frameworks revive, everybody goes: by the actor.",
            events.events,
            (
                "event_add_frameworks",
                "event_add_agents",
                "event_return_offers",
                "revive",
                "event_remove_agents",
                "event_remove_frameworks",
            ),
            (*_sizes((1_000, 50), (1_000, 500), (10_000, 1_000)), Size(1_000, 500, "own")),
        ),
        Workload(
            "backlog-of-revivals",
            "Every framework revives although nothing is free: by the actor.",
            events.backlog,
            ("backlog_add_frameworks", "backlog_add_agents", "backlog_revive", "backlog_runs"),
            _sizes((1_000, 500), (10_000, 1_000)),
            origin=f"{PREFIX}.AllocatorBacklog",
        ),
        Workload(
            "add-and-update-agents",
            "Frameworks, agents in use, then ten revocable cpus more on each agent: by the actor.",
            events.add_and_update,
            ("update_add_frameworks", "update_add_agents", "update_agents"),
            _sizes((1_000, 50), (10_000, 1_000)),
            origin=f"{PREFIX}.AddAndUpdateSlave",
        ),
        Workload(
            "idle-cluster",
            "Everything is in use.",
            busy.idle,
            ("idle_first", "idle"),
            _sizes((50_000, 1_000)),
            ((50_000,), (1_000,)),
        ),
        Workload(
            "picky-poor-frameworks",
            "The poorer half has refused every agent for a day, the richer half takes and returns.",
            refusals.picky,
            ("picky",),
            _sizes((1_000, 100), (10_000, 1_000)),
            ((1_000, 10_000), (100, 1_000)),
        ),
        Workload(
            "churn",
            "Steady state: agents are replaced, offers kept or refused for a while, under weights and limits.",
            busy.churn,
            ("churn",),
            _sizes((5_000, 300)),
            ((5_000,), (300,)),
        ),
        Workload(
            "mixed-frameworks-until-done",
            "Frameworks of three kinds launch what fits of their offers and return the rest.",
            busy.mixed,
            ("mixed", "mixed_rounds", "mixed_launched"),
            (Size(80, MIXED_FRAMEWORKS),),
            ((80,), (MIXED_FRAMEWORKS,)),
            origin="BENCHMARK_HierarchicalAllocations.MultiFrameworkAllocations",
            shape=_of_listed(MIXED_FRAMEWORKS),
        ),
        Workload(
            "reserve-unreserve-on-a-crowded-agent",
            "One agent with a reservation for each of many roles; one of them is undone and repeated.",
            busy.crowded,
            ("crowded_update",),
            _sizes((1, 50), (1, 100), (1, 200)),
            ((1,), (50, 100, 200)),
            origin="HierarchicalAllocator__BENCHMARK_WithResourceParam.UpdateAllocation",
            shape=lambda size: replace(size, agents=1),
        ),
        Workload(
            "sorter-flat",
            "The sorter alone, with clients side by side.",
            sorters.flat,
            (
                "sorter_flat_add_clients",
                "sorter_flat_add_agents",
                "sorter_flat_allocate",
                "sorter_flat_sort",
                "sorter_flat_sort_again",
                "sorter_flat_give_back",
            ),
            _sizes((1_000, 50), (10_000, 1_000)),
            (AGENTS, tuple(each for each in FRAMEWORKS if each <= 1_000)),
            origin="CommonSorterTest.BENCHMARK_FullSort",
        ),
        Workload(
            "sorter-trees",
            "The sorter alone, with about a thousand clients in trees of three shapes.",
            sorters.trees,
            (
                "sorter_tree_add_clients",
                "sorter_tree_add_agents",
                "sorter_tree_allocate",
                "sorter_tree_sort",
                "sorter_tree_sort_again",
                "sorter_tree_give_back",
            ),
            _sizes((10_000, 0), variants=tuple(definitions.TREES)),
            (AGENTS, (0,)),
            origin="CommonSorterTest.BENCHMARK_HierarchyFullSort",
            shape=_of_listed(0),
        ),
    )
}
