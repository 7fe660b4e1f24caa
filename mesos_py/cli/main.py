"""The command `mesos-py`. What it is made of is in `groups`, imported when Ctrl-C no longer ends in a traceback."""

from __future__ import annotations

import io
import sys

from mesos_py.cli import ctrl_c


def main() -> None:
    """The entry point of the installed command. What a terminal cannot show must not end a program."""
    ctrl_c.leaves_at_once()
    from mesos_py.cli.groups import COMMANDS, make_group

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    make_group(COMMANDS)(prog_name="mesos-py")
