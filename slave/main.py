"""The agent as a program, and as something to put on a node: `run` for daemons, `spawn_agent` for everybody else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Callable
from typing import Final

from libprocess_py.core.failures import Policy
from libprocess_py.flags import shown
from libprocess_py.node import Node
from libprocess_py.pid import PID
from libprocess_py.runtime.addresses import resolved
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.loop_node import LoopNode
from libprocess_py.runtime.program import run as run_node
from libprocess_py.runtime.settings import NodeSettings, trust_of
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.attributes import Attributes
from mesos_py.protocol.detector import MasterDetector, StandaloneDetector, parse_master
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.version import VERSION
from slave.autodetect import complete
from slave.containerizer.containerizer import Containerizer
from slave.containerizer.posix import PosixContainerizer
from slave.core.settings import AgentSettings
from slave.flags import AgentFlags
from slave.http.files import FileReader
from slave.perform import Surroundings
from slave.sandboxes import DiskSandboxes
from slave.slave import AgentOptions, Slave
from slave.work_dir import WorkDirectory

PATH_DEFAULT: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # If the agent has none itself.
EXIT_FAILED: Final = 1
NS_PER_S: Final = 1_000_000_000
STOP_MARGIN_S: Final = 5.0  # Beyond the executors' grace: for killing what did not go, and for telling the master.

log: Final = logging.getLogger(__name__)


def pid_of(node: Node, number: int = 1) -> PID:
    """The PID of an agent of a node."""
    return PID(f"slave({number})", node.address)


def agent_settings(node: Node, flags: AgentFlags, *, number: int = 1) -> AgentSettings:
    """What the core is told. Asks the machine for what the flags leave open."""
    work_dir = os.path.abspath(flags.work_dir)
    info = AgentInfo(
        hostname=flags.hostname or socket.gethostname(),
        port=node.address.port,
        resources=complete(Resources.parse(flags.resources), work_dir),
        attributes=Attributes.parse(flags.attributes),
    )
    return AgentSettings(
        pid=pid_of(node, number),
        info=info,
        version=VERSION,
        work_dir=work_dir,
        python=sys.executable,
        path=os.environ.get("PATH", PATH_DEFAULT),
        executor_ip=node.address.ip,
        executor_environment=tuple({**trust_of(os.environ), **dict(flags.executor_environment_variables)}.items()),
        executor_registration_timeout_ns=flags.executor_registration_timeout,
        executor_shutdown_grace_ns=flags.executor_shutdown_grace_period,
        registration_backoff_ns=flags.registration_backoff_factor,
        command_executor=flags.command_executor,
        switch_user=flags.switch_user,
        completed_frameworks_max=flags.max_completed_frameworks,
        completed_executors_max=flags.max_completed_executors_per_framework,
        completed_tasks_max=flags.max_completed_tasks_per_executor,
    )


def spawn_agent(
    node: Node,
    flags: AgentFlags,
    *,
    containerizer: Containerizer | None = None,
    detector: MasterDetector | None = None,
    number: int = 1,
) -> PID:
    """Start agent `number` of a node, with a containerizer (POSIX by default) and a file reader; they end with it."""
    settings = agent_settings(node, flags, number=number)
    os.makedirs(settings.work_dir, exist_ok=True)
    surroundings = Surroundings(
        containerizer=node.spawn(containerizer or PosixContainerizer()),
        detector=detector or StandaloneDetector(parse_master(resolved(flags.master))),
        sandboxes=DiskSandboxes(),
    )
    options = AgentOptions(flags=shown(flags), files=node.spawn(FileReader()))
    return node.spawn(Slave(settings, surroundings, options=options))


def run(flags: AgentFlags, *, ready: Callable[[PID], None]) -> int:
    """Run an agent until it ends or is told to. Calls `ready` once it can be reached. The exit status."""
    advertised = {"advertise_ip": flags.advertise_ip, "advertise_port": flags.advertise_port}
    settings = NodeSettings.from_environ(
        os.environ,
        ip=flags.ip,
        port=flags.port,
        delegate="slave(1)",
        policy=Policy.ABORT_NODE,
        **{name: value for name, value in advertised.items() if value is not None},
    )

    async def main(node: LoopNode) -> int:
        return await serve(node, flags, ready=ready)

    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(WorkDirectory(flags.work_dir, remove=flags.remove_work_dir_on_exit))
        except OSError as error:
            log.error("agent_not_started work_dir=%r error=%r", flags.work_dir, error.strerror)
            return EXIT_FAILED
        return run_node(main, settings)


async def serve(node: LoopNode, flags: AgentFlags, *, ready: Callable[[PID], None]) -> int:
    """One agent on a running node. Cancelling it stops the agent in good order, within its grace period."""
    pid = spawn_agent(node, flags)
    log.info("agent_listening pid=%s master=%s work_dir=%s", pid, flags.master, flags.work_dir)
    ready(pid)
    try:
        await result(node.wait(pid))
    except asyncio.CancelledError:
        await stop(node, pid, grace_ns=flags.executor_shutdown_grace_period)
        raise
    return 0


async def stop(node: LoopNode, pid: PID, *, grace_ns: int) -> None:
    """Ask an agent to end, and wait for it as long as its executors have, and a little."""
    node.dispatch(pid, Slave.stop)
    limit_s = grace_ns / NS_PER_S + STOP_MARGIN_S
    try:
        await asyncio.wait_for(result(node.wait(pid)), limit_s)
    except TimeoutError:
        log.warning("agent_left_behind pid=%s after_s=%.1f", pid, limit_s)
