"""Who runs what on this OS thread: callbacks that are due, and kernels whose turn it is.

A completion made by a callback does not run its own callbacks on top of it: they are queued here and run when that
callback has returned. So chains of any length need a constant stack.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final


class OfThread(threading.local):
    """One per OS thread."""

    due: deque[tuple[Callable[[Any], object], Any]] | None = None  # None while nobody runs them.
    kernels = 0  # That are serving events: whatever awaits a future meanwhile is a handler, driven by the innermost.


of_thread: Final = OfThread()


def run(callbacks: list[tuple[Callable[[Any], object], Any]]) -> None:
    """Run them all, even if one raises; the first exception then goes to whoever completed the future."""
    if of_thread.due is not None:
        of_thread.due.extend(callbacks)
        return
    due = of_thread.due = deque(callbacks)
    error: BaseException | None = None
    while due:
        callback, argument = due.popleft()
        try:
            callback(argument)
        except BaseException as raised:
            error = error or raised
    of_thread.due = None
    if error is not None:
        raise error


def together(complete: Callable[[], object]) -> None:
    """Complete several futures: callbacks run when all of them are complete, and none keeps the others from running."""
    if of_thread.due is None:
        run([(lambda _: complete(), None)])
    else:
        complete()
