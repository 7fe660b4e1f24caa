"""`mesos-py bench actors`: what the actor runtime does per second on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict, Unpack

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.actors import flood, running, table
from bench.actors.cases import CASES
from bench.actors.environments import ALWAYS, PEERS, Missing, Peer, cache_folder, install, interpreter_for
from bench.actors.plot import save_plot
from bench.plotting import PlotUnavailable, check_plot
from bench.report import human
from bench.yardstick import measure_machine

EPILOG = """\
\b
Try it:
  mesos-py bench actors --case local_send --case spawn
  mesos-py bench actors --peers --install-peers --plot actors.png
  mesos-py bench actors --flood

\b
Exit status: 0 measured (bars may be missed), 1 a case failed or a flood was felt, 2 bad usage.
"""

FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


class Chosen(TypedDict):
    """The options."""

    cases: tuple[str, ...]
    rounds: int
    peers: bool
    install_peers: bool
    json_file: Path | None
    plot_file: Path | None
    flood: bool


@click.command("actors", epilog=EPILOG)
@click.option(
    "--case",
    "cases",
    multiple=True,
    type=click.Choice(tuple(CASES)),
    metavar="NAME",
    help="Only this; may be repeated.",
)
@click.option(
    "--rounds",
    default=running.ROUNDS,
    show_default=True,
    type=click.IntRange(min=1),
    help="How often each case is run.",
)
@click.option("--peers", is_flag=True, help="Measure other runtimes, too: those that are installed.")
@click.option(
    "--install-peers", is_flag=True, help="Before that, put those that pip can bring into environments of their own."
)
@click.option("--json", "json_file", type=FILE, help="Write the results to a file.")
@click.option("--plot", "plot_file", type=FILE, help="Draw the results (needs the extra `plot`).")
@click.option(
    "--flood", is_flag=True, help="Instead: flood a node, and see whether its memory is bounded and its others notice."
)
def command(**chosen: Unpack[Chosen]) -> None:
    """Messages, calls, actors and requests per second, judged against bars for this machine; pykka beside them."""
    for file in (chosen["json_file"], chosen["plot_file"]):
        if file is not None and not file.absolute().parent.is_dir():
            raise click.UsageError(f"{file}: its folder does not exist")
    console = Console(highlight=False)
    if chosen["flood"]:
        if chosen["cases"] or chosen["json_file"] or chosen["plot_file"] or chosen["peers"]:
            raise click.UsageError("--flood goes alone")
        _flood(console)
        return
    try:
        if chosen["plot_file"] is not None:
            check_plot(chosen["plot_file"])
    except PlotUnavailable as error:
        raise click.ClickException(str(error)) from error
    wanted = [name for name in CASES if name in chosen["cases"] or not chosen["cases"]]
    entries = {name: running.Entry(CASES[name]) for name in wanted}
    named = PEERS.values() if chosen["peers"] or chosen["install_peers"] else (PEERS[ALWAYS],)
    entries |= _peer_entries(console, list(named), wanted=wanted, with_install=chosen["install_peers"])
    _measure(console, entries, chosen=chosen)


def _measure(console: Console, entries: Mapping[str, running.Entry], *, chosen: Chosen) -> None:
    machine = measure_machine()
    with _progress(console) as progress:
        measured = running.measure_all(entries, chosen["rounds"], progress=progress)
    against_pykka = running.times_pykka(measured)
    console.print(table.table_of(measured, against_pykka))
    console.print(f"empty callbacks: {human(machine.callbacks_per_s)}/s; r: rate / callbacks, or callbacks in the time")
    if missed := table.missed(measured, against_pykka):
        console.print(f"below what they must reach: {', '.join(missed)}", style="red")
    if chosen["json_file"] is not None:
        running.report_of(measured, machine).save(chosen["json_file"])
    if chosen["plot_file"] is not None:
        save_plot(measured, chosen["plot_file"])
    if problems := [each.problem for each in measured if each.problem]:
        raise click.ClickException("\n".join(problems))


def _flood(console: Console) -> None:
    """All scenarios of `bench.actors.flood`, as a table. Fails if one does not hold."""
    try:
        with console.status("") as status:
            outcomes = flood.run(status.update)
    except OSError as error:
        raise click.ClickException(str(error)) from error
    console.print(table.flood_table(outcomes))
    if broken := [outcome.name for outcome in outcomes if not outcome.holds]:
        raise click.ClickException(f"does not hold: {', '.join(broken)}")


def _peer_entries(
    console: Console, peers: Sequence[Peer], *, wanted: Sequence[str], with_install: bool
) -> dict[str, running.Entry]:
    """The cases of the runtimes that are there, as far as ours are measured; a line for each that is not."""
    folder = cache_folder(os.environ)
    entries: dict[str, running.Entry] = {}
    for peer in peers:
        try:
            if with_install:
                with console.status(f"installing {peer.name}"):
                    install(peer, folder)
            python = interpreter_for(peer, folder)
        except Missing as missing:
            console.print(str(missing), soft_wrap=True)
            continue
        for name, case in peer.entries.items():
            if name.removeprefix(f"{peer.name}_") in wanted:
                entries[name] = running.Entry(case, python)
    return entries


@contextmanager
def _progress(console: Console) -> Iterator[running.Progress]:
    """A bar on the terminal, and nothing of it in a file."""
    columns = (TextColumn("{task.description:26}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def tell(name: str, *, done: int, total: int) -> None:
            bar.update(task, description=name, completed=done, total=total)

        yield tell
