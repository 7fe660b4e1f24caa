"""Connections to other nodes, one per peer: what our actors send goes out, in order; what comes back are only answers.

A connection opens with the first message or link. While an actor is linked to the peer it stays, and its loss is the
node's news; otherwise it ends when its queue is empty, all answers were read and nothing followed for a moment. A lost
connection loses what was queued: delivery is at most once, so nothing is sent twice. The next message or link opens
another one. Answers are counted as they come and never waited for. What a turn of the kernel sent leaves in one write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from libprocess_py.core.wire import LAST_CHUNK
from libprocess_py.core.wire_answers import AnswerReader
from libprocess_py.core.wire_head import BODY_MAX, WireError, message_head
from libprocess_py.pid import PID, Address
from libprocess_py.runtime.keepalive import notice_silence

if TYPE_CHECKING:
    from libprocess_py.node import Node

CONNECT_TIMEOUT_S: Final = 10.0  # A host that is up answers within milliseconds; the system would try for two minutes.
IDLE_S: Final = 1.0  # Long enough that a burst every few hundred milliseconds keeps its connection.
IN_FLIGHT_MAX: Final = 2 * BODY_MAX  # Bytes not yet taken by the system, per peer: a stuck peer may cost this, no more.
UNREACHABLE_MAX: Final = 1_024  # Addresses remembered, so that silence about them costs little memory.
HEADS_MAX: Final = 16_384  # Heads kept, one per sender, receiver and message name in use; about 8 MiB.
HEAD_ESTIMATE: Final = 256  # What a message costs beside its body, for the bound above.


class Peers:
    """All outgoing connections of one node."""

    def __init__(self, loop: asyncio.AbstractEventLoop, node: Node, *, lost: Callable[[Address], None]) -> None:
        self.loop = loop
        self.log = node.log
        self._metrics = node.metrics
        self._lost = lost
        self._by_address: dict[Address, Peer] = {}
        self._closing: set[Peer] = set()  # No longer used, but not yet gone.
        self._unreachable: set[Address] = set()  # The last attempt to connect failed, and was logged.
        self._waiting: list[Peer] = []  # With messages from this turn.
        self._heads: dict[tuple[PID, PID | None, str], bytes] = {}

    def transmit(self, to: PID, sender: PID | None, *, name: str, body: bytes) -> None:
        """Queue a message; it leaves with `flush`."""
        peer = self._by_address.get(to.address) or self._open(to.address)
        size = len(body)
        roomy = size <= BODY_MAX and peer.queued + peer.unsent + size <= IN_FLIGHT_MAX
        if not roomy and not self._has_room(peer, to, name=name, size=size):
            return
        key = (to, sender, name)
        head = self._heads.get(key) or self._head(key)
        out = peer.out
        if size:
            out.append(b"%b%x\r\n" % (head, size))
            out.append(body)
            out.append(LAST_CHUNK)
        else:
            out.append(message_head(to, sender, name=name, empty=True))
        peer.queued += size + HEAD_ESTIMATE
        peer.messages += 1
        if not peer.waiting:
            peer.waiting = True
            self._waiting.append(peer)

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

    def _has_room(self, peer: Peer, to: PID, *, name: str, size: int) -> bool:
        """Look again, exactly; without room the message is dropped, which is logged once until there is some."""
        if size > BODY_MAX:  # The peer would refuse it, and with it the connection.
            self._metrics.counter("libprocess/dropped/oversized").add()
            self.log.warning("message dropped", to=to, name=name, reason="oversized", bytes=size)
            return False
        peer.measure()
        if peer.queued + peer.unsent + size <= IN_FLIGHT_MAX:
            return True
        self._metrics.counter("libprocess/dropped/peer_queue_full").add()
        if not peer.overflowed:
            self.log.warning("messages dropped", to=to, name=name, reason="the peer does not keep up")
        peer.overflowed = True
        return False


class Peer(asyncio.Protocol):
    """One connection to one other node."""

    def __init__(self, peers: Peers, address: Address) -> None:
        self.address = address
        self.out: list[bytes] = []  # Not handed to the transport yet.
        self.messages = 0  # In `out`.
        self.queued = 0  # Bytes in `out`.
        self.unsent = 0  # Bytes the transport had not got rid of when `measure` last asked.
        self.overflowed = False  # Messages were dropped since there was room.
        self.linked = False
        self.connected = False  # Ever.
        self.waiting = False  # Listed for the flush at the end of this turn.
        self._peers = peers
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._answers = AnswerReader()
        self._unanswered = 0
        self._paused = False
        self._idle: asyncio.TimerHandle | None = None
        self._used = False  # Since the idle timer was set.
        self._gone = False

    def open(self) -> None:
        self._task = self._peers.loop.create_task(self._connect())

    @property
    def is_quiet(self) -> bool:
        buffered = self._transport.get_write_buffer_size() if self._transport else 0
        return not (self.out or self._unanswered or buffered)

    @property
    def is_new(self) -> bool:
        """Whether it is still being made."""
        return self._transport is None

    def take_over(self, former: Peer) -> None:
        """Send what another connection has not sent yet. That one ends: nothing of it may arrive after this."""
        self.out, former.out = former.out, self.out
        self.messages, self.queued, self.waiting = former.messages, former.queued, former.waiting
        former.abort()

    def flush(self) -> None:
        if self._transport is None or self._paused or not self.out or self._transport.is_closing():
            return
        self._unanswered += self.messages
        data = b"".join(self.out)
        self.out.clear()
        self.messages = self.queued = 0
        self._used = True
        self._transport.write(data)

    def measure(self) -> None:
        """Bring `unsent` up to date."""
        self.unsent = self._transport.get_write_buffer_size() if self._transport and self._paused else 0

    def watch_idleness(self) -> None:
        """End the connection if nothing needs it any more after a moment."""
        if self._idle is None and not self.linked and self.is_quiet:
            self._used = False
            self._idle = self._peers.loop.call_later(IDLE_S, self._idle_over)

    def abort(self) -> None:
        """End the connection as if the OS process had died."""
        self.linked = False
        self.out.clear()
        self.messages = self.queued = 0
        if self._transport is not None:
            self._transport.abort()
        elif self._task is not None:
            self._task.cancel()

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has the methods, not the base class.
        notice_silence(transport)
        self.flush()
        self.watch_idleness()

    def data_received(self, data: bytes) -> None:
        answers = self._answers
        try:
            self._unanswered -= answers.feed(data)
        except WireError as error:
            self._peers.log.warning("answer malformed", peer=self.address, error=error.text)
            self._end(error.text)
            return
        if answers.refused:
            for status, count in answers.refused.items():
                self._peers.refused(self, status, count=count)
            answers.refused.clear()
        if self._unanswered <= 0:
            self.watch_idleness()

    def pause_writing(self) -> None:
        self._paused = True
        self.measure()

    def resume_writing(self) -> None:
        self._paused = self.overflowed = False
        self.unsent = 0
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(str(exc) if exc else "connection closed")

    async def _connect(self) -> None:
        ip, port = self.address
        try:
            connecting = self._peers.loop.create_connection(lambda: self, ip, port)
            await asyncio.wait_for(connecting, CONNECT_TIMEOUT_S)
        except TimeoutError:
            self._end(f"no connection within {CONNECT_TIMEOUT_S} s")
        except OSError as error:
            self._end(str(error))
        except asyncio.CancelledError:
            self._end("the node stops")
            raise

    def _idle_over(self) -> None:
        self._idle = None
        if self._used or self.linked or not self.is_quiet:
            self.watch_idleness()
        elif self._transport is not None:
            self._peers.retire(self)
            self._transport.close()

    def _end(self, reason: str) -> None:
        if self._gone:
            return
        self._gone = True
        if self._idle is not None:
            self._idle.cancel()
        if self._transport is not None:
            self._transport.abort()
        self._peers.lost(self, reason)
