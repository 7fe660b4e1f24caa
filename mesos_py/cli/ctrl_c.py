"""Ctrl-C before a command runs: the program leaves at once, without a word, as shells expect it to.

Importing takes a tenth of a second and leaves nothing to put away. An exception would come out somewhere in the middle
of it, or be swallowed there, as in a callback of the garbage collector.
"""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Final

INTERRUPTED: Final = 130  # What shells report for a program ended by Ctrl-C.


def leaves_at_once() -> None:
    """Until `raises_again`. Who is to ignore it (`nohup`, a job in the background), or has a handler, keeps that."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def raises_again() -> None:
    """As usual in Python."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(_number: int, _frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)
