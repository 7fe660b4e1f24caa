"""`mesos-py actors top`: which actors of a running node are busy, which lag, and in which handlers time goes.

Works with every node: masters, agents, frameworks, and programs that only use `libprocess_py`.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table

from libprocess_py.runtime.tls import TlsSettings
from mesos_py.cli.daemon import mistakes_in_a_line
from mesos_py.cli.spans import parse_span

NS_PER_S: Final = 1_000_000_000
TIMED_FOR: Final = 10  # Intervals: so long the node goes on timing its handlers when nobody asks any more.
TIMEOUT_S: Final = 5.0  # A node that does not answer within this is stuck in a handler, or not there.
ROWS: Final = 30  # Where output goes to no terminal.
FRAME: Final = 4  # Lines of a screen that are no rows.
ADDRESS: Final = re.compile(r"([\w.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}", re.ASCII)
QUALIFIER: Final = re.compile(r"(?<![/\w])\w+\.(?=\w)")  # The class before a method: the row says whose it is.
BODY_MAX: Final = 64 * 1024 * 1024
TLS_HINT: Final = " (does it speak TLS? Then this needs LIBPROCESS_SSL_ENABLED, and the other variables, too)"

EPILOG = """\
\b
Try it:
  mesos-py actors top 127.0.0.1:5050
  mesos-py actors top 127.0.0.1:5050 --once --json

\b
While it runs, the node times its handlers, which costs each event half a
microsecond. Ages are lower bounds. A node that speaks TLS is asked with the
LIBPROCESS_SSL_ variables that another node would need to reach it.
Exit status: 0, or 1 if the node does not answer.
"""


@dataclass(frozen=True, slots=True)
class Actor:
    """One row: what an actor did between two looks at its node."""

    id: str
    events_per_s: float
    busy: float  # Of the time between the looks: 1.0 is a whole core.
    depth: int
    oldest_ms: float | None
    costliest: str
    longest_ms: float


@click.command("top", epilog=EPILOG)
@click.argument("address", metavar="HOST:PORT")
@click.option(
    "--interval", "interval_text", metavar="DURATION", default="1secs", show_default=True, help="Between two looks."
)
@click.option("--once", is_flag=True, help="Look for one interval, print, and end.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each interval.")
def command(address: str, interval_text: str, *, once: bool, as_json: bool) -> None:
    """The busiest actors of the node at HOST:PORT."""
    if not ADDRESS.fullmatch(address):
        raise click.BadParameter(f"expected HOST:PORT, got {address!r}", param_hint="HOST:PORT")
    interval = parse_span(interval_text, "--interval")
    console, look = Console(highlight=False), partial(fetch, address, interval, tls=_tls())
    intervals = looks(look, look(), interval=interval)
    if as_json or once:
        for now, rows in itertools.islice(intervals, 1 if once else None):
            if as_json:
                click.echo(json.dumps({**_summary(now), "actors": [asdict(row) for row in rows]}))
            else:
                console.print(table_of(now, rows[:ROWS]))
        return
    with Live(console=console, screen=console.is_terminal, auto_refresh=False) as live:
        for now, rows in intervals:
            room = console.size.height - FRAME if console.is_terminal else ROWS
            live.update(table_of(now, rows[:room]), refresh=True)


def looks(
    look: Callable[[], dict[str, Any]], before: dict[str, Any], *, interval: int
) -> Iterator[tuple[dict[str, Any], list[Actor]]]:
    """For ever, a look after each interval, and what happened in that."""
    while True:
        time.sleep(interval / NS_PER_S)  # It waits for nothing: what happens in this time is what is asked for.
        now = look()
        yield now, busiest(before, now)
        before = now


def _tls() -> ssl.SSLContext | None:
    """As a node with this environment would connect to others."""
    with mistakes_in_a_line():
        settings = TlsSettings.from_environ(os.environ)
        return None if settings is None else settings.dialing()


def fetch(address: str, interval: int, *, tls: ssl.SSLContext | None = None) -> dict[str, Any]:
    """One look. It has the node time its handlers for a while from now."""
    seconds = max(1, TIMED_FOR * interval // NS_PER_S)
    url = f"{'http' if tls is None else 'https'}://{address}/__processes__/activity?duration={seconds}secs"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S, context=tls) as answer:
            told = json.loads(answer.read(BODY_MAX))
        if not isinstance(told, dict) or "actors" not in told:
            raise ValueError("its answer is no activity")
        return told
    except urllib.error.HTTPError as error:
        hint = " (is it a node of another implementation?)" if error.code == 404 else ""
        raise click.ClickException(f"{address}: answered {error.code} {error.reason}{hint}") from error
    except TimeoutError as error:
        reason = (
            f"no answer within {TIMEOUT_S:.0f} s: a handler may hold it up (LIBPROCESS_SLOW_HANDLER=200ms names it)"
        )
        raise click.ClickException(f"{address}: {reason}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        cause = getattr(error, "reason", None) or error
        reason = getattr(cause, "strerror", None) or str(cause)
        if tls is None and isinstance(cause, ConnectionResetError):  # So ends what is no beginning of TLS.
            reason += TLS_HINT
        raise click.ClickException(f"{address}: no node answers there: {reason}") from error


def busiest(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Actor]:
    """What happened between two looks: the most events first, then the longest queues."""
    seconds = max(1, now["now_ns"] - before["now_ns"]) / NS_PER_S
    former = {actor["id"]: actor for actor in before["actors"]}
    rows = [_row(actor, former.get(actor["id"], {}), seconds=seconds) for actor in now["actors"]]
    return sorted(rows, key=lambda row: (-row.events_per_s, -row.depth, row.id))


def _row(actor: Mapping[str, Any], former: Mapping[str, Any], *, seconds: float) -> Actor:
    """An actor that began anew, or a node that did, has fewer events than before: then all of them are new."""
    began_anew = actor["count"] < former.get("count", 0)
    count = actor["count"] - (0 if began_anew else former.get("count", 0))
    total_ms = actor["total_ms"] - (0.0 if began_anew else former.get("total_ms", 0.0))
    costliest = actor.get("costliest", {})
    return Actor(
        id=actor["id"],
        events_per_s=count / seconds,
        busy=total_ms / 1_000 / seconds,
        depth=actor["depth"] + actor.get("calls", 0),
        oldest_ms=actor.get("oldest_ms"),
        costliest=costliest.get("name", ""),
        longest_ms=costliest.get("longest_ms", 0.0),
    )


def table_of(now: Mapping[str, Any], rows: Sequence[Actor]) -> Table:
    """The rows as people read them, and a line about all of the node."""
    table = Table(box=None, pad_edge=False, header_style="bold", title=_headline(now, rows), title_justify="left")
    table.add_column("actor", no_wrap=True, overflow="ellipsis", max_width=28)
    for heading in ("events/s", "busy", "depth", "oldest"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("most time in", no_wrap=True, overflow="ellipsis", max_width=24)
    table.add_column("longest", justify="right", no_wrap=True)
    for row in rows:
        oldest = "" if row.oldest_ms is None else f"{row.oldest_ms:.0f} ms"
        longest = f"{row.longest_ms:.1f} ms" if row.costliest else ""
        figures = (f"{row.events_per_s:,.0f}", f"{row.busy:.1%}", f"{row.depth:,}", oldest)
        table.add_row(row.id, *figures, QUALIFIER.sub("", row.costliest), longest)
    return table


def _headline(now: Mapping[str, Any], rows: Iterable[Actor]) -> str:
    rows = list(rows)
    events, busy = sum(row.events_per_s for row in rows), sum(row.busy for row in rows)
    return f"{now['address']}   {now['actors_total']:,} actors   {events:,.0f} events/s   busy {busy:.1%}"


def _summary(now: Mapping[str, Any]) -> dict[str, Any]:
    return {name: now[name] for name in ("address", "now_ns", "actors_total")}
