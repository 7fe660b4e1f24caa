"""One schema for all benchmarks: results as data, as a table for people and as JSON for programs.

Times differ between machines and days, so every figure comes with a ratio taken in the same run: a duration as
`yardsticks`, multiples of a fixed loop (see `yardstick`), a rate as `r`, multiples of the rate of empty callbacks on
a stock asyncio loop.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.table import Table

RATIOS: Final = {"s": "yardsticks", "per_s": "r"}


@dataclass(frozen=True, slots=True)
class Result:
    """One case. `unit` is "s" or "per_s"; `ratio` is `yardsticks` for the first and `r` for the second.

    Other units, such as "bytes", have no ratio. `more` is what only some benchmarks can tell of a case.
    """

    name: str
    unit: str
    median: float
    min: float
    max: float
    runs: int
    ratio: float
    params: dict[str, int | str] = field(default_factory=dict)
    more: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        data: dict[str, Any] = asdict(self)
        ratio, more = data.pop("ratio"), data.pop("more")
        if self.unit in RATIOS:
            data[RATIOS[self.unit]] = ratio
        data.update(more)
        return data


@dataclass(frozen=True, slots=True)
class Machine:
    """What the ratios refer to, measured before and after the cases."""

    yardstick_s: float
    callbacks_per_s: float


@dataclass(frozen=True, slots=True)
class Report:
    """All results of one benchmark in one run."""

    bench: str
    machine: Machine
    results: tuple[Result, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "bench": self.bench,
            "revision": revision(),
            "python": platform.python_version(),
            "cpu": cpu_name(),
            "yardstick_s": self.machine.yardstick_s,
            "callbacks_per_s": self.machine.callbacks_per_s,
            "results": [result.as_json() for result in self.results],
        }

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(self.as_json(), indent=1) + "\n")

    def table(self) -> Table:
        table = Table(title=f"mesos-py bench {self.bench}   python {platform.python_version()}   {cpu_name()}")
        for heading in ("case", "median", "min", "max", "unit", "ratio"):
            table.add_column(heading, justify="left" if heading in {"case", "unit"} else "right")
        for result in self.results:
            unit = "s" if result.unit == "s" else "1/s"
            cells = (human(result.median), human(result.min), human(result.max))
            table.add_row(result.name, *cells, unit, f"{result.ratio:.3g}")
        table.caption = (
            f"yardstick {self.machine.yardstick_s:.3f} s, empty callbacks {human(self.machine.callbacks_per_s)}/s;"
            " ratio: seconds / yardstick, rates / callbacks"
        )
        return table


def result_of(
    name: str,
    values: Sequence[float],
    *,
    machine: Machine,
    unit: str,
    params: dict[str, int | str] | None = None,
) -> Result:
    median = statistics.median(values)
    ratio = median / (machine.yardstick_s if unit == "s" else machine.callbacks_per_s)
    return Result(name, unit, median, min(values), max(values), len(values), ratio, params or {})


def human(value: float) -> str:
    """Three digits with a unit prefix: 1.23 M, 45.6 k, 7.89, 12.3 m, 4.56 u."""
    for factor, prefix in ((1e9, " G"), (1e6, " M"), (1e3, " k"), (1.0, ""), (1e-3, " m"), (1e-6, " u")):
        if abs(value) >= factor:
            return f"{value / factor:.3g}{prefix}"
    return f"{value:.3g}"


def revision() -> str:
    """The commit that is measured; "unknown" outside a checkout."""
    folder = Path(__file__).resolve().parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty"], cwd=folder, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return described.stdout.strip()


def cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
