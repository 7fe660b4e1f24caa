"""A program that closes its event loop without stopping its node: `python -m tests.support.wire_left_behind`.

It prints its echo's PID, closes the loop when a line comes in, and prints what becomes of a dispatch then. It lives on
until its input ends.
"""

from __future__ import annotations

import asyncio
import sys

from libprocess_py.runtime.loop_node import LoopNode, start_node
from libprocess_py.runtime.program import new_event_loop
from tests.support.wire_actors import Echo


def say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def serve() -> tuple[LoopNode, Echo]:
    node = await start_node()
    echo = Echo()
    say(node.spawn(echo))
    await asyncio.to_thread(sys.stdin.readline)
    return node, echo


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        node, echo = runner.run(serve())
    say("abandoned" if node.dispatch(echo.pid, Echo.initialize).abandoned else "waits for ever")
    sys.stdin.read()
