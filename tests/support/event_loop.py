"""Tests that need a real event loop: they never sleep but wait for what they caused; the limit means "hung"."""

from __future__ import annotations

import asyncio
import functools
import warnings
from collections.abc import Callable, Coroutine
from typing import Any, Final, ParamSpec

from libprocess_py.runtime.program import new_event_loop

P = ParamSpec("P")

HUNG_S: Final = 20.0  # No test waits on purpose; one that comes here waits for what will not happen.


def on_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run an asynchronous test on a loop of its own, the kind that nodes run on.

    Warnings are collected and fail the test at its end: raised inside uvloop's close they would hang it instead.
    """

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(asyncio.wait_for(test(*args, **kwargs), HUNG_S))
        assert not warned, [str(warning.message) for warning in warned]

    return run


async def until(holds: Callable[[], object]) -> None:
    """Let the loop run until it is so. What never becomes so hangs, and ends with the test."""
    while not holds():
        await asyncio.sleep(0)
