"""Pictures: which panels there are, and that a file is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.allocator import plot
from bench.allocator.definitions import Size
from bench.allocator.growth import SWEEP
from bench.allocator.plot import panels_of, save_plot
from bench.allocator.running import report_of
from bench.plotting import PlotUnavailable
from tests.bench.allocator.reports import a_report, measured

PNG = b"\x89PNG\r\n\x1a\n"


def test_a_report_of_cold_runs_is_drawn_against_agents_and_frameworks_and_with_its_targets(tmp_path: Path) -> None:
    report = a_report()

    save_plot(report, tmp_path / "picture.png")

    assert panels_of(report) == [plot.cold_panel, plot.per_offer_panel, plot.others_panel, plot.targets_panel]
    assert (tmp_path / "picture.png").read_bytes().startswith(PNG)


def test_the_sweep_is_drawn_with_its_exponents(tmp_path: Path) -> None:
    report = report_of(
        [measured(entry.workload, entry.size, cold=[1e-6 * entry.size.agents]) for entry in SWEEP],
        callbacks_per_s=1e6,
    )

    save_plot(report, tmp_path / "picture.svg")

    assert "n^1.00, one role" in (tmp_path / "picture.svg").read_text()


def test_a_report_with_nothing_else_to_draw_is_drawn_by_case(tmp_path: Path) -> None:
    report = report_of([measured("state-snapshot", Size(10, 2), snapshot=[0.001])], callbacks_per_s=1e6)

    save_plot(report, tmp_path / "picture.png")

    assert panels_of(report) == [plot.cases_panel]
    assert (tmp_path / "picture.png").exists()


def test_an_unknown_format_is_told_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(PlotUnavailable, match=r"--plot: 'picture.doc' should end in one of .*\.png"):
        save_plot(a_report(), tmp_path / "picture.doc")
