"""IPv6, Unix sockets, and how many connections a node takes."""

from __future__ import annotations

import asyncio
import resource
import socket
import stat
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from libprocess_py.pid import Address
from libprocess_py.runtime.listening import DESCRIPTORS_BESIDE, UNIX_PATH_MAX, ListenError
from libprocess_py.runtime.loop_node import LoopNode, start_node
from libprocess_py.runtime.settings import NodeSettings
from tests.libprocess_py.runtime.test_program import ROOT
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Echo, Listener, RawClient, a_message, tell

GET_PATH = b"GET /echo/path HTTP/1.1\r\nHost: a\r\n\r\n"


async def first_bytes_to(client: RawClient) -> bytes:
    """Nothing if it was hung up on."""
    try:
        return await client.reader.read(12)
    except ConnectionError:
        return b""


def count_of(node: LoopNode, name: str) -> int:
    return node.metrics.counter(f"libprocess/http/{name}").value


@on_loop
async def test_ipv6_nodes_talk_link_and_match_their_addresses() -> None:
    settings = NodeSettings(ip="::1", require_peer_address_ip_match=True)
    async with await start_node(settings) as here:
        here.spawn(listener := Listener())
        async with await start_node(settings) as there:
            there.spawn(echo := Echo())
            source = tell(here, echo.pid, 1, 2)
            assert await source.heard(2) == [1, 2]
            tell(there, listener.pid, 3)
            assert await listener.heard(1) == [3]
        assert await source.lost() == [echo.pid]
        assert str(listener.senders[0].address).startswith("[::1]:")


@on_loop
async def test_a_node_on_every_ipv6_interface_takes_no_ipv4_connections_under_strange_names() -> None:
    async with await start_node(NodeSettings(ip="::", advertise_ip="::1")) as node:
        with pytest.raises(ConnectionRefusedError):
            await RawClient.connect(Address("127.0.0.1", node.address.port))
        async with await RawClient.connect(node.address) as client:
            assert (await client.ask(GET_PATH)).status == 404


@on_loop
async def test_nodes_of_one_host_talk_over_unix_sockets_under_their_usual_addresses(tmp_path: Path) -> None:
    path = tmp_path / "node.sock"
    there_settings = NodeSettings(unix_path=path, require_peer_address_ip_match=True)
    async with await start_node(there_settings) as there:
        there.spawn(listener := Listener())
        assert stat.S_ISSOCK(path.stat().st_mode)
        there.driver.server.close()  # So that there is no other way.
        async with await start_node(NodeSettings(unix_peers={there.address: path})) as here:
            source = tell(here, listener.pid, 1, 2, 3)

            assert await listener.heard(3) == [1, 2, 3]
            assert set(listener.senders) == {source.pid}
    assert not path.exists()


@on_loop
async def test_a_peer_on_a_unix_socket_speaks_for_this_host_only(tmp_path: Path) -> None:
    path = tmp_path / "node.sock"
    async with await start_node(NodeSettings(unix_path=path, require_peer_address_ip_match=True)) as node:
        node.spawn(Listener())
        async with await RawClient.connect_path(path) as client:
            lie = await client.ask(a_message("listener", "Ping", sender="master@10.0.0.1:5050"))
            truth = await client.ask(a_message("listener", "Ping", sender="master@127.0.0.1:5050"))

    assert (lie.status, truth.status) == (400, 202)


@on_loop
async def test_a_socket_that_a_dead_process_left_is_replaced_and_a_live_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "node.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with await start_node(NodeSettings(unix_path=path)):
        with pytest.raises(ListenError, match="the path is in use"):
            await start_node(NodeSettings(unix_path=path))
        assert path.exists()


@on_loop
async def test_a_path_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("of somebody")
    too_long = tmp_path / ("x" * UNIX_PATH_MAX)
    for path, expected in (
        (tmp_path / "file", "the path is in use"),
        (tmp_path / "none" / "node.sock", "no such file or directory"),
        (too_long, "expected at most 107 bytes"),
    ):
        with pytest.raises(ListenError, match=expected):
            await start_node(NodeSettings(unix_path=path))


@on_loop
async def test_when_all_connections_are_taken_the_oldest_silent_one_makes_room() -> None:
    async with await start_node(NodeSettings(connections_max=3)) as node:
        node.spawn(Echo())
        clients = [await RawClient.connect(node.address) for _ in range(4)]

        assert await clients[0].rest() == b""
        for client in clients[1:]:
            assert (await client.ask(GET_PATH)).status == 200
        assert count_of(node, "connections_given_up") == 1
        for client in clients:
            client.writer.close()


@on_loop
async def test_when_all_connections_are_in_use_the_newest_is_refused_and_the_others_go_on() -> None:
    async with await start_node(NodeSettings(connections_max=2)) as node:
        node.spawn(Echo())
        clients = [await RawClient.connect(node.address) for _ in range(2)]
        for client in clients:
            await client.ask(GET_PATH)
        async with await RawClient.connect(node.address) as third:
            refused = await third.rest()

        assert refused == b""
        assert [(await client.ask(GET_PATH)).status for client in clients] == [200, 200]
        assert count_of(node, "connections_refused") == 1
        assert len(node.driver.connections) == 2
        for client in clients:
            client.writer.close()


@on_loop
async def test_a_node_short_of_descriptors_refuses_connections_and_serves_the_ones_it_has() -> None:
    command = (sys.executable, "-m", "tests.support.wire_program", "serve")
    few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))  # For the child only.
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, preexec_fn=few)
    assert process.stdout is not None
    address = Address.parse((await process.stdout.readline()).decode().strip())
    served = []
    for _ in range(300):
        served.append(client := await RawClient.connect(address))
        client.say(GET_PATH)

    answers = [await first_bytes_to(client) for client in served]

    assert answers.count(b"HTTP/1.1 200") == 200 - DESCRIPTORS_BESIDE
    assert answers.count(b"") == 300 - (200 - DESCRIPTORS_BESIDE)
    for client in served:
        client.writer.close()
    process.kill()
    await process.wait()
