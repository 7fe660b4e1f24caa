"""A comparison as a picture: how full, how fair, how long, and every tenant's share over time.

matplotlib is the extra `plot`; it is imported when something is drawn. Colours are those of Okabe and Ito, which people
with any colour vision can tell apart, and tenants differ in line style too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.compare.figures import WARM_UP, Figures
from bench.compare.run import Comparison
from bench.compare.scenario import Tenant
from bench.plotting import check_plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure
    from matplotlib.typing import LineStyleType

COLOURS: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
STYLES: Final[Sequence[LineStyleType]] = ("-", "--", "-.", ":")
LINES_MAX: Final = len(COLOURS)  # So many tenants have a line each; of more the picture has the spread.
COLUMNS: Final = 3
WIDTH: Final = 13.0  # Inches; so are the two below.
BARS_HEIGHT: Final = 3.4
LINES_HEIGHT: Final = 2.3
DOTS_PER_INCH: Final = 110
GRID: Final = "#d9d9d9"


def save_plot(comparison: Comparison, path: Path) -> None:
    """Draw the comparison into a file, of the kind that its name ends with. Raises PlotUnavailable."""
    check_plot(path)
    from matplotlib.figure import Figure

    rows = ceil(len(comparison.figures) / COLUMNS)
    figure = Figure(figsize=(WIDTH, BARS_HEIGHT + 0.9 + LINES_HEIGHT * rows), layout="constrained", dpi=DOTS_PER_INCH)
    grid = figure.add_gridspec(2, 1, height_ratios=[BARS_HEIGHT + 0.9, LINES_HEIGHT * rows + 0.4])
    above, below = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    size = comparison.size
    above.suptitle(
        f"Workload “{comparison.workload}”: {len(comparison.scenario.agents)} agents,"
        f" {len(comparison.scenario.tenants)} tenants, {size.seconds} s, seed {size.seed}",
        fontsize=13,
        fontweight="bold",
    )
    used, fair, waiting = above.subplots(1, 3)
    _draw_utilization(used, comparison.figures)
    _draw_fairness(fair, comparison.figures)
    _draw_waiting(waiting, comparison.figures)
    _draw_shares(below.subplots(rows, min(COLUMNS, len(comparison.figures)), squeeze=False).flat, comparison)
    _name_tenants(below, comparison)
    figure.savefig(path)


def _draw_utilization(axes: Axes, figures: Sequence[Figures]) -> None:
    series = {name: [100 * each.utilization[name] for each in figures] for name in next(iter(figures)).utilization}
    _bars(axes, figures, series=series)
    axes.set(title="Utilization (more is better)", xlabel="mean part of the pool in use, %", xlim=(0, 100))


def _draw_fairness(axes: Axes, figures: Sequence[Figures]) -> None:
    series: dict[str, list[float | None]] = {
        "Jain's index": [each.jain for each in figures],
        "largest envy": [each.envy for each in figures],
    }
    _bars(axes, figures, series=series, spec=".3f")
    axes.set(title="Fairness (index: more is better, envy: less)", xlabel="index; envy as dominant share", xlim=(0, 1))


def _draw_waiting(axes: Axes, figures: Sequence[Figures]) -> None:
    series = {"mean": [each.waiting_mean for each in figures], "95 % wait less": [each.waiting_p95 for each in figures]}
    _bars(axes, figures, series=series)
    axes.set(title="Waiting of tasks (less is better)", xlabel="seconds from arrival to start")


def _bars(
    axes: Axes, figures: Sequence[Figures], *, series: Mapping[str, Sequence[float | None]], spec: str = ".1f"
) -> None:
    """A group of bars for each policy, the first on top, each with its value."""
    height = 0.8 / len(series)
    for number, (label, values) in enumerate(series.items()):
        places = [place + (number - (len(series) - 1) / 2) * height for place in range(len(figures))]
        bars = axes.barh(places, [value or 0.0 for value in values], height * 0.92, color=COLOURS[number], label=label)
        axes.bar_label(
            bars, ["none" if value is None else f"{value:{spec}}" for value in values], padding=2, fontsize=7
        )
    axes.set_yticks(range(len(figures)), [each.policy for each in figures])
    axes.invert_yaxis()
    axes.margins(x=0.14)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=len(series), frameon=False, fontsize=9)


def _draw_shares(panels: Iterable[Axes], comparison: Comparison) -> None:
    top = max(max(line) for each in comparison.figures for line in each.shares_over_time.values()) * 1.05
    for number, axes in enumerate(panels):
        if number >= len(comparison.figures):
            axes.set_visible(False)
            continue
        each = comparison.figures[number]
        lines = list(each.shares_over_time.values())
        if len(lines) <= LINES_MAX:
            for tenant, line in enumerate(lines):
                axes.plot(line, color=_colour(tenant), linestyle=_style(tenant), linewidth=1.3)
        else:
            _draw_spread(axes, lines)
        axes.axvspan(0, comparison.size.seconds * WARM_UP, color="#eeeeee", zorder=0)
        axes.set_title(each.policy, fontsize=10, loc="left")
        axes.set(xlim=(0, comparison.size.seconds), ylim=(0, max(top, 0.01)))
        axes.grid(color=GRID, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.label_outer()


def _draw_spread(axes: Axes, lines: Sequence[Sequence[float]]) -> None:
    seconds = [sorted(values) for values in zip(*lines, strict=True)]
    lowest, highest = [each[0] for each in seconds], [each[-1] for each in seconds]
    axes.fill_between(range(len(seconds)), lowest, highest, color=COLOURS[4], alpha=0.4, linewidth=0)
    axes.plot([each[len(each) // 2] for each in seconds], color=COLOURS[0], linewidth=1.3)


def _name_tenants(panel: SubFigure, comparison: Comparison) -> None:
    """What the lines below mean, once for all of them."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    panel.supxlabel("virtual time, s (grey: not counted)", fontsize=10)
    panel.supylabel("dominant share", fontsize=10)
    tenants = comparison.scenario.tenants
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=_colour(number), linestyle=_style(number), label=_described(tenant))
        for number, tenant in enumerate(tenants)
    ]
    if len(tenants) > LINES_MAX:
        spread = Patch(color=COLOURS[4], alpha=0.4, label="from the poorest to the richest tenant")
        handles = [spread, Line2D([], [], color=COLOURS[0], label="median tenant")]
    panel.legend(
        handles=handles,
        loc="outside upper center",
        ncols=min(len(handles), 4),
        frameon=False,
        fontsize=9,
        title="Dominant share of each tenant over time",
        title_fontsize=12,
    )


def _described(tenant: Tenant) -> str:
    demand = ", ".join(f"{number:g} {name}" for name, number in tenant.demand.as_floats().items())
    weight = "" if tenant.weight == 1 else f", weight {tenant.weight:g}"
    return f"{tenant.id} ({demand} a task{weight})"


def _colour(tenant: int) -> str:
    return COLOURS[tenant % len(COLOURS)]


def _style(tenant: int) -> LineStyleType:
    return STYLES[tenant % len(STYLES)]
