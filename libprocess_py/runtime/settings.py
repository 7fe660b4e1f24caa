"""What a real node is told at its start: where it listens, what it calls itself, and how strict it is."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from libprocess_py.auth.core.secret import Secret
from libprocess_py.auth.keyring import Keyring, SecretFileError
from libprocess_py.core.decision_log import DecisionLog
from libprocess_py.core.failures import Policy
from libprocess_py.core.tracing import Tracer
from libprocess_py.duration import parse_duration
from libprocess_py.flags import FlagError, flag, load, parse_bool, parse_count
from libprocess_py.metrics.process import METRICS_RATE
from libprocess_py.node import NodeOptions
from libprocess_py.pid import PORT_MAX, Address
from libprocess_py.rate_limiter import Rate
from libprocess_py.runtime.tls import PREFIX as TLS_PREFIX
from libprocess_py.runtime.tls import TlsSettings

PREFIX: Final = "LIBPROCESS_"
TRUST: Final = (f"{PREFIX}SECRET_FILE", f"{PREFIX}PLAIN_PEERS", TLS_PREFIX)  # Variables, or how their names begin.
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

HANDSHAKE_TIMEOUT_S: Final = 5.0  # A round trip takes milliseconds; a lost packet may cost a few seconds.
CONNECTIONS_MAX: Final = 16_384  # That others have opened; a cluster's master has one or two per agent.
REQUEST_TIMEOUT_S: Final = 120.0  # The largest body takes less on any line in use; a trickling client is let go.


def parse_ip(text: str) -> str:
    """An IP address in text form. Raises ValueError."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f"expected an IP address, got {text!r}") from None


def parse_port(text: str) -> int:
    """A TCP port; 0 lets the system pick one. Raises ValueError."""
    if not (text.isascii() and text.isdigit() and int(text) <= PORT_MAX):
        raise ValueError(f"expected a port from 0 to {PORT_MAX}, got {text!r}")
    return int(text)


def parse_path(text: str) -> Path:
    """An absolute path. Raises ValueError, which does not repeat the text: somebody may have put a secret there."""
    if not text.startswith("/") or not text.isprintable():
        raise ValueError("expected an absolute path")
    return Path(text)


def parse_connections(text: str) -> int:
    """How many connections. Raises ValueError: a node that takes none is of no use."""
    count = parse_count(text)
    if not count:
        raise ValueError("expected a number from 1, got '0'")
    return count


def parse_networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks, separated by commas: `10.0.0.7,192.168.0.0/16`. Raises ValueError."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


@dataclass(frozen=True)
class _Variables:
    """The part of the settings that libprocess takes from the environment, under the names it uses."""

    ip: str = flag("Address to listen on.", default="127.0.0.1", parse=parse_ip)
    port: int = flag("Port to listen on; 0: any.", default=0, parse=parse_port)
    advertise_ip: str | None = flag("Address at which peers reach us, if not that one.", default=None, parse=parse_ip)
    advertise_port: int | None = flag("Port at which peers reach us, likewise.", default=None, parse=parse_port)
    require_peer_address_ip_match: bool = flag(
        "Refuse messages whose sender claims another address than its connection has.", default=False, parse=parse_bool
    )
    secret_file: Path | None = flag(  # noqa: RUF009  # A path is frozen.
        "File of secrets shared with peers, one per line, newest first; each peer has to prove one.",
        default=None,
        parse=parse_path,
    )
    plain_peers: tuple[Network, ...] = flag(
        "Networks whose nodes may go without: plain libprocess is spoken with them.", default=(), parse=parse_networks
    )
    unix_path: Path | None = flag(  # noqa: RUF009  # A path is frozen.
        "Unix socket to listen on, beside the port.", default=None, parse=parse_path
    )
    connections_max: int = flag(
        "Connections that others may have open to us.", default=CONNECTIONS_MAX, parse=parse_connections
    )
    metrics_snapshot_endpoint_rate_limit: Rate = flag(  # noqa: RUF009  # A rate is frozen.
        "How often /metrics/snapshot is answered, e.g. 2/1secs.", default=METRICS_RATE, parse=Rate.parse
    )
    decision_log: Path | None = flag(  # noqa: RUF009  # A path is frozen.
        "File for a record of every event that an actor is served, as JSON lines.", default=None, parse=parse_path
    )
    slow_handler: int | None = flag(
        "Watch for handlers that hold up everybody else for so long, e.g. 200ms, and log them.",
        default=None,
        parse=parse_duration,
    )


@dataclass(frozen=True, kw_only=True)
class NodeSettings:
    """Settings of one node. The default listens on the loopback interface only: more has to be asked for."""

    ip: str = "127.0.0.1"
    port: int = 0
    advertise_ip: str | None = None
    advertise_port: int | None = None
    delegate: str | None = None  # Id of the process that answers paths which name none: "/state" is "/master/state".
    require_peer_address_ip_match: bool = False
    secrets: tuple[Secret, ...] = ()  # Shared with peers, the newest first; each peer has to prove one.
    secret_file: Path | None = None  # More of them, before those; read again when it changes.
    plain_peers: tuple[Network, ...] = ()  # Whose nodes may go without a proof.
    metrics_snapshot_endpoint_rate_limit: Rate | None = METRICS_RATE  # None: answered whenever it is asked for.
    request_timeout_s: float = REQUEST_TIMEOUT_S
    handshake_timeout_s: float = HANDSHAKE_TIMEOUT_S
    connections_max: int = CONNECTIONS_MAX
    tls: TlsSettings | None = None
    unix_path: Path | None = None  # Of a socket to listen on, beside the port.
    unix_peers: Mapping[Address, Path] = field(
        default_factory=dict
    )  # Nodes of this host to be reached by such a socket.
    policy: Policy = Policy.END_ACTOR
    encode_local: bool = False  # Encode and decode local messages too, so that tests find what cannot travel.
    log: DecisionLog | None = None  # Takes a record of every event.
    decision_log: Path | None = None  # The same, for a file; see `introspection.journal`.
    slow_handler: int | None = None  # Nanoseconds: log handlers that hold the loop for longer, with their stack.
    tracer: Tracer | None = None  # Follows what one event causes; see `introspection.spans`.
    seed: int | None = None  # None: chance and ids from the system.

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], **others: object) -> Self:
        """Settings from LIBPROCESS_IP, _PORT, ..., LIBPROCESS_SSL_ENABLED, ...; `others` win over the environment.

        Raises FlagError naming the variable and what was expected.
        """
        found = vars(load(_Variables, {}, environ=environ, prefix=PREFIX))
        settings = cls(**{"tls": TlsSettings.from_environ(environ), **found, **others})
        try:
            settings.keyring()
        except SecretFileError as error:
            if "secret_file" not in others:  # Otherwise whoever gave it knows what to call it.
                raise FlagError(f"{PREFIX}SECRET_FILE: {error}") from error
        except ValueError as error:
            raise FlagError(f"{PREFIX}PLAIN_PEERS: {error}") from error
        return settings

    def keyring(self) -> Keyring | None:
        """The secrets, None if there are none. Raises SecretFileError, ValueError for exceptions without a rule."""
        if not self.secrets and self.secret_file is None:
            if self.plain_peers:
                raise ValueError("plain_peers: expected only where there are secrets; without any, all peers are plain")
            return None
        return Keyring(self.secrets, file=self.secret_file)

    @property
    def options(self) -> NodeOptions:
        """The part that any driver's node has."""
        return NodeOptions(
            policy=self.policy,
            encode_local=self.encode_local,
            delegate=self.delegate,
            log=self.log,
            metrics_rate=self.metrics_snapshot_endpoint_rate_limit,
            tracer=self.tracer,
        )

    def advertised(self, bound: Address, reachable_ip: str) -> Address:
        """How peers reach a node bound there; `reachable_ip` stands in for "any interface", which is no place."""
        ip = bound.ip if not ipaddress.ip_address(bound.ip).is_unspecified else reachable_ip
        return Address(self.advertise_ip or ip, self.advertise_port or bound.port)


def trust_of(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that say whom to believe and how to be believed, for programs that are started from here.

    Paths are made absolute: such a program may have another working directory.
    """
    found = {name: text for name, text in environ.items() if name.startswith(TRUST)}
    return {
        name: os.path.abspath(text) if text and name.endswith(("_FILE", "_DIR")) else text
        for name, text in found.items()
    }
