"""pykka's actors live in a register of the whole OS process: what a test leaves there would be the next one's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pykka

STOP_S: Final = 10.0  # A thread that was told to stop does within milliseconds.


@contextmanager
def none_left() -> Iterator[None]:
    """Every pykka actor has stopped at its end: with its PID or its node, or because its test sees to it."""
    yield
    left = [ref for ref in pykka.ActorRegistry.get_all() if not ref.actor_stopped.wait(STOP_S)]
    pykka.ActorRegistry.stop_all(block=False)
    assert left == []
