"""`mesos-py agent`: the daemon, in the foreground."""

from __future__ import annotations

import sys

import click

from mesos_py.cli.daemon import LOGGING_LEVEL, log_to_stderr, serve
from mesos_py.cli.flag_options import flag_options
from slave.flags import AgentFlags
from slave.main import run

EPILOG = """\
\b
Try it:
  mesos-py agent --master 127.0.0.1:5050 --work-dir /tmp/mesos-agent
"""


@click.command("agent", epilog=EPILOG)
@LOGGING_LEVEL
@flag_options(AgentFlags)
def command(flags: AgentFlags, logging_level: str) -> None:
    """Run an agent until it is told to stop (SIGTERM or Ctrl-C)."""
    log_to_stderr(logging_level)
    sys.exit(serve(run, flags))
