"""How a node listens: TCP, TLS (see `tls_server`), and a Unix socket beside."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import socket
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from libprocess_py.pid import Address
from libprocess_py.runtime.settings import NodeSettings
from libprocess_py.runtime.tls_server import GREETED_MAX, Bounds, TlsServer

DESCRIPTORS_BESIDE: Final = 128  # For files, children and our own connections, while others take all they can.
CONNECTIONS_MIN: Final = 16  # Under whatever limit; without descriptors the system refuses them.
UNIX_PATH_MAX: Final = 107  # Bytes: the system's structure has room for 108, with the one that ends it.
GREETED_SHARE: Final = 8  # Where there is TLS, so much of it each for those that have said nothing or shake hands.

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
    tls = settings.tls
    context = tls.listening() if tls is not None else None
    try:
        server = await loop.create_server(
            factory,
            wanted.ip,
            wanted.port,
            backlog=socket.SOMAXCONN,
            start_serving=False,
        )
    except OSError as error:
        raise ListenError(error.errno, f"cannot listen on {wanted}: {_why_not(error)}") from error
    bound = Address(*server.sockets[0].getsockname()[:2])
    if tls is None or context is None:
        return bound, server
    sock = socket.socket(fileno=os.dup(server.sockets[0].fileno()))
    server.close()
    bounds = Bounds(greeted_max=most_greeted())
    return bound, TlsServer(sock, factory, context=context, plain=tls.support_downgrade, bounds=bounds)


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


def most_connections() -> int:
    """As many as this process may have descriptors for, and some for everything else."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else max(CONNECTIONS_MIN, soft - DESCRIPTORS_BESIDE)


def most_greeted() -> int:
    """Of those who have said nothing yet, and of those who shake hands, where there is TLS."""
    return min(GREETED_MAX, most_connections() // GREETED_SHARE)


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
