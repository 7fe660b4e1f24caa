"""Connections to other nodes, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from libprocess_py import Message, Process
from libprocess_py.core.wire_answers import ACCEPTED
from libprocess_py.core.wire_head import BODY_MAX
from libprocess_py.pid import PID, Address
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.keepalive import UNACKNOWLEDGED_MS
from libprocess_py.runtime.loop_node import LoopNode, start_node
from libprocess_py.runtime.peers import IN_FLIGHT_MAX
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Echo, Listener, Ping, served_by


class RawServer:
    """A node that is none: it takes connections, keeps what it reads, and answers what a test tells it to."""

    def __init__(self) -> None:
        self.address = Address("127.0.0.1", 0)
        self.clients: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.clients.put((reader, writer))


@asynccontextmanager
async def a_raw_server() -> AsyncIterator[RawServer]:
    raw = RawServer()
    async with served_by(raw.take) as raw.address:
        yield raw


class Hearing(Process):
    """Hears of what it sent in vain."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[PID, str]] = []

    def undelivered(self, to: PID, message: Message, *, reason: str) -> None:
        self.heard.append((to, reason))

    def unsent(self) -> int:
        return len(self.heard)


async def an_unused_address() -> Address:
    async with a_raw_server() as raw:
        return raw.address


def dropped(node: LoopNode, reason: str) -> int:
    return node.metrics.counter(f"libprocess/dropped/{reason}").value


@on_loop
async def test_messages_to_one_peer_keep_their_order() -> None:
    async with await start_node() as here, await start_node() as there:
        there.spawn(sink := Listener("sink"))
        here.spawn(source := Listener("source"))

        here.dispatch(source.pid, Listener.tell, sink.pid, list(range(5_000)))

        assert await sink.heard(5_000) == list(range(5_000))
        assert set(map(str, sink.senders)) == {str(source.pid)}


@on_loop
async def test_a_message_from_outside_any_actor_has_no_sender_and_arrives() -> None:
    async with await start_node() as here, await start_node() as there:
        there.spawn(sink := Listener("sink"))

        here.send(sink.pid, Ping(number=7))

        assert await sink.heard(1) == [7]


@on_loop
async def test_a_message_leaves_as_libprocess_sends_it() -> None:
    async with await start_node() as here, a_raw_server() as raw:
        here.spawn(source := Listener("source(1)"))

        here.dispatch(source.pid, Listener.tell, PID("sink", raw.address), [7])
        reader, writer = await raw.clients.get()
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readuntil(b"0\r\n\r\n")
        writer.close()

        assert head.decode() == (
            f"POST /sink/Ping HTTP/1.1\r\nUser-Agent: libprocess/{source.pid}\r\nLibprocess-From: {source.pid}\r\n"
            "Connection: Keep-Alive\r\nHost: \r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        assert body == b'c\r\n{"number":7}\r\n0\r\n\r\n'


@on_loop
async def test_an_unlinked_connection_ends_when_all_answers_were_read_and_not_before() -> None:
    async with await start_node() as here, a_raw_server() as raw:
        here.send(PID("sink", raw.address), Ping(number=1))
        reader, writer = await raw.clients.get()
        await reader.readuntil(b"0\r\n\r\n")
        still_open = not here.driver.peers.is_flushed

        writer.write(ACCEPTED[:10])
        writer.write(ACCEPTED[10:])
        rest = await reader.read()
        writer.close()

        assert still_open
        assert rest == b""


@on_loop
async def test_a_burst_reuses_its_connection_and_a_link_keeps_it() -> None:
    async with await start_node() as here, await start_node() as there:
        echo = there.spawn(Echo())
        here.spawn(source := Listener("source"))

        for number in range(5):
            here.dispatch(source.pid, Listener.tell, echo, [number])
            await source.heard(number + 1)
        here.dispatch(source.pid, Listener.link, echo)
        here.dispatch(source.pid, Listener.tell, echo, [5])
        await source.heard(6)

        assert here.driver.peers.open_count == 1
        assert len(there.driver.connections) == 1


@on_loop
async def test_a_link_to_nobody_s_address_is_lost_soon() -> None:
    async with await start_node() as here:
        here.spawn(source := Listener("source"))
        nowhere = PID("master", await an_unused_address())

        here.dispatch(source.pid, Listener.link, nowhere)

        assert await source.lost() == [nowhere]


@on_loop
async def test_a_link_is_lost_with_the_node_and_can_be_made_again() -> None:
    async with await start_node() as here:
        here.spawn(source := Listener("source"))
        async with await start_node() as there:
            echo = there.spawn(Echo())
            here.dispatch(source.pid, Listener.link, echo)
            here.dispatch(source.pid, Listener.tell, echo, [1])
            await source.heard(1)

        assert await source.lost() == [echo]
        here.dispatch(source.pid, Listener.link, echo)
        assert await source.lost(2) == [echo, echo]


class Faithful(Listener):
    """Links again as soon as it is told of a loss."""

    def exited(self, pid: PID) -> None:
        super().exited(pid)
        self.link(pid)


@on_loop
async def test_who_links_again_when_told_of_a_loss_is_not_told_of_the_same_loss_again() -> None:
    async with await start_node() as here, await start_node() as there:
        echo = there.spawn(Echo())
        here.spawn(faithful := Faithful("faithful"))
        here.dispatch(faithful.pid, Listener.link, echo)
        here.dispatch(faithful.pid, Listener.tell, echo, [1])
        await faithful.heard(1)

        (connection,) = there.driver.connections
        connection.abort()
        assert await faithful.lost() == [echo]
        here.dispatch(faithful.pid, Listener.tell, echo, [2, 3])
        await faithful.heard(3)

        assert faithful.gone == [echo]


@on_loop
async def test_messages_that_no_connection_takes_are_counted_as_dropped() -> None:
    async with await start_node() as here:
        here.spawn(source := Listener("source"))
        nowhere = PID("master", await an_unused_address())

        here.dispatch(source.pid, Listener.tell, nowhere, [1, 2, 3])
        here.dispatch(source.pid, Listener.link, nowhere)
        await source.lost()

        assert dropped(here, "connection_lost") == 3


@on_loop
async def test_that_a_peer_cannot_be_reached_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with await start_node() as here:
        here.spawn(source := Listener("source"))
        nowhere = PID("master", await an_unused_address())

        for attempt in range(1, 4):
            here.dispatch(source.pid, Listener.tell, nowhere, [attempt])
            here.dispatch(source.pid, Listener.link, nowhere)
            await source.lost(attempt)

        lines = [record.getMessage() for record in caplog.records if str(nowhere.address) in record.getMessage()]
        assert [line.partition(" peer")[0] for line in lines] == ["messages dropped", "link lost"]
        assert dropped(here, "connection_lost") == 3


@on_loop
async def test_a_message_larger_than_a_peer_takes_is_dropped_and_the_link_survives() -> None:
    async with await start_node() as here, await start_node() as there:
        there.spawn(sink := Listener("sink"))

        here.send(sink.pid, Ping(number=1, padding="x" * BODY_MAX))
        here.send(sink.pid, Ping(number=2))

        assert await sink.heard(1) == [2]
        assert dropped(here, "oversized") == 1


@on_loop
async def test_a_peer_that_does_not_read_costs_a_bounded_amount_of_memory() -> None:
    async with await start_node() as here, a_raw_server() as raw:
        sink, size = PID("sink", raw.address), 8_000_000
        here.spawn(source := Hearing())
        here.send(sink, Ping(number=0))
        _, writer = await raw.clients.get()

        for number in range(2 * IN_FLIGHT_MAX // size):
            here.send(sink, Ping(number=number, padding="x" * size), sender=source.pid)
        await here.dispatch(source.pid, Hearing.unsent)
        writer.close()

        assert dropped(here, "peer_queue_full") >= IN_FLIGHT_MAX // size - 1
        assert source.heard == [(sink, "peer_queue_full")] * dropped(here, "peer_queue_full")


@on_loop
async def test_a_slow_reader_gets_everything_in_order() -> None:
    async with await start_node() as here, a_raw_server() as raw:
        sink, count = PID("sink", raw.address), 200
        here.send(sink, Ping(number=0))
        reader, writer = await raw.clients.get()

        for number in range(1, count):
            here.send(sink, Ping(number=number, padding="x" * 100_000))
        data = b""
        while data.count(b"\r\n0\r\n\r\n") < count:
            data += await reader.read(1_000_000)
        writer.close()

        assert [int(number) for number in re.findall(rb'"number":(\d+)', data)] == list(range(count))


@on_loop
async def test_a_node_stops_while_a_connection_is_still_being_made() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf, contextlib.ExitStack() as crowd:
        for _ in range(4):  # More than its backlog takes: the next one hears nothing.
            client = crowd.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(deaf.getsockname())
        async with await start_node() as here:
            here.spawn(source := Listener("source"))
            here.dispatch(source.pid, Listener.link, PID("deaf", Address(*deaf.getsockname())))
            await result(here.dispatch(source.pid, Listener.link, source.pid))

        assert here.driver.peers.open_count == 0


@on_loop
async def test_answers_other_than_202_are_counted_by_their_status() -> None:
    async with await start_node() as here, await start_node() as there:
        there.spawn(sink := Listener("sink"))

        here.send(PID("nobody", there.address), Ping(number=1))
        here.send(sink.pid, Ping(number=2))
        await sink.heard(1)
        await here.stop()

        assert here.metrics.counter("libprocess/http/answers_404").value == 1


@on_loop
async def test_a_peer_that_speaks_no_http_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with await start_node() as here, a_raw_server() as raw:
        here.spawn(source := Listener("source"))
        sink = PID("sink", raw.address)
        here.dispatch(source.pid, Listener.link, sink)
        _, writer = await raw.clients.get()

        writer.write(b"220 mail.example.com ESMTP\r\n")

        assert await source.lost() == [sink]
        assert "answer malformed" in caplog.text
        writer.close()


@on_loop
async def test_a_new_connection_takes_over_the_link_and_what_was_not_sent() -> None:
    async with await start_node() as here, a_raw_server() as raw:
        here.spawn(source := Listener("source"))
        to = PID("master", raw.address)
        here.dispatch(source.pid, Listener.link, to)
        former, former_writer = await raw.clients.get()

        here.dispatch(source.pid, Listener.tell, to, [1])
        here.dispatch(source.pid, lambda actor: actor.link(to, reconnect=True))
        reader, writer = await raw.clients.get()

        assert b'{"number":1}' in await reader.readuntil(b"0\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):  # It may end either way; it holds nothing.
            assert await former.read() == b""
        assert here.driver.peers.open_count == 1
        writer.transport.abort()
        assert await source.lost() == [to]
        former_writer.close()


@on_loop
async def test_both_ends_of_a_connection_notice_a_host_that_vanished() -> None:
    async with await start_node() as here, await start_node() as there:
        here.spawn(source := Listener("source"))
        echo = there.spawn(Echo())
        here.dispatch(source.pid, Listener.link, echo)
        here.dispatch(source.pid, Listener.tell, echo, [1])
        await source.heard(1)

        (accepted,) = there.driver.connections
        (opened,) = here.driver.peers._by_address.values()

        for end in (accepted._transport, opened._transport):
            assert end is not None
            connection = end.get_extra_info("socket")
            assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNACKNOWLEDGED_MS
