"""`Pipe`: a body that is written while it is read, in pieces, for answers and requests without a known end.

```python
pipe = Pipe()
pipe.writer.write(b"one")
return Response.stream(pipe)
```

A pipe has two bounds. What is written beyond the first waits for the reader: `write` returns a future that says when
there is room again, and a producer that can wait does. One that cannot, because it tells many what happens as it
happens, writes on; the reader that leaves more than the second bound unread is cut off, so that one slow consumer costs
a known amount of memory and nobody else's time. `writer.ended` tells the producer why nobody reads any more. A `Meter`
bounds what many pipes hold together: a crowd of slow readers must not fill the memory either.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable
from typing import Final

from libprocess_py.errors import ProtocolError
from libprocess_py.future import Future, Promise, failed, ready

ROOM: Final = 65_536  # As much as a socket takes at a time; more would only wait here instead of in its producer.
BOUND: Final = 8_388_608  # 8 MiB unread: seconds of a large cluster's events, and a hundred such readers fit.
TOGETHER: Final = 268_435_456  # 256 MiB unread by all readers of a node.
SMALL: Final = ROOM  # Readers that leave no more than this are never cut off for what others leave.


class Meter:
    """What several pipes hold together."""

    __slots__ = ("bound", "size")

    def __init__(self, bound: int = TOGETHER) -> None:
        self.bound = bound
        self.size = 0


class End(enum.Enum):
    """Why a pipe takes no more."""

    FINISHED = "the writer closed it: what it wrote is read to the end"
    FAILED = "the writer gave up: its reader learns that something is missing"
    UNREAD = "the reader closed it, or is gone"
    CUT_OFF = "the reader was too slow: what it left unread is lost"


class PipeBroken(ProtocolError):
    """The body ends here, but not as its writer meant it to. No client that leaves may end the actor that listens."""


class Pipe:
    """Both ends. Hand out the one that the other side is to have."""

    __slots__ = (
        *("_bound", "_changed", "_meter", "_pieces", "_room", "_size", "_space", "_wanted"),
        *("ended", "reader", "writer"),
    )

    def __init__(self, *, room: int = ROOM, bound: int = BOUND) -> None:
        assert 0 < room <= bound, f"room {room}, bound {bound}: expected 0 < room <= bound"
        self.reader = PipeReader(self)
        self.writer = PipeWriter(self)
        self.ended: Promise[End] = Promise()
        self._room = room
        self._bound = bound
        self._meter: Meter | None = None
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._space: Promise[bool] | None = None  # A writer waits.
        self._wanted: Promise[bytes] | None = None  # A reader waits.
        self._changed: Callable[[], object] | None = None

    def takes_more(self) -> bool:
        return self.ended.is_pending

    def _end(self, end: End) -> None:
        if end in (End.UNREAD, End.CUT_OFF):
            self._pieces.clear()  # Even of a body that is complete: nobody will take it.
            self._resize(-self._size)
        if not self.ended.is_pending:
            return
        self.ended.set(end)
        self._tell_writer()
        self._tell_reader()

    def _resize(self, by: int) -> None:
        self._size += by
        if self._meter is not None:
            self._meter.size += by

    def _is_too_full(self) -> bool:
        """Whether its reader has left more unread than it may."""
        meter = self._meter
        return self._size > self._bound or (meter is not None and meter.size > meter.bound and self._size > SMALL)

    def _tell_writer(self) -> None:
        space = self._space
        if space is not None and (self._size < self._room or not self.ended.is_pending):
            self._space = None
            space.set(self.ended.is_pending)

    def _tell_reader(self) -> None:
        wanted = self._wanted
        if wanted is not None and (self._pieces or not self.ended.is_pending):
            self._wanted = None
            self.reader._give(wanted)
        if self._changed is not None:
            self._changed()


class _Side:
    """What the two ends have in common."""

    __slots__ = ("_pipe",)

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    @property
    def ended(self) -> Future[End]:
        """Ready when nothing more can be written, with the reason; something may be left to read."""
        return self._pipe.ended


class PipeWriter(_Side):
    """The producer's end. It notices by `ended` that its reader is gone."""

    __slots__ = ()

    def write(self, data: bytes) -> Future[bool]:
        """Add a piece. True as soon as there is room for another; False if nobody will read any more."""
        pipe = self._pipe
        if not pipe.takes_more():
            return ready(False)
        if pipe._is_too_full():
            pipe._end(End.CUT_OFF)
            return ready(False)
        if data:
            pipe._pieces.append(data)
            pipe._resize(len(data))
            pipe._tell_reader()
        if pipe._size < pipe._room or not pipe.takes_more():
            return ready(pipe.takes_more())
        if pipe._space is None:
            pipe._space = Promise()
        return pipe._space

    def close(self) -> None:
        """That was all."""
        self._pipe._end(End.FINISHED)

    def fail(self) -> None:
        """There should have been more."""
        self._pipe._end(End.FAILED)


class PipeReader(_Side):
    """The consumer's end. One reads at a time."""

    __slots__ = ()

    @property
    def has_more(self) -> bool:
        """Whether something waits to be read."""
        return bool(self._pipe._pieces)

    @property
    def is_drained(self) -> bool:
        """Whether the end was reached that the writer meant."""
        pipe = self._pipe
        return not pipe._pieces and pipe.ended.is_ready and pipe.ended.get() is End.FINISHED

    @property
    def is_broken(self) -> bool:
        """Whether what was written before the writer gave up, or the reader was cut off, has been read."""
        pipe = self._pipe
        return not pipe._pieces and pipe.ended.is_ready and pipe.ended.get() is not End.FINISHED

    def read(self) -> Future[bytes]:
        """What has been written since the last time, as soon as there is some; empty at the end. PipeBroken."""
        pipe = self._pipe
        assert pipe._wanted is None, "one reads at a time: this pipe is being read"
        wanted: Promise[bytes] = Promise()
        if pipe._pieces or not pipe.ended.is_pending:
            self._give(wanted)
        else:
            pipe._wanted = wanted
        return wanted

    def read_all(self, limit: int) -> Future[bytes]:
        """Everything, once it is there. Fails with PipeBroken, and closes the pipe, beyond `limit` bytes."""
        return self._read_on(bytearray(), limit=limit)

    def take(self, enough: int | None = None) -> bytes:
        """What there is now, perhaps nothing: for whoever is told by `on_change` when to look.

        With `enough` no further piece is taken once there is so much.
        """
        pipe = self._pipe
        pieces = pipe._pieces
        if enough is None or pipe._size <= enough or len(pieces) == 1:
            taken = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            pieces.clear()
        else:
            taken = pieces.popleft()
            if len(taken) < enough:
                several, size = [taken], len(taken)
                while size < enough:
                    several.append(pieces.popleft())
                    size += len(several[-1])
                taken = b"".join(several)
        pipe._resize(-len(taken))
        pipe._tell_writer()
        return taken

    def measured(self, meter: Meter) -> None:
        """Count what the pipe holds, from now on, with what others do."""
        pipe = self._pipe
        if pipe._meter is None:
            pipe._meter = meter
            meter.size += pipe._size

    def on_change(self, changed: Callable[[], object] | None) -> None:
        """Have that called whenever something was written or the pipe ended, instead of whoever was told before."""
        self._pipe._changed = changed

    def close(self) -> None:
        """Nobody reads this any more: the writer is told."""
        self._pipe._end(End.UNREAD)

    def interrupt(self) -> None:
        """The producer is gone, and left no end: what it wrote is read, then the reader learns that it is not all."""
        self._pipe._end(End.FAILED)

    def _give(self, wanted: Promise[bytes]) -> None:
        if self.is_broken:
            wanted.fail(PipeBroken(self._pipe.ended.get().value))
        else:
            wanted.set(self.take())

    def _read_on(self, sofar: bytearray, *, limit: int) -> Future[bytes]:
        def more(piece: bytes) -> Future[bytes]:
            if len(sofar) + len(piece) > limit:
                self.close()
                return failed(PipeBroken(f"more than {limit} bytes"))
            if not piece:
                return ready(bytes(sofar))
            sofar.extend(piece)  # In place: a large body in small pieces would be copied once for each.
            return self._read_on(sofar, limit=limit)

        return self.read().then(more)


def filled(body: bytes) -> PipeReader:
    """A pipe that holds a whole body already."""
    pipe = Pipe(room=len(body) + 1, bound=max(BOUND, len(body) + 1))
    pipe.writer.write(body)
    pipe.writer.close()
    return pipe.reader
