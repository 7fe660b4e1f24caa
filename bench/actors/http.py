"""Small GETs over keep-alive connections: a node in another OS process with a core to itself, raw sockets here.

The load maker knows the length of an answer from the first one and then only counts bytes, so that it costs the little
that a program in C would, and the node is what is measured. It looks for answers some times before it sleeps, since
waking it would be the node's work, as that of a client on another host is not. Each function returns answers per
second.
"""

from __future__ import annotations

import select
import socket
import time
from typing import Final

from bench.actors.sides import other_side, pin, stand_by
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.process import Process
from libprocess_py.runtime.loop_node import LoopNode
from libprocess_py.runtime.program import run

CONNECTIONS: Final = 32
GETS: Final = 100_000
PIPELINED_CONNECTIONS: Final = 8
DEPTH: Final = 16
PIPELINED_GETS: Final = 400_000
WARM_UP: Final = 10  # The part of all answers, one in so many, that comes before the clock starts.
GET: Final = b"GET /page/small HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
READ: Final = 262_144
LOOKS: Final = 40  # For answers, before the load maker sleeps: some twenty microseconds, the time of a few answers.


class Page(Process):
    """A small route."""

    def __init__(self) -> None:
        super().__init__("page")

    def initialize(self) -> None:
        self.route("/small", self.small, help="A few words.")

    def small(self, _: Request) -> Response:
        return Response.text(200, "Hello, world!")


def http_get() -> float:
    """One request at a time on each connection."""
    return _rate(GETS, CONNECTIONS, depth=1)


def http_get_pipelined() -> float:
    """Sixteen requests at a time on each of eight connections."""
    return _rate(PIPELINED_GETS, PIPELINED_CONNECTIONS, depth=DEPTH)


def _rate(gets: int, connections: int, *, depth: int) -> float:
    with other_side("bench.actors.http") as told:
        address = ("127.0.0.1", int(told.readline()))
        load = _Load([socket.create_connection(address) for _ in range(connections)], depth)
        try:
            load.run(gets // WARM_UP)
            start = time.perf_counter()
            load.run(gets)
            return gets / (time.perf_counter() - start)
        finally:
            load.close()


class _Load:
    """Keeps `depth` requests under way on each connection."""

    def __init__(self, connections: list[socket.socket], depth: int) -> None:
        self._epoll = select.epoll()
        self._sockets = {connection.fileno(): connection for connection in connections}
        self._batch = GET * depth
        for connection in connections:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._epoll.register(connection.fileno(), select.EPOLLIN)
        connections[0].sendall(GET)
        answer = connections[0].recv(READ)
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        self._batch_length = len(answer) * depth
        self._depth = depth

    def run(self, gets: int) -> None:
        """Ask and be answered that many times, in all."""
        sockets, batch, length, buffer = self._sockets, self._batch, self._batch_length, bytearray(READ)
        missing = dict.fromkeys(sockets, length)
        unasked = max(0, -(-gets // self._depth) - len(sockets))
        under_way = len(sockets)
        for connection in sockets.values():
            connection.sendall(batch)
        while under_way:
            for number, _ in self._answered():
                got = sockets[number].recv_into(buffer)  # A new buffer for each read would cost as much as reading.
                assert got, "the node ended a connection"
                missing[number] -= got
                if missing[number]:
                    continue
                if unasked:
                    unasked -= 1
                    missing[number] = length
                    sockets[number].sendall(batch)
                else:
                    under_way -= 1

    def _answered(self) -> list[tuple[int, int]]:
        """The connections with something to read."""
        look = self._epoll.poll
        for _ in range(LOOKS):
            ready = look(0)
            if ready:
                return ready
        return look()

    def close(self) -> None:
        for connection in self._sockets.values():
            connection.close()
        self._epoll.close()


async def serve(node: LoopNode) -> int:
    """Be the other side."""
    node.spawn(Page())
    return await stand_by(node.address.port)


if __name__ == "__main__":
    pin(1)
    run(serve)
