"""What of the workloads and sizes is measured: by default, by a name, at a size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from bench.allocator.definitions import Size
from bench.allocator.growth import SWEEP
from bench.allocator.targets import name_of
from bench.allocator.workloads import COLD, WORKLOADS, Entry

EVERYTHING: Final = "all"
GROWTH: Final = "growth"

# The rows of the targets and what they need.
DEFAULT: Final = (
    *(
        Entry("cold", size)
        for size in (
            Size(1_000, 50, "one"),
            Size(10_000, 1_000, "one"),
            Size(10_000, 1_000, "own"),
            Size(50_000, 1_000, "one"),
        )
    ),
    Entry("decline-for-ever", Size(10_000, 1_000)),
    Entry("decline-for-ever", Size(1_000, 50)),
    Entry("almost-all-suppressed", Size(10_000, 1_000)),
    Entry("large-and-small-quotas", Size(3_000, 3_000)),
    Entry("event-driven", Size(10_000, 1_000)),
    Entry("idle-cluster", Size(50_000, 1_000)),
    Entry("whole-cluster-no-filters", Size(20_000, 2_000)),
    Entry("churn", Size(5_000, 300)),
    Entry("cold", Size(50_000, 6_000, "own")),
)


LARGEST: Final = Entry("cold", Size(50_000, 6_000, "own"))
QUICK: Final = tuple(entry for entry in DEFAULT if entry != LARGEST)

# Seconds of one process on an idle machine whose yardstick takes a quarter of a second; all others take about one.
SECONDS: Final = {
    Entry("cold", Size(50_000, 1_000, "one")): 3,
    LARGEST: 7,
    Entry("decline-for-ever", Size(10_000, 1_000)): 2,
    Entry("decline-for-ever", Size(1_000, 50)): 2,
    Entry("almost-all-suppressed", Size(10_000, 1_000)): 2,
    Entry("idle-cluster", Size(50_000, 1_000)): 3,
    Entry("whole-cluster-no-filters", Size(20_000, 2_000)): 3,
    Entry("churn", Size(5_000, 300)): 8,
    Entry("picky-poor-frameworks", Size(10_000, 1_000)): 90,  # Five million refusals.
}
USUAL_SECONDS: Final = 1


def seconds_of(entries: Iterable[Entry]) -> int:
    """About how long it takes to measure these once, at their usual sizes."""
    return sum(SECONDS.get(entry, USUAL_SECONDS) for entry in entries)


class UnknownWorkload(ValueError):
    """Nothing has that name."""


def entries_of(
    names: Sequence[str], *, agents: int | None = None, frameworks: int | None = None, is_quick: bool = False
) -> list[Entry]:
    """What these names stand for, at that size if one is given. Each once, in order.

    Without a name: the default and the sweep, which has sizes of its own; if it is to be quick, neither the sweep nor
    the largest.
    """
    is_sized = agents is not None or frameworks is not None
    unnamed = QUICK if is_quick else DEFAULT if is_sized else (*DEFAULT, *SWEEP)
    chosen = [entry for name in names for entry in _named(name)] if names else list(unnamed)
    if is_sized:
        chosen = [_resized(entry, agents=agents, frameworks=frameworks) for entry in chosen]
    return list(dict.fromkeys(chosen))


def _named(name: str) -> list[Entry]:
    if name == EVERYTHING:
        return [*DEFAULT, *SWEEP, *(Entry(each.id, size) for each in WORKLOADS.values() for size in each.sizes)]
    if name == GROWTH:
        return list(SWEEP)
    if name in WORKLOADS:
        return [Entry(name, size) for size in WORKLOADS[name].sizes]
    entry = dict(_results()).get(name)
    if entry is None:
        known = ", ".join((EVERYTHING, GROWTH, *WORKLOADS))
        raise UnknownWorkload(f"workload {name!r}: expected one of {known}, or a case such as cold_1000x50_one")
    return [entry]


def _results() -> Iterator[tuple[str, Entry]]:
    """The name of every result at the usual sizes, and which entry it comes from."""
    for entry in (*DEFAULT, *(Entry(each.id, size) for each in WORKLOADS.values() for size in each.sizes)):
        memory = ("memory",) if entry.workload == COLD else ()
        for series in (*WORKLOADS[entry.workload].series, *memory):
            yield name_of(series, str(entry.size)), entry


def _resized(entry: Entry, *, agents: int | None, frameworks: int | None) -> Entry:
    size = entry.size
    wished = replace(
        size,
        agents=size.agents if agents is None else agents,
        frameworks=size.frameworks if frameworks is None else frameworks,
    )
    return Entry(entry.workload, WORKLOADS[entry.workload].shape(wished))
