"""The results as a picture: every case beside its bars, and the other runtimes beside ours, on logarithmic axes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.actors.cases import REFERENCE_CALLBACKS_PER_S
from bench.actors.environments import COMMON, PEERS
from bench.actors.running import Measured
from bench.plotting import check_plot
from bench.report import human

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GOOD: Final = "#009E73"  # Okabe and Ito: people with any colour vision can tell them apart.
FAIR: Final = "#0072B2"
BAD: Final = "#D55E00"
MEANINGS: Final = {GOOD: "aim reached", FAIR: "must reached", BAD: "must missed"}
PEER_COLOURS: Final = ("#000000", "#E69F00", "#56B4E9", "#F0E442", "#CC79A7", "#999999")
WIDTH: Final = 13.0  # Inches; so are the two below.
ROW: Final = 0.3
ABOVE: Final = 1.8
DOTS_PER_INCH: Final = 110
OURS: Final = "libprocess_py"
SHARED: Final = (*COMMON, "local_pingpong", "remote_send_100B", "remote_ask_concurrent")  # Rates that others have, too.


def save_plot(measured: Sequence[Measured], path: Path) -> None:
    """Draw into a file, of the kind that its name ends with. Raises PlotUnavailable."""
    check_plot(path)
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    judged = [each for each in measured if each.samples and each.case.must is not None]
    ratios = {each.name: each.ratio * REFERENCE_CALLBACKS_PER_S for each in measured if each.samples}
    shared = [name for name in SHARED if name in ratios]
    runtimes = [OURS, *(peer for peer in PEERS if any(f"{peer}_{name}" in ratios for name in shared))]
    rows = max(len(judged), len(shared) * (len(runtimes) + 1))
    figure = Figure(figsize=(WIDTH, ABOVE + ROW * rows), layout="constrained", dpi=DOTS_PER_INCH)
    left, right = figure.subplots(1, 2)
    _draw_bars(left, judged)
    _draw_peers(right, shared, runtimes=runtimes, values=ratios)
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower right", ncols=len(runtimes), frameon=False)
    meanings = [Patch(color=colour, label=words) for colour, words in MEANINGS.items()]
    figure.legend(handles=meanings, loc="outside lower left", ncols=len(meanings), frameon=False)
    figure.suptitle("Actors on one core", fontsize=14, fontweight="bold")
    figure.savefig(path)


def _draw_bars(axes: Axes, judged: Sequence[Measured]) -> None:
    """How many times the must each case is; at the right of the line is better, whatever is counted."""
    times = [_times_must(each, each.ratio) for each in judged]
    colours = [
        GOOD if each.reaches(each.case.aim) else FAIR if each.reaches(each.case.must) else BAD for each in judged
    ]
    axes.barh(range(len(judged)), [value - 1 for value in times], left=1, color=colours, height=0.7)
    for row, each in enumerate(judged):
        if each.case.aim is not None:
            aim = _times_must(each, each.case.ratio(each.case.aim, REFERENCE_CALLBACKS_PER_S))
            axes.plot(aim, row, "|", color="black", markersize=14, markeredgewidth=2)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_yticks(
        range(len(judged)), [f"{each.name}  {value:.2f}" for each, value in zip(judged, times, strict=True)]
    )
    axes.invert_yaxis()
    axes.margins(x=0.08, y=0.01)
    axes.set(title="Against the bars (right is better)", xlabel="times the must (line at 1); tick: the aim")
    _tidy(axes)


def _draw_peers(axes: Axes, shared: Sequence[str], *, runtimes: Sequence[str], values: dict[str, float]) -> None:
    height = 0.85 / len(runtimes)
    for number, runtime in enumerate(runtimes):
        names = [name if runtime == OURS else f"{runtime}_{name}" for name in shared]
        places = [row + (number - (len(runtimes) - 1) / 2) * height for row in range(len(shared))]
        found = [(place, values[name]) for place, name in zip(places, names, strict=True) if name in values]
        colour = GOOD if runtime == OURS else PEER_COLOURS[(number - 1) % len(PEER_COLOURS)]
        bars = axes.barh([place for place, _ in found], [value for _, value in found], height * 0.92, color=colour)
        bars.set_label(runtime)
        axes.bar_label(bars, [human(value) for _, value in found], padding=3, fontsize=7)
    axes.set_xscale("log")
    axes.set_yticks(range(len(shared)), shared)
    axes.invert_yaxis()
    axes.margins(x=0.15, y=0.01)
    axes.set(title="Beside other runtimes (right is better)", xlabel="per second, on the machine of the bars")
    _tidy(axes)


def _times_must(each: Measured, ratio: float) -> float:
    assert each.case.must is not None
    must = each.case.ratio(each.case.must, REFERENCE_CALLBACKS_PER_S)
    return ratio / must if each.case.scale.more_is_better else must / ratio


def _tidy(axes: Axes) -> None:
    axes.grid(axis="x", color="#d9d9d9", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
