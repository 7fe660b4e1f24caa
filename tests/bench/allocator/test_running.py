"""From what workers tell to results; and one worker that really runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.allocator.definitions import Size
from bench.allocator.growth import SWEEP
from bench.allocator.running import ROOT, Measured, WorkerFailed, measure_all, percentile, results_of, run_worker
from bench.allocator.workloads import Entry
from tests.bench.allocator.reports import a_report, told


@pytest.mark.parametrize(
    ("values", "fraction", "expected"),
    [
        ([5.0], 0.99, 5.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([float(each) for each in range(1, 101)], 0.99, 99.0),
        ([float(each) for each in range(1, 102)], 0.99, 100.0),
    ],
)
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(
    values: list[float], fraction: float, expected: float
) -> None:
    assert percentile(values, fraction) == expected


def test_a_result_is_of_all_samples_in_multiples_of_the_yardsticks_of_its_own_processes() -> None:
    entry = Measured(Entry("cold", Size(10, 2, "one")))
    entry.add(told(cold=[1.0, 3.0]))
    entry.add(told(cold=[2.0]) | {"yardsticks_s": [0.2, 0.2], "peak_bytes": 300e6})

    cold, memory = results_of(entry)

    assert (cold.name, cold.min, cold.median, cold.max, cold.runs) == ("cold_10x2_one", 1.0, 2.0, 3.0, 3)
    assert cold.ratio == pytest.approx(10)
    assert (cold.more["p99"], cold.more["per_offer_s"], cold.more["offers"]) == (3.0, 0.2, 10)
    assert (memory.name, memory.unit, memory.median) == ("memory_10x2_one", "bytes", 200e6)


def test_the_json_of_a_report_follows_the_schema_of_all_benchmarks() -> None:
    data = a_report().as_json()

    assert set(data) == {"bench", "revision", "python", "cpu", "yardstick_s", "callbacks_per_s", "results"}
    by_name = {each["name"]: each for each in data["results"]}
    cold = by_name["cold_1000x50_one"]
    assert {"name", "unit", "median", "min", "max", "runs", "yardsticks", "params"} <= set(cold)
    assert cold["params"] == {
        "workload": "cold",
        "series": "cold",
        "agents": 1_000,
        "frameworks": 50,
        "variant": "one",
    }
    assert cold["yardsticks"] == pytest.approx(0.05)
    assert cold["p99"] == 0.05
    assert "yardsticks" not in by_name["memory_10000x1000_own"]


def test_a_worker_measures_one_entry_in_a_process_of_its_own() -> None:
    told = run_worker(Entry("cold", Size(12, 4, "own")))

    assert {"cold", "empty", "refuse"} <= set(told["series"])
    assert told["series"]["cold"]["offers"] == [12] * len(told["series"]["cold"]["values"])
    assert len(told["yardsticks_s"]) == 2
    assert told["peak_bytes"] > 1_000_000


def test_a_workload_that_fails_is_told_with_its_reason() -> None:
    with pytest.raises(WorkerFailed, match=r"(?s)cold 2x0_one: .*every agent is offered"):
        run_worker(Entry("cold", Size(2, 0, "one")))


def test_a_worker_of_other_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bench").symlink_to(ROOT / "bench")

    with pytest.raises(WorkerFailed, match=f"expected that in {tmp_path}"):
        run_worker(Entry("cold", Size(2, 2, "own")), root=tmp_path)


def test_every_entry_is_measured_once_in_each_round_with_progress_told() -> None:
    entries = [Entry("sorter-flat", Size(2, 2)), Entry("sorter-flat", Size(3, 2))]
    progress: list[tuple[Entry, int]] = []

    measured = measure_all(entries, 2, progress=lambda entry, left: progress.append((entry, left)))

    assert progress == [(entries[0], 4), (entries[1], 3), (entries[0], 2), (entries[1], 1)]
    assert [each.entry for each in measured] == entries
    assert [len(each.peaks) for each in measured] == [2, 2]


def test_points_of_the_sweep_are_known_as_such() -> None:
    assert all(entry.workload == "cold" for entry in SWEEP)
