"""`mesos-py bench NAME`: measure this implementation on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict, Unpack

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.allocator import compare, growth, running, selection, table
from bench.allocator.plot import save_plot
from bench.allocator.workloads import Entry
from bench.plotting import PlotUnavailable, check_plot
from bench.yardstick import measure_machine
from mesos_py.cli.commands import bench_actors

EPILOG = """\
\b
Try it:
  mesos-py bench actors
  mesos-py bench allocator --json allocator.json
"""

ALLOCATOR_EPILOG = """\
\b
Try it:
  mesos-py bench allocator --plot allocator.png
  mesos-py bench allocator --workload cold --agents 2000 --frameworks 100
  mesos-py bench allocator --workload cold_1000x50_one --repeat 5 --compare HEAD~1

\b
Exit status: 0 measured (targets may be missed), 1 a workload failed, 2 bad usage.
"""

WIDTH_WITHOUT_TERMINAL = 80  # Files are read on terminals, too.

FILE = click.Path(dir_okay=False, writable=True, path_type=Path)
JSON_OPTION = click.option("--json", "json_file", type=FILE, help="Write the results to a file.")
COUNT = click.IntRange(min=1)


class Chosen(TypedDict):
    """The options of `bench allocator`."""

    workloads: tuple[str, ...]
    agents: int | None
    frameworks: int | None
    repeat: int | None
    json_file: Path | None
    plot_file: Path | None
    revision: str | None
    is_quick: bool


@click.group("bench", epilog=EPILOG)
def command() -> None:
    """Measure this implementation on this machine."""


command.add_command(bench_actors.command)


@command.command("allocator", epilog=ALLOCATOR_EPILOG)
@click.option(
    "--workload",
    "workloads",
    multiple=True,
    metavar="NAME",
    help="A workload, a case, `growth` or `all`; may be repeated. Without: all cases with a target, and growth.",
)
@click.option("--agents", type=COUNT, metavar="N", help="Measure the workloads at this size instead of their own.")
@click.option("--frameworks", type=COUNT, metavar="F", help="The same for frameworks.")
@click.option(
    "--repeat",
    type=COUNT,
    metavar="K",
    help=f"Processes per case.  [default: {running.REPEAT}, and 1 for those over {running.SLOW_S} s]",
)
@click.option(
    "--quick",
    "is_quick",
    is_flag=True,
    help="Each once, without growth and the largest: half a minute on an idle machine.",
)
@JSON_OPTION
@click.option("--plot", "plot_file", type=FILE, help="Draw the results (needs the extra `plot`).")
@click.option("--compare", "revision", metavar="REV", help="Measure a revision of this repository in turn with this.")
def allocator_command(**chosen: Unpack[Chosen]) -> None:
    """Allocation runs and events, beside what Apache Mesos needs for them."""
    try:
        entries = selection.entries_of(
            chosen["workloads"], agents=chosen["agents"], frameworks=chosen["frameworks"], is_quick=chosen["is_quick"]
        )
    except selection.UnknownWorkload as error:
        raise click.UsageError(str(error)) from error
    json_file, plot_file, revision = chosen["json_file"], chosen["plot_file"], chosen["revision"]
    repeat = 1 if chosen["is_quick"] and chosen["repeat"] is None else chosen["repeat"]
    for file in (json_file, plot_file):
        if file is not None and not file.absolute().parent.is_dir():
            raise click.UsageError(f"{file}: its folder does not exist")
    if revision is not None and (json_file or plot_file):
        raise click.UsageError("--compare prints ratios: expected it without --json and --plot")
    try:
        if plot_file is not None:
            check_plot(plot_file)
        if revision is not None:
            _compare(entries, revision, repeat=repeat)
        else:
            _measure(entries, repeat, json_file=json_file, plot_file=plot_file)
    except (running.WorkerFailed, compare.CannotCompare, PlotUnavailable) as error:
        raise click.ClickException(str(error)) from error


def _measure(entries: Sequence[Entry], repeat: int | None, *, json_file: Path | None, plot_file: Path | None) -> None:
    console = _console()
    click.echo(_announced(entries, repeat), err=True)
    with _progress(console) as progress:
        measured = running.measure_all(entries, repeat, progress=progress)
    report = running.report_of(measured, callbacks_per_s=measure_machine().callbacks_per_s)
    for each_table in table.tables_of(report, width=console.width):
        console.print(each_table)
    for each in growth.growths_of(report):
        console.print(str(each))
    if missed := table.missed(report):
        console.print(f"beyond what they must not exceed: {', '.join(missed)}", style="red")
    if json_file is not None:
        report.save(json_file)
    if plot_file is not None:
        save_plot(report, plot_file)


def _announced(entries: Sequence[Entry], repeat: int | None) -> str:
    rounds = repeat or running.REPEAT
    seconds = selection.seconds_of(entries)
    if repeat is None:  # What is slow is not repeated.
        quick = [entry for entry in entries if selection.seconds_of([entry]) <= running.SLOW_S]
        seconds += (rounds - 1) * selection.seconds_of(quick)
    else:
        seconds *= rounds
    about = f"{seconds} s" if seconds < 100 else f"{round(seconds / 60)} minutes"
    hint = "" if rounds == 1 or len(entries) < len(selection.QUICK) else "; --quick takes half a minute"
    return f"{len(entries)} cases, up to {rounds} times each: about {about} on an idle machine{hint}"


def _compare(entries: Sequence[Entry], revision: str, *, repeat: int | None) -> None:
    console = _console()
    with compare.checkout(revision) as there, _progress(console) as progress:
        ratios = compare.compare(entries, repeat or running.REPEAT, there=there, progress=progress)
    console.print(compare.table_of(ratios, revision))


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH_WITHOUT_TERMINAL)


@contextmanager
def _progress(console: Console) -> Iterator[running.Progress]:
    """A bar on the terminal; otherwise a line on standard error for each measurement."""
    if not console.is_terminal:
        yield _tell_line
        return
    columns = (TextColumn("{task.description:45}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        done = 0

        def tell(entry: Entry, left: int) -> None:
            nonlocal done
            bar.update(task, description=str(entry), completed=done, total=done + left)
            done += 1

        yield tell


def _tell_line(entry: Entry, left: int) -> None:
    click.echo(f"measuring {entry}, {left} to go", err=True)
