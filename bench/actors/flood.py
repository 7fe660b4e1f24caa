"""What a node under a flood costs, and what its other actors notice of it.

Each scenario runs against a node in a process of its own, and drives it from this one over real sockets. In the node an
actor asks a neighbour every two milliseconds and notes how late it was told: what a flood does to actors that have
nothing to do with it. Its memory is sampled meanwhile. The bars hold on any machine: memory that a scenario may add,
and 50 ms for 99 of 100 of those rounds.
"""

from __future__ import annotations

import json
import resource
import selectors
import socket
import sys
import time
from asyncio import Event
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import IO, Final

import psutil

from bench.actors.sides import other_side, pin
from libprocess_py.core.wire_head import message_head
from libprocess_py.duration import MILLISECOND
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.message import Message
from libprocess_py.pid import PID, Address
from libprocess_py.process import Process
from libprocess_py.runtime.loop_node import LoopNode
from libprocess_py.runtime.peers import IN_FLIGHT_MAX
from libprocess_py.runtime.program import run as run_node

MESSAGES: Final = 1_000_000
SLOW_MESSAGES: Final = 100_000
SLOW_HANDLER_S: Final = 50e-6
CONNECTIONS: Final = 10_000
READERS: Final = 200  # That ask and never read.
PAGE: Final = 1_000_000
FLOODERS: Final = 50
READ: Final = 262_144
PULSE_NS: Final = 2 * MILLISECOND
LATE_MAX_S: Final = 0.050
MEBIBYTE: Final = 2**20
SETTLED_S: Final = 0.5  # Before and after a scenario, so that its begin and its end are seen.
WHO: Final = "bench.actors.flood"
SERVE: Final = "serve"
DESCRIPTORS_BESIDE: Final = 200  # Files and sockets beside the connections.


class Tell(Message):
    padding: str = ""


class Sink(Process):
    """Takes what it is told, and counts it."""

    def __init__(self) -> None:
        super().__init__("sink")
        self.told = 0

    def initialize(self) -> None:
        self.route("/told", self.count, help="How many messages came.")
        self.route("/page", self.page, help="A megabyte.")

    def tell(self, sender: PID, message: Tell) -> None:
        self.told += 1

    def count(self, _: Request) -> Response:
        return Response.text(200, str(self.told))

    def page(self, _: Request) -> Response:
        return Response(200, bytes(PAGE))


class Slow(Sink):
    """Needs its time for each."""

    def __init__(self) -> None:
        super().__init__()
        self._process_id = "slow"

    def tell(self, sender: PID, message: Tell) -> None:
        self.told += 1
        end = time.perf_counter() + SLOW_HANDLER_S
        while time.perf_counter() < end:
            pass


class Neighbour(Process):
    def answer(self) -> None:
        """Nothing: the round is what counts."""


class Pulse(Process):
    """Notes every round how late its timer and its neighbour were, and how large the process is."""

    def __init__(self, neighbour: PID) -> None:
        super().__init__("pulse")
        self.neighbour = neighbour
        self.late_ns: list[int] = []
        self.largest = 0
        self.me = psutil.Process()
        self.due = 0

    def initialize(self) -> None:
        self.route("/report", self.report, help="What was noted.")
        self.begin()

    def begin(self) -> None:
        self.due = self.clock.now() + PULSE_NS
        self.delay(PULSE_NS, self.beat)

    def beat(self) -> None:
        self.dispatch(self.neighbour, Neighbour.answer).on_ready(lambda _: self.note())

    def note(self) -> None:
        self.late_ns.append(self.clock.now() - self.due)
        if len(self.late_ns) % 10 == 0:
            self.largest = max(self.largest, self.me.memory_info().rss)
        self.begin()

    def report(self, _: Request) -> Response:
        late = sorted(self.late_ns)
        told = {"p99_s": late[len(late) * 99 // 100] / 1e9, "max_s": late[-1] / 1e9, "rss": self.largest}
        return Response.text(200, json.dumps(told | {"rounds": len(late)}))


class Flooder(Process):
    """Sends more to a peer than that one reads."""

    def __init__(self, peer: PID) -> None:
        super().__init__()
        self.peer = peer
        self.left = MESSAGES

    def initialize(self) -> None:
        self.route("/left", lambda _: Response.text(200, str(self.left)), help="How many messages are left.")
        self.go_on()

    def go_on(self) -> None:
        for _ in range(min(1_000, self.left)):
            self.send(self.peer, Tell(padding="x" * 100))
        self.left -= min(1_000, self.left)
        if self.left:
            self.dispatch(self.pid, Flooder.go_on)


class Front(Process):
    """Starts what a scenario asks for."""

    def __init__(self) -> None:
        super().__init__("front")

    def initialize(self) -> None:
        self.route("/flood", self.flood, help="Send a million messages to the address in the body.")

    def flood(self, request: Request) -> Response:
        peer = PID("sink", Address.parse(request.body.decode()))
        return Response.text(200, str(self.node.spawn(Flooder(peer)).id))


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
        client = HTTPConnection(*self.address, timeout=60)
        try:
            client.request("GET" if body is None else "POST", path, body)
            return client.getresponse().read().decode()
        finally:
            client.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address)

    def wait_for(self, path: str, text: str) -> None:
        while self.get(path) != text:
            time.sleep(0.05)


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
        target.wait_for("/sink/told", str(MESSAGES))


def slow_handler(target: Target) -> None:
    """Messages come faster than their actor takes them, through many connections."""
    with ExitStack() as stack:
        clients = [stack.enter_context(target.connect()) for _ in range(FLOODERS)]
        pour(clients, a_message("slow", target) * (SLOW_MESSAGES // FLOODERS))
        target.wait_for("/slow/told", str(SLOW_MESSAGES))


def connections(target: Target) -> None:
    """Ten thousand at a time, each of which asks for something."""
    request = b"GET /sink/told HTTP/1.1\r\n\r\n"
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
        assert target.get("/sink/told") == "0"
        time.sleep(2.0)


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
        time.sleep(2.0)


def slow_reader(target: Target) -> None:
    """A million messages to a peer that takes connections and reads nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        id = target.get("/front/flood", str(Address(*server.getsockname())))
        client, _ = server.accept()
        with client:
            target.wait_for(f"/{id}/left", "0")


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
    with other_side(WHO, SERVE) as told, _target(told) as target:
        time.sleep(SETTLED_S)
        before = json.loads(target.get("/pulse/report"))
        start = time.perf_counter()
        scenario(target)
        seconds = time.perf_counter() - start
        time.sleep(SETTLED_S)
        after = json.loads(target.get("/pulse/report"))
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


@contextmanager
def _target(told: IO[str]) -> Iterator[Target]:
    yield Target(Address.parse(told.readline().strip()))


async def serve(node: LoopNode) -> int:
    """Be the node under test."""
    node.spawn(Sink())
    node.spawn(Slow())
    node.spawn(Front())
    node.spawn(Pulse(node.spawn(Neighbour())))
    sys.stdout.write(f"{node.address}\n")
    sys.stdout.flush()
    await Event().wait()
    return 0


if __name__ == "__main__":
    if sys.argv[1:] == [SERVE]:
        pin(1)
        run_node(serve)
    else:
        for outcome in run(lambda name: None):
            sys.stdout.write(f"{outcome}\n")
            sys.stdout.flush()
