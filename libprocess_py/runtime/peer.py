"""One connection to one other node: made, kept while it is of use, and written to as fast as the other side takes it.

Where the node has secrets, nothing is said before the other side has proved that it knows one (see
`auth.core.handshake`); messages wait for that as they wait for the connection itself. A peer that answers the handshake
as any HTTP server would is spoken to in plain libprocess if the operator allows it for that address, and given up
otherwise.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

from libprocess_py.auth.core.frames import FrameError
from libprocess_py.auth.core.handshake import MALFORMED, NOT_OFFERED, Channel, Dialer, HandshakeError
from libprocess_py.core.wire_answers import AnswerReader
from libprocess_py.core.wire_head import WireError
from libprocess_py.pid import Address
from libprocess_py.runtime.keepalive import notice_silence
from libprocess_py.runtime.sealed import SealedTransport

if TYPE_CHECKING:
    from libprocess_py.runtime.peers import Peers

CONNECT_TIMEOUT_S: Final = 10.0  # A host that is up answers within milliseconds; the system would try for two minutes.
LARGE_BODY: Final = 65_536  # Bytes; smaller ones are written faster if they are joined.
IDLE_S: Final = 1.0  # Long enough that a burst every few hundred milliseconds keeps its connection.


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
        self.chunk = 0  # So many messages leave before that.
        self._peers = peers
        self.raw: asyncio.Transport | None = None
        self._transport: asyncio.Transport | None = None  # For messages: once the other side is who it should be.
        self._dialer: Dialer | None = None  # While a handshake is under way.
        self._channel: Channel | None = None  # Of an authenticated connection.
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
        out, self.out = self.out, []
        is_large = self.queued > LARGE_BODY * self.messages
        self.messages = self.queued = 0
        self._used = True
        if is_large:  # Then joining would be most of the work.
            self._transport.writelines(out)
        else:
            self._transport.write(b"".join(out))

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
        if self.raw is not None:
            self.raw.abort()
        elif self._task is not None:
            self._task.cancel()

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.raw = cast(asyncio.Transport, transport)  # uvloop's has the methods, not the base class.
        notice_silence(transport)
        security = self._peers.security
        if security is None:
            self._ready(self.raw)
            return
        self._dialer = security.dialer(self.address)
        security.dialed.begin(self, give_up=lambda: self._end("the handshake is not over in time"))
        self.raw.write(self._dialer.hello)

    def data_received(self, data: bytes) -> None:
        if self._dialer is not None:
            try:
                data = self._shake_hands(self._dialer, data)
            except (HandshakeError, FrameError) as error:
                self._refuse(error)
                return
        elif self._channel is not None:
            data = self._channel.opener.feed(data)
        if data:
            self._read(data)
        if self._channel is not None and self._channel.opener.error is not None:
            self._refuse(self._channel.opener.error)

    def pause_writing(self) -> None:
        self._paused = True
        self.measure()

    def resume_writing(self) -> None:
        self._paused = self.overflowed = False
        self.unsent = 0
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(str(exc) if exc else "connection closed")

    # Helpers

    def _ready(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._peers.reached(self)
        self.flush()
        self.watch_idleness()

    def _shake_hands(self, dialer: Dialer, data: bytes) -> bytes:
        """Go on with the handshake. What the other side has said after it."""
        security, raw = self._peers.security, self.raw
        assert security is not None
        assert raw is not None
        rest = dialer.feed(data)
        if rest is not None:
            assert dialer.channel is not None
            assert dialer.secret is not None
            security.dialed.end(self)
            security.admit(self, dialer.secret, end=lambda: self._end("its secret was withdrawn"))
            self._dialer, self._channel = None, dialer.channel
            raw.writelines(dialer.channel.sealer.seal(b""))
            self._ready(SealedTransport(raw, dialer.channel.sealer))
        elif dialer.is_refused:
            if not security.trusts_plain(self.address.ip):
                line = dialer.answer.partition(b"\r\n")[0].decode("latin-1")
                raise HandshakeError(NOT_OFFERED, f"the peer does not authenticate with us, and answers {line!r}")
            if _is_answered(dialer.answer):
                security.dialed.end(self)
                self._dialer = None
                self._ready(raw)
        return rest or b""

    def _refuse(self, error: HandshakeError | FrameError) -> None:
        assert self._peers.security is not None
        self._peers.security.refused(error, peer=self.address)
        self._end(error.text)

    def _read(self, data: bytes) -> None:
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

    async def _connect(self) -> None:
        try:
            await asyncio.wait_for(self._peers.ways.open(lambda: self, self.address), CONNECT_TIMEOUT_S)
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
        if self._peers.security is not None:
            self._peers.security.dialed.end(self)
            self._peers.security.left(self)
        if self.raw is not None:
            self.raw.abort()
        self._peers.lost(self, reason)


def _is_answered(data: bytes) -> bool:
    """Whether these bytes are a whole answer. Raises HandshakeError for what is none."""
    reader = AnswerReader()
    try:
        return reader.feed(data) > 0
    except WireError as error:
        raise HandshakeError(MALFORMED, error.text) from error
