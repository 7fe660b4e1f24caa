"""A program around one node, for tests with several OS processes: `python -m tests.support.wire_program WHAT [PID]`.

It prints its node's address in one line and then does WHAT:
`serve`: hosts an `echo` until it is signalled; `leave`: likewise, and tells PID when it ends; `fork`: likewise, and its
`forker` forks a child that waits, and prints the child's id; `stay`: ignores the first signal; `return`: ends at once
with status 3; `raise`: its main fails; `fail`: an actor fails under ABORT_NODE.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys

from libprocess_py.core.failures import Policy
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.runtime.loop_node import LoopNode
from libprocess_py.runtime.program import run
from libprocess_py.runtime.settings import NodeSettings
from tests.support.wire_actors import Echo, Ping, Pong


class Leaver(Process):
    """Tells somebody when it ends."""

    def __init__(self, to: PID) -> None:
        super().__init__("leaver")
        self.to = to

    def finalize(self) -> None:
        self.send(self.to, Ping(number=99))


class Forker(Process):
    """Forks for every ping, and answers."""

    def __init__(self) -> None:
        super().__init__("forker")

    def ping(self, sender: PID, ping: Ping) -> None:
        child = os.fork()
        if not child:
            signal.pause()
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        self.send(sender, Pong(number=ping.number))


class Faulty(Process):
    """Fails in its first turn."""

    def initialize(self) -> None:
        raise ZeroDivisionError("our mistake")


async def main(node: LoopNode) -> int:
    what, *others = sys.argv[1:]
    node.spawn(Echo())
    if what == "leave":
        node.spawn(Leaver(PID.parse(others[0])))
    sys.stdout.write(f"{node.address}\n")
    sys.stdout.flush()
    if what == "return":
        return 3
    if what == "raise":
        raise LookupError("main failed")
    if what == "fail":
        node.spawn(Faulty())
    if what == "fork":
        node.spawn(Forker())
    if what == "stay":
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        sys.stdout.write("stays\n")
        sys.stdout.flush()
    await asyncio.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(run(main, NodeSettings(policy=Policy.ABORT_NODE)))
