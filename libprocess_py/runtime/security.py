"""What a node asks of its peers before it believes them: the shell around `libprocess_py.auth`.

A node with secrets exchanges messages only on connections whose other side has proved that it knows one, and with plain
libprocess peers in networks that its operator names. Handshakes under way are bounded in time, and those that others
have begun in number, too: the oldest gives way to the newest, so that a crowd which begins them and never ends them has
to begin more than that many within the milliseconds that an honest one takes.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from libprocess_py.auth.core.frames import FrameError
from libprocess_py.auth.core.handshake import Agreement, Dialer, HandshakeError, agree
from libprocess_py.auth.core.secret import NONCE_SIZE, Secret
from libprocess_py.auth.keyring import Keyring
from libprocess_py.metrics.registry import Counter
from libprocess_py.pid import Address
from libprocess_py.runtime.settings import NodeSettings

if TYPE_CHECKING:
    from libprocess_py.node import Node

LOOK_S: Final = 10.0  # Between looks at the file of secrets, beside those that handshakes take.
LISTENED_MAX: Final = 256  # Handshakes that others have begun; an honest one is over within milliseconds.


class Handshakes:
    """Those under way in one direction, the oldest first."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, overdue: Counter, *, timeout_s: float, limit: int | None = None
    ) -> None:
        self._loop = loop
        self._overdue = overdue
        self._timeout_s = timeout_s
        self._limit = limit
        self._pending: dict[object, tuple[asyncio.TimerHandle, Callable[[], None]]] = {}

    def begin(self, connection: object, *, give_up: Callable[[], None]) -> None:
        """`give_up` is called unless it ends in time."""
        if self._limit is not None and len(self._pending) >= self._limit:
            self._give_up(next(iter(self._pending)))
        self._pending[connection] = self._loop.call_later(self._timeout_s, self._give_up, connection), give_up

    def end(self, connection: object) -> None:
        """It came to its end, or the connection did."""
        pending = self._pending.pop(connection, None)
        if pending is not None:
            pending[0].cancel()

    def close(self) -> None:
        for connection in tuple(self._pending):
            self.end(connection)

    def __len__(self) -> int:
        return len(self._pending)

    def _give_up(self, connection: object) -> None:
        _, give_up = self._pending[connection]
        self.end(connection)
        self._overdue.add()
        give_up()


class Security:
    """The secrets and the bounds of one node."""

    def __init__(
        self, node: Node, loop: asyncio.AbstractEventLoop, *, keyring: Keyring, settings: NodeSettings
    ) -> None:
        self._node = node
        self._keyring = keyring
        self._loop = loop
        self._known = keyring.current()
        self._admitted: dict[object, tuple[Secret, Callable[[], None]]] = {}  # Connections, by what they have proved.
        self._look: asyncio.TimerHandle | None = None
        if settings.secret_file is not None:
            self._look_later()
        self._plain = settings.plain_peers
        timeout_s = settings.handshake_timeout_s
        overdue = node.metrics.counter("libprocess/auth/handshakes_refused/overdue")
        self.dialed = Handshakes(loop, overdue, timeout_s=timeout_s)
        self.listened = Handshakes(loop, overdue, timeout_s=timeout_s, limit=LISTENED_MAX)

    def trusts_plain(self, ip: str) -> bool:
        """Whether peers at that address may go without a proof."""
        try:
            address = ipaddress.ip_address(ip)
        except ValueError:  # A Unix socket has none.
            return False
        return any(address in network for network in self._plain)

    def dialer(self, theirs: Address) -> Dialer:
        return Dialer(self._secrets(), os.urandom(NONCE_SIZE), ours=self._node.address, theirs=theirs)

    def agree(self, headers: Mapping[str, str]) -> Agreement:
        """What to answer to a peer's hello. Raises HandshakeError."""
        return agree(headers, self._secrets(), nonce=os.urandom(NONCE_SIZE), ours=self._node.address)

    def refused(self, error: HandshakeError | FrameError, *, peer: object) -> None:
        what = "handshake" if isinstance(error, HandshakeError) else "frame"
        self._node.metrics.counter(f"libprocess/auth/{what}s_refused/{error.reason}").add()
        self._node.log.warning(f"{what} refused", peer=peer, reason=error.reason, error_text=error.text)

    def admit(self, connection: object, secret: Secret, *, end: Callable[[], None]) -> None:
        """It has proved that one. `end` is called when it is withdrawn."""
        self._admitted[connection] = secret, end

    def left(self, connection: object) -> None:
        self._admitted.pop(connection, None)

    def close(self) -> None:
        if self._look is not None:
            self._look.cancel()
        self.dialed.close()
        self.listened.close()

    def _look_later(self) -> None:
        self._look = self._loop.call_later(LOOK_S, self._look_now)

    def _look_now(self) -> None:
        self._secrets()
        self._look_later()

    def _withdraw(self) -> None:
        """End what was begun under a secret that is none any more."""
        ends = [end for secret, end in self._admitted.values() if secret not in self._known]
        self._node.log.info("secrets changed", count=len(self._known), connections_ended=len(ends))
        for end in ends:
            end()

    def _secrets(self) -> tuple[Secret, ...]:
        before = self._keyring.problem
        secrets = self._keyring.current()
        if self._keyring.problem and self._keyring.problem != before:
            self._node.log.error("secrets kept as they were", reason=self._keyring.problem)
        if secrets != self._known:
            self._known = secrets
            self._withdraw()
        return secrets
