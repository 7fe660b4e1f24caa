"""What the demo shows: agents, allocated resources, tasks by state, a progress bar, and at the end a table.

`Snapshot` is read from the master's `/state`, the same page that any monitoring would read; the rest turns it into
something to look at.
"""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mesos_py.frameworks.cluster_executor.scheduler import Progress
from mesos_py.frameworks.examples.stdlib_census import PackageCount

# The page of a small cluster takes milliseconds; a view must not hang on a master that is gone.
READ_TIMEOUT_S: Final = 2.0
BAR_WIDTH: Final = 20
WIDE: Final = 80  # Columns from which on everything is shown.
NAMES_WIDTH: Final = (14, 21)  # Of packages and of functions: the table fits into 80 columns.
ROWS_MAX: Final = 15  # Packages shown in the result; the table has to fit on a screen.


@dataclass(frozen=True, slots=True)
class AgentRow:
    """One agent: used and total cpus and memory (MB)."""

    hostname: str
    active: bool
    cpus: tuple[float, float]
    mem: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The cluster at one moment, as its master tells it."""

    agents: tuple[AgentRow, ...] = ()
    tasks: tuple[tuple[str, int], ...] = ()


def read_snapshot(address: str) -> Snapshot | None:
    """Ask the master at `ip:port`; None if it does not answer."""
    connection = http.client.HTTPConnection(address, timeout=READ_TIMEOUT_S)
    try:
        connection.request("GET", "/state")
        return snapshot_of(json.loads(connection.getresponse().read()))
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def snapshot_of(state: dict[str, Any]) -> Snapshot:
    """Pick what the view shows out of a `/state` page."""
    agents = tuple(
        AgentRow(
            hostname=agent["hostname"],
            active=agent["active"],
            cpus=(agent["used_resources"]["cpus"], agent["resources"]["cpus"]),
            mem=(agent["used_resources"]["mem"], agent["resources"]["mem"]),
        )
        for agent in state["slaves"]
    )
    states: Counter[str] = Counter()
    for framework in (*state["frameworks"], *state["completed_frameworks"]):
        for task in (*framework["tasks"], *framework["completed_tasks"]):
            states[task["state"]] += 1
    return Snapshot(tuple(sorted(agents, key=lambda row: row.hostname)), tuple(sorted(states.items())))


def live_view(
    snapshot: Snapshot, progress: Progress, *, total: int, elapsed_s: float, width: int = WIDE
) -> RenderableType:
    """The picture while the work runs, on a terminal of so many columns."""
    is_wide = width >= WIDE
    agents = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    agents.add_column("agent", no_wrap=True)
    agents.add_column("cpus", justify="right", no_wrap=True)
    agents.add_column("", width=BAR_WIDTH)
    if is_wide:
        agents.add_column("memory", justify="right", no_wrap=True)
    for row in snapshot.agents:
        used, all_cpus = row.cpus
        bar = ProgressBar(total=max(all_cpus, 0.001), completed=used, width=BAR_WIDTH)
        style = "" if row.active else "red"
        name = row.hostname if row.active else f"{row.hostname} (lost)"
        memory = (f"{row.mem[0]:g} of {row.mem[1]:g} MB",) if is_wide else ()
        agents.add_row(name, f"{used:g} of {all_cpus:g}", bar, *memory, style=style)
    states = "   ".join(f"{name} {count}" for name, count in snapshot.tasks) or "none yet"
    bar = ProgressBar(total=max(total, 1), completed=progress.done, width=2 * BAR_WIDTH if is_wide else BAR_WIDTH)
    line = Table.grid(padding=(0, 1))
    line.add_row(" Tasks", Text(states))
    work = Table.grid(padding=(0, 1))
    rerun = Text(f"  {progress.lost} lost and rerun", style="red") if progress.lost else ""
    work.add_row(" Work ", bar, f"{progress.done}/{total} batches  {elapsed_s:.1f} s", rerun)
    return Group(agents, line, work)


def plain_line(snapshot: Snapshot, progress: Progress, *, total: int, elapsed_s: float) -> str:
    """The same in one line, where there is no terminal."""
    active = sum(row.active for row in snapshot.agents)
    used = sum(row.cpus[0] for row in snapshot.agents)
    lost = f"  {progress.lost} lost and rerun" if progress.lost else ""
    return f"{elapsed_s:6.1f} s  {progress.done}/{total} batches  {active} agents  {used:g} cpus in use{lost}"


def result_table(rows: Sequence[PackageCount]) -> Table:
    """The largest packages, and the sum over all. Fits into 80 columns."""
    title = f"The standard library by package: the {min(ROWS_MAX, len(rows))} largest of {len(rows)}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column("package", no_wrap=True, max_width=NAMES_WIDTH[0])
    for heading in ("files", "lines", "functions", "classes"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("longest function", no_wrap=True, max_width=NAMES_WIDTH[1])
    table.add_column("lines", justify="right", no_wrap=True)
    table.add_column("bad", justify="right", no_wrap=True)
    for row in rows[:ROWS_MAX]:
        table.add_row(*_cells(row))
    table.add_section()
    table.add_row(*_cells(total_of(rows)), style="bold")
    return table


def total_of(rows: Sequence[PackageCount]) -> PackageCount:
    longest = max(rows, key=lambda row: row.longest_lines)
    return PackageCount(
        package="all",
        files=sum(row.files for row in rows),
        lines=sum(row.lines for row in rows),
        functions=sum(row.functions for row in rows),
        classes=sum(row.classes for row in rows),
        longest=longest.longest,
        longest_lines=longest.longest_lines,
        unparsable=sum(row.unparsable for row in rows),
    )


def _cells(row: PackageCount) -> tuple[str, ...]:
    numbers = (f"{row.files:,}", f"{row.lines:,}", f"{row.functions:,}", f"{row.classes:,}")
    return (row.package, *numbers, row.longest, f"{row.longest_lines:,}", str(row.unparsable or ""))
