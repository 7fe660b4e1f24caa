"""Somebody on the line between two nodes: passes bytes on, or does to the dialer's frames what a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from libprocess_py.auth.core.frames import CODE_SIZE, HEADER
from libprocess_py.pid import Address
from tests.support.wire_actors import served_by

Tamper = Callable[[int, bytes], list[bytes]]  # Number and bytes of a frame; what to pass on instead.


class Relay:
    """Listens where the dialer believes the listener to be."""

    def __init__(self) -> None:
        self.address = Address("127.0.0.1", 0)
        self.listener: Address | None = None  # Where it passes bytes on to.
        self.tamper: Tamper = lambda _, frame: [frame]
        self.answered: Callable[[bytes], bytes] = lambda data: data  # What the listener says, in whatever pieces.
        self.seen: list[bytes] = []  # All that dialers sent, frame by frame.
        self._tasks: list[asyncio.Task[None]] = []

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self.listener is not None
        there_reader, there_writer = await asyncio.open_connection(*self.listener)
        self._tasks.append(asyncio.create_task(self._answer(there_reader, writer)))
        try:
            there_writer.write(await reader.readuntil(b"\r\n\r\n"))
            number = 0
            while True:
                header = await reader.readexactly(HEADER.size)
                length, _ = HEADER.unpack(header)
                frame = header + await reader.readexactly(length + CODE_SIZE)
                self.seen.append(frame)
                for piece in self.tamper(number, frame):
                    there_writer.write(piece)
                number += 1
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            there_writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(self.answered(data))
        except OSError:
            pass
        finally:
            writer.close()

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def a_relay() -> AsyncIterator[Relay]:
    relay = Relay()
    async with served_by(relay.take) as relay.address:
        yield relay
    await relay.end()
