"""`mesos-py actors timeline`: who told whom, from a decision log in a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypedDict, Unpack

import click

from libprocess_py.introspection.chrome_trace import chrome_trace
from libprocess_py.introspection.journal import read_journal
from libprocess_py.introspection.sequence_svg import sequence_svg
from libprocess_py.introspection.timeline import ENTRIES_MAX, LANES_MAX, Selection, Timeline, timeline_of
from mesos_py.cli.spans import parse_span

CHROME_ENTRIES_MAX: Final = 100_000  # What its viewers still open within seconds,
CHROME_LANES_MAX: Final = 1_000  # and scroll through.

EPILOG = """\
\b
Try it:
  LIBPROCESS_DECISION_LOG=/tmp/master.log mesos-py master
  mesos-py actors timeline /tmp/master.log --svg master.svg
  mesos-py actors timeline /tmp/master.log --actor master --from 2secs --until 3secs --svg -
  mesos-py actors timeline /tmp/master.log --chrome trace.json    then open it at ui.perfetto.dev

\b
A program keeps such a log with NodeSettings(decision_log=...), a simulation with
SimulationOptions(log=Journal(path)). Exit status: 0 drawn, 1 no such log, 2 bad usage.
"""

FILE = click.Path(dir_okay=False, writable=True, allow_dash=True, path_type=Path)


class Chosen(TypedDict):
    """The options."""

    actors: tuple[str, ...]
    start: str | None
    end: str | None
    limit: int | None
    svg: Path | None
    chrome: Path | None


@click.command("timeline", epilog=EPILOG)
@click.argument("log", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--actor", "actors", multiple=True, metavar="PATTERN", help="Only what these are told or tell: `slave*`.")
@click.option("--from", "start", metavar="DURATION", help="Since the first record: leave out what was before.")
@click.option("--until", "end", metavar="DURATION", help="Since the first record: leave out what comes after.")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help=f"Events to show.  [default: {ENTRIES_MAX} in SVG]"
)
@click.option("--svg", type=FILE, help="Draw a sequence diagram; `-` is standard output.")
@click.option("--chrome", type=FILE, help="Write a trace for ui.perfetto.dev or chrome://tracing.")
def command(log: Path, **chosen: Unpack[Chosen]) -> None:
    """Make a picture of LOG, a decision log in a file."""
    if chosen["svg"] is None and chosen["chrome"] is None:
        raise click.UsageError("expected --svg FILE or --chrome FILE")
    start_ns = 0 if chosen["start"] is None else parse_span(chosen["start"], "--from")
    end_ns = None if chosen["end"] is None else parse_span(chosen["end"], "--until")
    pictures: list[tuple[Path | None, Callable[[Timeline], str], int, int]] = [
        (chosen["svg"], sequence_svg, ENTRIES_MAX, LANES_MAX),
        (chosen["chrome"], chrome_trace, CHROME_ENTRIES_MAX, CHROME_LANES_MAX),
    ]
    for file, picture, entries_max, lanes_max in pictures:
        if file is not None:
            bounded = Selection(chosen["actors"], start_ns, end_ns, chosen["limit"] or entries_max, lanes_max)
            _draw(log, file, selection=bounded, picture=picture)


def _draw(log: Path, file: Path, *, selection: Selection, picture: Callable[[Timeline], str]) -> None:
    try:
        timeline = timeline_of(read_journal(log), selection)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if not timeline.entries:
        raise click.ClickException(f"{log}: nothing in it is selected")
    try:
        with click.open_file(str(file), "w", encoding="utf-8") as stream:
            stream.write(picture(timeline))
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
    if timeline.entries_left_out:
        hint = "--actor, --from and --until choose, --limit allows more"
        click.echo(f"{file}: {timeline.entries_left_out:,} further events are left out ({hint})", err=True)
