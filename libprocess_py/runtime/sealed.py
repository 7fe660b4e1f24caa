"""A transport that seals: what is written to it leaves in frames of an authenticated connection.

It stands where the plain transport stood, so whoever writes through it need not know. Reading is the owner's: bytes
come to its protocol sealed, and go through the channel's opener first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from libprocess_py.auth.core.frames import Sealer


class SealedTransport(asyncio.Transport):
    """The part of a transport that connections of a node use."""

    def __init__(self, transport: asyncio.Transport, sealer: Sealer) -> None:
        super().__init__()
        self._transport = transport
        self._seal = sealer.seal

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        self._transport.writelines(self._seal(bytes(data)))

    def can_write_eof(self) -> bool:
        return self._transport.can_write_eof()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview[Any]]) -> None:
        self.write(b"".join(list_of_data))

    def write_eof(self) -> None:
        self._transport.write_eof()

    def close(self) -> None:
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)
