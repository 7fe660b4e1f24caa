"""Asking others by HTTP: `HttpClient` for a question at a time, `HttpConnection` for many over one connection.

```python
client = HttpClient(node)
response = await client.get("http://10.0.0.2:5050/master/state")
```

Both work on real sockets and in simulation alike, where a node is asked at its address over the simulated network.
Futures become ready on the node's thread: in an actor await them, or take them up with `defer`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

import msgspec

from libprocess_py.core.wire_head import BODY_MAX
from libprocess_py.duration import SECOND
from libprocess_py.future import Future, Promise, ready
from libprocess_py.http.pipe import End, Pipe, PipeReader
from libprocess_py.http.request import NO_FIELDS, Request
from libprocess_py.http.response import Headers, Response

if TYPE_CHECKING:
    from ssl import SSLContext

    from libprocess_py.node import Node

TIMEOUT_NS: Final = 60 * SECOND  # Until the answer begins, and all of it is there unless it is read as it comes.
PORTS: Final = {"http": 80, "https": 443}


class ExchangeFailed(ConnectionError):
    """There is no answer, or only a part of one. The text says why."""


class ExchangeTimedOut(ExchangeFailed):
    """The answer did not come in time. The connection is given up with it: answers have an order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long an answer may take, and how long it may be."""

    timeout_ns: int | None = TIMEOUT_NS
    body_max: int = BODY_MAX  # Of an answer that is given whole.
    stream: bool = False  # Give the answer when its head is there; its body comes in through `response.reader`.


LIMITS: Final = Limits()


class HttpConnection(Protocol):
    """A connection that was asked for. Whether it could be made is known from what is asked over it."""

    @property
    def disconnected(self) -> Future[None]:
        """Ready when the connection is over, or could not be made."""

    def send(self, request: Request, limits: Limits = LIMITS) -> Future[Response]:
        """Ask behind all that was asked before, without waiting for the answers to that. Fails with ExchangeFailed.

        Discard the future, or close the reader of a streamed answer, when nobody wants the answer any more.
        """

    def close(self) -> None:
        """Give up whatever is under way."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a URL leads."""

    host: str
    port: int
    target: str
    secure: bool

    @property
    def authority(self) -> str:
        """As the `Host` header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS["https" if self.secure else "http"] else f"{host}:{self.port}"


def parse_url(url: str) -> Endpoint:
    """Take an absolute URL apart. Raises ValueError naming what was expected."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError(f"url {url!r}: expected http:// or https:// and a host")
    if parts.username is not None or not url.isascii() or any(char.isspace() or char < " " for char in url):
        raise ValueError(f"url {url!r}: expected printable ASCII, and credentials in a header")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint(parts.hostname, parts.port or PORTS[parts.scheme], target, parts.scheme == "https")


class HttpClient:
    """Asks one thing over one connection, as libprocess does; see `connect` for more. `tls` is for https."""

    def __init__(self, node: Node, limits: Limits = LIMITS, *, tls: SSLContext | None = None) -> None:
        self._node = node
        self._limits = limits
        self._tls = tls

    def get(self, url: str, headers: Mapping[str, str] = NO_FIELDS) -> Future[Response]:
        return self.ask("GET", url, headers=headers)

    def delete(self, url: str, headers: Mapping[str, str] = NO_FIELDS) -> Future[Response]:
        return self.ask("DELETE", url, headers=headers)

    def post(self, url: str, body: bytes | PipeReader, *, headers: Mapping[str, str] = NO_FIELDS) -> Future[Response]:
        """A body that is still being written leaves as it is."""
        return self.ask("POST", url, headers=headers, body=body)

    def ask(
        self, method: str, url: str, *, headers: Mapping[str, str] = NO_FIELDS, body: bytes | PipeReader = b""
    ) -> Future[Response]:
        """Any method. Raises ValueError for what is no URL."""
        endpoint = parse_url(url)
        connection = self._connect(endpoint)
        answer = connection.send(request_to(endpoint, method, headers=headers, body=body), self._limits)
        answer.on_any(lambda future: _end(connection, future))
        answer.on_discard(lambda _: connection.close())
        return answer

    def connect(self, url: str) -> HttpConnection:
        """A connection to the host of that URL; its path does not matter. Raises ValueError."""
        return self._connect(parse_url(url))

    def _connect(self, endpoint: Endpoint) -> HttpConnection:
        return self._node.connect_http(endpoint, tls=self._tls)


def request_to(
    endpoint: Endpoint, method: str, *, headers: Mapping[str, str] = NO_FIELDS, body: bytes | PipeReader = b""
) -> Request:
    """What to send there."""
    named = {"host": endpoint.authority, **{name.lower(): value for name, value in headers.items()}}
    if isinstance(body, bytes):
        return Request.of(method, endpoint.target, headers=named, body=body, peer="")
    return Request.of(method, endpoint.target, headers=named, body=b"", peer="").streamed(body)


def _end(connection: HttpConnection, answer: Future[Response]) -> None:
    """The only exchange of a connection is over, or goes on until its body was read."""
    reader = answer.get().reader if answer.is_ready else None
    if reader is None:
        connection.close()
    else:
        reader.ended.on_ready(lambda _: connection.close())


class Exchange:
    """One question and its answer as it comes in, whatever carries it: what both kinds of connection have in common."""

    def __init__(self, request: Request, limits: Limits, *, give_up: Callable[[Exchange], object]) -> None:
        self.request = request
        self.limits = limits
        self.head = b""  # The question as it leaves.
        self.answer: Promise[Response] = Promise()
        self.begun: Response | None = None  # The head of the answer.
        self.why_over = ""  # Why the rest of the answer is of no use.
        self._pipe: Pipe | None = None
        self._body: list[bytes] = []
        self._size = 0
        self._give_up = give_up
        self.answer.on_discard(lambda _: self._unwanted())

    @property
    def is_over(self) -> bool:
        return bool(self.why_over)

    def begin(self, status: int, headers: Headers) -> None:
        """The head of the answer is there."""
        content_type = next((value for name, value in headers if name.lower() == "content-type"), "")
        others = tuple((name, value) for name, value in headers if name.lower() != "content-type")
        self.begun = Response(status, b"", content_type, others)
        if self.limits.stream:
            self._pipe = Pipe()
            self._pipe.ended.on_ready(self._ended)
            self.begun = msgspec.structs.replace(self.begun, reader=self._pipe.reader)
            if not self.answer.set(self.begun):
                self._pipe.reader.close()

    def take(self, piece: bytes) -> Future[bool]:
        """A piece of the body is there. The future says when there is room for more."""
        if self._pipe is not None:
            return self._pipe.writer.write(piece)
        self._size += len(piece)
        if self._size > self.limits.body_max:
            self.why_over = f"an answer has more than {self.limits.body_max} bytes"
        elif piece:
            self._body.append(piece)
        return ready(True)

    def finish(self) -> None:
        """That was all of it."""
        assert self.begun is not None
        if self._pipe is not None:
            self._pipe.writer.close()
        else:
            self.answer.set(msgspec.structs.replace(self.begun, body=b"".join(self._body)))

    def time_out(self, authority: str) -> None:
        """The answer of that node took longer than it may."""
        allowed_s = (self.limits.timeout_ns or 0) / SECOND
        self.fail(ExchangeTimedOut(f"{authority}: no answer within {allowed_s} s"))

    def fail(self, error: Exception) -> None:
        """There will be no answer, or no more of it."""
        self.answer.fail(error)
        if self._pipe is not None:
            self._pipe.writer.fail()

    def _unwanted(self) -> None:
        self.answer.set_discarded()
        self._give_up(self)

    def _ended(self, end: End) -> None:
        if end in (End.UNREAD, End.CUT_OFF):
            self.why_over = "an answer was no longer wanted"
            self._give_up(self)
