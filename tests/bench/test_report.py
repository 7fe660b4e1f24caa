"""The schema of results: what programs read, and what people see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from bench.report import Machine, Report, Result, human, result_of

MACHINE = Machine(yardstick_s=0.5, callbacks_per_s=1_000_000.0)


def a_report() -> Report:
    times = result_of("cold", [2.0, 1.0, 4.0], machine=MACHINE, unit="s", params={"agents": 10})
    rates = result_of("tell", [500_000.0], machine=MACHINE, unit="per_s")
    return Report("some", MACHINE, (times, rates))


def test_a_time_carries_yardsticks_and_a_rate_its_ratio_to_empty_callbacks(tmp_path: Path) -> None:
    a_report().save(tmp_path / "report.json")

    data = json.loads((tmp_path / "report.json").read_text())

    assert set(data) == {"bench", "revision", "python", "cpu", "yardstick_s", "callbacks_per_s", "results"}
    cold, tell = data["results"]
    assert (cold["median"], cold["min"], cold["max"], cold["runs"], cold["yardsticks"]) == (2.0, 1.0, 4.0, 3, 4.0)
    assert cold["params"] == {"agents": 10}
    assert (tell["unit"], tell["r"]) == ("per_s", 0.5)
    assert "yardsticks" not in tell


def test_the_table_names_each_case() -> None:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(a_report().table())

    assert "cold" in capture.get()
    assert "500 k" in capture.get()


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.5e9, "1.5 G"), (1_234_000.0, "1.23 M"), (45_600.0, "45.6 k"), (7.0, "7"), (0.0123, "12.3 m"), (0.0, "0")],
)
def test_numbers_are_shown_with_three_digits(value: float, text: str) -> None:
    assert human(value) == text


def test_what_is_neither_a_time_nor_a_rate_has_no_ratio_and_more_figures_stand_beside_the_others() -> None:
    result = Result("memory", "bytes", 3.0, 2.0, 4.0, 3, 6.0, more={"p99": 4.0})

    data = result.as_json()

    assert data["p99"] == 4.0
    assert not {"yardsticks", "r", "ratio", "more"} & set(data)
