"""What a round trip between two OS processes costs at least: a hundred bytes there and back over blocking sockets."""

from __future__ import annotations

import socket
import statistics
import sys
import time
from typing import Final

from bench.actors.sides import other_side, pin

TRIPS: Final = 3_000
WARM_UP: Final = 200
BODY: Final = b"x" * 100


def round_trip_s() -> float:
    """The median."""
    with other_side("bench.actors.echo") as told:
        with socket.create_connection(("127.0.0.1", int(told.readline()))) as ours:
            ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            times_s = [_trip(ours) for _ in range(TRIPS)]
    return statistics.median(times_s[WARM_UP:])


def _trip(ours: socket.socket) -> float:
    start = time.perf_counter()
    ours.sendall(BODY)
    missing = len(BODY)
    while missing:
        missing -= len(ours.recv(missing))
    return time.perf_counter() - start


def serve() -> None:
    """Be the other side, for one connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        sys.stdout.write(f"{server.getsockname()[1]}\n")
        sys.stdout.flush()
        theirs, _ = server.accept()
        with theirs:
            theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := theirs.recv(65_536):
                theirs.sendall(data)


if __name__ == "__main__":
    pin(1)
    serve()
