"""`mesos-py local`: a master and agents in one OS process, on one node, for developing frameworks.

Containers are real processes, as with `mesos-py agent`; only the daemons share a process and a port. Ctrl-C stops the
agents in good order, and nothing is left but a work directory that the caller named.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from typing import Final

import click

from libprocess_py.core.failures import Policy
from libprocess_py.flags import flag
from libprocess_py.pid import PID
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.loop_node import LoopNode
from libprocess_py.runtime.program import run
from libprocess_py.runtime.settings import NodeSettings, parse_ip, parse_port
from master.flags import DEFAULT_PORT, MasterFlags
from master.main import spawn_master
from mesos_py.cli.daemon import LOGGING_LEVEL, announce, log_to_stderr, mistakes_in_a_line
from mesos_py.cli.flag_options import flag_options
from mesos_py.protocol.detector import MASTER_ID
from mesos_py.protocol.resources import Resources
from slave.autodetect import complete
from slave.flags import AgentFlags
from slave.main import spawn_agent, stop

EXIT_FAILED: Final = 1
ALLOCATION_INTERVAL_NS: Final = 100_000_000  # A tenth of the usual: what a short task leaves is offered again at once.
REGISTRATION_BACKOFF_NS: Final = 10_000_000  # No herd of agents falls upon this master.
AGENTS_MAX: Final = 100  # Each has threads and timers of its own; who wants thousands simulates them.
PORTS: Final = range(31_000, 32_001)  # Shared out among the agents, which have one address.
CPUS_MIN: Final = 2  # A task that needs one, and an executor of its own that needs a little, fit on every agent.
WORK_DIR_PREFIX: Final = "mesos-local-"

EPILOG = """\
\b
Try it:
  mesos-py local --agents 3
  mesos-py execute --master 127.0.0.1:5050 --command 'hostname; date'
  curl 127.0.0.1:5050/master/state
"""

log: Final = logging.getLogger(__name__)


def parse_agents(text: str) -> int:
    """How many agents. Raises ValueError."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= AGENTS_MAX):
        raise ValueError(f"expected a number from 1 to {AGENTS_MAX}, got {text!r}")
    return int(text)


@dataclass(frozen=True)
class LocalFlags:
    """What can be chosen."""

    agents: int = flag("How many agents.", default=1, parse=parse_agents)
    ip: str = flag("Address to listen on.", default="127.0.0.1", parse=parse_ip)
    port: int = flag("Port to listen on; 0: any.", default=DEFAULT_PORT, parse=parse_port)
    resources: Resources = flag(  # noqa: RUF009  # Resources are frozen.
        "Of each agent, as name:value;...; what it does not name is a share of this machine.",
        default=Resources(),
        parse=Resources.parse,
    )
    work_dir: str | None = flag(
        "Where sandboxes are made; otherwise a temporary folder, which is removed at the end.", default=None
    )


@click.command("local", epilog=EPILOG)
@LOGGING_LEVEL
@flag_options(LocalFlags)
def command(flags: LocalFlags, logging_level: str) -> None:
    """Run a master and agents in one process until it is told to stop (SIGTERM or Ctrl-C)."""
    log_to_stderr(logging_level)
    folder = flags.work_dir or tempfile.mkdtemp(prefix=WORK_DIR_PREFIX)
    try:
        with mistakes_in_a_line():
            settings = NodeSettings.from_environ(
                os.environ, ip=flags.ip, port=flags.port, delegate=MASTER_ID, policy=Policy.ABORT_NODE
            )
            shares = [
                share(flags.resources, number, agents=flags.agents, work_dir=folder) for number in range(flags.agents)
            ]
            sys.exit(run(lambda node: serve(node, shares, work_dir=folder), settings))
    except OSError as error:
        raise click.ClickException(f"{folder}: {error.strerror or error}") from error
    finally:
        if flags.work_dir is None:
            shutil.rmtree(folder, ignore_errors=True)


def share(given: Resources, number: int, *, agents: int, work_dir: str) -> Resources:
    """What an agent offers: what is given, and a share of this machine of whatever that does not name.

    A share has whole cpus, and on a small machine more than its due: nothing enforces them, and see `CPUS_MIN`.
    """
    whole = complete(Resources(), work_dir)
    cut = len(PORTS) // agents
    ports = PORTS[number * cut : (number + 1) * cut]
    shares = {
        "cpus": f"{max(CPUS_MIN, int(whole.cpus) // agents)}",
        "mem": f"{int(whole.mem) // agents}",
        "disk": f"{int(whole.disk) // agents}",
        "ports": f"[{ports[0]}-{ports[-1]}]",
    }
    parts = [f"{name}:{value}" for name, value in shares.items() if name not in given.names]
    return given + Resources.parse(";".join(parts))


async def serve(node: LoopNode, shares: list[Resources], *, work_dir: str) -> int:
    """The cluster on a running node. Cancelling it stops the agents, which tell the master, before the node stops."""
    flags_of_master = MasterFlags(
        ip=node.address.ip, port=node.address.port, allocation_interval=ALLOCATION_INTERVAL_NS
    )
    master = spawn_master(node, flags_of_master)
    flags = [
        _agent_flags(master, resources, number=number, work_dir=work_dir) for number, resources in enumerate(shares, 1)
    ]
    try:
        agents = [spawn_agent(node, each, number=number) for number, each in enumerate(flags, 1)]
    except OSError as error:
        log.error("agent_not_started work_dir=%r error=%r", work_dir, str(error))
        return EXIT_FAILED
    announce(master)
    try:
        await result(node.wait(master))
    except asyncio.CancelledError:
        grace_ns = flags[0].executor_shutdown_grace_period
        await asyncio.gather(*(stop(node, agent, grace_ns=grace_ns) for agent in agents))
        raise
    return EXIT_FAILED  # A master only ends by itself when something is wrong.


def _agent_flags(master: PID, resources: Resources, *, number: int, work_dir: str) -> AgentFlags:
    return AgentFlags(
        master=str(master),
        ip=master.address.ip,
        port=master.address.port,
        work_dir=os.path.join(work_dir, f"agent-{number}"),
        resources=str(resources),
        registration_backoff_factor=REGISTRATION_BACKOFF_NS,
    )
