"""`mesos-py bench NAME`: measure this implementation on this machine."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from bench import actors, allocator

EPILOG = """\
\b
Try it:
  mesos-py bench actors
  mesos-py bench allocator --json allocator.json
"""

ROUNDS_OPTION = click.option(
    "--rounds", default=5, show_default=True, type=click.IntRange(min=1), help="How often each case is run."
)
JSON_OPTION = click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the results to a file.")


@click.group("bench", epilog=EPILOG)
def command() -> None:
    """Measure this implementation on this machine."""


@command.command("actors")
@ROUNDS_OPTION
@JSON_OPTION
def actors_command(rounds: int, json_file: Path | None) -> None:
    """Spawning, local and remote messages per second, and pykka in the same run."""
    console = Console(highlight=False)
    with console.status("") as status:
        report = actors.run(status.update, rounds=rounds)
    console.print(report.table())
    for name, times in actors.times_pykka(report).items():
        console.print(f"{name}: {times:.1f} times pykka")
    if json_file is not None:
        report.save(json_file)


@command.command("allocator")
@ROUNDS_OPTION
@JSON_OPTION
def allocator_command(rounds: int, json_file: Path | None) -> None:
    """Allocation runs over a grid of agents and frameworks."""
    console = Console(highlight=False)
    with console.status("") as status:
        report = allocator.run(status.update, rounds=rounds)
    console.print(report.table())
    if json_file is not None:
        report.save(json_file)
