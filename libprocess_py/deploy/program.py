"""The program `mesos-py node`: a node that waits for others to spawn on it, or runs its part of a topology.

Standard output has one line, `listening ip:port`, once the node can be reached. SIGTERM and SIGINT end its actors in
reverse order, then the node. It ends by itself only when the supervisor of its topology gives up, with status 70.
"""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from libprocess_py.auth.keyring import SecretFileError
from libprocess_py.deploy.deployment import actor_class, deployment
from libprocess_py.deploy.remotes import Remotes
from libprocess_py.deploy.spawner import Spawner
from libprocess_py.deploy.topology import Topology, TopologyError, read_topology
from libprocess_py.flags import FlagError, flag, parse_bool
from libprocess_py.pid import PID, Address
from libprocess_py.runtime import program
from libprocess_py.runtime.addresses import resolved
from libprocess_py.runtime.loop_node import LoopNode
from libprocess_py.runtime.settings import PREFIX, NodeSettings
from libprocess_py.supervisor import Supervisor

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO  # Of a file's mode: what its group and everybody else may do.
OR_CERTIFICATES: Final = ", or certificates (LIBPROCESS_SSL_...)"
STOP_S: Final = 10.0  # For the actors of a topology to end one after another; what is left ends with the node.


def parse_address(text: str) -> Address:
    """`ip:port` or `host:port`. Raises ValueError."""
    return Address.parse(resolved(text))


def parse_topology_file(text: str) -> Topology:
    return read_topology(Path(text))


@dataclass(frozen=True)
class NodeFlags:
    """What a node can be told at its start. The other LIBPROCESS_ variables hold, too."""

    listen: Address | None = flag(  # noqa: RUF009  # An address is frozen.
        "Address to listen on, ip:port; port 0 is any. Otherwise that of --host, or any port of this machine alone.",
        default=None,
        parse=parse_address,
    )
    advertise: Address | None = flag(  # noqa: RUF009  # An address is frozen.
        "Address at which others reach it, if not that.", default=None, parse=parse_address
    )
    secret_file: Path | None = flag(  # noqa: RUF009  # A path is frozen.
        "File with a secret that all nodes share, at least 16 random characters in a line.", default=None, parse=Path
    )
    allow_spawn: bool = flag(
        "Let nodes that prove the secret spawn actors here: they may run any code.", default=False, parse=parse_bool
    )
    topology: Topology | None = flag(  # noqa: RUF009  # A topology is frozen.
        "File of actors and hosts, actors.toml.", default=None, parse=parse_topology_file, show=lambda _: "a topology"
    )
    host: str | None = flag("Which host of the topology this is: its actors are started.", default=None)
    controller: bool = flag(
        "Instead of --host: spawn the actors of the topology on all of its hosts, and supervise them from here.",
        default=False,
        parse=parse_bool,
    )


def run(flags: NodeFlags, *, ready: Callable[[Address], object]) -> int:
    """Run a node to its end; its exit status. Raises FlagError naming the flag, and ListenError."""
    settings = _settings(flags, os.environ)
    _check(flags, is_proof=_asks_for_proof(settings))
    try:
        settings.keyring()
    except SecretFileError as error:
        raise FlagError(f"--secret-file: {error}") from error
    if flags.topology is not None:
        _check_classes(flags.topology, host=flags.host)
    return program.run(partial(_main, flags=flags, ready=ready), settings)


async def _main(node: LoopNode, *, flags: NodeFlags, ready: Callable[[Address], object]) -> int:
    if flags.secret_file is not None and flags.secret_file.stat().st_mode & OTHERS:
        node.log.warning("secret file open to others", file=flags.secret_file, advice="chmod 600")
    node.spawn(Spawner(allow=flags.allow_spawn))
    Remotes.of(node)  # From now on links tell of the end of actors elsewhere, not only of their node's.
    top = None
    if flags.topology is not None:
        top = node.spawn(deployment(node, flags.topology, host=flags.host))
    ready(node.address)
    if top is None:
        await asyncio.Event().wait()
        raise AssertionError("nobody sets the event")
    return await _supervised(node, top)


async def _supervised(node: LoopNode, top: PID[Supervisor]) -> int:
    try:
        await node.wait(top)
    except asyncio.CancelledError:
        try:
            async with asyncio.timeout(STOP_S):
                await node.dispatch(top, Supervisor.stop)
        except TimeoutError:
            node.log.warning("actors do not end", limit_s=STOP_S)
        raise
    node.log.error("supervisor gave up", reason="its actors fail too often")
    return program.EXIT_ABORTED


def _check(flags: NodeFlags, *, is_proof: bool) -> None:
    """Flags that need others. Raises FlagError."""
    topology = flags.topology
    if topology is None:
        for name in ("host", "controller"):
            if getattr(flags, name):
                raise FlagError(f"--{name}: expected only with --topology")
    elif flags.controller == (flags.host is not None):
        raise FlagError("--topology: expected either --host NAME or --controller with it")
    elif flags.host is not None and flags.host not in topology.hosts:
        raise FlagError(f"--host: expected one of {', '.join(topology.hosts)}, got {flags.host!r}")
    if is_proof:
        return
    if flags.allow_spawn:
        raise FlagError(f"--allow-spawn: expected only with --secret-file, which others have to prove{OR_CERTIFICATES}")
    if flags.controller:
        raise FlagError(f"--controller: expected only with --secret-file, the one of the hosts{OR_CERTIFICATES}")
    if topology is not None and len({actor.host for actor in topology.actors}) > 1:
        raise FlagError(f"--topology: actors on several hosts need --secret-file, the same on each{OR_CERTIFICATES}")


def _asks_for_proof(settings: NodeSettings) -> bool:
    """Whether a peer can prove who it is: without that nobody is let in, so that the flags would be a mistake."""
    tls = settings.tls
    is_shown = tls is not None and (tls.require_client_cert or tls.verify_server_cert)
    return settings.secret_file is not None or is_shown


def _settings(flags: NodeFlags, environ: Mapping[str, str]) -> NodeSettings:
    listen = flags.listen
    if listen is None and flags.topology is not None and flags.host is not None:
        listen = flags.topology.hosts.get(flags.host)
    given: dict[str, Any] = {}
    if listen is not None:
        given |= {"ip": listen.ip, "port": listen.port}
    if flags.advertise is not None:
        given |= {"advertise_ip": flags.advertise.ip, "advertise_port": flags.advertise.port}
    if flags.secret_file is not None:
        given["secret_file"] = flags.secret_file
    others = {name: text for name, text in environ.items() if name != f"{PREFIX}SECRET_FILE"}  # A flag of ours, too.
    return NodeSettings.from_environ(others, **given)


def _check_classes(topology: Topology, *, host: str | None) -> None:
    """Before anything listens. Raises FlagError."""
    if topology.folder is not None and str(topology.folder) not in sys.path:
        sys.path.insert(0, str(topology.folder))
    try:
        for actor in topology.actors if host is None else topology.on(host):
            actor_class(actor)
    except TopologyError as error:
        raise FlagError(f"--topology: {error}") from error
