"""The results as a table of eighty columns, judged against the bars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from bench.actors.cases import CASES, Scale
from bench.actors.flood import Outcome
from bench.actors.running import Measured
from bench.report import human

UNITS: Final[Mapping[Scale, str]] = {
    Scale.RATE: "/s",
    Scale.FLOW: "B/s",
    Scale.TIME: "s",
    Scale.ECHO: "x echo",
    Scale.SIZE: "B",
}


def table_of(measured: Sequence[Measured], against_pykka: Mapping[str, float]) -> Table:
    """A line for each case: what it reached, its ratio to empty callbacks, its bars, the verdict, times pykka."""
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    table.add_column("case", no_wrap=True)
    for heading in ("median", "r", "must", "aim"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("reached", no_wrap=True)
    table.add_column("pykka", justify="right", no_wrap=True)
    for each in measured:
        if each.samples:
            times = against_pykka.get(each.name)
            table.add_row(*_cells(each), verdict(each, times), "" if times is None else f"{times:.3g}x")
        else:
            table.add_row(each.name, "", "", "", "", Text("failed", style="red"), "")
    return table


def flood_table(outcomes: Iterable[Outcome]) -> Table:
    """What floods cost a node, and its other actors."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("flood", no_wrap=True)
    for heading in ("took", "memory", "bound", "p99", "slowest"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("holds", no_wrap=True)
    for each in outcomes:
        memory, bound = (f"{size / 2**20:.0f} MiB" for size in (each.grown, each.grown_max))
        late, latest = (f"{seconds * 1_000:.1f} ms" for seconds in (each.p99_s, each.max_s))
        holds = Text("yes", style="green") if each.holds else Text("NO", style="red")
        table.add_row(each.name, f"{each.seconds:.1f} s", memory, bound, late, latest, holds)
    return table


def verdict(each: Measured, times_pykka: float | None) -> Text:
    """The better of the two bars that it reached."""
    if each.case.must is None:
        return Text("")
    if missed([each], {} if times_pykka is None else {each.name: times_pykka}):
        return Text("MISSED", style="red")
    return Text("aim", style="green") if each.reaches(each.case.aim) else Text("must")


def missed(measured: Sequence[Measured], against_pykka: Mapping[str, float]) -> list[str]:
    """Cases that failed or did not reach what they must."""
    return [
        each.name
        for each in measured
        if each.name in CASES and (not each.samples or not _is_reached(each, against_pykka))
    ]


def _is_reached(each: Measured, against_pykka: Mapping[str, float]) -> bool:
    times, needed = against_pykka.get(each.name), each.case.times_pykka
    if times is not None and needed is not None and times < needed:
        return False
    return each.reaches(each.case.must) is not False


def _cells(each: Measured) -> tuple[str, ...]:
    case, unit = each.case, UNITS[each.case.scale]
    bars = ["" if bar is None else human(bar) for bar in (case.must, case.aim)]
    ratio = "" if case.scale in {Scale.ECHO, Scale.SIZE} else f"{each.ratio:.3g}"
    return each.name, f"{human(each.median)}{'' if human(each.median)[-1].isalpha() else ' '}{unit}", ratio, *bars
