"""`python -m mesos_py.simulation`: run one case and print what came of it, one line of JSON.

Equal settings give equal digests, on any machine; another seed gives another one.
"""

from __future__ import annotations

import gc
import sys
from typing import Final

import click

from libprocess_py.message import encode
from mesos_py.simulation.case import Case, CaseSettings

GC_THRESHOLD: Final = 50_000  # Nearly all garbage of a run is freed without the collector, so it need not look often.

EPILOG = """\
\b
Try it:
  python -m mesos_py.simulation --seed 1
  python -m mesos_py.simulation --seed 1 --agents 10 --frameworks 2 --tasks 200 --faults 5

\b
Exit status: 0 every task has finished, 1 some have not within a virtual day.
"""


@click.command("simulation", epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seed", required=True, type=click.IntRange(min=0), help="Everything random follows from it.")
@click.option("--agents", default=100, show_default=True, type=click.IntRange(min=1), help="How many agents.")
@click.option("--frameworks", default=10, show_default=True, type=click.IntRange(min=1), help="How many frameworks.")
@click.option("--tasks", default=5000, show_default=True, type=click.IntRange(min=1), help="Of all of them together.")
@click.option("--faults", default=0, show_default=True, type=click.IntRange(min=0), help="Crashes and partitions.")
def command(seed: int, agents: int, frameworks: int, tasks: int, faults: int) -> None:
    """Run a whole cluster on virtual time in this process; progress goes to standard error."""
    settings = CaseSettings(seed=seed, agents=agents, frameworks=frameworks, tasks=tasks, faults=faults)
    gc.set_threshold(GC_THRESHOLD)
    summary = Case(settings, progress=_say).run()
    click.echo(encode(summary).decode())
    sys.exit(0 if summary.is_finished else 1)


def _say(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    command(prog_name="python -m mesos_py.simulation")
