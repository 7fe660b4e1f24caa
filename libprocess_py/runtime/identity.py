"""Whom a connection may speak for, by what its other side has shown: an address, a certificate, a secret."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from libprocess_py.pid import PID, Address
from libprocess_py.runtime.tls import certified_ips

if TYPE_CHECKING:
    from libprocess_py.runtime.driver import LoopDriver

LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})


class Identity:
    """The other side of a connection that somebody opened to us."""

    __slots__ = ("_certified", "_driver", "ip", "node")

    def __init__(self, driver: LoopDriver, transport: asyncio.BaseTransport) -> None:
        self._driver = driver
        name = transport.get_extra_info("peername")
        self.ip = name[0] if isinstance(name, tuple) else ""  # Empty: a Unix socket, so it is on this host.
        self.node: Address | None = None  # The one that it has proved to be, by a secret.
        self._certified = certified_ips(transport) if driver.tls is not None else frozenset()

    @property
    def is_authenticated(self) -> bool:
        return self.node is not None or bool(self._certified)

    @property
    def is_stranger(self) -> bool:
        """Whether it has to prove who it is before a message of it counts."""
        security = self._driver.security
        return not (security is None or self.is_authenticated or security.trusts_plain(self.ip))

    def problem_with(self, sender: PID) -> str:
        """Why it cannot be `sender` who writes there; empty if it can."""
        address = sender.address
        if address == self._driver.node.address:
            return "an actor of this node does not write through a socket"
        if self.node is not None and address != self.node:
            return f"its connection belongs to {self.node}"
        if self._certified and address.ip not in self._certified:
            return f"its certificate is made out to {', '.join(sorted(self._certified))}"
        if self._driver.match_peers and not self._is_at(address.ip):
            return f"its connection comes from {self.ip or 'this host'}"
        return ""

    def _is_at(self, ip: str) -> bool:
        return ip == self.ip if self.ip else ip == self._driver.node.address.ip or ip in LOOPBACK
