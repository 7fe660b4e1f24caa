"""`mesos-py allocator NAME`: allocation policies by themselves, without a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mesos_py.cli.groups import LazyGroup, Row

COMMANDS: Final[Mapping[str, Row]] = {
    "replay": Row("mesos_py.cli.commands.allocator_replay", "Play files of cases and say which do not come out."),
    "serve": Row("mesos_py.cli.commands.allocator_serve", "Drive an allocator by lines of JSON."),
    "explain": Row("mesos_py.cli.commands.allocator_explain", "Why a framework in a file of cases got no offer."),
    "compare": Row("mesos_py.cli.commands.allocator_compare", "Policies beside each other under one workload."),
}

EPILOG: Final = """\
\b
Try it:
  mesos-py allocator replay tests/conformance/cases/*.json --seeds 20
  echo '{"op": "start"}' | mesos-py allocator serve
"""

command = LazyGroup("allocator", COMMANDS, help="Allocation policies by themselves, without a cluster.", epilog=EPILOG)
