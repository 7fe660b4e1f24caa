"""Bytes from and to descriptors, pipes above all, without blocking: each call returns a future.

All of it happens on the running event loop, so simulations have no part in it. Descriptors must be non-blocking
(`os.set_blocking(fd, False)`): setting that here would change it for every process that shares the open file. Regular
files are always ready and may be used as they are. Each call works on a duplicate of its own while it waits: closing
the descriptor meanwhile does not make it read from whatever gets that number next. Discarding stops a call; what it has
moved until then is moved.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from libprocess_py.future import Future, failed, ready
from libprocess_py.runtime.awaiting import from_asyncio

T = TypeVar("T")

CHUNK_BYTES: Final = 65_536  # What a pipe of Linux holds, so that more is never there at once; a redirect keeps one.


def readable(fd: int) -> Future[None]:
    """Ready when a read would not block: there is something, or the end."""
    return _on_own(fd, lambda own: _wait(own, asyncio.get_running_loop().add_reader))


def writable(fd: int) -> Future[None]:
    """Ready when a write would not block."""
    return _on_own(fd, lambda own: _wait(own, asyncio.get_running_loop().add_writer))


def read(fd: int, size: int = CHUNK_BYTES) -> Future[bytes]:
    """Up to `size` bytes as soon as there are any; empty at the end."""
    return _at_once_or_later(fd, lambda own: os.read(own, size), later=lambda own: _read(own, size))


def read_all(fd: int, size_max: int) -> Future[bytes]:
    """Everything until the end. Fails with ValueError if that is more than `size_max` bytes."""
    return _on_own(fd, lambda own: _read_all(own, size_max))


def write(fd: int, data: bytes) -> Future[None]:
    """Ready when all of it is written."""
    return _on_own(fd, lambda own: _write(own, data))


def peek(fd: int, size: int) -> Future[bytes]:
    """As `read`, but what it brings is still there afterwards. Of sockets only."""
    return _at_once_or_later(fd, lambda own: _peek_now(own, size), later=lambda own: _peek(own, size))


def redirect(source: int, target: int | None) -> Future[int]:
    """Copy until the end of `source`, to nowhere if there is no target. Its value is how many bytes that were."""
    asyncio.get_running_loop()
    try:
        sink = os.open(os.devnull, os.O_WRONLY) if target is None else _own(target)
    except (OSError, ValueError) as error:
        return failed(error)
    return _on_own(source, lambda own: _redirect(own, sink)).on_settled(lambda _: os.close(sink))


def _own(fd: int) -> int:
    """A duplicate of a descriptor that does not block."""
    if os.get_blocking(fd) and not _is_regular(fd):
        raise ValueError(f"descriptor {fd}: expected a non-blocking one, see os.set_blocking")
    return os.dup(fd)


def _is_regular(fd: int) -> bool:
    return stat.S_ISREG(os.fstat(fd).st_mode)


def _on_own(fd: int, work: Callable[[int], Coroutine[Any, Any, T]]) -> Future[T]:
    """Begin the work on a duplicate, which is closed when it has ended."""
    asyncio.get_running_loop()  # Raises where there is none, as in simulations.
    try:
        own = _own(fd)
    except (OSError, ValueError) as error:
        return failed(error)
    return from_asyncio(work(own)).on_settled(lambda _: os.close(own))


def _at_once_or_later(
    fd: int, now: Callable[[int], bytes], *, later: Callable[[int], Coroutine[Any, Any, bytes]]
) -> Future[bytes]:
    """The common case, that something is there, needs no task."""
    try:
        if not os.get_blocking(fd) or _is_regular(fd):
            return ready(now(fd))
    except BlockingIOError:
        pass
    except OSError as error:
        return failed(error)
    return _on_own(fd, later)


async def _wait(fd: int, add: Callable[..., object]) -> None:
    """Until the loop says that the descriptor is ready."""
    loop = asyncio.get_running_loop()
    is_ready = loop.create_future()
    try:
        add(fd, _set, is_ready)
    except PermissionError:
        return  # What the system cannot watch, regular files and some devices, is always ready.
    try:
        await is_ready
    finally:
        loop.remove_reader(fd)
        loop.remove_writer(fd)


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _read(fd: int, size: int) -> bytes:
    while True:
        try:
            return os.read(fd, size)
        except BlockingIOError:
            await _wait(fd, asyncio.get_running_loop().add_reader)


async def _read_all(fd: int, size_max: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := await _read(fd, CHUNK_BYTES):
        chunks.append(chunk)
        size += len(chunk)
        if size > size_max:
            raise ValueError(f"descriptor {fd}: expected at most {size_max} bytes")
        await asyncio.sleep(0)  # A source that is always ready must not keep everybody else waiting.
    return b"".join(chunks)


async def _write(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(fd, rest[:CHUNK_BYTES]) :]
        except BlockingIOError:
            await _wait(fd, asyncio.get_running_loop().add_writer)


def _peek_now(fd: int, size: int) -> bytes:
    if not stat.S_ISSOCK(os.fstat(fd).st_mode):
        raise OSError(errno.ENOTSOCK, os.strerror(errno.ENOTSOCK))
    with socket.socket(fileno=os.dup(fd)) as peeked:
        return peeked.recv(size, socket.MSG_PEEK | socket.MSG_DONTWAIT)


async def _peek(fd: int, size: int) -> bytes:
    while True:
        try:
            return _peek_now(fd, size)
        except BlockingIOError:
            await _wait(fd, asyncio.get_running_loop().add_reader)


async def _redirect(source: int, target: int) -> int:
    total = 0
    while chunk := await _read(source, CHUNK_BYTES):
        await _write(target, chunk)
        total += len(chunk)
        await asyncio.sleep(0)  # As above.
    return total
