"""What is measured: by default, by the name of a workload or a case, at a size."""

from __future__ import annotations

import pytest

from bench.allocator.definitions import Size
from bench.allocator.growth import SWEEP
from bench.allocator.selection import DEFAULT, UnknownWorkload, entries_of, seconds_of
from bench.allocator.targets import TARGETS, name_of
from bench.allocator.workloads import COLD, WORKLOADS, Entry


def test_the_default_has_every_case_with_a_target() -> None:
    names = {
        name_of(series, str(entry.size))
        for entry in DEFAULT
        for series in (*WORKLOADS[entry.workload].series, *(("memory",) if entry.workload == COLD else ()))
    }

    assert set(TARGETS) <= names


def test_without_a_name_the_default_and_the_sweep_are_measured() -> None:
    assert set(entries_of(())) == {*DEFAULT, *SWEEP}


def test_what_is_quick_has_neither_the_sweep_nor_the_largest() -> None:
    quick = entries_of((), is_quick=True)

    assert set(DEFAULT) - set(quick) == {Entry("cold", Size(50_000, 6_000, "own"))}
    assert seconds_of(quick) < 40 < seconds_of(entries_of(()))
    assert entries_of(("state-snapshot",), is_quick=True) == entries_of(("state-snapshot",))


def test_a_workloads_name_stands_for_its_usual_sizes_and_a_cases_for_one() -> None:
    assert entries_of(("state-snapshot",)) == [
        Entry("state-snapshot", Size(1_000, 50)),
        Entry("state-snapshot", Size(10_000, 1_000)),
    ]
    assert entries_of(("quota_second",)) == [Entry("large-and-small-quotas", Size(3_000, 3_000))]
    assert entries_of(("memory_10000x1000_own",)) == [Entry("cold", Size(10_000, 1_000, "own"))]


def test_what_is_named_twice_is_measured_once() -> None:
    assert entries_of(("cold_1000x50_one", "empty_1000x50_one")) == [Entry("cold", Size(1_000, 50, "one"))]


def test_a_size_replaces_that_of_every_entry() -> None:
    entries = entries_of(("cold",), agents=20, frameworks=4)

    assert entries == [Entry("cold", Size(20, 4, "own")), Entry("cold", Size(20, 4, "one"))]


def test_a_size_without_a_name_leaves_the_sweep_out() -> None:
    entries = entries_of((), agents=20, frameworks=6)

    assert Entry("large-and-small-quotas", Size(6, 6)) in entries
    assert len(entries) == len({(entry.workload, entry.size.variant) for entry in DEFAULT})


def test_all_has_every_workload() -> None:
    assert {entry.workload for entry in entries_of(("all",))} == set(WORKLOADS)


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(UnknownWorkload, match=r"'warm': expected one of all, growth, cold, .* or a case such as"):
        entries_of(("warm",))
