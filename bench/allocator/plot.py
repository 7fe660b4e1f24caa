"""A picture of a report: time against size beside the original's published figures, and every target.

All times are multiples of the yardstick, so that the original's figures hold whatever the machine. Panels for which
the report has nothing are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from bench.allocator.growth import FIXED_AGENTS, FIXED_FRAMEWORKS, ROLES, Growth, growths_of
from bench.allocator.table import figure_of
from bench.allocator.targets import ORIGINAL_Y, TARGETS, original
from bench.plotting import check_plot
from bench.report import Report, Result, cpu_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS: Final = {"one": "#1f6fb4", "own": "#c8501e"}
OTHER_COLORS: Final = ("#1b7f4d", "#7a4fb0", "#b08a00", "#b03060", "#2a9aa8")
GOOD, FAIR, BAD, GREY = "#1b7f4d", "#d18f00", "#c03030", "#808080"
OTHERS: Final = {  # Series beside cold runs that have a line: how they are called in the picture.
    ("empty", "own"): "nothing left to offer, a role each",
    ("decline", ""): "all declined every round",
    ("suppressed", ""): "99 % suppressed",
    ("unrefused", ""): "all returned every round",
}
ORIGINAL_COLD_SIZES: Final = ((1_000, 500), (5_000, 500), (10_000, 1_000), (50_000, 1_000))
PANEL_WIDTH: Final = 7.5
PANEL_HEIGHT: Final = 5.6
DPI: Final = 130

Points: TypeAlias = Sequence[tuple[float, float]]
Panel: TypeAlias = "Callable[[Axes, Report], None]"


def save_plot(report: Report, path: Path) -> None:
    """Write the picture; the file's name says in which format."""
    check_plot(path)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = panels_of(report)
    rows, columns = (len(panels) + 1) // 2, min(2, len(panels))
    figure = Figure(figsize=(PANEL_WIDTH * columns, PANEL_HEIGHT * rows), layout="constrained")
    FigureCanvasAgg(figure)
    for at, panel in enumerate(panels, 1):
        panel(figure.add_subplot(rows, columns, at), report)
    figure.suptitle(f"mesos-py bench allocator, Python on {cpu_name()}; dashed: Apache Mesos in C++")
    figure.savefig(path, dpi=DPI)


def panels_of(report: Report) -> list[Panel]:
    """What there is to draw; a report without anything of it is drawn as times by case."""
    chosen: list[Panel] = []
    if any(_points(report, "cold", variant=variant) for variant in COLORS):
        chosen += [cold_panel, per_offer_panel]
    if any(_points(report, series, variant=variant) for series, variant in OTHERS):
        chosen.append(others_panel)
    if any(result.name in TARGETS for result in report.results):
        chosen.append(targets_panel)
    return chosen or [cases_panel]


def cold_panel(axes: Axes, report: Report) -> None:
    """Time of the first run against agents."""
    for variant, color in COLORS.items():
        theirs = [
            (agents, ORIGINAL_Y[name])
            for agents, frameworks in ORIGINAL_COLD_SIZES
            if (name := f"cold_{agents}x{frameworks}_{variant}") in ORIGINAL_Y
        ]
        axes.plot(*_columns(theirs), "--o", color=color, alpha=0.6, mfc="white", label=f"C++, {ROLES[variant]}")
        ours = [each for each in _of(report, "cold", variant=variant) if not _is_of_frameworks(each)]
        axes.plot(*_columns(_by_agents(ours)), "-o", color=color, label=f"Python, {ROLES[variant]}")
    _log(axes, "Cold run: every agent is offered once", x="agents = offers", y="time / yardstick")
    _note(axes, [each for each in growths_of(report) if each.against == "offers"])


def per_offer_panel(axes: Axes, report: Report) -> None:
    """Time of one offer against frameworks."""
    for variant, color in COLORS.items():
        theirs: dict[float, list[float]] = {}
        for name, value in ORIGINAL_Y.items():
            series, _, size = name.partition("_")
            if series == "cold" and size.endswith(f"_{variant}"):
                agents, frameworks = (int(each) for each in size.removesuffix(f"_{variant}").split("x"))
                theirs.setdefault(frameworks, []).append(value / agents)
        axes.plot(
            *_columns(_medians(theirs)), "--o", color=color, alpha=0.6, mfc="white", label=f"C++, {ROLES[variant]}"
        )
        ours: dict[float, list[float]] = {}
        cold = _of(report, "cold", variant=variant)
        for result in [each for each in cold if _number(each, "agents") == FIXED_AGENTS] or cold:
            ours.setdefault(_number(result, "frameworks"), []).append(result.ratio / _number(result, "agents"))
        axes.plot(*_columns(_medians(ours)), "-o", color=color, label=f"Python, {ROLES[variant]}")
    _log(axes, "Cold run: one offer", x="frameworks", y="time of an offer / yardstick")
    _note(axes, [each for each in growths_of(report) if each.against == "frameworks"])


def others_panel(axes: Axes, report: Report) -> None:
    """Time of runs of other kinds against agents."""
    for (key, label), color in zip(OTHERS.items(), OTHER_COLORS, strict=False):
        series, variant = key
        suffix = f"_{variant}" if variant else ""
        theirs: dict[float, list[float]] = {}
        for name, value in ORIGINAL_Y.items():
            size = name.removeprefix(f"{series}_").removesuffix(suffix)
            if name.startswith(f"{series}_") and name.endswith(suffix) and size.replace("x", "").isdigit():
                theirs.setdefault(int(size.partition("x")[0]), []).append(value)
        if theirs:
            axes.plot(*_columns(_medians(theirs)), "--o", color=color, alpha=0.6, mfc="white")
        axes.plot(*_columns(_points(report, series, variant=variant)), "-o", color=color, label=label)
    _log(axes, "Other runs", x="agents", y="time / yardstick", legend="lower right")


def targets_panel(axes: Axes, report: Report) -> None:
    """Every target as a fraction of what must not be exceeded."""
    by_name = {result.name: result for result in report.results}
    results = [by_name[name] for name in TARGETS if name in by_name]
    for row, result in enumerate(reversed(results)):
        target, theirs = TARGETS[result.name], original(result.name)
        ours = figure_of(result, target).value / target.must
        color = BAD if ours > 1 else FAIR if target.aim is not None and ours * target.must > target.aim else GOOD
        axes.plot([ours, 1], [row, row], color=color, lw=2, alpha=0.35)
        axes.plot(ours, row, "o", color=color, ms=9)
        if theirs is not None and theirs.unit == target.unit:
            axes.plot(theirs.value / target.must, row, "D", color=GREY, mfc="white", ms=7)
        if target.aim is not None:
            axes.plot(target.aim / target.must, row, "|", color="black", ms=12, mew=2)
    axes.axvline(1, color="black", lw=1)
    axes.set_xscale("log")
    axes.set_yticks(range(len(results)), [result.name for result in reversed(results)])
    axes.set_xlabel("fraction of the bound (line); dot: Python, diamond: C++, tick: aim")
    axes.set_title("Targets: left is better")
    axes.grid(axis="x", which="major", alpha=0.3)


def cases_panel(axes: Axes, report: Report) -> None:
    """Median time of every case; for reports without anything else to draw."""
    results = [result for result in report.results if result.unit == "s"]
    axes.barh(range(len(results)), [result.ratio for result in reversed(results)], color=COLORS["one"])
    axes.set_xscale("log")
    axes.set_yticks(range(len(results)), [result.name for result in reversed(results)])
    axes.set_xlabel("time / yardstick")
    axes.grid(axis="x", alpha=0.3)


def _log(axes: Axes, title: str, *, x: str, y: str, legend: Literal["best", "lower right"] = "best") -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_title(title)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    low, high = axes.dataLim.intervaly
    axes.set_ylim(10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high)))
    axes.grid(which="major", alpha=0.35)
    axes.grid(which="minor", alpha=0.12)
    axes.legend(fontsize="small", loc=legend)


def _note(axes: Axes, growths: Iterable[Growth]) -> None:
    """Fitted exponents, under the lines."""
    lines = [f"n^{growth.exponent:.2f}, {ROLES[growth.variant]}" for growth in growths]
    if lines:
        axes.text(0.98, 0.03, "\n".join(lines), transform=axes.transAxes, ha="right", fontsize="small", color=GREY)


def _of(report: Report, series: str, *, variant: str) -> list[Result]:
    wanted = (series, variant)
    return [each for each in report.results if (each.params.get("series"), each.params.get("variant", "")) == wanted]


def _is_of_frameworks(result: Result) -> bool:
    """Whether it is a point of the sweep over frameworks only."""
    return _number(result, "agents") == FIXED_AGENTS and _number(result, "frameworks") != FIXED_FRAMEWORKS


def _points(report: Report, series: str, *, variant: str) -> Points:
    return _by_agents([each for each in _of(report, series, variant=variant) if not _is_of_frameworks(each)])


def _by_agents(results: Iterable[Result]) -> Points:
    """Agents and multiples of the yardstick; several numbers of frameworks at one number of agents are one point."""
    values: dict[float, list[float]] = {}
    for result in results:
        values.setdefault(_number(result, "agents"), []).append(result.ratio)
    return _medians(values)


def _medians(values: Mapping[float, Sequence[float]]) -> Points:
    return [(size, sorted(each)[len(each) // 2]) for size, each in sorted(values.items())]


def _columns(points: Points) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _number(result: Result, name: str) -> int:
    value = result.params[name]
    assert isinstance(value, int), f"{name}: expected a number"
    return value
