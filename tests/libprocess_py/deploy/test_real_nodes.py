"""Remote spawns over real sockets: who proved the secret may, and nobody else reaches a byte that is unpickled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import trustme

from libprocess_py.auth.core.secret import Secret
from libprocess_py.deploy import ConnectFailed, RemoteError, Spawner
from libprocess_py.deploy.messages import PAYLOAD_MAX, SPAWNER_ID, Call, Platform, Spawn
from libprocess_py.deploy.shipping import here, name_of, pack
from libprocess_py.future import Future
from libprocess_py.message import encode
from libprocess_py.pid import PID
from libprocess_py.runtime.loop_node import LoopNode, start_node
from libprocess_py.runtime.settings import NodeSettings
from tests.libprocess_py.deploy.actors import Counter, Watcher
from tests.libprocess_py.runtime.test_tls import Authority
from tests.support.event_loop import on_loop
from tests.support.wire_actors import RawClient

OURS, OTHER = NodeSettings(secrets=(Secret(b"ours" * 8),)), NodeSettings(secrets=(Secret(b"other" * 8),))
PLAIN = replace(OURS, plain_peers=(ip_network("127.0.0.0/8"),))  # Those may talk, but have proved nothing.
WAIT_S = 10.0


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(trustme.CA(), tmp_path)


class Mark(int):
    """Unpickling it leaves a file. For type checkers it is a number, so that actors of numbers take it."""

    def __new__(cls, path: Path) -> Mark:
        return super().__new__(cls)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self._path,)


async def until(predicate: Callable[[], object]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not predicate():
            await asyncio.sleep(0)


def a_spawn(payload: bytes, *, digest: str = "") -> Spawn:
    return Spawn(call="1", kind=name_of(Counter), digest=digest, python=here().python, payload=payload)


async def posted(node: LoopNode, message: Spawn | Call) -> int:
    """The status of the answer to a stranger who writes that message by hand."""
    body = encode(message)
    head = f"POST /{SPAWNER_ID}/{message.wire_name} HTTP/1.1\r\nLibprocess-From: __remotes__@10.9.9.9:5050\r\n"
    async with await RawClient.connect(node.address) as client:
        answer = await client.ask(head.encode() + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    return answer.status


@on_loop
async def test_an_actor_is_spawned_called_and_watched_on_a_node_that_shares_the_secret() -> None:
    async with await start_node(OURS) as node, await start_node(OURS) as other:
        other.spawn(Spawner(allow=True))
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
    async with await start_node(settings) as node, await start_node(settings) as other:
        other.spawn(Spawner(allow=True))

        pid = await (await node.connect(other.address)).spawn(Counter, 40)

        assert await node.dispatch(pid, Counter.add, 2) == 42


@on_loop
async def test_a_node_is_connected_to_by_the_name_of_its_host() -> None:
    async with await start_node(OURS) as node, await start_node(OURS) as other:
        other.spawn(Spawner(allow=False))

        remote = await node.connect(f"127.1:{other.address.port}")  # A name for resolvers, which needs no network.

        assert remote.address == other.address


@on_loop
async def test_a_node_with_another_secret_cannot_connect() -> None:
    async with await start_node(OURS) as node, await start_node(OTHER) as other:
        other.spawn(Spawner(allow=True))

        with pytest.raises(ConnectFailed, match="with the same secret"):
            await node.connect(other.address)


@on_loop
async def test_a_node_without_a_secret_lets_nobody_spawn_although_it_allows_it() -> None:
    async with await start_node() as node, await start_node() as other:
        other.spawn(Spawner(allow=True))
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
    async with await start_node(OURS) as node, await start_node(OURS) as other:
        other.spawn(Spawner(allow=False))
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
    async with await start_node(OURS) as node, await start_node(OURS) as other:
        other.spawn(Spawner(allow=True))
        node.spawn(watcher := Watcher())
        payload = pack((Counter, (Mark(mark),), {})) + bytes(PAYLOAD_MAX)

        node.send(PID(SPAWNER_ID, other.address), a_spawn(payload), sender=watcher.pid)
        await until(lambda: other.metrics.counter("libprocess/deploy/refused").value)

        assert not mark.exists()


@on_loop
async def test_what_comes_by_value_from_another_python_is_not_unpickled(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with await start_node(OURS) as node, await start_node(OURS) as other:
        other.spawn(Spawner(allow=True))
        node.spawn(watcher := Watcher())
        spawn = Spawn(
            call="1", kind="x:Y", python=Platform(python="cpython 2.7", cloudpickle="").python, payload=pack(Mark(mark))
        )

        node.send(PID(SPAWNER_ID, other.address), spawn, sender=watcher.pid)
        await until(lambda: other.metrics.counter("libprocess/deploy/refused").value)

        assert not mark.exists()


@on_loop
async def test_a_friend_who_is_let_in_does_have_it_unpickled(tmp_path: Path) -> None:
    """So that the tests above mean something."""
    mark = tmp_path / "mark"
    async with await start_node(OURS) as node, await start_node(OURS) as other:
        other.spawn(Spawner(allow=True))
        remote = await node.connect(other.address)

        with pytest.raises(RemoteError):
            await remote.spawn(Counter, Mark(mark))

        assert mark.exists()
