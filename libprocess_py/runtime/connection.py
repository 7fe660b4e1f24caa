"""A connection that somebody opened to us: messages of other nodes and requests of anybody, on the same port.

What one read delivered runs before the read is over: its messages go into the mailboxes, the kernel runs, what that
sent is written, and the answers leave last. Answers keep the order of their requests, however late a handler is.

A client that sends requests faster than they are answered, or does not read its answers, is not read from until it
catches up, and what it has sent already waits as it came: a request of twenty bytes may have an answer of megabytes.
One that stops sending is gone: answers still under way are no longer wanted, and their handlers told so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from libprocess_py.auth.core.frames import Opener
from libprocess_py.auth.core.handshake import MALFORMED, PATH, HandshakeError
from libprocess_py.core.wire import Item, RequestParser
from libprocess_py.core.wire_answers import ACCEPTED
from libprocess_py.core.wire_head import BODY_MAX, Head, Route, WireError
from libprocess_py.driver import Delivery
from libprocess_py.future import Future
from libprocess_py.http.encoding import CONTINUE, encode_response
from libprocess_py.http.pipe import Pipe, PipeReader
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.http.shortcut import Shortcut
from libprocess_py.pid import PID
from libprocess_py.runtime.answers import Answers
from libprocess_py.runtime.identity import Identity
from libprocess_py.runtime.keepalive import notice_silence
from libprocess_py.runtime.sealed import SealedTransport

if TYPE_CHECKING:
    from libprocess_py.runtime.driver import LoopDriver

PIPELINE_MAX: Final = 16  # Requests of one connection under way at a time; browsers use 6, tools rarely more than this.
DELIVERED: Final = Delivery.DELIVERED  # A global is read faster than a member of an enum.
AT_ONCE: Final = 8  # Requests answered on the short way between two looks at the time.
WINDOW: Final = 4  # Of these on a new connection, whose answers may turn out to be large.
LARGE_ANSWERS: Final = 65_536  # Bytes of answers written at a time, after which requests are taken up one by one.
COLLECTED_MAX: Final = 8 * BODY_MAX  # Of bodies under way on all connections: a crowd must not fill our memory.
SMALL_BODY: Final = 65_536  # Bodies of which no more has come are never refused for what others have sent.
LINGER_S: Final = 2.0  # For a refused client to stop sending: closing at once would destroy the answer on its way.

TURNED_AWAY: Final = {  # Messages: as what they are counted, and what is answered.
    Delivery.NO_SUCH_PROCESS: ("messages_not_found", encode_response(Response.error(404))),
    Delivery.FULL: ("messages_not_taken", encode_response(Response.error(503))),
    Delivery.FORBIDDEN: (
        "messages_unauthenticated",
        encode_response(Response.text(403, "the sender has to authenticate")),
    ),
}


class Connection(asyncio.Protocol):
    """Serves one peer or client."""

    def __init__(self, driver: LoopDriver) -> None:
        self._driver = driver
        self._parser = RequestParser(driver.heads, self._opens)
        self._transport: asyncio.Transport | None = None
        self._identity: Identity
        self._peer = ""
        self._believed: PID | None = None  # The sender whose address was looked at last.
        self._is_stranger = False  # Its messages are refused: it would have to prove who it is.
        self._authenticated = False
        self._opener: Opener | None = None  # What it sends comes sealed.
        self._heard = False  # Anything at all.
        self._backlog: list[Item] = []  # What came whole but has to wait; at most one read.
        self._answers = Answers(self)
        self._asked: Head | None = None  # The last request that may have a short way when it comes again, ...
        self._shortcut: Shortcut | None = None  # ... and that way.
        self._repeated = b""  # What was read last, if it was that request alone, and the connection is at rest.
        self._reading = False  # Inside data_received, which writes when it is through.
        self._delivered = 0  # Messages of this read, and requests.
        self._requests = 0
        self._told_to_continue = False
        self._last = False  # The last request was seen: nothing after it counts.
        self._finished = False
        self._held = False  # Not read from for the time being.
        self._kept_back = False  # For the sake of others.
        self._window = WINDOW  # Requests taken up at a time: more as long as their answers are small.
        self.is_full = False  # The client does not read its answers.
        self._served = 0  # Requests that came whole.
        self._collected = 0  # Bytes of a body under way.
        self._room: Future[bool] | None = None  # Whoever reads that body has to catch up.
        self._deadline: asyncio.TimerHandle | None = None  # Of a request under way.

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has the methods, not the base class.
        driver = self._driver
        self._identify(Identity(driver, transport))
        notice_silence(transport)
        if driver.stopped or not driver.has_room():
            self._last = True
            self.abort()
            return
        driver.connections.add(self)
        driver.silent[self] = None

    def data_received(self, data: bytes) -> None:
        if not self._heard:
            self._heard = True
            self._driver.silent.pop(self, None)
        pressure = self._driver.pressure
        if pressure.delays(self):
            pressure.keep(self, data)
        elif data != self._repeated or not self._repeat():
            self.take_read(data)

    def take_read(self, data: bytes) -> None:
        """Serve bytes that came, now or a while ago."""
        if self._last and self._parser.pipe is None:
            return
        if self._opener is None:
            self._take(data)
        else:
            self._take_frames(self._opener, data)

    def hold(self, *, held: bool) -> None:
        """For the node's sake, read no more, or go on."""
        self._kept_back = held
        self._regulate()

    def pause_writing(self) -> None:
        self.is_full = True
        self._repeated = b""
        self._regulate()

    def resume_writing(self) -> None:
        self.is_full = False
        self._answers.pour()
        self._write()

    def connection_lost(self, exc: Exception | None) -> None:
        self._driver.connections.discard(self)
        self._driver.silent.pop(self, None)
        self._driver.pressure.forget(self)
        self._end_of_frames()
        self._finished = self._last = True
        self._repeated = b""
        self._account(0)
        self._backlog.clear()
        self._parser.give_up()
        if self._deadline is not None:
            self._deadline.cancel()
        self._answers.lost()

    @property
    def transport(self) -> asyncio.Transport | None:
        return self._transport

    def close(self) -> None:
        """Take no more requests, and end when the answers given so far have left."""
        self._last = self._finished = True
        self._repeated = b""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # Requests

    def _identify(self, identity: Identity) -> None:
        self._identity, self._peer = identity, identity.ip
        self._is_stranger, self._authenticated = identity.is_stranger, identity.is_authenticated
        self._asked = self._shortcut = None
        self._repeated = b""

    @property
    def _is_busy(self) -> bool:
        answers = self._answers
        return self.is_full or len(answers.waiting) + len(answers.out) >= self._window

    def _repeat(self) -> bool:
        """The request of the last read came again, on a connection at rest. False: it has to be read as any other."""
        driver, transport, shortcut = self._driver, self._transport, self._shortcut
        assert transport is not None
        assert shortcut is not None
        self._reading = True
        driver.entered = True
        try:
            answer = shortcut.answer()
        finally:
            driver.rest()
            self._reading = False
        if answer is None:
            return False
        self._served += 1
        driver.requests.add()
        if 0 < len(answer) <= LARGE_ANSWERS and not transport.is_closing():
            transport.write(answer)  # What `_write` comes to, as nearly always.
            return True
        self._repeated = b""
        if answer:
            self._answers.add(answer)
        self._write()
        return True

    def _take(self, data: bytes) -> None:
        driver = self._driver
        self._repeated = b""
        self._reading = True
        driver.entered = True
        try:
            items = self._parser.feed(data)
            self._served += len(items)
            if self._backlog:
                self._backlog += items
            elif not self._last:  # Otherwise the body of the last request is still coming in.
                self._serve(items)
            if self._parser.room is not None:
                self._wait_for_room(self._parser.room)
            if self._parser.collected != self._collected:
                self._account(self._parser.collected)
        finally:
            driver.rest()
            self._reading = False
            if self._delivered:
                driver.count("messages", self._delivered)
                self._delivered = 0
            if self._requests:
                driver.requests.add(self._requests)
                self._requests = 0
        self._write()
        if len(items) == 1 and items[0][0] is self._asked and self._parser.is_between and self._opener is None:
            under_way = self._backlog or self._answers.waiting or self._answers.out or self._last or self.is_full
            self._repeated = b"" if under_way else data

    def _serve(self, items: Iterable[Item]) -> None:
        """Take up what came whole, as far as it goes."""
        items = iter(items)
        for head, body in items:
            if head is self._asked and self._ask_again():
                pass
            elif head.route is not None:
                assert isinstance(body, bytes), "a message comes whole"
                self._message(head.route, body)
            elif self._is_busy:
                self._backlog = [(head, body), *items]
                return
            else:
                self._request(head, body)
            if not head.keep_alive:
                self._last = True
                return
        self._after_requests()

    def _serve_backlog(self) -> None:
        items, self._backlog = self._backlog, []
        self._reading = True
        try:
            self._serve(items)
        finally:
            self._reading = False
            self._driver.requests.add(self._requests)
            self._requests = 0

    def _ask_again(self) -> bool:
        """Have the last request answered once more, on the short way. False if it has to go the long one."""
        answers, shortcut = self._answers, self._shortcut
        if shortcut is None or self.is_full or answers.waiting or len(answers.out) >= self._window:
            return False
        if self._requests % AT_ONCE == AT_ONCE - 1 and self._driver.pressure.is_high:
            return False
        answer = shortcut.answer()
        if answer:
            answers.out.append(answer)
        self._requests += answer is not None
        return answer is not None

    def _message(self, route: Route, body: bytes) -> None:
        driver = self._driver
        if self._is_stranger:
            self._turn_away(Delivery.FORBIDDEN)
            return
        sender = route.sender
        if sender is not self._believed and sender is not None and not self._believe(sender):
            return
        node, to_id, name = driver.node, route.to_id, route.name
        if route.trace:
            with node.caused_by(route.trace):
                outcome = node.deliver(to_id, sender, name=name, body=body, authenticated=self._authenticated)
        else:
            outcome = node.deliver(to_id, sender, name=name, body=body, authenticated=self._authenticated)
        if outcome is DELIVERED:
            self._delivered += 1
            self._answers.add(ACCEPTED)
        elif outcome is not Delivery.MALFORMED:
            self._turn_away(outcome)
        else:
            driver.count("messages_malformed")
            text = f"the body does not decode as {route.name}"
            self._answers.add(encode_response(Response.text(400, text)))

    def _believe(self, sender: PID) -> bool:
        """Can `sender` be who wrote that? If not, say so. Our own actors need no connection to reach each other."""
        driver = self._driver
        lie = self._identity.problem_with(sender)
        if not lie:
            self._believed = sender  # A burst of one sender is looked at once.
            return True
        driver.count("messages_spoofed")
        driver.node.log.warning("message refused", sender=sender, peer=self._peer, reason=lie)
        self._answers.add(encode_response(Response.text(400, f"the sender claims to be {sender}: {lie}")))
        return False

    def _turn_away(self, outcome: Delivery) -> None:
        counted, answer = TURNED_AWAY[outcome]
        self._driver.count(counted)
        self._answers.add(answer)

    def _request(self, head: Head, body: bytes | PipeReader) -> None:
        driver = self._driver
        if head.target == PATH and driver.security is not None:
            self._authenticate(head)
            return
        self._requests += 1
        if head.problem:
            driver.count("bad_requests")
            self._answers.add(self._answers.encode(Response.text(400, head.problem), head))
            return
        gateway = driver.node.gateway
        whole, reader = (body, None) if isinstance(body, bytes) else (b"", body)
        request = Request(
            head.method, head.path, head.query, head.headers, whole, self._peer, head.target, reader=reader
        )
        if head.length == 0 and head.keep_alive and not head.is_http_10 and head.method != "HEAD":
            begin, proven = partial(self._answers.begin, head), self._authenticated
            self._shortcut = Shortcut(gateway, request, begin=begin, failed=driver.abort, authenticated=proven)
            self._asked = head
        if reader is not None and self._parser.waits_to_continue:  # Its answer may wait for its body.
            self._told_to_continue = True
            self._answers.add(CONTINUE)
        gateway.serve(request, self._answers.begin(head), authenticated=self._authenticated)

    def _opens(self, head: Head) -> Pipe | None:
        """Bodies that some route wants to read as they come need not be whole, nor in time."""
        return Pipe() if self._driver.node.gateway.takes_streams(head.path) else None

    def _wait_for_room(self, room: Future[bool]) -> None:
        self._parser.room = None
        if room.is_pending:
            self._room = room
            room.on_ready(self._has_room)
        elif not room.get() and self._parser.pipe is not None:
            self._last = True  # Nobody reads the rest of the body, and what would follow it is not waited for.

    def _has_room(self, _: bool) -> None:
        self._room = None
        self.write_soon()

    def _authenticate(self, head: Head) -> None:
        """Begin a handshake: from the answer on everything is sealed, and the next bytes have to be the proof."""
        security, transport = self._driver.security, self._transport
        assert security is not None
        assert transport is not None
        try:
            if self._served != 1 or not self._parser.is_between:
                raise HandshakeError(MALFORMED, "a handshake is the first on its connection, and alone")
            agreement = security.agree(head.headers)
        except HandshakeError as error:
            security.refused(error, peer=self._peer)
            status = 400 if error.reason == MALFORMED else 403
            self._answers.add(self._answers.encode(Response.text(status, error.text), head))
            return
        transport.write(agreement.answer)
        self._transport = SealedTransport(transport, agreement.channel.sealer)
        self._opener, self._identity.node = agreement.channel.opener, agreement.dialer
        self._identify(self._identity)
        security.listened.begin(self, give_up=self.abort)
        security.admit(self, agreement.secret, end=self.abort)

    def _take_frames(self, opener: Opener, data: bytes) -> None:
        security = self._driver.security
        assert security is not None
        opened = opener.feed(data)
        if opener.has_proof:
            security.listened.end(self)
        if opened:
            self._take(opened)
        if opener.error is not None:
            security.refused(opener.error, peer=self._identity.node)
            self._last = True
            self.abort()

    def _end_of_frames(self) -> None:
        security, opener = self._driver.security, self._opener
        if security is None or opener is None:
            return
        security.listened.end(self)
        security.left(self)
        opener.end()
        if opener.error is not None and not self._last:
            security.refused(opener.error, peer=self._identity.node)

    def _after_requests(self) -> None:
        parser = self._parser
        if parser.error is not None:
            self._refuse(parser.error)
            return
        if parser.is_between:  # As after nearly every read.
            self._told_to_continue = False
            return
        if self._deadline is None and parser.pipe is None:
            self._watch_request()
        if not parser.waits_to_continue:
            self._told_to_continue = False
        elif not self._told_to_continue:
            self._told_to_continue = True
            self._answers.add(CONTINUE)

    def _account(self, collected: int) -> None:
        """Note how much of a body is kept. The one that brings the node over its bound is given up."""
        driver = self._driver
        driver.collected += collected - self._collected
        self._collected = collected
        if driver.collected > COLLECTED_MAX and collected > SMALL_BODY and not self._last:
            self._parser = RequestParser(driver.heads)
            self._account(0)
            self._refuse(WireError(503, "too many large bodies at a time"))

    def _watch_request(self) -> None:
        """A request has begun: it has to be whole in time. One look per deadline, however many requests pass by."""
        delay_s, served = self._driver.request_timeout_s, self._served
        self._deadline = self._driver.loop.call_later(delay_s, self._request_overdue, served)

    def _request_overdue(self, served: int) -> None:
        self._deadline = None
        if self._last or self._parser.is_between or self._parser.pipe is not None:
            return
        if self._served > served or self._held:
            self._watch_request()
            return
        self._refuse(WireError(408, f"the request is not whole after {self._driver.request_timeout_s} s"))
        self._write()

    def _refuse(self, error: WireError) -> None:
        self._driver.count("bad_requests")
        self._driver.node.log.info("request refused", peer=self._peer, status=error.status, error=error.text)
        self._last = True
        self._answers.add(encode_response(Response.text(error.status, error.text), keep_alive=False))

    # Answers

    def write_soon(self) -> None:
        """See `Outlet`: a read that goes on writes when it is through."""
        if not self._reading:
            self._write()

    def pour_later(self) -> None:
        self._driver.loop.call_soon(self._answers.pour)

    def invalid(self, head: Head, error: Exception) -> None:
        self._driver.node.log.error("response invalid", target=head.target, reason=error)

    def _write(self) -> None:
        transport = self._transport
        while not (self._finished or transport is None or transport.is_closing()):
            if out := self._answers.out:
                data = out[0] if len(out) == 1 else b"".join(out)
                out.clear()
                self._window = 1 if len(data) > LARGE_ANSWERS else min(PIPELINE_MAX, 2 * self._window)
                transport.write(data)
            elif self._backlog and not self._is_busy:
                self._serve_backlog()
            else:
                if self._last and not self._answers:
                    self._finish()
                else:
                    self._regulate()
                return

    def _finish(self) -> None:
        self._finished = True
        assert self._transport is not None
        if self._transport.can_write_eof():
            self._transport.write_eof()
            self._driver.loop.call_later(LINGER_S, self._transport.abort)
        else:
            self._transport.close()  # TLS has no half of a connection to keep.

    def _regulate(self) -> None:
        is_busy = self.is_full or len(self._answers) >= PIPELINE_MAX
        waits = is_busy or bool(self._backlog) or self._room is not None or self._kept_back
        hold = waits and not self._finished
        if hold != self._held and self._transport is not None and not self._transport.is_closing():
            self._held = hold
            if hold:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()
