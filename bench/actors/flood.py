"""What a node under a flood costs, and what its other actors notice of it.

Each scenario runs against a node in a process of its own, and drives it from this one over real sockets. In the node an
actor asks a neighbour every two milliseconds and notes how late it was told: what a flood does to actors that have
nothing to do with it. Its memory is sampled meanwhile. The bars hold on any machine: memory that a scenario may add,
and 50 ms for 99 of 100 of those rounds. `flooded` is that node; whatever is waited for here, it answers when it is so.
"""

from __future__ import annotations

import json
import resource
import selectors
import socket
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Final

from bench.actors.flooded import MESSAGES, PAGE
from bench.actors.sides import other_side, pin
from libprocess_py.core.wire_head import message_head
from libprocess_py.pid import PID, Address
from libprocess_py.runtime.peers import IN_FLIGHT_MAX

SLOW_MESSAGES: Final = 100_000
CONNECTIONS: Final = 10_000
READERS: Final = 200  # That ask and never read.
FLOODERS: Final = 50
READ: Final = 262_144
LATE_MAX_S: Final = 0.050
MEBIBYTE: Final = 2**20
SETTLED: Final = 250  # Rounds before and after a scenario, half a second, so that its begin and its end are seen.
HELD: Final = 1_000  # Rounds, two seconds, that an attack stands which lies in not going on: longer costs no more.
ANSWER_S: Final = 120.0  # What is waited for takes seconds; a stuck node must not hold up the others for ever.
DESCRIPTORS_BESIDE: Final = 200  # Files and sockets beside the connections.


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scenario did to the node."""

    name: str
    seconds: float
    grown: int  # Bytes of memory, at most.
    p99_s: float
    max_s: float
    rounds: int
    grown_max: int

    @property
    def holds(self) -> bool:
        return self.grown <= self.grown_max and self.p99_s <= LATE_MAX_S

    def __str__(self) -> str:
        return (
            f"{self.name:28} {self.seconds:6.1f} s   memory +{self.grown / MEBIBYTE:5.0f} MiB (bound"
            f" {self.grown_max / MEBIBYTE:.0f})   others p99 {self.p99_s * 1e3:5.1f} ms, max {self.max_s * 1e3:5.1f} ms"
            f"   {'holds' if self.holds else 'DOES NOT HOLD'}"
        )


class Target:
    """The node under test, seen from outside."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def get(self, path: str, body: str | None = None) -> str:
        client = HTTPConnection(*self.address, timeout=ANSWER_S)
        try:
            client.request("GET" if body is None else "POST", path, body)
            answer = client.getresponse()
            text = answer.read().decode()
        finally:
            client.close()
        assert answer.status == 200, f"{path}: {answer.status} {text}"
        return text

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address)

    def wait_for(self, path: str, number: int) -> str:
        """Its answer, when what it counts has come to that number."""
        return self.get(f"{path}?at={number}")

    def pulse(self, rounds: int) -> dict[str, Any]:
        """What the node has noted when it has made so many more rounds."""
        made: int = json.loads(self.wait_for("/pulse/report", 1))["rounds"]
        noted: dict[str, Any] = json.loads(self.wait_for("/pulse/report", made + rounds))
        return noted


def a_message(to: str, target: Target) -> bytes:
    body = b'{"padding":"%b"}' % (b"x" * 80)
    head = message_head(PID(to, target.address), None, name="Tell")
    return b"%b%x\r\n%b\r\n0\r\n\r\n" % (head, len(body), body)


def pour(sockets: Iterable[socket.socket], data: bytes) -> None:
    """Write all of it to every socket, reading and forgetting the answers, as fast as they take it."""
    left = dict.fromkeys(sockets, memoryview(data))
    both = selectors.EVENT_READ | selectors.EVENT_WRITE
    with selectors.DefaultSelector() as selector:
        for each in left:
            each.setblocking(False)
            selector.register(each, both, each)
        while left:
            for key, events in selector.select():
                each = key.data
                if events & selectors.EVENT_READ:
                    each.recv(READ)
                if events & selectors.EVENT_WRITE:
                    left[each] = left[each][each.send(left[each][:READ]) :]
                    if not left[each]:
                        del left[each]
                        selector.unregister(each)


# Scenarios


def messages(target: Target) -> None:
    """A million messages through one connection."""
    with target.connect() as client:
        message = a_message("sink", target)
        for _ in range(MESSAGES // 10_000):
            pour([client], message * 10_000)
        target.wait_for("/sink/told", MESSAGES)


def slow_handler(target: Target) -> None:
    """Messages come faster than their actor takes them, through many connections."""
    with ExitStack() as stack:
        clients = [stack.enter_context(target.connect()) for _ in range(FLOODERS)]
        pour(clients, a_message("slow", target) * (SLOW_MESSAGES // FLOODERS))
        target.wait_for("/slow/told", SLOW_MESSAGES)


def connections(target: Target) -> None:
    """Ten thousand at a time, each of which asks for something."""
    request = b"GET /sink/told?at=0 HTTP/1.1\r\n\r\n"
    with ExitStack() as stack:
        clients = [stack.enter_context(target.connect()) for _ in range(CONNECTIONS)]
        for client in clients:
            client.sendall(request)
        for client in clients:
            client.recv(1_000)


def half_open(target: Target) -> None:
    """As many that begin a request and never end it, or say nothing."""
    with ExitStack() as stack:
        clients = [stack.enter_context(target.connect()) for _ in range(CONNECTIONS)]
        for client in clients[::2]:
            client.sendall(b"POST /sink/Tell HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
        assert target.wait_for("/sink/told", 0) == "0"
        target.pulse(HELD)


def never_reads(target: Target) -> None:
    """Clients that ask for megabytes and do not take them."""
    with ExitStack() as stack:
        for _ in range(READERS):
            client = stack.enter_context(target.connect())
            client.setblocking(False)
            try:
                client.send(b"GET /sink/page HTTP/1.1\r\n\r\n" * 1_000)
            except BlockingIOError:
                pass
        target.pulse(HELD)


def slow_reader(target: Target) -> None:
    """A million messages to a peer that takes connections and reads nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        id = target.get("/front/flood", str(Address(*server.getsockname())))
        client, _ = server.accept()
        with client:
            target.wait_for(f"/{id}/sent", MESSAGES)


# Each with the memory that it may cost the node: a bound of the runtime, and room for what the allocator keeps.
SCENARIOS: Final[dict[str, tuple[Callable[[Target], None], int]]] = {
    "one million messages": (messages, 64 * MEBIBYTE),
    "slow handler": (slow_handler, 64 * MEBIBYTE),
    "10,000 connections": (connections, 256 * MEBIBYTE),
    "10,000 half-open": (half_open, 256 * MEBIBYTE),
    "clients that never read": (never_reads, READERS * 3 * PAGE),
    "a peer that never reads": (slow_reader, 4 * IN_FLIGHT_MAX),
}


def run(progress: Callable[[str], None]) -> list[Outcome]:
    """All scenarios, one after the other. `progress` is told what is going on."""
    raise_descriptor_limit(CONNECTIONS)
    pin(0)
    outcomes = []
    for name, (scenario, grown_max) in SCENARIOS.items():
        progress(name)
        outcomes.append(measured(name, scenario, grown_max=grown_max))
    return outcomes


def measured(name: str, scenario: Callable[[Target], None], *, grown_max: int) -> Outcome:
    with other_side("bench.actors.flooded") as told:
        target = Target(Address.parse(told.readline().strip()))
        before = target.pulse(SETTLED)
        start = time.perf_counter()
        scenario(target)
        seconds = time.perf_counter() - start
        after = target.pulse(SETTLED)
    grown = after["rss"] - before["rss"]
    return Outcome(name, seconds, grown, after["p99_s"], after["max_s"], after["rounds"], grown_max)


def raise_descriptor_limit(connections: int) -> None:
    """For this process and the ones that it starts. Raises OSError where the system allows fewer."""
    needed = connections + DESCRIPTORS_BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise OSError(f"{needed} descriptors are needed, the system allows {hard} (ulimit -Hn)")
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


if __name__ == "__main__":
    for outcome in run(lambda name: None):
        sys.stdout.write(f"{outcome}\n")
        sys.stdout.flush()
