"""`mesos-py master`: the daemon, in the foreground."""

from __future__ import annotations

import sys

import click

from master.flags import MasterFlags
from master.main import run
from mesos_py.cli.flag_options import flag_options

EXAMPLE = """\
\b
Try it:
  mesos-py master --port 5050
"""


@click.command("master", epilog=EXAMPLE)
@flag_options(MasterFlags)
def command(flags: MasterFlags) -> None:
    """Run a master until it is told to stop (SIGTERM or Ctrl-C)."""
    sys.exit(run(flags))
