"""A connection that we opened to ask something by HTTP, over real sockets.

What is asked before the connection stands waits for it. Answers come in the order of the questions; the first one that
is late, too long, malformed or no longer wanted while it comes takes the connection with it, and all that was asked
behind it: nothing that follows could be told apart from its rest.
"""

from __future__ import annotations

import asyncio
from collections import deque
from ssl import SSLContext
from typing import TYPE_CHECKING, Final, cast

from libprocess_py.core.answer_parser import AnswerParser
from libprocess_py.core.wire_head import WireError
from libprocess_py.duration import SECOND
from libprocess_py.future import Future, Promise
from libprocess_py.http.client import LIMITS, Endpoint, Exchange, ExchangeFailed, Limits
from libprocess_py.http.encoding import LAST_CHUNK, chunk, encode_request
from libprocess_py.http.pipe import PipeReader
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.runtime.keepalive import notice_silence

if TYPE_CHECKING:
    from libprocess_py.runtime.driver import LoopDriver

POUR: Final = 262_144  # Of a body at a time: the rest stays in its pipe.
DIAL_S: Final = 30.0  # For the connection itself; the system's own patience is minutes.


class ClientConnection(asyncio.Protocol):
    """Implements `HttpConnection`."""

    def __init__(self, driver: LoopDriver, endpoint: Endpoint, *, tls: SSLContext | None) -> None:
        self._driver = driver
        self._endpoint = endpoint
        self._transport: asyncio.Transport | None = None
        self._disconnected: Promise[None] = Promise()
        self._asked: deque[Exchange] = deque()  # Whose answers are awaited, in order.
        self._unsent: deque[Exchange] = deque()  # Of these, whose requests have not begun to leave.
        self._sending: PipeReader | None = None  # The body of a request that leaves as it is written.
        self._parser = AnswerParser()
        self._full = False
        self._timers: dict[Exchange, asyncio.TimerHandle] = {}
        driver.clients.add(self)
        self._dialling = driver.loop.create_task(self._dial(tls))

    # HttpConnection

    @property
    def disconnected(self) -> Future[None]:
        return self._disconnected

    def send(self, request: Request, limits: Limits = LIMITS) -> Future[Response]:
        exchange = Exchange(request, limits, give_up=self._unwanted)
        if not self._disconnected.is_pending:
            exchange.fail(ExchangeFailed(f"{self._endpoint.authority}: the connection has ended"))
            return exchange.answer
        try:
            exchange.head = encode_request(request)
        except ValueError as error:
            exchange.fail(error)
            return exchange.answer
        self._asked.append(exchange)
        self._unsent.append(exchange)
        if limits.timeout_ns is not None:
            timer = self._driver.loop.call_later(limits.timeout_ns / SECOND, self._overdue, exchange)
            self._timers[exchange] = timer
        self._send_on()
        return exchange.answer

    def close(self) -> None:
        self._end("closed here")

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        notice_silence(transport)
        if self._disconnected.is_pending:
            self._send_on()
        else:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        driver = self._driver
        driver.entered = True
        try:
            self._take(data)
        finally:
            driver.leave()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._send_on()

    def eof_received(self) -> None:
        """The other side is through: so is the connection, once what it said was heard."""

    def connection_lost(self, exc: Exception | None) -> None:
        if self._parser.ends_with_connection and self._asked and exc is None:
            self._finish(self._asked[0])
        self._end("the other side closed the connection" if exc is None else str(exc))

    # Asking

    async def _dial(self, tls: SSLContext | None) -> None:
        endpoint, loop = self._endpoint, self._driver.loop
        context = (tls or True) if endpoint.secure else None
        try:
            async with asyncio.timeout(DIAL_S):
                await loop.create_connection(lambda: self, endpoint.host, endpoint.port, ssl=context)
        except OSError as error:  # A timeout is one, too.
            self._end(f"cannot be connected to: {error.strerror or 'no answer'}")

    def _send_on(self) -> None:
        """Write what can leave: requests in order, each with all of its body."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        while not self._full:
            if self._sending is not None:
                if not self._sent_body(self._sending, transport):
                    return
            elif self._unsent:
                exchange = self._unsent.popleft()
                transport.write(exchange.head)
                self._sending = exchange.request.reader
            else:
                return

    def _sent_body(self, reader: PipeReader, transport: asyncio.Transport) -> bool:
        """Write what there is of a body. True when that was all."""
        reader.on_change(None)
        piece = reader.take(POUR)
        if piece:
            transport.writelines(chunk(piece))
        if reader.is_broken:
            self._end("the body of a request was not written to its end")
        elif reader.is_drained:
            transport.write(LAST_CHUNK)
            self._sending = None
            return True
        elif reader.has_more:
            self._driver.loop.call_soon(self._send_on)
        else:
            reader.on_change(self._send_on)
        return False

    # Being answered

    def _take(self, data: bytes) -> None:
        while data and self._asked:
            exchange = self._asked[0]
            try:
                data = self._parser.feed(data, without_body=exchange.request.method == "HEAD")
            except WireError as error:
                self._end(error.text)
                return
            self._give(exchange)
            if self._parser.is_whole:
                self._finish(exchange)
            elif not data:
                return
        if data and self._disconnected.is_pending:
            self._end("the other side says something that it was not asked")

    def _give(self, exchange: Exchange) -> None:
        """Pass on what came of an answer."""
        parser = self._parser
        if parser.head_is_whole and exchange.begun is None:
            if exchange.limits.stream:
                self._stop_timer(exchange)
            exchange.begin(parser.status, tuple(parser.headers))
        room = exchange.take(parser.take()) if exchange.begun is not None else None
        if exchange.is_over:
            self._end(exchange.why_over)
        elif room is not None and room.is_pending and self._transport is not None:
            self._transport.pause_reading()
            room.on_ready(self._read_on)

    def _read_on(self, _: bool) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def _finish(self, exchange: Exchange) -> None:
        if not self._asked:
            return  # It was given up meanwhile.
        self._asked.popleft()
        self._stop_timer(exchange)
        goes_on = self._parser.keeps_alive
        self._parser = AnswerParser()
        exchange.finish()
        if not goes_on:
            self._end("the other side closed the connection")

    # Ending

    def _unwanted(self, exchange: Exchange) -> None:
        """Nobody wants this answer. One that has not begun to come is passed over when it does."""
        if exchange in self._asked and exchange.begun is not None:
            self._end("an answer was no longer wanted")

    def _overdue(self, exchange: Exchange) -> None:
        exchange.time_out(self._endpoint.authority)
        self._end("an answer before this one did not come in time")

    def _stop_timer(self, exchange: Exchange) -> None:
        timer = self._timers.pop(exchange, None)
        if timer is not None:
            timer.cancel()

    def _end(self, why: str) -> None:
        if not self._disconnected.is_pending:
            return
        self._driver.clients.discard(self)
        if self._transport is not None:
            self._transport.abort()
        elif self._dialling is not asyncio.current_task(self._driver.loop):
            self._dialling.cancel()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if self._sending is not None:
            self._sending.close()
        asked, self._asked = self._asked, deque()
        self._disconnected.set(None)
        for exchange in asked:
            exchange.fail(ExchangeFailed(f"{self._endpoint.authority}: {why}"))
