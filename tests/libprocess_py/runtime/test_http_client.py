"""The HTTP client against servers that are none of ours, and over TLS; the rest is in the conformance suite."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import trustme

from libprocess_py.http.client import ExchangeFailed, HttpClient, Limits, parse_url, request_to
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.loop_node import start_node
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Echo, served_by

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def a_server(answers: bytes, *, ends: bool = False, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Says that to whoever asks anything; its URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answers)
        if not ends:
            await reader.read()
        writer.close()

    async with served_by(serve, tls=tls) as address:
        yield f"http{'s' if tls else ''}://{address}/"


@pytest.mark.parametrize(
    ("answers", "body"),
    [
        (OK, b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nok\r\n0\r\nA: b\r\n\r\n", b"ok"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"until the end"),
    ],
)
def test_answers_of_every_framing_are_understood(answers: bytes, body: bytes) -> None:
    @on_loop
    async def understood() -> None:
        async with await start_node() as node, a_server(answers, ends=True) as url:
            assert (await result(HttpClient(node).get(url))).body == body

    understood()


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (b"NONSENSE\r\n\r\n", "malformed answer"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "malformed answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "hexadecimal"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 20_000, "head of more than"),
        (b"", "closed the connection"),
    ],
)
def test_what_is_no_answer_is_told_apart_from_one(answers: bytes, why: str) -> None:
    @on_loop
    async def failed() -> None:
        async with await start_node() as node, a_server(answers, ends=True) as url:
            with pytest.raises(ExchangeFailed, match=why):
                await result(HttpClient(node).get(url))

    failed()


@on_loop
async def test_what_was_not_asked_ends_the_connection() -> None:
    async with await start_node() as node, a_server(OK + OK) as url:
        connection = HttpClient(node).connect(url)

        assert (await result(connection.send(request_to(parse_url(url), "GET")))).body == b"ok"
        await result(connection.disconnected)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://no-such-host.invalid/"])
def test_who_is_not_there_is_not_waited_for(url: str) -> None:
    @on_loop
    async def failed() -> None:
        async with await start_node() as node:
            with pytest.raises(ExchangeFailed, match="cannot be connected to"):
                await result(HttpClient(node).get(url))

    failed()


@on_loop
async def test_what_is_under_way_ends_with_the_node() -> None:
    async with a_server(b"") as url:
        async with await start_node() as node:
            answer = HttpClient(node).get(url)
        with pytest.raises(ExchangeFailed):
            await result(answer)
        assert not node.driver.clients
        with pytest.raises(ExchangeFailed):
            await result(HttpClient(node).get(url))


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@on_loop
async def test_https_asks_who_is_trusted() -> None:
    authority = trustme.CA()
    tls = trusting(authority)
    async with await start_node() as node, a_server(OK, tls=server_context(authority, "127.0.0.1")) as url:
        assert (await result(HttpClient(node, tls=tls).get(url))).body == b"ok"


@pytest.mark.parametrize("make", [lambda trusted: (trusted, "10.9.8.7"), lambda _: (trustme.CA(), "127.0.0.1")])
def test_https_asks_nobody_else(authority: trustme.CA, make: Callable[[trustme.CA], tuple[trustme.CA, str]]) -> None:
    issuer, name = make(authority)

    @on_loop
    async def refused() -> None:
        async with await start_node() as node, a_server(OK, tls=server_context(issuer, name)) as url:
            for tls in (trusting(authority), None):
                with pytest.raises(ExchangeFailed, match="cannot be connected to"):
                    await result(HttpClient(node, Limits(timeout_ns=None), tls=tls).get(url))

    refused()


@on_loop
async def test_many_questions_are_asked_at_once_over_one_connection() -> None:
    async with await start_node() as here, await start_node() as there:
        there.spawn(Echo())
        endpoint = parse_url(f"http://{there.address}/echo/path")
        connection = here.connect_http(endpoint)
        asked = [replace(endpoint, target=f"/echo/path/{number}") for number in range(50)]
        answers = [connection.send(request_to(each, "GET")) for each in asked]

        assert [(await result(answer)).body for answer in answers] == [b"/path/%d" % number for number in range(50)]
        assert len(there.driver.connections) == 1
        connection.close()
