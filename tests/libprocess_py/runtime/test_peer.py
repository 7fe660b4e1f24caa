"""One connection to one other node: when what was sent leaves."""

from __future__ import annotations

import asyncio
import socket

from libprocess_py.pid import PID, Address
from libprocess_py.process import Process
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.loop_node import start_node
from libprocess_py.runtime.peers import CHUNK, CHUNK_BYTES
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Ping

READ = 1_000_000


class Sender(Process):
    """Sends, and looks in the same turn at what has arrived. The test's end of the connection does not block."""

    def send_some(self, to: PID, messages: int, *, padding: str = "") -> None:
        for number in range(messages):
            self.send(to, Ping(number=number, padding=padding))

    def send_and_look(self, to: PID, messages: int, *, padding: str, peer: socket.socket) -> int:
        """How many messages have begun to arrive before the turn is over."""
        self.send_some(to, messages, padding=padding)
        try:
            return peer.recv(READ).count(b"POST ")
        except BlockingIOError:
            return 0


async def arrived_early(messages: int, padding: str = "") -> int:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        to = PID("somebody", Address("127.0.0.1", server.getsockname()[1]))
        async with await start_node() as node:
            sender = node.spawn(Sender())
            node.dispatch(sender, Sender.send_some, to, 1)
            peer, _ = await loop.sock_accept(server)
            with peer:
                peer.setblocking(False)
                await loop.sock_recv(peer, READ)
                return await result(
                    node.dispatch(sender, Sender.send_and_look, to, messages, padding=padding, peer=peer)
                )


@on_loop
async def test_a_turn_that_sends_many_messages_lets_the_first_of_them_leave_before_its_end() -> None:
    assert await arrived_early(CHUNK + 1) == CHUNK


@on_loop
async def test_a_turn_that_sends_large_messages_lets_the_first_of_them_leave_before_its_end() -> None:
    assert await arrived_early(3, padding="x" * CHUNK_BYTES) >= 1


@on_loop
async def test_what_a_turn_with_few_messages_sends_leaves_at_its_end() -> None:
    assert await arrived_early(CHUNK - 1) == 0
