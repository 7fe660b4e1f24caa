"""A port with TLS, or with and without it: who comes is greeted first, and becomes a connection after the handshake.

A connection that begins with TLS starts with byte 0x16, which starts no HTTP request. That byte is looked at before
anything reads it, and what TLS needs is made only then: a socket that says nothing costs little, a handshake under way
fifty kilobytes and more. Both are bounded, and the oldest gives way: a crowd that begins and never ends has to come
faster than honest ones are through. Where plain connections are taken, who says nothing is not asked to: a plain peer
that is only linked never does.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from libprocess_py.core.wire import TLS_FIRST
from libprocess_py.runtime.tls import HANDSHAKE_S

GREETED_MAX: Final = 4_096  # That have said nothing yet.
SHAKING_MAX: Final = 512  # Handshakes of TLS; an honest one is over within milliseconds. About 30 MiB.
EXHAUSTED_S: Final = 0.5  # When the system has no descriptor left: one may be free again.
EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

Factory = Callable[[], asyncio.Protocol]
Greeting = asyncio.Task[None]


@dataclass(frozen=True)
class Bounds:
    """How many may be greeted at a time, and for how long."""

    greeted_max: int = GREETED_MAX
    timeout_s: float = HANDSHAKE_S


class TlsServer:
    """Takes connections with TLS, and if `plain` those without on the same port."""

    def __init__(
        self,
        sock: socket.socket,
        factory: Factory,
        *,
        context: ssl.SSLContext,
        plain: bool,
        bounds: Bounds,
    ) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._factory = factory
        self._context = context
        self._plain = plain
        self._timeout_s = bounds.timeout_s
        self._loop = asyncio.get_running_loop()
        self._serving: Greeting | None = None
        self._silent = _Bounded(bounds.greeted_max)
        self._shaking = _Bounded(min(bounds.greeted_max, SHAKING_MAX))

    @property
    def sockets(self) -> Sequence[socket.socket]:
        return (self._sock,)

    async def start_serving(self) -> None:
        self._sock.listen(socket.SOMAXCONN)
        self._serving = self._loop.create_task(self._serve())

    def close(self) -> None:
        if self._serving is not None:
            self._serving.cancel()
        self._silent.close()
        self._shaking.close()
        self._sock.close()

    async def _serve(self) -> None:
        while True:
            try:
                sock, _ = await self._loop.sock_accept(self._sock)
            except OSError as error:
                if error.errno not in EXHAUSTED:
                    continue  # The client was gone before we came to it.
                await asyncio.sleep(EXHAUSTED_S)
            else:
                self._silent.add(self._loop.create_task(self._greet(sock)))

    async def _greet(self, sock: socket.socket) -> None:
        """Look at the first byte, and leave it to whoever it is for."""
        taken = False
        try:
            async with asyncio.timeout(None if self._plain else self._timeout_s):
                first = await self._peeked(sock)
            secure = first == TLS_FIRST
            if secure or (first and self._plain):
                taken = True
                self._shaking.add(self._silent.remove(_this_task()))
                await self._loop.connect_accepted_socket(
                    self._factory,
                    sock,
                    ssl=self._context if secure else None,
                    ssl_handshake_timeout=self._timeout_s if secure else None,
                )
        except (OSError, TimeoutError, ssl.SSLError):
            pass  # It hung up, or spoke no TLS after all.
        finally:
            if not taken:
                sock.close()

    async def _peeked(self, sock: socket.socket) -> bytes:
        sock.setblocking(False)
        readable = asyncio.Event()
        self._loop.add_reader(sock, readable.set)
        try:
            await readable.wait()
        finally:
            self._loop.remove_reader(sock)
        return sock.recv(1, socket.MSG_PEEK)


class _Bounded:
    """Tasks under way, the oldest first: it ends when there are too many."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._tasks: dict[Greeting, None] = {}

    def add(self, task: Greeting) -> None:
        if len(self._tasks) >= self._limit:
            oldest = next(iter(self._tasks))
            self.remove(oldest).cancel()
        self._tasks[task] = None
        task.add_done_callback(self.remove)

    def remove(self, task: Greeting) -> Greeting:
        self._tasks.pop(task, None)
        return task

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()


def _this_task() -> Greeting:
    task = asyncio.current_task()
    assert task is not None
    return task
