"""`mesos-py master`: the daemon, in the foreground."""

from __future__ import annotations

import sys

import click

from master.flags import MasterFlags
from master.main import run
from mesos_py.cli.daemon import LOGGING_LEVEL, log_to_stderr, serve
from mesos_py.cli.flag_options import flag_options

EPILOG = """\
\b
Try it:
  mesos-py master --port 5050
"""


@click.command("master", epilog=EPILOG)
@LOGGING_LEVEL
@flag_options(MasterFlags)
def command(flags: MasterFlags, logging_level: str) -> None:
    """Run a master until it is told to stop (SIGTERM or Ctrl-C)."""
    log_to_stderr(logging_level)
    sys.exit(serve(run, flags))
