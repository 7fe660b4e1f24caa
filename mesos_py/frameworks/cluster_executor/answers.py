"""The thread on which answers are unpickled and futures completed: neither may hold up the framework.

Not a pool of `concurrent.futures`: those take no more work once the interpreter begins to exit, and calls that were
submitted before a `shutdown(wait=False)` are still to be answered then.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)


class AnswerThread:
    """Runs what it is given, one after the other, until it is closed."""

    def __init__(self) -> None:
        self._given: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="cluster-executor-answers", daemon=True)
        self._thread.start()

    def run(self, complete: Callable[[], None]) -> None:
        self._given.put(complete)

    def close(self) -> None:
        """Returns when all that was given has run. From one of these, it only says that nothing more will come."""
        self._given.put(None)
        if not self.is_current:
            self._thread.join()

    @property
    def is_current(self) -> bool:
        """Whether the caller runs on this thread, as a future's callback does."""
        return threading.current_thread() is self._thread

    def _run(self) -> None:
        while (complete := self._given.get()) is not None:
            try:
                complete()
            except Exception:
                logger.exception("answer_not_delivered")
