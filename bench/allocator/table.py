"""Results as a table for people: each beside what the original needs, and a mark where a target is missed."""

from __future__ import annotations

import platform
from typing import Final

from rich.table import Table
from rich.text import Text

from bench.allocator.definitions import Size
from bench.allocator.growth import is_swept
from bench.allocator.targets import TARGETS, Figure, Target, original
from bench.allocator.workloads import COLD, Entry
from bench.report import Report, Result, cpu_name

HEADINGS: Final = ("case", "runs", "min", "median", "p99", "per offer", "memory", "in Y", "original", "must", "aim", "")
UNITS: Final = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))
SIZES: Final = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
LARGE: Final = 100  # Numbers from here on are shown whole.
MISSED: Final = "MISSED"


def table_of(report: Report) -> Table:
    table = Table(title=f"mesos-py bench allocator   python {platform.python_version()}   {cpu_name()}", expand=False)
    for heading in HEADINGS:
        is_text = heading in {"case", ""}
        table.add_column(heading, justify="left" if is_text else "right", no_wrap=is_text)
    shown = [result for result in report.results if not _is_of_sweep(result) or result.params["series"] == COLD]
    for result in sorted(
        (each for each in shown if each.name in TARGETS), key=lambda each: list(TARGETS).index(each.name)
    ):
        table.add_row(*_cells(result))
    table.add_section()
    for result in shown:
        if result.name not in TARGETS:
            table.add_row(*_cells(result))
    table.caption = (
        f"CPU time. Y: the yardstick, {report.machine.yardstick_s:.3f} s here. Original: Apache Mesos in C++."
        " Numbers without a unit are in Y."
    )
    return table


def _is_of_sweep(result: Result) -> bool:
    agents, frameworks = int(result.params["agents"]), int(result.params["frameworks"])
    size = Size(agents, frameworks, str(result.params.get("variant", "")))
    return is_swept(Entry(str(result.params["workload"]), size))


def _cells(result: Result) -> tuple[str | Text, ...]:
    target, theirs = TARGETS.get(result.name), original(result.name)
    unit, p99, per_offer = result.unit, result.more.get("p99"), result.more.get("per_offer_s")
    return (
        result.name,
        str(result.runs),
        _shown(result.min, unit),
        _shown(result.median, unit),
        "" if p99 is None else _shown(p99, unit),
        "" if per_offer is None else _shown(per_offer, "s"),
        _shown(result.more["peak_bytes"], "bytes") if "peak_bytes" in result.more else "",
        f"{result.ratio:.2g}" if unit == "s" else "",
        "" if theirs is None else _shown(theirs.value, theirs.unit),
        "" if target is None else _shown(target.must, target.unit),
        "" if target is None or target.aim is None else _shown(target.aim, target.unit),
        "" if target is None else _verdict(result, target),
    )


def figure_of(result: Result, target: Target) -> Figure:
    """What of a result its target is about."""
    value = result.more["p99"] if target.statistic == "p99" else result.median
    return Figure(value / result.more["yardstick_s"] if target.unit == "Y" else value, target.unit)


def missed(report: Report) -> list[str]:
    """Names of results beyond what they must not exceed."""
    targets = ((result, TARGETS.get(result.name)) for result in report.results)
    return [
        result.name
        for result, target in targets
        if target is not None and figure_of(result, target).value > target.must
    ]


def _verdict(result: Result, target: Target) -> Text:
    value = figure_of(result, target).value
    if value > target.must:
        return Text(MISSED, style="bold red")
    if target.aim is None or value > target.aim:
        return Text("met", style="green")
    return Text("aim met", style="bold green")


def _shown(value: float, unit: str) -> str:
    """Three digits: 1.23 s, 45.6 ms, 200 MB, or a plain number."""
    scales = {"s": UNITS, "bytes": SIZES}.get(unit)
    if scales is None:
        return f"{value:.3g}" if value < LARGE else f"{value:.0f}"
    scale, name = next(((scale, name) for scale, name in scales if value >= scale), scales[-1])
    return f"{value / scale:.3g} {name}"
