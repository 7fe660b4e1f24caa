"""Reports with made-up figures."""

from __future__ import annotations

from typing import Any

from bench.allocator.definitions import Size
from bench.allocator.running import Measured, report_of
from bench.allocator.workloads import Entry
from bench.report import Report

YARDSTICK_S = 0.2


def told(**series: list[float]) -> dict[str, Any]:
    """What a worker tells: times by series; every run made ten offers."""
    return {
        "definitions": 1,
        "yardsticks_s": [YARDSTICK_S, YARDSTICK_S],
        "peak_bytes": 100e6,
        "series": {
            name: {"unit": "s", "values": values, "offers": [10] * len(values)} for name, values in series.items()
        },
    }


def measured(workload: str, size: Size, **series: list[float]) -> Measured:
    each = Measured(Entry(workload, size))
    each.add(told(**series))
    return each


def a_report() -> Report:
    return report_of(
        [
            measured("cold", Size(1_000, 50, "one"), cold=[0.008, 0.01, 0.05], refuse=[3e-6]),
            measured("cold", Size(10_000, 1_000, "own"), cold=[0.2], empty=[0.00001]),
            measured("churn", Size(5_000, 300), churn=[0.001, 0.001, 0.03]),
        ],
        callbacks_per_s=1e6,
    )
