"""How a node listens: TCP, TLS, both on one port, and a Unix socket beside.

A connection that begins with TLS starts with byte 0x16, which starts no HTTP request. Where both are taken, that byte
is looked at before anything reads it. Who says nothing is not asked to: a plain peer that is only linked never does.
"""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import socket
import ssl
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from libprocess_py.core.wire import TLS_FIRST
from libprocess_py.pid import Address
from libprocess_py.runtime.settings import NodeSettings
from libprocess_py.runtime.tls import HANDSHAKE_S

DESCRIPTORS_BESIDE: Final = 128  # For files, children and our own connections, while others take all they can.
CONNECTIONS_MIN: Final = 16  # Under whatever limit; without descriptors the system refuses them.
GREETED_MAX: Final = 4_096  # That have said nothing yet on a port with both; then the oldest is hung up on.
UNIX_PATH_MAX: Final = 107  # Bytes: the system's structure has room for 108, with the one that ends it.
EXHAUSTED_S: Final = 0.5  # When the system has no descriptor left: one may be free again.
EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

Factory = Callable[[], asyncio.Protocol]


class ListenError(OSError):
    """The address cannot be listened on. Its text names it."""


class Listening(Protocol):
    """What `asyncio.Server` has of use to a node."""

    @property
    def sockets(self) -> Sequence[socket.socket]: ...

    def close(self) -> None: ...

    async def start_serving(self) -> None: ...


async def listen(settings: NodeSettings, factory: Factory) -> tuple[Address, Listening]:
    """The bound address, and what listens there once it is told to. Raises ListenError, TlsError."""
    loop = asyncio.get_running_loop()
    wanted = Address(settings.ip, settings.port)
    context = settings.tls.listening() if settings.tls is not None else None
    mixed = settings.tls is not None and settings.tls.support_downgrade
    try:
        server = await loop.create_server(
            factory,
            wanted.ip,
            wanted.port,
            backlog=socket.SOMAXCONN,
            start_serving=False,
            ssl=None if mixed else context,
            ssl_handshake_timeout=HANDSHAKE_S if context is not None and not mixed else None,
        )
    except OSError as error:
        raise ListenError(error.errno, f"cannot listen on {wanted}: {_why_not(error)}") from error
    bound = Address(*server.sockets[0].getsockname()[:2])
    if not mixed or context is None:
        return bound, server
    sock = socket.socket(fileno=os.dup(server.sockets[0].fileno()))
    server.close()
    return bound, MixedServer(sock, factory, context=context)


async def listen_on_path(path: Path, factory: Factory) -> Listening:
    """Listen on a Unix socket. A file that a dead process left is replaced. Raises ListenError."""
    if len(os.fsencode(path)) > UNIX_PATH_MAX:
        raise ListenError(errno.ENAMETOOLONG, f"cannot listen on {path}: expected at most {UNIX_PATH_MAX} bytes")
    try:
        if path.exists() and (not stat.S_ISSOCK(path.stat().st_mode) or _answers(path)):
            raise ListenError(errno.EADDRINUSE, f"cannot listen on {path}: the path is in use")
        loop = asyncio.get_running_loop()
        server = await loop.create_unix_server(factory, str(path), backlog=socket.SOMAXCONN, start_serving=False)
    except ListenError:
        raise
    except OSError as error:
        raise ListenError(error.errno, f"cannot listen on {path}: {_why_not(error)}") from error
    return PathServer(server, path)


class PathServer:
    """Listens on a Unix socket, and takes its file away at the end."""

    def __init__(self, server: asyncio.Server, path: Path) -> None:
        self._server = server
        self._path = path
        self._inode = path.stat().st_ino

    @property
    def sockets(self) -> Sequence[socket.socket]:
        return self._server.sockets

    async def start_serving(self) -> None:
        await self._server.start_serving()

    def close(self) -> None:
        self._server.close()
        try:
            if self._path.stat().st_ino == self._inode:  # Not the socket of who came after us.
                self._path.unlink()
        except FileNotFoundError:
            pass


class MixedServer:
    """Takes connections with and without TLS on one port."""

    def __init__(
        self, sock: socket.socket, factory: Factory, *, context: ssl.SSLContext, greeted_max: int = GREETED_MAX
    ) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._factory = factory
        self._context = context
        self._greeted_max = greeted_max
        self._loop = asyncio.get_running_loop()
        self._serving: asyncio.Task[None] | None = None
        self._greeted: dict[asyncio.Task[None], None] = {}  # The oldest first.

    @property
    def sockets(self) -> Sequence[socket.socket]:
        return (self._sock,)

    async def start_serving(self) -> None:
        self._sock.listen(socket.SOMAXCONN)
        self._serving = self._loop.create_task(self._serve())

    def close(self) -> None:
        for task in (self._serving, *self._greeted):
            if task is not None:
                task.cancel()
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
                if len(self._greeted) >= self._greeted_max:
                    oldest = next(iter(self._greeted))
                    del self._greeted[oldest]
                    oldest.cancel()
                task = self._loop.create_task(self._greet(sock))
                self._greeted[task] = None
                task.add_done_callback(lambda task: self._greeted.pop(task, None))

    async def _greet(self, sock: socket.socket) -> None:
        """Look at the first byte, and leave it to whoever it is for."""
        taken = False
        try:
            first = await self._peeked(sock)
            if first:
                secure = first == TLS_FIRST
                taken = True
                await self._loop.connect_accepted_socket(
                    self._factory,
                    sock,
                    ssl=self._context if secure else None,
                    ssl_handshake_timeout=HANDSHAKE_S if secure else None,
                )
        except (OSError, ssl.SSLError):
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


def most_connections() -> int:
    """As many as this process may have descriptors for, and some for everything else."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else max(CONNECTIONS_MIN, soft - DESCRIPTORS_BESIDE)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _why_not(error: OSError) -> str:
    """In few words: the event loop's own repeat the address."""
    if error.errno == errno.EADDRINUSE:
        return "the address is in use"
    if error.errno is not None and error.errno in errno.errorcode:
        return os.strerror(error.errno).lower()
    return error.strerror or str(error)
