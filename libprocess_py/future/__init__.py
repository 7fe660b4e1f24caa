"""Futures and promises, after libprocess: a value that is not there yet, and the right to bring it.

`promise` has both sides, `joined`, `looping` and `timeout` what is built from them, `outside` how coroutines of an
event loop wait for one. Nothing here reads a clock or knows an actor: timers come from the actor that is given.
"""

from __future__ import annotations

from libprocess_py.future.joined import await_all, collect
from libprocess_py.future.looping import Break, Continue, loop
from libprocess_py.future.promise import Future, FutureDiscarded, FutureFailed, Promise, State, failed, ready
from libprocess_py.future.timeout import after

__all__ = [
    "Break",
    "Continue",
    "Future",
    "FutureDiscarded",
    "FutureFailed",
    "Promise",
    "State",
    "after",
    "await_all",
    "collect",
    "failed",
    "loop",
    "ready",
]
