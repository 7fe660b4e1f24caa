"""Connections to other nodes, one per peer: what our actors send goes out, in order; what comes back are only answers.

A connection opens with the first message or link. While an actor is linked to the peer it stays, and its loss is the
node's news; otherwise it ends when its queue is empty, all answers were read and nothing followed for a moment. A lost
connection loses what was queued: delivery is at most once, so nothing is sent twice. The next message or link opens
another one. Answers are counted as they come and never waited for. What a turn of the kernel sent leaves in one write,
or in a few where it is much.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from libprocess_py.core.drops import OVERSIZED, PEER_QUEUE_FULL
from libprocess_py.core.wire import LAST_CHUNK
from libprocess_py.core.wire_head import BODY_MAX, message_head
from libprocess_py.pid import PID, Address
from libprocess_py.runtime.peer import Peer

if TYPE_CHECKING:
    from libprocess_py.node import Node
    from libprocess_py.runtime.security import Security
    from libprocess_py.runtime.ways import Ways

IN_FLIGHT_MAX: Final = 2 * BODY_MAX  # Bytes not yet taken by the system, per peer: a stuck peer may cost this, no more.
UNREACHABLE_MAX: Final = 1_024  # Addresses remembered, so that silence about them costs little memory.
# A turn that sends more than this lets it leave before its end, so that both nodes work at the same time: that many
# messages at first, then twice as many each time, for a turn that sends thousands is better served by large writes.
CHUNK: Final = 32
CHUNK_BYTES: Final = 65_536  # Or that much: what was joined is still in the processor's cache when it is written.
HEADS_MAX: Final = 16_384  # Heads kept, one per sender, receiver and message name in use; about 8 MiB.
HEAD_ESTIMATE: Final = 256  # What a message costs beside its body, for the bound above.


class Peers:
    """All outgoing connections of one node."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        node: Node,
        *,
        lost: Callable[[Address], None],
        ways: Ways,
        security: Security | None,
    ) -> None:
        self.loop = loop
        self.ways = ways
        self.security = security
        self.log = node.log
        self._metrics = node.metrics
        self._lost = lost
        self._by_address: dict[Address, Peer] = {}
        self._closing: set[Peer] = set()  # No longer used, but not yet gone.
        self._unreachable: set[Address] = set()  # The last attempt to connect failed, and was logged.
        self._waiting: list[Peer] = []  # With messages from this turn.
        self._heads: dict[tuple[PID, PID | None, str], bytes] = {}
        self._last: tuple[PID | None, PID | None, str, bytes] = (None, None, "", b"")  # Looked up last, and found.

    def transmit(self, to: PID, sender: PID | None, *, name: str, body: bytes, trace: str = "") -> str | None:
        """Queue a message; it leaves with `flush`. Why it was dropped, if so."""
        peer = self._by_address.get(to.address) or self._open(to.address)
        size = len(body)
        roomy = size <= BODY_MAX and peer.queued + peer.unsent + size <= IN_FLIGHT_MAX
        if not roomy:
            problem = self._problem(peer, to, name=name, size=size)
            if problem is not None:
                return problem
        last = self._last
        if trace:
            head = message_head(to, sender, name=name, trace=trace)
        elif to is last[0] and sender is last[1] and name is last[2]:  # One of a burst.
            head = last[3]
        else:
            key = (to, sender, name)
            head = self._heads.get(key) or self._head(key)
            self._last = (to, sender, name, head)
        out = peer.out
        if size:
            out.append(b"%b%x\r\n" % (head, size))
            out.append(body)
            out.append(LAST_CHUNK)
        else:
            out.append(message_head(to, sender, name=name, empty=True, trace=trace))
        peer.queued += size + HEAD_ESTIMATE
        peer.messages += 1
        if not peer.waiting:
            peer.waiting = True
            peer.chunk = CHUNK
            self._waiting.append(peer)
        elif peer.messages >= peer.chunk or peer.queued >= CHUNK_BYTES:
            peer.chunk *= 2
            peer.flush()
        return None

    def flush(self) -> None:
        """Write what this turn has sent."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        for peer in waiting:
            peer.waiting = False
            peer.flush()

    def connect(self, address: Address, *, anew: bool = False) -> None:
        """Keep a connection to that node, and report its loss. With `anew` another one takes over what was queued."""
        peer = self._by_address.get(address)
        if peer is None:
            peer = self._open(address)
        elif anew and not peer.is_new:
            self.retire(peer)
            former, peer = peer, self._open(address)
            peer.take_over(former)
            if peer.waiting:
                self._waiting.append(peer)
        peer.linked = True

    def disconnect(self, address: Address) -> None:
        peer = self._by_address.get(address)
        if peer is not None:
            peer.linked = False
            peer.watch_idleness()

    def lost(self, peer: Peer, reason: str) -> None:
        """A connection ended, or never came to be. Called once per peer."""
        self.retire(peer)
        self._closing.discard(peer)
        # Whoever waits for a peer tries again and again: that there is none is told the first time.
        known = not peer.connected and peer.address in self._unreachable
        if peer.messages:
            self._metrics.counter("libprocess/dropped/connection_lost").add(peer.messages)
            tell = self.log.debug if known else self.log.warning
            tell("messages dropped", peer=peer.address, count=peer.messages, reason=reason)
        if not peer.connected:
            if len(self._unreachable) >= UNREACHABLE_MAX:
                self._unreachable.clear()
            self._unreachable.add(peer.address)
        if peer.linked:
            tell = self.log.debug if known else self.log.info
            tell("link lost", peer=peer.address, reason=reason)
            self._lost(peer.address)

    def reached(self, peer: Peer) -> None:
        """A connection came to be: its end is news again."""
        peer.connected = True
        self._unreachable.discard(peer.address)

    def retire(self, peer: Peer) -> None:
        """Use it no more: whatever comes next opens another connection."""
        if self._by_address.get(peer.address) is peer:
            del self._by_address[peer.address]
            self._closing.add(peer)

    def refused(self, peer: Peer, status: int, *, count: int) -> None:
        """Messages came to a node that had no use for them."""
        self._metrics.counter(f"libprocess/http/answers_{status}").add(count)
        self.log.debug("messages refused", peer=peer.address, status=status, count=count)

    @property
    def open_count(self) -> int:
        return len(self._by_address) + len(self._closing)

    @property
    def transports(self) -> tuple[asyncio.Transport | None, ...]:
        return tuple(peer.raw for peer in (*self._by_address.values(), *self._closing))

    @property
    def is_flushed(self) -> bool:
        """Whether the system has taken every byte and every answer was read."""
        return all(peer.is_quiet for peer in (*self._by_address.values(), *self._closing))

    def close(self) -> None:
        """End every connection at once, without telling anybody."""
        for peer in (*self._by_address.values(), *self._closing):
            peer.abort()

    def _open(self, address: Address) -> Peer:
        peer = self._by_address[address] = Peer(self, address)
        peer.open()
        return peer

    def _head(self, key: tuple[PID, PID | None, str]) -> bytes:
        if len(self._heads) >= HEADS_MAX:
            self._heads.clear()
        to, sender, name = key
        head = self._heads[key] = message_head(to, sender, name=name)
        return head

    def _problem(self, peer: Peer, to: PID, *, name: str, size: int) -> str | None:
        """Look again, exactly; without room the message is dropped, which is logged once until there is some."""
        if size > BODY_MAX:  # The peer would refuse it, and with it the connection.
            self._metrics.counter("libprocess/dropped/oversized").add()
            self.log.warning("message dropped", to=to, name=name, reason="oversized", bytes=size)
            return OVERSIZED
        peer.measure()
        if peer.queued + peer.unsent + size <= IN_FLIGHT_MAX:
            return None
        self._metrics.counter("libprocess/dropped/peer_queue_full").add()
        if not peer.overflowed:
            self.log.warning("messages dropped", to=to, name=name, reason="the peer does not keep up")
        peer.overflowed = True
        return PEER_QUEUE_FULL
