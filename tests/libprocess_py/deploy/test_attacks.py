"""A payload whose unpickling leaves a mark, through every entrance of a node that would unpickle it for a friend."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from libprocess_py.auth.core.frames import Sealer
from libprocess_py.auth.core.handshake import Dialer
from libprocess_py.auth.core.secret import NONCE_SIZE
from libprocess_py.deploy import RemoteError, Spawner
from libprocess_py.deploy.messages import SPAWNER_ID, Call
from libprocess_py.deploy.remotes import Remotes
from libprocess_py.deploy.shipping import pack
from libprocess_py.message import encode
from libprocess_py.pid import Address
from libprocess_py.runtime.loop_node import LoopNode, start_node
from libprocess_py.runtime.settings import NodeSettings
from tests.libprocess_py.deploy.actors import Counter
from tests.libprocess_py.deploy.real_nodes import OTHER, OURS, PLAIN, Mark, a_spawn, is_refused, two_nodes
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Echo, RawClient

STRANGER: Final = "__remotes__@127.0.0.1:9"  # Answers to it are refused at once.


def evil(mark: Path) -> bytes:
    """Arguments of an actor, or of a call."""
    return pack((None, (Mark(mark),), {}))


def bodies(mark: Path) -> Iterator[bytes]:
    """The payload as it is, in text, and as the questions that would have it unpickled."""
    payload = evil(mark)
    yield payload
    yield base64.b64encode(payload)
    yield encode(a_spawn(payload))
    yield encode(a_spawn(payload, digest="00"))
    yield encode(Call(call="1", id="echo", method="ping", payload=payload))


def requests(node: LoopNode, mark: Path) -> Iterator[bytes]:
    """To each actor, under each name that it or anybody handles, and to each path."""
    mailboxes = node.kernel.mailboxes
    names = sorted({name for mailbox in mailboxes.values() for name in mailbox._process_names})
    paths = [f"/{id}/{name}" for id in sorted(mailboxes) for name in names]
    text = base64.urlsafe_b64encode(evil(mark)).decode()
    for body in bodies(mark):
        length = f"Content-Length: {len(body)}\r\n"
        for path in (*paths, "/__processes__", "/metrics/snapshot", "/"):
            for claim in (f"Libprocess-From: {STRANGER}\r\n", f"User-Agent: libprocess/{STRANGER}\r\n", ""):
                yield f"POST {path} HTTP/1.1\r\n{claim}{length}\r\n".encode() + body
    yield f"GET /echo/path?{text} HTTP/1.1\r\nCookie: {text}\r\nAuthorization: Basic {text}\r\n\r\n".encode()


async def a_node(settings: NodeSettings) -> LoopNode:
    node = await start_node(replace(settings, metrics_snapshot_endpoint_rate_limit=None))
    node.spawn(Spawner(allow=True))
    node.spawn(Echo())
    node.delegate(
        node.kernel.mailboxes["echo"]._process_pid, "Spawn", to=node.kernel.mailboxes[SPAWNER_ID]._process_pid
    )
    Remotes.of(node)
    return node


@pytest.mark.parametrize("settings", [OURS, PLAIN, NodeSettings()], ids=["secret", "plain peers", "no secret"])
@on_loop
async def test_a_stranger_reaches_no_unpickling_by_messages_and_requests(
    tmp_path: Path, settings: NodeSettings
) -> None:
    mark = tmp_path / "mark"
    async with await a_node(settings) as node, await RawClient.connect(node.address) as client:
        for request in requests(node, mark):
            await client.ask(request)

    assert not mark.exists()


@on_loop
async def test_a_stranger_reaches_no_unpickling_by_handshakes_and_frames(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    payload = evil(mark)
    spawn = encode(a_spawn(payload))
    head = f"POST /{SPAWNER_ID}/Spawn HTTP/1.1\r\nLibprocess-From: {STRANGER}\r\nContent-Length: {len(spawn)}\r\n\r\n"
    message = head.encode() + spawn
    async with await a_node(OURS) as node:
        me = Address("10.9.9.9", 5050)
        hello = Dialer(OURS.secrets, os.urandom(NONCE_SIZE), ours=me, theirs=node.address).hello  # Recorded somewhere.
        unsealed = b"".join((*Sealer(bytes(32)).seal(b""), *Sealer(bytes(32)).seal(message)))
        for first, then in (
            (hello, message),
            (hello, unsealed),
            (hello + message, b""),
            (Dialer(OTHER.secrets, os.urandom(NONCE_SIZE), ours=me, theirs=node.address).hello, message),
            (hello.replace(b"Libprocess-Keys: ", b"Libprocess-Keys: " + base64.b16encode(payload)), message),
        ):
            async with await RawClient.connect(node.address) as client:
                client.say(first)
                await client.reader.readuntil(b"\r\n\r\n")
                client.say(then)
                client.writer.write_eof()
                await client.rest()

    assert not mark.exists()


@on_loop
async def test_a_friend_of_a_node_that_does_not_allow_it_reaches_no_unpickling(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with two_nodes(allow=False) as (friend, node):
        remote = await friend.connect(str(node.address))

        call = Call(call="2", id=SPAWNER_ID, method="hello", payload=evil(mark))
        await is_refused(friend, a_spawn(evil(mark)), call, to=node)

        assert not remote.allows_spawn
    assert not mark.exists()


@on_loop
async def test_the_payload_is_live_a_friend_of_a_node_that_allows_it_leaves_the_mark(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with await a_node(OURS) as node, await start_node(replace(OURS)) as friend:
        remote = await friend.connect(str(node.address))

        with pytest.raises(RemoteError, match="TypeError"):  # It is no number any more, once it was unpickled.
            await remote.spawn(Counter, Mark(mark))

    assert mark.exists()
