"""The real driver under the suite: sockets on the loopback interface, an event loop that runs while a test waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from libprocess_py.node import Node, NodeOptions
from libprocess_py.runtime.loop_node import LoopNode, start_node
from libprocess_py.runtime.program import new_event_loop
from libprocess_py.runtime.settings import NodeSettings
from tests.conformance.runtime.harness import LIMIT_NS, SECOND

LOOK_S: Final = 0.001  # Between looks at what a test waits for: the loop sleeps meanwhile, as it would in a daemon.


def settings_of(options: NodeOptions) -> NodeSettings:
    return NodeSettings(
        policy=options.policy, encode_local=options.encode_local, delegate=options.delegate, log=options.log
    )


class LoopHarness:
    """Several nodes on one event loop."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner(loop_factory=new_event_loop)
        self._nodes: list[LoopNode] = []

    def node(self, options: NodeOptions | None = None) -> Node:
        node = self._runner.run(start_node(settings_of(options or NodeOptions())))
        self._nodes.append(node)
        return node

    def until(self, predicate: Callable[[], object]) -> None:
        self._runner.run(asyncio.wait_for(_holds(predicate), LIMIT_NS / SECOND))

    def settle(self) -> None:
        self.until(lambda: all(node.kernel.idle for node in self._nodes))

    def pass_time(self, ns: int) -> None:
        ends = {node.address: node.clock.now() + ns for node in self._nodes}
        self.until(lambda: all(node.clock.now() >= ends[node.address] for node in self._nodes))
        self.settle()

    def crash(self, node: Node) -> None:
        assert isinstance(node, LoopNode)
        node.driver.close()
        self._nodes.remove(node)

    def close(self) -> None:
        for node in self._nodes:
            self._runner.run(node.stop())
        self._runner.close()


async def _holds(predicate: Callable[[], object]) -> None:
    """Look again and again, with the loop at work between."""
    loop = asyncio.get_running_loop()
    held: asyncio.Future[None] = loop.create_future()

    def look() -> None:
        if held.done():
            return
        if predicate():
            held.set_result(None)
        else:
            loop.call_later(LOOK_S, look)

    look()
    await held
