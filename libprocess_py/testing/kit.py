"""`TestKit`: taps on every node of a simulation, with time and probes.

```python
kit = TestKit(simulation)
granted = kit.expect(Granted, to=client)
kit.drop(Acquire, times=1)
kit.result(granted)  # Lets time pass until it is there.
```
"""

from __future__ import annotations

from typing import Final, TypeVar

from libprocess_py.future import Future
from libprocess_py.message import Message
from libprocess_py.node import Node
from libprocess_py.pid import PID
from libprocess_py.sim.simulation import Simulation
from libprocess_py.testing.probe import Probe
from libprocess_py.testing.taps import Taps

T = TypeVar("T")

AWAIT_NS: Final = 15_000_000_000  # As long as the tests of Mesos wait; here it is virtual time.


class TestKit(Taps):
    """`Taps` that observe every node of a simulation, those that start later too."""

    __test__ = False  # Its name is what the field calls it; it is no test.

    def __init__(self, simulation: Simulation) -> None:
        super().__init__()
        self.simulation = simulation
        simulation.observe(self)

    def close(self) -> None:
        """Observe nothing any more, and expect nothing."""
        self.close_all()
        self.simulation.unobserve(self)

    def settle(self) -> None:
        """Have all done that is to be done now."""
        self.simulation.settle()

    def advance(self, ns: int, *, actor: PID | None = None) -> None:
        """Let time pass for everybody, or for one actor alone where actors have clocks of their own."""
        if actor is None:
            self.simulation.advance(ns)
        else:
            self.simulation.clocks.advance(actor, ns)

    def result(self, future: Future[T], *, limit_ns: int = AWAIT_NS) -> T:
        """Let time pass until the future is settled, and return its value or raise what became of it."""
        if not self.simulation.run_until(lambda: future.is_settled, limit_ns=limit_ns):
            raise AssertionError(f"{future!r} after {limit_ns} ns of virtual time")
        return future.get()

    def probe(self, node: Node, id: str | None = None, *, understands: tuple[type[Message], ...] = ()) -> Probe:
        """A probe on that node, ready to be used."""
        probe = Probe(id, understands=understands)
        node.spawn(probe)
        return probe
