"""Nodes that share a secret, strangers that do not, and whoever sits on the line between, over real sockets."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from libprocess_py.auth.core.frames import FORGED, FRAME_MAX, OVERSIZED, REORDERED, REPLAYED, TRUNCATED, Sealer
from libprocess_py.auth.core.handshake import MALFORMED, NO_SHARED_SECRET, NOT_OFFERED, PATH, Dialer
from libprocess_py.auth.core.secret import NONCE_SIZE, Secret
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.pid import PID, Address
from libprocess_py.runtime.loop_node import LoopNode, start_node
from libprocess_py.runtime.security import LISTENED_MAX
from libprocess_py.runtime.settings import NodeSettings
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Echo, Listener, Ping, RawClient, a_message, tell
from tests.support.wire_relay import Relay, a_relay

OURS, OTHER = Secret(b"ours" * 8), Secret(b"other" * 8)
SETTINGS = NodeSettings(secrets=(OURS,))
LOCALHOST = (ipaddress.ip_network("127.0.0.0/8"),)


class Shy(Listener):
    """Takes messages of peers only that proved who they are; has a page, too."""

    authenticated_only = True

    def initialize(self) -> None:
        self.route("/page", self.page, help="A page.")

    def page(self, _: Request) -> Response:
        return Response.text(200, "for friends")


def count_of(node: LoopNode, name: str) -> int:
    return node.metrics.counter(f"libprocess/{name}").value


async def a_friend(client: RawClient, node: Address, *, named: Address, secret: Secret = OURS) -> Sealer:
    """Take a raw client through the handshake. What seals the frames that it says from then on."""
    dialer = Dialer((secret,), os.urandom(NONCE_SIZE), ours=named, theirs=node)
    client.say(dialer.hello)
    while dialer.feed(await client.reader.read(4_096)) is None:
        pass
    assert dialer.channel is not None
    sealer = dialer.channel.sealer
    client.say(b"".join(sealer.seal(b"")))
    return sealer


@on_loop
async def test_nodes_that_share_a_secret_talk_in_order_both_ways() -> None:
    async with await start_node(SETTINGS) as here, await start_node(SETTINGS) as there:
        there.spawn(echo := Echo())

        source = tell(here, echo.pid, *range(3_000))

        assert await source.heard(3_000) == list(range(3_000))
        assert here.driver.peers.open_count == 1


@on_loop
async def test_messages_larger_than_a_frame_arrive_whole() -> None:
    async with await start_node(SETTINGS) as here, await start_node(SETTINGS) as there:
        there.spawn(sink := Listener())

        for number in range(5):
            here.send(sink.pid, Ping(number=number, padding="x" * (FRAME_MAX + number)))

        assert await sink.heard(5) == list(range(5))


@on_loop
async def test_a_node_with_another_secret_or_none_is_neither_believed_nor_told_anything() -> None:
    async with await start_node(SETTINGS) as here:
        here.spawn(shielded := Listener("shielded"))
        for settings in (NodeSettings(secrets=(OTHER,)), NodeSettings()):
            async with await start_node(settings) as there:
                there.spawn(sink := Listener("sink"))

                foreign = tell(there, shielded.pid, 1)
                source = tell(here, sink.pid, 2)

                assert await source.lost() == [sink.pid]
                if settings.secrets:
                    assert await foreign.lost() == [shielded.pid]
                    assert count_of(there, f"auth/handshakes_refused/{NO_SHARED_SECRET}") == 1
                assert sink.numbers == []
        assert shielded.numbers == []
        assert count_of(here, f"auth/handshakes_refused/{NOT_OFFERED}") == 2


@on_loop
async def test_a_stranger_s_messages_are_refused_with_403_and_its_requests_are_served() -> None:
    async with await start_node(SETTINGS) as node, await RawClient.connect(node.address) as client:
        node.spawn(listener := Listener())
        node.spawn(Echo())

        refused = await client.ask(a_message("listener", "Ping"))
        page = await client.ask(b"GET /echo/path HTTP/1.1\r\n\r\n")

        assert refused.status == 403
        assert page.status == 200
        assert listener.numbers == []
        assert count_of(node, "http/messages_unauthenticated") == 1


@on_loop
async def test_plain_peers_are_spoken_to_where_the_operator_allows_it() -> None:
    exceptional = NodeSettings(secrets=(OURS,), plain_peers=LOCALHOST)
    async with await start_node(exceptional) as here, await start_node() as plain:
        plain.spawn(echo := Echo())
        here.spawn(listener := Listener())
        plain.spawn(outside := Listener("outside"))

        source = tell(here, echo.pid, 1, 2, 3)
        plain.dispatch(outside.pid, Listener.tell, listener.pid, [4])

        assert await source.heard(3) == [1, 2, 3]
        assert await listener.heard(1) == [4]


@on_loop
async def test_a_unix_socket_is_no_proof_wherever_plain_peers_may_be(tmp_path: Path) -> None:
    everywhere = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    path = tmp_path / "node.sock"
    async with await start_node(NodeSettings(secrets=(OURS,), plain_peers=everywhere, unix_path=path)) as node:
        node.spawn(listener := Listener())
        async with await RawClient.connect_path(path) as client:
            answer = await client.ask(a_message("listener", "Ping"))

        assert answer.status == 403
        assert listener.numbers == []


@on_loop
async def test_an_actor_for_authenticated_peers_only_refuses_the_plain_ones_even_where_they_are_allowed() -> None:
    exceptional = NodeSettings(secrets=(OURS,), plain_peers=LOCALHOST)
    async with await start_node(exceptional) as node, await RawClient.connect(node.address) as client:
        node.spawn(shy := Shy("shy"))

        message = await client.ask(a_message("shy", "Ping"))
        page = await client.ask(b"GET /shy/page HTTP/1.1\r\n\r\n")

        assert (message.status, page.status) == (403, 403)
        assert count_of(node, "dropped/unauthenticated") == 2
        async with await start_node(SETTINGS) as friend:
            tell(friend, shy.pid, 5)
            assert await shy.heard(1) == [5]


@on_loop
async def test_an_actor_for_authenticated_peers_only_is_closed_where_there_are_no_secrets() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(shy := Shy("shy"))
        near = tell(node, shy.pid, 1)

        answer = await client.ask(a_message("shy", "Ping"))

        assert answer.status == 403
        assert await shy.heard(1) == [1]
        assert shy.senders == [near.pid]


@on_loop
async def test_an_authenticated_node_speaks_for_itself_only() -> None:
    me, another = Address("127.0.0.1", 7), Address("127.0.0.1", 8)
    async with await start_node(SETTINGS) as node, await RawClient.connect(node.address) as client:
        node.spawn(listener := Listener())
        sealer = await a_friend(client, node.address, named=me)

        lie = a_message("listener", "Ping", body=b'{"number":1}', sender=f"tester@{another}")
        truth = a_message("listener", "Ping", body=b'{"number":2}', sender=f"tester@{me}")
        client.say(b"".join(sealer.seal(lie + truth)))

        assert await listener.heard(1) == [2]
        assert count_of(node, "http/messages_spoofed") == 1


@asynccontextmanager
async def a_tampered_line() -> AsyncIterator[tuple[LoopNode, LoopNode, Relay, Listener]]:
    """Two nodes, what lies between them, and an actor on the far one."""
    async with a_relay() as relay:
        advertised = NodeSettings(secrets=(OURS,), advertise_port=relay.address.port)
        async with await start_node(SETTINGS) as here, await start_node(advertised) as there:
            relay.listener = there.driver.bound
            there.spawn(sink := Listener("sink"))
            yield here, there, relay, sink


def flipped(frame: bytes) -> bytes:
    middle = len(frame) // 2
    return frame[:middle] + bytes((frame[middle] ^ 0x10,)) + frame[middle + 1 :]


@pytest.mark.parametrize(
    ("reason", "passed_on"),
    [
        (FORGED, lambda frame: [flipped(frame)]),
        (REPLAYED, lambda frame: [frame, frame]),
        (OVERSIZED, lambda frame: [b"\x7f" + frame[1:]]),
        (REORDERED, lambda _: []),
    ],
)
@on_loop
async def test_what_happens_to_a_frame_on_its_way_ends_the_connection_and_is_counted(
    reason: str, passed_on: object
) -> None:
    assert callable(passed_on)
    async with a_tampered_line() as (here, there, relay, sink):
        relay.tamper = lambda number, frame: passed_on(frame) if number == 1 else [frame]
        source = tell(here, sink.pid, 1)
        if reason == REORDERED:
            await _until_seen(relay, 2)
            here.dispatch(source.pid, Listener.tell, sink.pid, [2])

        assert await source.lost() == [sink.pid]
        assert sink.numbers == ([1] if reason == REPLAYED else [])
        assert count_of(there, f"auth/frames_refused/{reason}") == 1


@on_loop
async def test_an_answer_that_is_changed_on_its_way_ends_the_connection_and_is_counted() -> None:
    async with a_tampered_line() as (here, there, relay, sink):
        source = tell(here, sink.pid, 1)
        await sink.heard(1)

        relay.answered = flipped
        here.dispatch(source.pid, Listener.tell, sink.pid, [2])

        assert await source.lost() == [sink.pid]
        assert count_of(here, f"auth/frames_refused/{FORGED}") == 1
        assert count_of(there, f"auth/frames_refused/{FORGED}") == 0


async def _until_seen(relay: Relay, frames: int) -> None:
    while len(relay.seen) < frames:
        await asyncio.sleep(0)


@on_loop
async def test_a_connection_that_is_cut_within_a_frame_is_counted() -> None:
    async with await start_node(SETTINGS) as node, await RawClient.connect(node.address) as client:
        node.spawn(listener := Listener())
        me = Address("127.0.0.1", 7)
        sealer = await a_friend(client, node.address, named=me)

        frame = b"".join(sealer.seal(a_message("listener", "Ping", sender=f"tester@{me}")))
        client.say(frame[:-1])
        client.writer.write_eof()
        await client.rest()

        assert listener.numbers == []
        assert count_of(node, f"auth/frames_refused/{TRUNCATED}") == 1


@on_loop
async def test_what_was_recorded_on_the_line_means_nothing_on_another_connection() -> None:
    async with a_tampered_line() as (here, there, relay, sink):
        tell(here, sink.pid, 1)
        await sink.heard(1)
        assert relay.listener is not None
        async with await RawClient.connect(relay.listener) as client:
            dialer = Dialer((OTHER, OURS), os.urandom(NONCE_SIZE), ours=here.address, theirs=there.address)
            client.say(dialer.hello)
            await client.reader.readuntil(b"\r\n\r\n")
            client.say(b"".join(relay.seen))
            await client.rest()

        assert sink.numbers == [1]
        assert count_of(there, f"auth/frames_refused/{FORGED}") == 1


@on_loop
async def test_answers_are_sealed_too() -> None:
    async with a_tampered_line() as (here, _, relay, sink):
        source = tell(here, sink.pid, 1)
        await sink.heard(1)

        assert not any(b"POST" in frame[:12] for frame in relay.seen)
        assert here.metrics.counters().get("libprocess/auth/frames_refused/forged", 0) == 0
        assert source.gone == []


@pytest.mark.parametrize("before", [b"GET /echo/path HTTP/1.1\r\n\r\n", b""])
@on_loop
async def test_a_handshake_comes_first_and_alone(before: bytes) -> None:
    async with await start_node(SETTINGS) as node, await RawClient.connect(node.address) as client:
        dialer = Dialer((OURS,), os.urandom(NONCE_SIZE), ours=Address("127.0.0.1", 7), theirs=node.address)

        client.say(before + dialer.hello + (b"" if before else b"POST /smuggled/Ping HTTP/1.1\r\n\r\n"))
        answers = [await client.answer()] + ([await client.answer()] if before else [])

        assert answers[-1].status == 400
        assert count_of(node, f"auth/handshakes_refused/{MALFORMED}") == 1


@on_loop
async def test_a_node_without_secrets_knows_no_handshake() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        answer = await client.ask(f"GET {PATH} HTTP/1.1\r\n\r\n".encode())

        assert answer.status == 404


@on_loop
async def test_a_handshake_that_is_not_ended_is_given_up() -> None:
    settings = replace(SETTINGS, handshake_timeout_s=0.05)
    async with await start_node(settings) as node, await RawClient.connect(node.address) as client:
        dialer = Dialer((OURS,), os.urandom(NONCE_SIZE), ours=Address("127.0.0.1", 7), theirs=node.address)

        answered = await client.ask(dialer.hello)
        await client.rest()

        assert answered.status == 101
        assert count_of(node, "auth/handshakes_refused/overdue") == 1
        assert not node.driver.connections


@on_loop
async def test_handshakes_under_way_are_bounded_and_the_oldest_gives_way() -> None:
    async with await start_node(SETTINGS) as node:
        node.spawn(listener := Listener())
        clients = [await RawClient.connect(node.address) for _ in range(LISTENED_MAX + 1)]
        for client in clients:
            hello = Dialer((OURS,), os.urandom(NONCE_SIZE), ours=Address("127.0.0.1", 7), theirs=node.address).hello
            await client.ask(hello)

        await clients[0].rest()
        tell_from = await start_node(SETTINGS)
        tell(tell_from, listener.pid, 1)

        assert await listener.heard(1) == [1]
        assert node.driver.security is not None
        assert len(node.driver.security.listened) == LISTENED_MAX - 1
        await tell_from.stop()
        for client in clients:
            client.writer.close()


@on_loop
async def test_secrets_rotate_while_nodes_talk(tmp_path: Path) -> None:
    files = [tmp_path / "here", tmp_path / "there"]
    for file in files:
        file.write_text("the old secret of all nodes\n")
    settings = [NodeSettings(secret_file=file) for file in files]
    async with await start_node(settings[0]) as here, await start_node(settings[1]) as there:
        there.spawn(sink := Listener())
        for number, (file, text) in enumerate(
            [
                (files[0], "the newer secret of all\nthe old secret of all nodes\n"),
                (files[1], "the newer secret of all\nthe old secret of all nodes\n"),
                (files[0], "the newer secret of all\n"),
                (files[1], "the newer secret of all\n"),
            ],
            1,
        ):
            file.write_text(text)
            here.driver.peers.close()  # The next message needs another handshake.
            source = tell(here, sink.pid, number)
            await sink.heard(number)
            assert source.gone == []
        assert sink.numbers == [1, 2, 3, 4]


@pytest.mark.parametrize("where", [0, 1], ids=["dialer", "listener"])
@on_loop
async def test_a_withdrawn_secret_ends_the_connections_that_were_begun_under_it(tmp_path: Path, where: int) -> None:
    files = [tmp_path / "here", tmp_path / "there"]
    for file in files:
        file.write_text("the old secret of all nodes\n")
    settings = [NodeSettings(secret_file=file) for file in files]
    async with await start_node(settings[0]) as here, await start_node(settings[1]) as there:
        there.spawn(sink := Listener())
        source = tell(here, sink.pid, 1)
        await sink.heard(1)
        address = (here, there)[where].address

        files[where].write_text("quite another secret of all\n")
        hello = Dialer((OTHER,), bytes(NONCE_SIZE), ours=Address("127.0.0.1", 7), theirs=address).hello
        async with await RawClient.connect(address) as client:
            await client.ask(hello)  # Whoever begins a handshake has the file looked at.

        assert await source.lost() == [sink.pid]


@on_loop
async def test_no_secret_is_in_a_log_or_an_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    file = tmp_path / "secrets"
    file.write_text("hunter2-hunter2-hunter2\n")
    settings = NodeSettings(secret_file=file, secrets=(Secret(b"hunter3-hunter3-hunter3"),))
    async with await start_node(settings) as node, await start_node(SETTINGS) as other:
        node.spawn(listener := Listener())
        file.write_text("hunter2")

        await tell(other, listener.pid, 1).lost()
        await tell(node, PID("sink", other.address), 1).lost()

    assert "secrets kept as they were" in caplog.text
    assert "hunter" not in caplog.text + repr(settings)
