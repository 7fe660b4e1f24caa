"""A node on an event loop: how it starts, listens, and stops without leaving anything behind."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from libprocess_py.future import Future
from libprocess_py.introspection.journal import Journal
from libprocess_py.introspection.watchdog import Watchdog
from libprocess_py.node import Node, NodeOptions
from libprocess_py.pid import Address
from libprocess_py.runtime.addresses import local_ip_towards
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.connection import Connection
from libprocess_py.runtime.driver import LoopDriver
from libprocess_py.runtime.listening import Listening, listen, listen_on_path
from libprocess_py.runtime.settings import NodeSettings
from libprocess_py.runtime.tls import TlsError

FINALIZE_S: Final = 5.0  # For all actors to end; a handler that takes longer is stuck.
FLUSH_S: Final = 2.0  # For the last messages to leave; a peer that does not take them by then is gone or stuck.
CLOSE_S: Final = 1.0  # For the loop to report every socket closed.
WORKERS_S: Final = 5.0  # For threads to finish the call under way; they are daemons, so a stuck one is left behind.
POLL_S: Final = 0.002  # Between looks at what has to be over before the node is.
# Addresses kept for documents: asking for the way there sends nothing.
UNROUTED: Final = {4: Address("192.0.2.1", 9), 6: Address("2001:db8::1", 9)}
LOOPBACK: Final = {4: "127.0.0.1", 6: "::1"}


class LoopNode(Node):
    """A node that `start_node` has started. Leave it with `stop`, or use it as an asynchronous context."""

    def __init__(self, address: Address, driver: LoopDriver, *, options: NodeOptions) -> None:
        super().__init__(address, driver, options=options)
        self.driver = driver
        self._stopping: asyncio.Task[None] | None = None
        self._guard = driver.loop.create_task(self._left_behind())

    @property
    def failure(self) -> BaseException | None:
        """Why the node was aborted, if it was."""
        return self.driver.failure

    async def stop(self) -> None:
        """End every actor, let what they sent leave, close sockets and threads. Bounded in time, may be repeated."""
        if self._stopping is None:
            self._stopping = asyncio.get_running_loop().create_task(self._stop())
        await asyncio.shield(self._stopping)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def _left_behind(self) -> None:
        """Waits to be cancelled: by `stop`, or by a loop that ends without it, as `asyncio.run` does at its end."""
        try:
            await asyncio.Event().wait()
        finally:
            if self._stopping is None and not self.driver.stopped:
                self.log.warning("node left behind", reason="its event loop ends, and nobody has stopped it")
                self.finalize()
                self.driver.leave()
                self.driver.close()

    async def _stop(self) -> None:
        driver = self.driver
        self._guard.cancel()
        driver.stop_listening()
        if not driver.stopped:
            await self._end_actors(self.finalize())
            await _until(lambda: driver.peers.is_flushed, FLUSH_S)
            for connection in tuple(driver.connections):
                connection.close()
            await _until(lambda: not driver.connections, FLUSH_S)
        driver.close()
        if not await _until(lambda: not driver.workers, WORKERS_S):
            self.log.warning("threads left behind", names=sorted(worker.name for worker in driver.workers))
        await _until(lambda: not (driver.connections or driver.peers.open_count), CLOSE_S)

    async def _end_actors(self, finalized: Future[None]) -> None:
        self.driver.wake()
        try:
            await asyncio.wait_for(result(finalized), FINALIZE_S)
        except TimeoutError:
            self.log.warning("actors left behind", ids=list(self.kernel.mailboxes))


async def start_node(settings: NodeSettings | None = None) -> LoopNode:
    """Start a node on the running event loop. Raises ListenError naming the address that cannot be had."""
    settings = settings or NodeSettings()
    loop = asyncio.get_running_loop()
    driver = LoopDriver(loop, settings)
    options = _logged(settings, driver)
    try:
        driver.bound, server = await listen(settings, lambda: Connection(driver))
        if settings.unix_path is not None:
            driver.path_server = await _listen_beside(server, settings.unix_path, driver=driver)
    except (OSError, TlsError):
        for end in driver.at_close:
            end()
        raise
    node = LoopNode(settings.advertised(driver.bound, reachable_ip(driver.bound.ip)), driver, options=options)
    driver.attach(node, server)
    if settings.slow_handler is not None:
        watchdog = Watchdog(node.kernel, node.log, slow_ns=settings.slow_handler)
        watchdog.start()
        driver.at_close.append(watchdog.stop)
    await server.start_serving()
    if driver.path_server is not None:
        await driver.path_server.start_serving()
    return node


def _logged(settings: NodeSettings, driver: LoopDriver) -> NodeOptions:
    """The options, with a decision log in a file if there is to be one. Raises OSError."""
    if settings.decision_log is None:
        return settings.options
    journal = Journal(settings.decision_log)
    driver.at_close.append(journal.close)
    return replace(settings.options, log=journal)


async def _listen_beside(server: Listening, path: Path, *, driver: LoopDriver) -> Listening:
    try:
        return await listen_on_path(path, lambda: Connection(driver))
    except OSError:
        server.close()
        raise


def reachable_ip(bound_ip: str) -> str:
    """The address of that family which this host would show to others; the loopback one if it has no way out."""
    version = ipaddress.ip_address(bound_ip).version
    try:
        return local_ip_towards(UNROUTED[version])
    except OSError:
        return LOOPBACK[version]


async def _until(over: Callable[[], bool], limit_s: float) -> bool:
    """Wait for something that nobody announces, within bounds."""
    loop = asyncio.get_running_loop()
    end = loop.time() + limit_s
    while not over():
        if loop.time() >= end:
            return False
        await asyncio.sleep(POLL_S)
    return True
