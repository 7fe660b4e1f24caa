"""What a driver must offer to be tested: nodes, and a way to wait for what happens on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from libprocess_py.node import Node, NodeOptions
from libprocess_py.sim import Simulation, SimulationOptions

SECOND: Final = 1_000_000_000
LIMIT_NS: Final = 30 * SECOND  # Nothing that a test waits for takes that long, on however slow a machine.


class Harness(Protocol):
    """Tests are ordinary functions; a harness runs its driver while they wait."""

    def node(self, options: NodeOptions | None = None) -> Node:
        """A new node with an address of its own, with `Policy.END_ACTOR` unless the options say otherwise."""

    def until(self, predicate: Callable[[], object]) -> None:
        """Run until the predicate holds; fails the test if it does not for `LIMIT_NS`."""

    def settle(self) -> None:
        """Run until no local work is left on any node."""

    def pass_time(self, ns: int) -> None:
        """Let at least that much time pass on every node's clock."""

    def crash(self, node: Node) -> None:
        """End a node without ceremony, as SIGKILL would."""

    def close(self) -> None:
        """Leave nothing behind."""


class SimulatedHarness:
    """Virtual time: waiting costs nothing."""

    def __init__(self, options: SimulationOptions | None = None) -> None:
        self._simulation = Simulation(seed=7, options=options)
        self._nodes = 0

    def node(self, options: NodeOptions | None = None) -> Node:
        self._nodes += 1
        return self._simulation.node(f"10.0.0.{self._nodes}", options=options or NodeOptions())

    def until(self, predicate: Callable[[], object]) -> None:
        assert self._simulation.run_until(predicate, limit_ns=LIMIT_NS), "what the test waits for does not happen"

    def settle(self) -> None:
        self._simulation.settle()

    def pass_time(self, ns: int) -> None:
        self._simulation.advance(ns)

    def crash(self, node: Node) -> None:
        self._simulation.crash(node)

    def close(self) -> None:
        self._simulation.settle()


class BareHarness(SimulatedHarness):
    """As large simulations run: nobody looks on, so the kernel serves whole turns, and messages go by reference."""

    def __init__(self) -> None:
        super().__init__(SimulationOptions(record=False, encode_every=0))
