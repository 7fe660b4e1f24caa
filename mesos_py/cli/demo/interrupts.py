"""Ctrl-C at any moment, without leaving half-made things behind.

Within `with Interrupts() as interrupts`, the first of SIGINT, SIGTERM and SIGHUP raises `Interrupted` in the main
thread; later ones change nothing, since the clean-up, which is bounded, is under way. Within `interrupts.deferred()`
it is raised at the end of the block: there go the steps that make something and note that it was made.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final, Self

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Told to stop. Not an Exception, so that nothing on the way out takes it for a failure of its own."""


class Interrupts:
    """Holds the handlers of the stop signals while it is entered."""

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}
        self._deferrals = 0
        self._seen = self._raised = False

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._stop) for number in STOP_SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """Until the end of the block nothing is raised."""
        self._deferrals += 1
        try:
            yield
        finally:
            self._deferrals -= 1
            self._raise_if_due()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._seen = True
        self._raise_if_due()

    def _raise_if_due(self) -> None:
        if self._seen and not self._raised and self._deferrals == 0:
            self._raised = True
            raise Interrupted
