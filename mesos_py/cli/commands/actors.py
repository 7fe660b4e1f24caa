"""`mesos-py actors NAME`: look at the actors of a running node, or at what those of a run did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mesos_py.cli.groups import LazyGroup, Row

COMMANDS: Final[Mapping[str, Row]] = {
    "top": Row("mesos_py.cli.commands.actors_top", "The busiest actors of a running node, live."),
    "timeline": Row("mesos_py.cli.commands.actors_timeline", "A picture of who told whom, from a decision log."),
}

EPILOG: Final = """\
\b
Try it:
  mesos-py actors top 127.0.0.1:5050
  LIBPROCESS_DECISION_LOG=/tmp/master.log mesos-py master
  mesos-py actors timeline /tmp/master.log --svg master.svg
"""

command = LazyGroup("actors", COMMANDS, help="Look at the actors of a node.", epilog=EPILOG)
