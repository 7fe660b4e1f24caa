"""A thread that sees when a handler holds up everybody else, and says which, with its stack, while it still does.

It looks now and then at what the kernel keeps anyway: whose turn it is, and how far that turn has come. The same at two
looks means the same event, so handlers pay nothing for being watched.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable
from operator import length_hint
from types import FrameType
from typing import Final

from libprocess_py.core.kernel import Kernel
from libprocess_py.core.mailbox import Mailbox
from libprocess_py.events import Event
from libprocess_py.introspection.timing import NS_PER_MS, handler_name
from libprocess_py.log import EventLog

SLOW_NS: Final = 200_000_000  # A handler that holds the loop that long is felt by people and failure detectors alike.
LOOKS: Final = 4  # In the time that counts as slow: it is noticed at most a quarter late.
FRAMES_MAX: Final = 12  # Of the stack, innermost first: what matters is where it is now.
THREAD_NAME: Final = "libprocess-watchdog"
NS_PER_S: Final = 1_000_000_000


class Watchdog:
    """Watches the kernel of one node. Made on the thread that runs it."""

    def __init__(self, kernel: Kernel, log: EventLog, *, slow_ns: int = SLOW_NS) -> None:
        self._kernel = kernel
        self._log = log
        self._slow_ns = slow_ns
        self._watched = threading.get_ident()
        self._turn: tuple[Mailbox, list[Event], int] | None = None
        self._since = 0
        self._told_at = slow_ns  # How long the event has to take until the next word about it.
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=THREAD_NAME, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Soon, without waiting for it."""
        self._stopped.set()

    def look(self, now: int) -> None:
        """One look, at a monotonic time. Words about one event come when it is slow, twice as slow, and so on."""
        kernel = self._kernel
        mailbox = kernel.current
        box, left = kernel.turn_box, length_hint(kernel.turn_events)
        turn, self._turn = self._turn, None if mailbox is None else (mailbox, box, left)
        if turn is None or self._turn is None or turn[0] is not mailbox or turn[1] is not box or turn[2] != left:
            self._since, self._told_at = now, self._slow_ns
            return
        if now - self._since >= self._told_at:
            self._told_at = 2 * (now - self._since)
            self._tell(self._turn, now - self._since)

    def _tell(self, turn: tuple[Mailbox, list[Event], int], ns: int) -> None:
        mailbox, box, left = turn
        at = len(box) - left - 1
        name = handler_name(box[at]) if 0 <= at < len(box) else "?"
        stack = stack_of(sys._current_frames().get(self._watched))
        fields = {"actor": mailbox._process_pid.id, "name": name, "ms": round(ns / NS_PER_MS)}
        self._log.warning("handler holds the loop", **fields, waiting=len(self._kernel.runnable), stack=stack)

    def _watch(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        while not self._stopped.wait(self._slow_ns / LOOKS / NS_PER_S):
            self.look(clock())


def stack_of(frame: FrameType | None) -> str:
    """Where a thread is, innermost call first: `file:line function < file:line function < ...`."""
    calls = traceback.extract_stack(frame)[: -FRAMES_MAX - 1 : -1] if frame is not None else []
    return " < ".join(f"{call.filename.rpartition('/')[2]}:{call.lineno} {call.name}" for call in calls)
