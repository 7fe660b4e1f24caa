"""HTTP heads on libprocess' wire: what a message's head looks like, and what an incoming head means.

A message from one actor to another is a POST whose head holds nothing that varies from message to message (its body
goes as a chunk, which brings its own length), so sender and receiver keep whole heads in dictionaries and neither
builds nor parses one twice. A head not known yet goes through a strict parser (llhttp) and a few checks of ours on top.

A message without a sender still names libprocess as its user agent, followed by nothing: that alone tells it from an
ordinary request. Pure: bytes in, values out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, unquote

import httptools

from libprocess_py.http.request import NO_FIELDS, split_target
from libprocess_py.pid import PID

AGENT_PREFIX: Final = "libprocess/"
TRACE: Final = "traceparent"  # W3C's name: what one event caused on several nodes is found again by it.
HEAD_END: Final = b"\r\n\r\n"
HEAD_MAX: Final = 16_384  # What common servers allow; a message's head is under 300 bytes.
HEADERS_MAX: Final = 100  # As above: far more than any client sends, few enough to keep a hostile head cheap.
BODY_MAX: Final = 33_554_432  # 32 MiB: the largest message is an agent that registers again with thousands of tasks.
CACHED_HEAD_MAX: Final = 1_024  # Longer heads are not messages; keeping them would let a peer fill our memory.
CACHED_HEADS_MAX: Final = 4_096  # At most 4 MiB; one entry per sender, receiver and message name in use.


class WireError(Exception):
    """A peer's bytes are not the HTTP we take. The connection answers `status` and closes: nothing after is trusted."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class Route:
    """Where a message goes, and from whom."""

    to_id: str
    sender: PID | None
    name: str
    trace: str = ""  # What caused it, for tracers: a `traceparent`.


@dataclass(frozen=True, slots=True)
class Head:
    """An incoming head, understood."""

    method: str
    target: str
    headers: Mapping[str, str]  # Names in lower case; repeated ones joined with ", ".
    keep_alive: bool
    length: int | None  # None: the body comes in chunks.
    expects_continue: bool
    route: Route | None  # None: an ordinary request, or a message with a problem.
    problem: str  # Why it cannot be the message, or the request, that it claims to be; empty otherwise.
    path: str  # Of an ordinary request: its target's path as it was sent, and the query; empty otherwise.
    query: Mapping[str, str]
    is_http_10: bool


def message_head(to: PID, sender: PID | None, *, name: str, empty: bool = False, trace: str = "") -> bytes:
    """The head of a message, up to and with the blank line. An `empty` body has neither chunks nor a length.

    One with a `trace` is unlike all others: nobody keeps it.
    """
    agent = f"User-Agent: {AGENT_PREFIX}{sender}\r\nLibprocess-From: {sender}\r\n"
    if sender is None:
        agent = f"User-Agent: {AGENT_PREFIX}\r\n"
    framing = "" if empty else "Transfer-Encoding: chunked\r\n"
    if trace:
        framing = f"{TRACE}: {trace}\r\n{framing}"
    line = f"POST /{to.path}/{quote(name, safe='()')} HTTP/1.1\r\n"
    return f"{line}{agent}Connection: Keep-Alive\r\nHost: \r\n{framing}\r\n".encode()


class HeadCache:
    """Heads already understood, by their bytes. One per node; cleared when full, so that no peer can make it grow."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: dict[bytes, Head] = {}  # Looked into directly on the hot path; filled by `learn` only.

    def learn(self, block: bytes) -> Head:
        """Understand a head (through its blank line). Raises WireError."""
        head = parse_head(block)
        if len(block) < CACHED_HEAD_MAX and TRACE not in head.headers:
            if len(self.known) >= CACHED_HEADS_MAX:
                self.known.clear()
            self.known[block] = head
        return head


class _Collector:
    """Takes what llhttp finds in one head."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: dict[str, str] = {}
        self.count = 0

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.count += 1
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text


def parse_head(block: bytes) -> Head:
    """Read one head, through its blank line. Raises WireError with the status to answer."""
    collector = _Collector()
    parser = httptools.HttpRequestParser(collector)
    try:
        parser.feed_data(block)
    except httptools.HttpParserUpgrade:
        pass  # We speak one protocol; asking for another is no error, the answer just does not switch.
    except httptools.HttpParserError as error:
        raise WireError(400, f"malformed request: {error}") from error
    if collector.count > HEADERS_MAX:
        raise WireError(431, f"more than {HEADERS_MAX} headers")
    method, version = parser.get_method().decode("ascii"), parser.get_http_version()
    if version not in {"1.0", "1.1"}:
        raise WireError(505, f"HTTP version {version}: expected 1.0 or 1.1")
    if method == "CONNECT":
        raise WireError(405, "CONNECT: this is no proxy")
    headers, target = collector.headers, collector.url.decode("latin-1")
    route, problem = _message_route(method, target, headers=headers)
    path, query, wrong = ("", NO_FIELDS, "") if route is not None else _split(target)
    return Head(
        method=method,
        target=target,
        headers=MappingProxyType(headers),  # Shared by all requests with this head.
        keep_alive=_keep_alive(version, headers, is_message=route is not None),
        length=body_length(version, headers),
        expects_continue=headers.get("expect", "").lower() == "100-continue",
        route=route,
        problem=problem or wrong,
        path=path,
        query=query,
        is_http_10=version == "1.0",
    )


def _split(target: str) -> tuple[str, Mapping[str, str], str]:
    """The parts of an ordinary request's target, or what is wrong with it."""
    try:
        return *split_target(target), ""
    except ValueError as error:
        return "", NO_FIELDS, str(error)


def body_length(version: str, headers: Mapping[str, str]) -> int | None:
    """How long the body is, None for chunks. Raises WireError, also for what a stricter llhttp has refused before."""
    length, coding = headers.get("content-length"), headers.get("transfer-encoding")
    if coding is not None:
        if length is not None:
            raise WireError(400, "both Content-Length and Transfer-Encoding")
        if coding.strip().lower() != "chunked" or version == "1.0":
            raise WireError(400, f"Transfer-Encoding {coding!r}: expected chunked, in HTTP/1.1")
        return None
    if length is None:
        return 0
    if not (length.isascii() and length.isdigit()):
        raise WireError(400, f"Content-Length {length!r}: expected a number")
    if len(length) > len(str(BODY_MAX)) or int(length) > BODY_MAX:
        raise WireError(413, f"body of {length} bytes: at most {BODY_MAX}")
    return int(length)


def _keep_alive(version: str, headers: Mapping[str, str], *, is_message: bool) -> bool:
    """HTTP/1.0 ends with its answer, and nobody misses more; but compactor sends its messages so, on one connection."""
    tokens = [token.strip().lower() for token in headers.get("connection", "").split(",")]
    if version == "1.0":
        return is_message and "keep-alive" in tokens
    return "close" not in tokens


def _message_route(method: str, target: str, *, headers: Mapping[str, str]) -> tuple[Route | None, str]:
    agent, claim = headers.get("user-agent", ""), headers.get("libprocess-from")
    if method != "POST" or (claim is None and not agent.startswith(AGENT_PREFIX)):
        return None, ""
    claim = agent[len(AGENT_PREFIX) :] if claim is None else claim
    path = target.partition("?")[0]
    id, separator, name = path[1:].partition("/")
    try:
        if not (path.startswith("/") and id and separator and name):
            raise ValueError(f"message path {path!r}: expected /<process id>/<message name>")
        claim = claim.strip(" ").encode("latin-1").decode()  # Header values were read byte by byte; ids are UTF-8.
        sender = PID.parse(claim) if claim else None
    except ValueError as error:
        return None, str(error)
    return Route(unquote(id), sender, unquote(name), headers.get(TRACE, "")), ""
