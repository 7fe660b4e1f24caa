"""A body that comes in pieces: each byte is copied once more, when all is there; small pieces cost no object each."""

from __future__ import annotations

from typing import Final

LARGE: Final = 16_384  # Bytes of a piece that is kept as it came; smaller ones are appended to one buffer.


class Body:
    """What has come of a body."""

    __slots__ = ("_pieces", "_tail", "size")

    def __init__(self) -> None:
        self.size = 0
        self._pieces: list[bytes] = []
        self._tail = bytearray()  # Small pieces since the last large one.

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        if len(piece) < LARGE:
            self._tail += piece
            return
        self._keep_tail()
        self._pieces.append(piece)

    def whole(self) -> bytes:
        """All of it. To be called once."""
        if not self._pieces:
            return bytes(self._tail)
        self._keep_tail()
        return b"".join(self._pieces)

    def _keep_tail(self) -> None:
        if self._tail:
            self._pieces.append(bytes(self._tail))
            self._tail = bytearray()
