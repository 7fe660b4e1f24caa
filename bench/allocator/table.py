"""Results as a table for people: each beside what the original needs, and a mark where a target is missed."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from typing import Final

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from bench.allocator.definitions import Size
from bench.allocator.growth import is_swept
from bench.allocator.targets import TARGETS, Figure, Target, original
from bench.allocator.workloads import COLD, Entry
from bench.report import Report, Result, cpu_name

HEADINGS: Final = ("case", "runs", "min", "median", "p99", "per offer", "memory", "in Y", "original", "must", "aim", "")
# What fits into the width of an ordinary terminal, for cases with a target and for the others.
NARROW: Final = ("case", "median", "in Y", "original", "must", "aim", "")
NARROW_UNTARGETED: Final = ("case", "median", "per offer", "in Y", "original")
WIDE_FROM: Final = 140  # Columns of the terminal.
UNITS: Final = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))
SIZES: Final = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
LARGE: Final = 100  # Numbers from here on are shown whole.
MISSED: Final = "MISSED"


def tables_of(report: Report, *, width: int) -> list[Table]:
    """One for wide terminals, with everything; otherwise one of cases with a target, and one of the others."""
    title = f"mesos-py bench allocator   python {platform.python_version()}   {cpu_name()}"
    caption = (
        f"CPU time. Y: the yardstick, {report.machine.yardstick_s:.3f} s here. Original: Apache Mesos in C++."
        " Numbers without a unit are in Y."
    )
    shown = [result for result in report.results if not _is_of_sweep(result) or result.params["series"] == COLD]
    targeted = sorted((each for each in shown if each.name in TARGETS), key=lambda each: list(TARGETS).index(each.name))
    others = [each for each in shown if each.name not in TARGETS]
    if width >= WIDE_FROM:
        table = _table(HEADINGS, targeted)
        table.add_section()
        for result in others:
            table.add_row(*_cells(result).values())
        tables = [table]
    else:
        pairs = ((NARROW, targeted), (NARROW_UNTARGETED, others))
        tables = [_table(headings, results) for headings, results in pairs if results]
    if tables:
        tables[0].title, tables[-1].caption = title, caption
    return tables


def _table(headings: Sequence[str], results: Iterable[Result]) -> Table:
    table = Table(expand=False) if headings is HEADINGS else Table(expand=False, box=SIMPLE, padding=(0, 1, 0, 0))
    for heading in headings:
        is_text = heading in {"case", ""}
        table.add_column(heading, justify="left" if is_text else "right", no_wrap=True)
    for result in results:
        cells = _cells(result)
        table.add_row(*(cells[heading] for heading in headings))
    return table


def _is_of_sweep(result: Result) -> bool:
    agents, frameworks = int(result.params["agents"]), int(result.params["frameworks"])
    size = Size(agents, frameworks, str(result.params.get("variant", "")))
    return is_swept(Entry(str(result.params["workload"]), size))


def _cells(result: Result) -> dict[str, str | Text]:
    """By heading, in their order."""
    target, theirs = TARGETS.get(result.name), original(result.name)
    unit, p99, per_offer = result.unit, result.more.get("p99"), result.more.get("per_offer_s")
    return {
        "case": result.name,
        "runs": str(result.runs),
        "min": _shown(result.min, unit),
        "median": _shown(result.median, unit),
        "p99": "" if p99 is None else _shown(p99, unit),
        "per offer": "" if per_offer is None else _shown(per_offer, "s"),
        "memory": _shown(result.more["peak_bytes"], "bytes") if "peak_bytes" in result.more else "",
        "in Y": f"{result.ratio:.2g}" if unit == "s" else "",
        "original": "" if theirs is None else _shown(theirs.value, theirs.unit),
        "must": "" if target is None else _shown(target.must, target.unit),
        "aim": "" if target is None or target.aim is None else _shown(target.aim, target.unit),
        "": "" if target is None else _verdict(result, target),
    }


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
