"""Waiting for what another process does: the one place where tests of real processes look again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

PATIENCE_S: Final = 40.0  # Only what will never happen takes so long, on a machine however loaded.
LOOK_EVERY_S: Final = 0.02  # Short beside anything a process does, and 50 looks a second are no load.

_never: Final = threading.Event()


def until(holds: Callable[[], T], *, patience_s: float = PATIENCE_S) -> T:
    """Look until `holds()` is true; its value. After `patience_s` the test fails, with what was seen last."""
    deadline = time.monotonic() + patience_s
    while not (seen := holds()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience_s:g} s for {holds.__qualname__}; seen last: {seen!r}")
        pause()
    return seen


def pause() -> None:
    """As long as lies between two looks."""
    _never.wait(LOOK_EVERY_S)
