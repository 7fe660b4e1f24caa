"""HTTP between simulated nodes: `HttpConnection` over the simulated network, exchange by exchange.

What a client sees is what a socket would show it: heads are encoded and parsed as real ones are, answers keep the order
of the questions, a body that is read slowly is written slowly, and a connection breaks as a whole when its way is cut,
when anything sent over it is lost, or when one of its nodes crashes. Host names are addresses; nothing is encrypted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol, cast

import msgspec

from libprocess_py.core.answer_parser import AnswerParser
from libprocess_py.future import Future, Promise, ready
from libprocess_py.http.client import LIMITS, Endpoint, Exchange, ExchangeFailed, Limits
from libprocess_py.http.encoding import encode_request, encode_response, may_have_body
from libprocess_py.http.pipe import Pipe, PipeReader
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.pid import PID, Address
from libprocess_py.sim.network import Network, Parcel, Peer

if TYPE_CHECKING:
    from libprocess_py.sim.agenda import Agenda
    from libprocess_py.sim.driver import SimulatedDriver

Step = Callable[[], object]


class SimulatedConnection:
    """The client's end, and what carries steps between the two."""

    def __init__(self, driver: SimulatedDriver, endpoint: Endpoint, *, network: Network, agenda: Agenda) -> None:
        self.driver = driver
        self.network = network
        self.here = driver.node.address
        self.there = Address(endpoint.host, endpoint.port)
        self._agenda = agenda
        self._disconnected: Promise[None] = Promise()
        self._asked: deque[Exchange] = deque()  # Whose answers are awaited, in order.
        self._unsent: deque[Exchange] = deque()  # Of these, whose requests have to wait for a body before them.
        self._flow: Flow | None = None  # That body.
        self._far: FarEnd | None = None
        self._watch = network.watch(self.here, self.there, lost=self._lost)

    # HttpConnection

    @property
    def disconnected(self) -> Future[None]:
        return self._disconnected

    def send(self, request: Request, limits: Limits = LIMITS) -> Future[Response]:
        exchange = Exchange(request, limits, give_up=self._unwanted)
        try:
            if not self._disconnected.is_pending:
                raise ExchangeFailed(f"{self.there}: the connection has ended")
            exchange.head = encode_request(request)
        except (ExchangeFailed, ValueError) as error:
            exchange.fail(error)
            return exchange.answer
        self._asked.append(exchange)
        self._unsent.append(exchange)
        if limits.timeout_ns is not None:
            self._agenda.add(self._agenda.now + limits.timeout_ns, self._overdue, exchange)
        self._send_on()
        return exchange.answer

    def close(self) -> None:
        self.end("closed here")

    # What arrives here from the other end

    def answered(self, response: bytes) -> None:
        """The head of the next answer, with the body unless that is still being written."""
        if not self._asked:
            return
        exchange, parser = self._asked[0], AnswerParser()
        parser.feed(response, without_body=exchange.request.method == "HEAD")
        exchange.begin(parser.status, tuple(parser.headers))
        self.came(parser.take())
        if parser.is_whole:
            self.finished()

    def came(self, piece: bytes) -> Future[bool]:
        """A piece of its body. The future says when there is room for more."""
        if not self._asked:
            return ready(False)
        exchange = self._asked[0]
        room = exchange.take(piece)
        if exchange.is_over:
            self.end(exchange.why_over)
        return room

    def finished(self) -> None:
        if self._asked:
            self._asked.popleft().finish()

    def end(self, why: str) -> None:
        if not self._disconnected.is_pending:
            return
        self.network.unwatch(self._watch)
        asked, self._asked = self._asked, deque()
        if self._flow is not None:
            self._flow.stop()
        self._disconnected.set(None)
        self.to_server(FarEnd.lost)
        for exchange in asked:
            exchange.fail(ExchangeFailed(f"{self.there}: {why}"))

    # Between the two

    def to_server(self, step: Callable[[FarEnd], object]) -> None:
        """Have that happen at the other end, once it gets there."""
        if self.driver.alive:
            parcel = Parcel(PID("http", self.there), partial(self._at_server, step), self.broken)
            self.driver.carrier.carry(self.here, parcel)

    def broken(self) -> None:
        """Something was lost on the way: nothing that follows can be made sense of."""
        self.network.break_watch(self._watch)

    def _at_server(self, step: Callable[[FarEnd], object], peer: Peer) -> None:
        if self._far is None:
            self._far = FarEnd(self, cast("SimulatedDriver", peer))
        step(self._far)

    # Helpers

    def _send_on(self) -> None:
        """Requests leave in order, each with all of its body."""
        while self._unsent and self._flow is None:
            request = msgspec.structs.replace(self._unsent.popleft().request, peer=self.here.ip)
            if request.reader is None:
                self.to_server(partial(FarEnd.ask, request=request))
                continue
            pipe = Pipe()
            self.to_server(partial(FarEnd.ask, request=request.streamed(pipe.reader), pipe=pipe))
            self._flow = Flow(
                request.reader,
                take=pipe.writer.write,
                there=lambda step: self.to_server(lambda _: step()),
                back=self._from_server,
                ended=partial(self._sent, pipe),
            )
            self._flow.pump()

    def _from_server(self, step: Step) -> None:
        assert self._far is not None, "what has not been there cannot come back"
        self._far.to_client(step)

    def _sent(self, pipe: Pipe, *, whole: bool) -> None:
        if not whole:
            self.end("the body of a request was not written to its end")
            return
        self.to_server(lambda _: pipe.writer.close())
        self._flow = None
        self._send_on()

    def _lost(self) -> None:
        self.end("the connection was lost, or never made")

    def _unwanted(self, exchange: Exchange) -> None:
        if exchange in self._asked and exchange.begun is not None:
            self.end("an answer was no longer wanted")

    def _overdue(self, exchange: Exchange) -> None:
        is_awaited = exchange in self._asked and not (exchange.limits.stream and exchange.begun is not None)
        if is_awaited and self.driver.alive:
            exchange.time_out(str(self.there))
            self.end("an answer before this one did not come in time")


class FarEnd:
    """The server's end. It comes to be when the first request does."""

    def __init__(self, near: SimulatedConnection, driver: SimulatedDriver) -> None:
        self._near = near
        self._driver = driver
        self._waiting: deque[tuple[Request, Future[Response]]] = deque()  # Answers to give, in order.
        self._uploads: list[Pipe] = []  # Bodies that are still coming in.
        self._flow: Flow | None = None  # The answer that is still being written.
        self._watch = near.network.watch(near.there, near.here, lost=self.lost)

    def ask(self, request: Request, pipe: Pipe | None = None) -> None:
        """A request is there."""
        if pipe is not None:
            self._uploads = [each for each in self._uploads if each.takes_more()] + [pipe]
        answer = self._driver.node.request(request)
        self._waiting.append((request, answer))
        answer.on_any(lambda _: self._advance())

    def lost(self) -> None:
        """Nobody is left to answer."""
        self._near.network.unwatch(self._watch)
        waiting, self._waiting = self._waiting, deque()
        for _, answer in waiting:
            answer.discard()
            if answer.is_ready and (reader := answer.get().reader) is not None:
                reader.close()
        if self._flow is not None:
            self._flow.stop()
        for pipe in self._uploads:
            pipe.writer.fail()

    def to_client(self, step: Step) -> None:
        """Have that happen at the other end, once it gets there."""
        near = self._near
        if self._driver.alive:
            self._driver.carrier.carry(near.there, Parcel(PID("http", near.here), lambda _: step(), near.broken))

    def _advance(self) -> None:
        while self._flow is None and self._waiting and not self._waiting[0][1].is_pending:
            request, answer = self._waiting.popleft()
            self._answer(request, answer.get())

    def _answer(self, request: Request, response: Response) -> None:
        with_body = request.method != "HEAD"
        try:
            data = encode_response(response, with_body=with_body)
        except (ValueError, TypeError) as error:
            self._driver.node.log.error("response invalid", target=request.target, reason=error)
            data, with_body = encode_response(Response.error(500), with_body=with_body), False
        self.to_client(partial(self._near.answered, data))
        reader = response.reader
        if reader is None:
            return
        if not with_body or not may_have_body(response):
            reader.close()
            return
        near = self._near
        self._flow = Flow(
            reader,
            take=near.came,
            there=self.to_client,
            back=lambda step: near.to_server(lambda _: step()),
            ended=self._written,
        )
        self._flow.pump()

    def _written(self, *, whole: bool) -> None:
        self._flow = None
        if whole:
            self.to_client(self._near.finished)
            self._advance()
        else:
            self.to_client(partial(self._near.end, "the answer was cut short"))


class Ended(Protocol):
    """Called when nothing more will be read."""

    def __call__(self, *, whole: bool) -> None: ...


class Flow:
    """Carries a body from a reader here to a pipe there. One piece is under way until there is room for another."""

    def __init__(
        self,
        reader: PipeReader,
        *,
        take: Callable[[bytes], Future[bool]],
        there: Callable[[Step], None],
        back: Callable[[Step], None],
        ended: Ended,
    ) -> None:
        self._reader = reader
        self._take = take
        self._there = there
        self._back = back
        self._ended = ended
        self._is_under_way = False

    def pump(self) -> None:
        """Send on what there is."""
        reader = self._reader
        if self._is_under_way:
            return
        reader.on_change(None)
        piece = reader.take()
        if piece:
            self._is_under_way = True
            self._there(partial(self._arrived, piece))
            reader.on_change(self.pump)
        elif reader.is_drained or reader.is_broken:
            self._is_under_way = True
            self._ended(whole=reader.is_drained)
        else:
            reader.on_change(self.pump)

    def stop(self) -> None:
        """Nobody reads it any more."""
        self._is_under_way = True
        self._reader.on_change(None)
        self._reader.close()

    def _arrived(self, piece: bytes) -> None:
        self._take(piece).on_any(lambda _: self._back(self._go_on))

    def _go_on(self) -> None:
        self._is_under_way = False
        self.pump()
