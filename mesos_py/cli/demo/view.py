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

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mesos_py.frameworks.cluster_executor.scheduler import Progress
from mesos_py.frameworks.examples.stdlib_census import PackageCount

READ_TIMEOUT_S: Final = (
    2.0  # The page of a small cluster takes milliseconds; a view must not hang on a master that is gone.
)
BAR_WIDTH: Final = 20
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


def live_view(snapshot: Snapshot, progress: Progress, *, total: int, elapsed_s: float) -> RenderableType:
    """The picture while the work runs."""
    agents = Table(title="Agents", title_justify="left", expand=False)
    agents.add_column("agent")
    agents.add_column("cpus used / total", justify="right")
    agents.add_column("")
    agents.add_column("memory used / total", justify="right")
    for row in snapshot.agents:
        used, all_cpus = row.cpus
        bar = ProgressBar(total=max(all_cpus, 0.001), completed=used, width=BAR_WIDTH)
        style = "" if row.active else "red"
        name = row.hostname if row.active else f"{row.hostname} (lost)"
        agents.add_row(name, f"{used:g} / {all_cpus:g}", bar, f"{row.mem[0]:g} / {row.mem[1]:g} MB", style=style)
    states = Text("Tasks  ").append("   ".join(f"{name} {count}" for name, count in snapshot.tasks) or "none yet")
    bar = ProgressBar(total=max(total, 1), completed=progress.done, width=3 * BAR_WIDTH)
    line = Table.grid(padding=(0, 1))
    line.add_row("Work ", bar, f"{progress.done}/{total} batches  {elapsed_s:.1f} s  {progress.lost} lost and rerun")
    return Group(agents, states, line)


def plain_line(snapshot: Snapshot, progress: Progress, *, total: int, elapsed_s: float) -> str:
    """The same in one line, where there is no terminal."""
    active = sum(row.active for row in snapshot.agents)
    used = sum(row.cpus[0] for row in snapshot.agents)
    return f"{elapsed_s:6.1f} s  {progress.done}/{total} batches  {active} agents  {used:g} cpus in use"


def result_table(rows: Sequence[PackageCount]) -> Table:
    """The largest packages, and the sum over all."""
    table = Table(title=f"The standard library, by package (the {min(ROWS_MAX, len(rows))} largest of {len(rows)})")
    for heading in (
        "package",
        "files",
        "lines",
        "functions",
        "classes",
        "longest function",
        "its lines",
        "not parsable",
    ):
        table.add_column(heading, justify="left" if heading in {"package", "longest function"} else "right")
    for row in rows[:ROWS_MAX]:
        table.add_row(*_cells(row))
    table.add_section()
    table.add_row(*_cells(total_of(rows)))
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
