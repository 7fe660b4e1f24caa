"""How a node goes on answering while others write to it faster than its actors are.

A turn of the event loop serves every socket that has something, and what one read delivers can be thousands of
messages. So a turn has a length: what is read after it waits, and its connection is not read from meanwhile. Then
timers have their turn, then what waits, in the order it came. When the kernel has events left after a run, it is given
only as much of what waits as it can serve, so that a flood stays in the senders' sockets and not in our mailboxes. And
a run of the kernel is as many events as fit into its time: it goes in steps, whose size follows what handlers take.

Nothing here is lost, and nothing of one connection is served before what came earlier on it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from time import monotonic
from typing import Final, Protocol

from libprocess_py.core.kernel import STEP_EVENTS

TURN_S: Final = 0.010  # Of reading. With a run and the rest of a turn, others wait a fraction of what users notice.
RUN_S: Final = 0.004  # Of the kernel, before sockets and timers have their turn.
STEP_MIN: Final = 8  # Events of a step, however slow their handlers are.
STEP_FIRST: Final = 64  # Of the first: nothing is known of the handlers yet.
INTAKE: Final = 32_768  # Bytes of what waits that are served after a run, while the kernel has a backlog, ...
INTAKE_PER_EVENT: Final = 16  # ... or so many per event of its last run, if that is less: messages have over a hundred.
SLICE: Final = 4_096  # Bytes of one connection before another one has its turn.
KEPT_MAX: Final = 67_108_864  # 64 MiB that wait, in all; beyond it nobody is read from until they are served.


class Source(Protocol):
    """A connection whose bytes may have to wait."""

    def take_read(self, data: bytes) -> None:
        """Serve bytes, as if they had just come."""

    def hold(self, *, held: bool) -> None:
        """Read no more from it, or go on."""


class Pressure:
    """What waits on one node, and how large its steps are."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sources: Collection[Source]) -> None:
        self.is_backlogged = False  # The kernel had events left after its last run.
        self._budget = STEP_FIRST
        self._served = 0  # Events of the last run, at most.
        self._loop = loop
        self._sources = sources
        self._kept: dict[Source, deque[bytes]] = {}  # In the order in which they are served.
        self._bytes = 0
        self._scheduled = False
        self._closed = False

    @property
    def is_high(self) -> bool:
        """Whether what is read now has to wait. The loop's own time is that of its last look at the sockets."""
        return self.is_backlogged or monotonic() - self._loop.time() > TURN_S

    def run(self, step: Callable[[int], bool]) -> bool:
        """Run the kernel for a while. Whether it has events left."""
        start = before = monotonic()
        budget = served = self._budget
        more = step(budget)
        now = monotonic()
        while now - before > RUN_S or more:  # Nearly always false: then all is served.
            took, before = now - before, now
            if took > RUN_S / 2:
                self._budget = budget = max(STEP_MIN, budget // 2)
            elif more and took < RUN_S / 8:
                self._budget = budget = min(STEP_EVENTS, 2 * budget)
            if not more or now - start > RUN_S:
                break
            served += budget
            more = step(budget)
            now = monotonic()
        self.is_backlogged, self._served = more, served
        return more

    def keeps(self, source: Source) -> bool:
        return source in self._kept

    def delays(self, source: Source) -> bool:
        """Whether what is read now from that connection has to wait."""
        if self.is_backlogged or monotonic() - self._loop.time() > TURN_S:
            return True
        return bool(self._kept) and self.keeps(source)

    def keep(self, source: Source, data: bytes) -> None:
        kept = self._kept.get(source)
        if kept is None:
            kept = self._kept[source] = deque()
            source.hold(held=True)
        kept.append(data)
        self._bytes += len(data)
        if self._bytes > KEPT_MAX:
            for each in self._sources:
                each.hold(held=True)
        self._schedule()

    def forget(self, source: Source) -> None:
        """That connection is gone."""
        self._bytes -= sum(map(len, self._kept.pop(source, ())))

    def close(self) -> None:
        self._closed = True
        self._kept.clear()

    def _schedule(self) -> None:
        if not (self._scheduled or self._closed):
            self._scheduled = True
            self._loop.call_soon(self._serve)

    def _serve(self) -> None:
        """A turn of what waits. Even with a backlog some of it is served: an actor may keep itself busy for ever."""
        self._scheduled = False
        was_full = self._bytes > KEPT_MAX
        end = monotonic() + TURN_S
        allowed = min(INTAKE, INTAKE_PER_EVENT * self._served)
        while self._kept and monotonic() < end and (allowed > 0 or not self.is_backlogged):
            allowed -= self._serve_next()
        if was_full and self._bytes <= KEPT_MAX:
            for each in tuple(self._sources):
                each.hold(held=each in self._kept)
        if self._kept:
            self._schedule()

    def _serve_next(self) -> int:
        """One connection's next piece."""
        source = next(iter(self._kept))
        kept = self._kept.pop(source)
        data = kept.popleft()
        if len(data) > SLICE:
            kept.appendleft(data[SLICE:])
            data = data[:SLICE]
        self._bytes -= len(data)
        if kept:
            self._kept[source] = kept  # At the end: others have their turn.
        source.take_read(data)
        if not kept and source not in self._kept:
            source.hold(held=False)
        return len(data)
