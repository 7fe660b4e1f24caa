"""Remote spawns over real sockets: who proved the secret may, and nobody else reaches a byte that is unpickled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trustme
from msgspec.structs import replace

from libprocess_py.deploy import ConnectFailed, RemoteError, Spawner
from libprocess_py.deploy.messages import PAYLOAD_MAX, SPAWNER_ID, Call, Spawn
from libprocess_py.deploy.shipping import pack
from libprocess_py.future import Future
from libprocess_py.message import encode
from libprocess_py.runtime.loop_node import LoopNode, start_node
from libprocess_py.runtime.settings import NodeSettings
from tests.libprocess_py.deploy.actors import Counter, Watcher
from tests.libprocess_py.deploy.real_nodes import OTHER, OURS, PLAIN, Mark, a_spawn, is_refused, two_nodes
from tests.libprocess_py.runtime.test_tls import Authority
from tests.support.event_loop import on_loop, until
from tests.support.wire_actors import RawClient


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(trustme.CA(), tmp_path)


async def posted(node: LoopNode, message: Spawn | Call) -> int:
    """The status of the answer to a stranger who writes that message by hand."""
    body = encode(message)
    head = f"POST /{SPAWNER_ID}/{message.wire_name} HTTP/1.1\r\nLibprocess-From: __remotes__@10.9.9.9:5050\r\n"
    async with await RawClient.connect(node.address) as client:
        answer = await client.ask(head.encode() + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    return answer.status


@on_loop
async def test_an_actor_is_spawned_called_and_watched_on_a_node_that_shares_the_secret() -> None:
    async with two_nodes() as (node, other):
        remote = await node.connect(str(other.address))
        node.spawn(watcher := Watcher())

        pid = await remote.spawn(Counter, 40)
        node.dispatch(watcher.pid, Watcher.watch, pid)

        assert await node.dispatch(pid, Counter.add, 2) == 42
        with pytest.raises(RemoteError, match="KeyError: 'why'"):
            await node.dispatch(pid, Counter.fail, "why")
        await until(lambda: watcher.why)
        assert [id for id, _ in watcher.why] == [pid.id]


@on_loop
async def test_a_certificate_is_a_proof_as_well(authority: Authority) -> None:
    settings = NodeSettings(tls=authority.settings("127.0.0.1"))
    async with two_nodes(settings) as (node, other):
        pid = await (await node.connect(other.address)).spawn(Counter, 40)

        assert await node.dispatch(pid, Counter.add, 2) == 42


@on_loop
async def test_a_node_is_connected_to_by_the_name_of_its_host() -> None:
    async with two_nodes(allow=False) as (node, other):
        remote = await node.connect(f"127.1:{other.address.port}")  # A name for resolvers, which needs no network.

        assert remote.address == other.address


@on_loop
async def test_a_node_with_another_secret_cannot_connect() -> None:
    async with two_nodes(OURS, OTHER) as (node, other):
        with pytest.raises(ConnectFailed, match="with the same secret"):
            await node.connect(other.address)


@on_loop
async def test_a_node_without_a_secret_lets_nobody_spawn_although_it_allows_it() -> None:
    async with two_nodes(NodeSettings()) as (node, other):
        hello = node.connect(other.address)

        await until(lambda: other.metrics.counter("libprocess/dropped/unauthenticated").value)

        assert hello.is_pending
        hello.on_failed(lambda _: None)


@pytest.mark.parametrize("settings", [OURS, PLAIN, NodeSettings()], ids=["secret", "secret but for some", "none"])
@on_loop
async def test_what_a_stranger_sends_is_not_unpickled(tmp_path: Path, settings: NodeSettings) -> None:
    mark = tmp_path / "mark"
    async with await start_node(settings) as node:
        node.spawn(Spawner(allow=True))
        counter = node.spawn(Counter())

        spawned = await posted(node, a_spawn(pack((Counter, (Mark(mark),), {}))))
        called = await posted(
            node, Call(call="1", id=counter.id, method="add", payload=pack((None, (Mark(mark),), {})))
        )

        assert (spawned, called) == (403, 403)
        assert not mark.exists()


@on_loop
async def test_what_a_friend_sends_is_not_unpickled_where_it_is_not_allowed(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with two_nodes(allow=False) as (node, other):
        remote = await node.connect(other.address)

        refused: list[Future[Any]] = [
            remote.spawn(Counter, Mark(mark)),
            node.dispatch(remote.pid(SPAWNER_ID), Counter.add, Mark(mark)),
        ]
        await until(lambda: all(future.is_settled for future in refused))

        assert [str(future.failure).partition(": ")[2] for future in refused] == [
            "it does not allow that: start it with --allow-spawn"
        ] * 2
        assert not mark.exists()


@on_loop
async def test_what_is_too_large_is_not_unpickled(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with two_nodes() as (node, other):
        payload = pack((Counter, (Mark(mark),), {})) + bytes(PAYLOAD_MAX)

        await is_refused(node, a_spawn(payload), to=other)

        assert not mark.exists()


@on_loop
async def test_what_comes_by_value_from_another_python_is_not_unpickled(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with two_nodes() as (node, other):
        spawn = replace(a_spawn(pack(Mark(mark))), python="cpython 2.7")

        await is_refused(node, spawn, to=other)

        assert not mark.exists()


@on_loop
async def test_a_friend_who_is_let_in_does_have_it_unpickled(tmp_path: Path) -> None:
    """So that the tests above mean something."""
    mark = tmp_path / "mark"
    async with two_nodes() as (node, other):
        remote = await node.connect(other.address)

        with pytest.raises(RemoteError):
            await remote.spawn(Counter, Mark(mark))

        assert mark.exists()
