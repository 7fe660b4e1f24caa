"""`mesos-py agent`: the daemon, in the foreground."""

from __future__ import annotations

import sys

import click

from mesos_py.cli.flag_options import flag_options
from slave.flags import AgentFlags
from slave.main import run

EXAMPLE = """\
\b
Try it:
  mesos-py agent --master 127.0.0.1:5050 --work-dir /tmp/agent
"""


@click.command("agent", epilog=EXAMPLE)
@flag_options(AgentFlags)
def command(flags: AgentFlags) -> None:
    """Run an agent until it is told to stop (SIGTERM or Ctrl-C)."""
    sys.exit(run(flags))
