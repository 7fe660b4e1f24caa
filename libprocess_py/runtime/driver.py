"""The driver of a real node: an event loop, sockets, wall time and the system's chance.

One wake-up of the loop runs many events; after each run the messages to other nodes leave in one write per peer. A
budget per run lets sockets have their turn. Timers of the event loop may fire a little early, so what counts is our own
clock: wall time at start plus monotonic time since, which never goes back.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
import uuid
from collections.abc import Callable, Iterator
from ssl import SSLContext
from typing import TYPE_CHECKING, Final

from libprocess_py.core.drops import NODE_STOPPED
from libprocess_py.core.wire_head import HeadCache
from libprocess_py.future import Future
from libprocess_py.http.client import Endpoint, HttpConnection
from libprocess_py.metrics.registry import Counter
from libprocess_py.pid import PID, Address
from libprocess_py.runtime.connection import Connection
from libprocess_py.runtime.forks import watch_forks
from libprocess_py.runtime.http_client import ClientConnection
from libprocess_py.runtime.listening import Listening, most_connections, most_greeted
from libprocess_py.runtime.peers import Peers
from libprocess_py.runtime.pressure import Pressure
from libprocess_py.runtime.reaper import Reaper
from libprocess_py.runtime.security import Security
from libprocess_py.runtime.settings import NodeSettings
from libprocess_py.runtime.ways import Ways

if TYPE_CHECKING:
    from libprocess_py.node import Node
    from libprocess_py.runtime.threads import Worker

NS_PER_MS: Final = 1_000_000


class LoopDriver:
    """Drives one node on one event loop. Everything here runs on that loop's thread, save `call_threadsafe`."""

    node: Node
    server: Listening
    path_server: Listening | None = None  # On a Unix socket.
    bound: Address  # What peers call this node may be another address.
    peers: Peers
    security: Security | None = None  # None: every peer is believed.

    def __init__(self, loop: asyncio.AbstractEventLoop, settings: NodeSettings) -> None:
        self.loop = loop
        self.heads = HeadCache()
        self.match_peers = settings.require_peer_address_ip_match
        greeted = 2 * most_greeted() if settings.tls is not None else 0
        self.connections_max = min(settings.connections_max, most_connections() - greeted)
        self.silent: dict[Connection, None] = {}  # Connections on which nothing has come yet, the oldest first.
        self.tls = settings.tls
        self._ways = Ways(settings.tls, settings.unix_peers)
        self.request_timeout_s = settings.request_timeout_s
        self._keyring = settings.keyring()
        self._settings = settings
        self.connections: set[Connection] = set()
        self.clients: set[ClientConnection] = set()
        self.pressure = Pressure(loop, self.connections)
        self.collected = 0  # Bytes of bodies under way on them.
        self.workers: set[Worker] = set()  # Threads of actors that may block.
        self.reaper = Reaper(loop)
        self.failure: BaseException | None = None  # Why the node was aborted.
        self.on_abort: Callable[[BaseException], object] | None = None
        self.at_close: list[Callable[[], object]] = []  # Ends what watches this node.
        self._counters: dict[str, Counter] = {}
        self._epoch = time.time_ns() - time.monotonic_ns()
        # The kernel runs, or will before the loop has its next turn. Whoever sets it calls `leave` or `rest`.
        self.entered = False
        self._scheduled = False  # A run is asked for.
        self._due: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._seed = settings.seed
        self._ids = random.Random(settings.seed)
        self.stopped = False

    def attach(self, node: Node, server: Listening) -> None:
        """Node, driver and server need each other: the driver is made first, and is of no use before this."""
        self.node = node
        self.server = server
        self.requests = node.metrics.counter("libprocess/http/requests")
        watch_forks(self)
        if self._keyring is not None:
            self.security = Security(node, self.loop, keyring=self._keyring, settings=self._settings)
        self.peers = Peers(self.loop, node, lost=self._connection_lost, security=self.security, ways=self._ways)

    # What the node asks for: see `libprocess_py.driver`.

    def now(self) -> int:
        return self._epoch + time.monotonic_ns()

    def wake(self) -> None:
        if not (self.entered or self._scheduled or self.stopped):
            self._scheduled = True
            self.loop.call_soon(self._scheduled_run)

    def arm(self, due: int | None) -> None:
        if due == self._due or self.stopped:
            return
        self._due = due
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due is not None:
            self._set_timer(due)

    def transmit(self, to: PID, sender: PID | None, *, name: str, body: bytes, trace: str = "") -> str | None:
        if self.stopped:
            self.node.metrics.counter("libprocess/dropped/node_stopped").add()
            return NODE_STOPPED
        dropped = self.peers.transmit(to, sender, name=name, body=body, trace=trace)
        if not self.entered:
            self.wake()
        return dropped

    def connect(self, address: Address, *, anew: bool = False) -> None:
        if not self.stopped:
            self.peers.connect(address, anew=anew)

    def disconnect(self, address: Address) -> None:
        self.peers.disconnect(address)

    def random(self, name: str) -> random.Random:
        return random.Random() if self._seed is None else random.Random(f"{self._seed}/{name}")

    def unique_id(self) -> str:
        bits = os.urandom(16) if self._seed is None else self._ids.randbytes(16)
        return str(uuid.UUID(bytes=bits, version=4))

    def reap(self, os_pid: int) -> Future[int | None]:
        return self.reaper.reap(os_pid)

    def connect_http(self, endpoint: Endpoint, *, tls: SSLContext | None) -> HttpConnection:
        connection = ClientConnection(self, endpoint, tls=tls)
        if self.stopped:
            connection.close()
        return connection

    def abort(self, error: BaseException) -> None:
        if self.failure is None:
            self.failure = error
            self.node.log.error("node aborted", error=error)
            self.close()
            if self.on_abort is not None:
                self.on_abort(error)

    # Running the kernel

    def leave(self) -> None:
        """Run what is runnable, write what that sent, and come back later for the rest."""
        more = False
        if not self.stopped:
            self.entered = True
            try:
                more = self.pressure.run(self.node.step)
            except Exception as error:  # The kernel itself failed: nothing it holds can be trusted any more.
                self.abort(error)
        self.entered = False
        self.peers.flush()
        if more:
            self.wake()

    def rest(self) -> None:
        """As `leave`, after what was served at once: mostly it has made no work."""
        if self.node.kernel.runnable:
            self.leave()
        else:
            self.entered = False
            self.peers.flush()

    def has_room(self) -> bool:
        """For one more connection. When all are taken, the oldest on which nothing has come makes room."""
        if len(self.connections) < self.connections_max:
            return True
        silent = next(iter(self.silent), None)
        if silent is None:
            self.count("connections_refused")
            return False
        self.count("connections_given_up")
        del self.silent[silent]
        self.connections.discard(silent)
        silent.abort()
        return True

    def disown(self) -> Iterator[int]:
        """In a forked child: the sockets are the parent's."""
        self.stopped = True
        for server in (self.server, self.path_server):
            if server is not None:
                yield from (each.fileno() for each in server.sockets)
        for transport in (*(each.transport for each in self.connections), *self.peers.transports):
            each = transport.get_extra_info("socket") if transport is not None else None
            if each is not None:
                yield each.fileno()

    def stop_listening(self) -> None:
        self.server.close()
        if self.path_server is not None:
            self.path_server.close()

    def call_threadsafe(self, function: Callable[[], object]) -> None:
        """Run it soon on the loop's thread. From any thread; lost without a word when the loop is gone."""
        try:
            self.loop.call_soon_threadsafe(function)
        except RuntimeError:
            self.node.log.debug("call dropped", reason="the loop is closed")

    def count(self, what: str, n: int = 1) -> None:
        """Add to `libprocess/http/<what>`."""
        counter = self._counters.get(what)
        if counter is None:
            counter = self._counters[what] = self.node.metrics.counter(f"libprocess/http/{what}")
        counter.add(n)

    def close(self) -> None:
        """Let go of every socket and timer at once, as if the OS process had died."""
        self.stopped = True
        self.stop_listening()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.peers.close()
        self.pressure.close()
        if self.security is not None:
            self.security.close()
        self.reaper.close()
        for connection in tuple(self.connections):
            connection.abort()
        for client in tuple(self.clients):
            client.close()
        for worker in self.workers:
            worker.stop()
        for end in self.at_close:
            end()
        self.at_close.clear()

    def _scheduled_run(self) -> None:
        self._scheduled = False
        self.leave()

    def _connection_lost(self, address: Address) -> None:
        if not self.stopped:
            self.node.connection_lost(address)

    def _set_timer(self, due: int) -> None:
        # Loops count in whole milliseconds, from the last one: rounding up keeps us from asking again and again.
        remaining_ms = max(0, due - self.now() + NS_PER_MS - 1) // NS_PER_MS
        self._timer = self.loop.call_later(remaining_ms / 1_000, self._ring)

    def _ring(self) -> None:
        self._timer = None
        due = self._due
        if due is None:
            return
        if due > self.now():
            self._set_timer(due)
            return
        self._due = None
        self.leave()
