"""Sealed frames: a stream of bytes in pieces, each with its number and a code that only the two sides can compute.

```
length of the payload, 4 bytes | number of the frame, 8 bytes | payload | HMAC-SHA256 of all before it, 32 bytes
```

Frames are numbered from 0 in each direction and sealed with that direction's key of this connection. So a frame that
was changed, cut, repeated, left out, moved, or recorded elsewhere is known as such before a byte of it is used, and why
it was refused can be counted. The first error is final: frames before it are still given, and nothing after it has a
meaning. Frame 0 is empty: it shows that its sender has the key, and keeps one that has not from filling a buffer. A
frame is opened when it is whole, so its size is bounded. What is in the payloads is a plain stream: where frames begin
means nothing to its reader. Pure.
"""

from __future__ import annotations

import hmac
import struct
from typing import Final

from libprocess_py.auth.core.secret import DIGEST

FRAME_MAX: Final = 262_144  # Of payload: what one read of the event loop delivers, and what a frame under way may cost.
HEADER: Final = struct.Struct(">IQ")
CODE_SIZE: Final = 32
OVERHEAD: Final = HEADER.size + CODE_SIZE

# Why a frame is refused: the last part of its counter's name.
FORGED: Final = "forged"  # Its code is not the one for it: changed on its way, or from somebody without the key.
OVERSIZED: Final = "oversized"
REPLAYED: Final = "replayed"  # Sealed by the peer, but it came before.
REORDERED: Final = "reordered"  # Sealed by the peer, but others are missing before it.
TRUNCATED: Final = "truncated"  # The connection ended within it.


class FrameError(Exception):
    """The other side's bytes are no frames of this connection. `reason` is one of the words above."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


class Sealer:
    """Makes frames, in one direction of one connection."""

    __slots__ = ("_key", "_next")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._next = 0

    def seal(self, data: bytes) -> list[bytes]:
        """The frames that carry `data`, in pieces to be written one after the other. No data: one empty frame."""
        if len(data) <= FRAME_MAX:
            return self._frame(data)
        pieces: list[bytes] = []
        for start in range(0, len(data), FRAME_MAX):
            pieces += self._frame(data[start : start + FRAME_MAX])
        return pieces

    def _frame(self, payload: bytes) -> list[bytes]:
        frame = HEADER.pack(len(payload), self._next) + payload
        self._next += 1
        return [frame, hmac.digest(self._key, frame, DIGEST)]


class Opener:
    """Reads frames, in one direction of one connection."""

    __slots__ = ("_key", "_next", "_rest", "_whole", "error")

    def __init__(self, key: bytes) -> None:
        self.error: FrameError | None = None
        self._key = key
        self._next = 0
        self._rest = bytearray()  # Of a frame under way; less than one frame and one read.
        self._whole = HEADER.size  # How many bytes `_rest` needs before it is worth a look.

    @property
    def has_proof(self) -> bool:
        """Whether the other side has shown that it has the key."""
        return self._next > 0

    @property
    def is_between(self) -> bool:
        return not self._rest

    def feed(self, data: bytes) -> bytes:
        """The payload of every frame that these bytes complete. Look at `error` afterwards."""
        if self.error is not None:
            return b""
        if self._rest:
            self._rest += data
            if len(self._rest) < self._whole:
                return b""
            data, self._rest = bytes(self._rest), bytearray()
        payloads: list[bytes] = []
        try:
            self._frames(data, payloads)
        except FrameError as error:
            self.error = error
        return payloads[0] if len(payloads) == 1 else b"".join(payloads)

    def end(self) -> None:
        """The connection is over; that is an error, too, if it was within a frame."""
        if self._rest and self.error is None:
            self.error = FrameError(TRUNCATED, f"the connection ended within frame {self._next}")

    def _frames(self, data: bytes, payloads: list[bytes]) -> None:
        position, available = 0, len(data)
        view = memoryview(data)
        while available - position >= HEADER.size:
            length, number = HEADER.unpack_from(data, position)
            if length > (FRAME_MAX if self._next else 0):
                raise FrameError(OVERSIZED, f"frame {number} of {length} bytes")
            end = position + HEADER.size + length
            if available - end < CODE_SIZE:
                self._whole = OVERHEAD + length
                break
            self._check(view[position:end], data[end : end + CODE_SIZE], number=number)
            payloads.append(data[position + HEADER.size : end])
            position = end + CODE_SIZE
        else:
            self._whole = HEADER.size
        self._rest += view[position:]

    def _check(self, frame: memoryview, code: bytes, *, number: int) -> None:
        if not hmac.compare_digest(hmac.digest(self._key, frame, DIGEST), code):
            raise FrameError(FORGED, f"frame {number} does not have this connection's code")
        if number != self._next:
            reason = REPLAYED if number < self._next else REORDERED
            raise FrameError(reason, f"frame {number}: expected frame {self._next}")
        self._next += 1
