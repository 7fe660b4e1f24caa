"""The answers of one connection, in the order of their requests, however late a handler is.

An answer that its handler goes on writing has its turn like any other, and keeps it until all was read. Its pieces
leave as they come while the client takes them; one that does not leaves them in the pipe, which has a bound. HTTP/1.1
gets them in chunks, unless the length is known; for HTTP/1.0 the end of the connection is the end of the body. A body
that is cut short ends the connection without the sign of its end, so that no client takes it for whole.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol

from libprocess_py.core.wire_head import Head
from libprocess_py.future import State
from libprocess_py.http.encoding import LAST_CHUNK, chunk, encode_response, may_have_body
from libprocess_py.http.gateway import Reply
from libprocess_py.http.pipe import PipeReader
from libprocess_py.http.response import Response

POUR: Final = 262_144  # Of one answer at a time: the rest stays in the pipe, where it is counted.
READY: Final = State.READY


class Outlet(Protocol):
    """The connection that carries the answers away."""

    @property
    def is_full(self) -> bool:
        """The client does not take what was written already."""

    def write_soon(self) -> None:
        """There is something to carry away: at the end of the read that goes on, or at once."""

    def pour_later(self) -> None:
        """Call `Answers.pour` once sockets had their turn."""

    def invalid(self, head: Head, error: Exception) -> None:
        """A handler's answer cannot be sent as it is."""

    def abort(self) -> None: ...


class Answer(Reply):
    """The place of one answer in the order of requests. Completing it is enough."""

    __slots__ = ("answers", "data", "head", "missing", "reader")

    answers: Answers
    head: Head
    data: bytes | None  # What can leave when it has its turn.
    reader: PipeReader | None  # The rest of it.
    missing: int | None  # Bytes of the rest that its head has promised; None: it goes in chunks, or to the end.

    def set(self, value: Response) -> bool:
        """As `Reply.set`, and `Promise.set`: written out, because every request comes here."""
        try:
            reader = value.reader
        except AttributeError:
            return self.gateway.no_response(self, value)
        if not self._complete(READY, value):
            if reader is not None:
                reader.close()
            return False
        if reader is not None:
            self.gateway.opened(self.id, reader)
        self.answers.completed(self, value)
        return True


class Answers:
    """What one client is still to be told."""

    def __init__(self, outlet: Outlet) -> None:
        self.out: list[bytes] = []  # Whose turn it is.
        self._outlet = outlet
        self.waiting: deque[Answer | bytes] = deque()  # In order; the first is not complete, or still being written.
        self._pouring = False

    def __len__(self) -> int:
        """How many are not out yet."""
        return len(self.waiting)

    def add(self, data: bytes) -> None:
        """An answer that is complete."""
        if self.waiting:
            self.waiting.append(data)
        else:
            self.out.append(data)

    def begin(self, head: Head) -> Answer:
        """The place of an answer that is still to be given."""
        answer = Answer()
        answer.answers, answer.head, answer.data, answer.reader, answer.missing = self, head, None, None, None
        self.waiting.append(answer)
        return answer

    def completed(self, answer: Answer, response: Response) -> None:
        data = answer.data = self.encode(response, answer.head)
        if response.reader is not None:
            self._open(answer, response, reader=response.reader)
        waiting = self.waiting
        if waiting and waiting[0] is answer:
            if answer.reader is None:  # As nearly always: the others of a pipeline are complete later.
                waiting.popleft()
                self.out.append(data)
            if waiting:
                self._advance()
            self._outlet.write_soon()

    def encode(self, response: Response, head: Head) -> bytes:
        """The whole response, or the head of one that is still being written."""
        with_body = head.method != "HEAD"
        try:
            return encode_response(
                response, keep_alive=head.keep_alive, with_body=with_body, chunks=not head.is_http_10
            )
        except (ValueError, TypeError) as error:  # A header of two lines, a body that is text.
            self._outlet.invalid(head, error)
            return encode_response(Response.error(500), keep_alive=head.keep_alive, with_body=with_body)

    def pour(self) -> None:
        """The client takes more, or there is more to take."""
        if self.waiting and not self._pouring:
            self._advance()
            self._outlet.write_soon()

    def lost(self) -> None:
        """Nobody is left to read any of them."""
        waiting, self.waiting = self.waiting, deque()
        for answer in waiting:
            if isinstance(answer, Answer):
                answer.discard()
                if answer.reader is not None:
                    answer.reader.close()

    # Answers that are still being written

    def _open(self, answer: Answer, response: Response, *, reader: PipeReader) -> None:
        if answer.head.method == "HEAD" or not self.waiting or not may_have_body(response):
            reader.close()  # Nobody wants the body, or nobody is left.
        else:
            answer.reader, answer.missing = reader, response.length

    def _advance(self) -> None:
        """Let everything out whose turn it is."""
        waiting = self.waiting
        while waiting:
            first = waiting[0]
            if isinstance(first, bytes):
                self.out.append(first)
            elif first.data is None:
                return
            else:
                self.out.append(first.data)
                first.data = b""
                if first.reader is not None and not self._pour(first, first.reader):
                    return
            waiting.popleft()

    def _pour(self, answer: Answer, reader: PipeReader) -> bool:
        """Let out what there is of one. True when that was all."""
        if not self._outlet.is_full:
            self._pouring = True  # Whoever writes in answer to the room that this makes has to wait for the next time.
            piece = reader.take(POUR)
            self._pouring = False
            if piece:
                self._let_out(answer, piece)
        if reader.is_drained and not answer.missing:
            if answer.missing is None and not answer.head.is_http_10:
                self.out.append(LAST_CHUNK)
            return True
        if reader.is_drained or reader.is_broken:
            self._outlet.abort()
            return False
        reader.on_change(self.pour)
        if reader.has_more and not self._outlet.is_full:
            self._outlet.pour_later()
        return False

    def _let_out(self, answer: Answer, piece: bytes) -> None:
        if answer.missing is not None:
            answer.missing -= len(piece)
            if answer.missing < 0:  # More than promised: what follows would be taken for the next answer.
                answer.missing += len(piece)
                self._outlet.abort()
                return
            self.out.append(piece)
        elif answer.head.is_http_10:
            self.out.append(piece)
        else:
            self.out += chunk(piece)
