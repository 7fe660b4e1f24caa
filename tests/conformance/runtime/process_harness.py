"""The real driver between OS processes: the first node of a test lives here, every other in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from libprocess_py.node import Node, NodeOptions
from tests.conformance.runtime.far_node import FarNode
from tests.conformance.runtime.loop_harness import LoopHarness, settings_of


class ProcessHarness(LoopHarness):
    """What a test holds of far actors and futures is looked after before each look at what the test waits for."""

    def __init__(self) -> None:
        super().__init__()
        self._far: list[FarNode] = []

    def node(self, options: NodeOptions | None = None) -> Node:
        if not self._nodes:
            return super().node(options)
        far = FarNode(settings_of(options or NodeOptions()))
        self._far.append(far)
        return cast(Node, far)  # It has what these tests use of one.

    def until(self, predicate: Callable[[], object]) -> None:
        def holds() -> object:
            for far in self._far:
                far.look()
            return predicate()

        super().until(holds)

    def settle(self) -> None:
        super().settle()
        self.until(lambda: all(far.is_idle for far in self._far))

    def pass_time(self, ns: int) -> None:
        ends = [far.clock.now() + ns for far in self._far]
        super().pass_time(ns)
        self.until(lambda: all(far.clock.now() >= end for far, end in zip(self._far, ends, strict=True)))

    def crash(self, node: Node) -> None:
        far = next((far for far in self._far if far.address == node.address), None)
        if far is None:
            super().crash(node)
        else:
            self._far.remove(far)
            far.kill()

    def close(self) -> None:
        for far in self._far:
            far.close()
        super().close()
