"""`mesos-py node`: a node for actors, in the foreground."""

from __future__ import annotations

import sys

import click

from libprocess_py.deploy.program import NodeFlags, run
from libprocess_py.runtime.settings import PREFIX
from mesos_py.cli.daemon import LOGGING_LEVEL, log_to_stderr, serve
from mesos_py.cli.flag_options import flag_options

EPILOG = """\
\b
Try it:
  (umask 077; head -c 24 /dev/urandom | base64 >secret)
  mesos-py node --listen 127.0.0.1:5051 --secret-file secret --allow-spawn
  mesos-py node --topology actors.toml --host left --secret-file secret
"""


@click.command("node", epilog=EPILOG)
@LOGGING_LEVEL
@flag_options(NodeFlags, prefix=PREFIX)
def command(flags: NodeFlags, logging_level: str) -> None:
    """Run a node on which others spawn actors, or which runs its part of a topology (see docs/libprocess/deploy.md).

    Until it is told to stop (SIGTERM or Ctrl-C).
    """
    log_to_stderr(logging_level)
    sys.exit(serve(run, flags))
