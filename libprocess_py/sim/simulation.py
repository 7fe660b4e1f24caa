"""`Simulation`: many nodes in one process, on virtual time, from one seed.

```python
simulation = Simulation(seed=1)
a, b = simulation.node("10.0.0.1"), simulation.node("10.0.0.2")
pong = b.spawn(Pong())
a.spawn(Pinger(pong))
assert simulation.run_until(lambda: pinger.pongs == 3, limit_ns=SECOND)
```

Time stands still until `advance` or `run_until` moves it, from one instant at which something is due to the next. At
each instant everything that is due happens, and all that follows from it at once. Equal seeds and equal calls make
equal runs: `digest()` tells them apart. A handler that raises ends the run where it stands, unless its node was given
another policy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from libprocess_py.core.decision_log import DecisionLog, Sink
from libprocess_py.core.failures import Policy
from libprocess_py.core.observer import Observer
from libprocess_py.node import Node, NodeOptions
from libprocess_py.pid import Address
from libprocess_py.sim.actor_clocks import ActorClocks, ClockedDriver, ClockedNode
from libprocess_py.sim.agenda import START_NS, Agenda
from libprocess_py.sim.chance import Chance
from libprocess_py.sim.driver import SimulatedDriver, SimulatedNode, World
from libprocess_py.sim.network import Network

PORT: Final = 5050  # Where a node listens if nobody says otherwise: the port of a Mesos master.
BUSY_NAMED_MAX: Final = 5  # Of the actors of an instant that does not end: loops have few members.
STEPS_MAX: Final = 100_000  # In one instant. Actors that feed one another without end never let time pass.


class SimulationStuck(Exception):
    """An instant does not end: some actors keep one another busy for ever."""


@dataclass(frozen=True, slots=True)
class SimulationOptions:
    """How to simulate; what is simulated is up to the caller."""

    record: bool = True  # Keep the decision log. Without it runs are faster and have no digest.
    sink: Sink | None = None  # Gets the text of each record.
    log: DecisionLog | None = None  # Keeps the records instead: a `Journal`, for a run that is to be looked at.
    encode_every: int = 1  # Encode each n-th message between nodes, the others go by reference; 0: all by reference.
    start_ns: int = START_NS
    actor_clocks: bool = False  # Each actor has a clock of its own: see `Simulation.clocks`.


class Simulation:
    """A world of nodes. All methods are called from outside any handler."""

    def __init__(self, seed: int, options: SimulationOptions | None = None) -> None:
        options = options or SimulationOptions()
        self.seed = seed
        self.log = options.log or DecisionLog(options.sink) if options.record else None
        self._agenda = Agenda(options.start_ns)
        self.network = Network(seed, self._agenda, log=self.log)
        chance = Chance(seed, self._agenda, log=self.log)
        self._world = World(self._agenda, chance=chance, network=self.network, encode_every=options.encode_every)
        self._incarnations: dict[Address, int] = {}
        self._nodes: dict[Address, SimulatedNode] = {}
        self._observers: list[Observer] = []
        self.random = chance.stream
        self._clocks = ActorClocks(self._agenda, settle=self.settle) if options.actor_clocks else None

    @property
    def now(self) -> int:
        """Virtual time, in nanoseconds since the epoch."""
        return self._agenda.now

    @property
    def clocks(self) -> ActorClocks:
        """The clocks of single actors, if this simulation was asked for them."""
        assert self._clocks is not None, "actors have no clocks of their own here: SimulationOptions(actor_clocks=True)"
        return self._clocks

    @property
    def nodes(self) -> list[Node]:
        """The nodes that are alive, in the order in which they started."""
        return [node for node in self._nodes.values() if node.driver.alive]

    @property
    def errors(self) -> dict[Address, BaseException]:
        """Of the nodes that aborted (`Policy.ABORT_NODE`): why."""
        return dict(self._world.errors)

    def digest(self) -> str:
        """The hash of everything that decided this run so far."""
        assert self.log is not None, "this simulation keeps no decision log"
        return self.log.digest()

    # Nodes

    def node(self, ip: str, port: int = PORT, *, options: NodeOptions | None = None) -> Node:
        """Start a node; its policy is to fail the run, unless `options` say otherwise. Crashed ones may come again."""
        address = Address(ip, port)
        incarnation = self._incarnations[address] = self._incarnations.get(address, 0) + 1
        options = replace(options or NodeOptions(policy=Policy.FAIL), log=self.log)
        node = self._made(address, incarnation=incarnation, options=options)
        self.network.attach(address, node.driver)
        self._nodes[address] = node
        for observer in self._observers:
            node.observe(observer)
        self._note("start", address)
        return node

    def crash(self, node: Node) -> None:
        """The node is gone at once: nobody finalizes, peers that are linked notice soon."""
        simulated = self._nodes[node.address]
        assert simulated is node, f"{node.address}: another node lives there now"
        assert simulated.driver.alive, f"{node.address}: this node has ended before"
        self._note("crash", node.address)
        simulated.driver.crash()

    def stop(self, node: Node) -> None:
        """An orderly end: its actors finalize, and what they send goes out, before it is gone."""
        self._note("stop", node.address)
        node.finalize()
        self.settle()
        self.crash(node)

    def observe(self, observer: Observer) -> None:
        """Have it told of every event on every node, those that start later too."""
        self._observers.append(observer)
        for node in self.nodes:
            node.observe(observer)

    def unobserve(self, observer: Observer) -> None:
        """Leave it in peace. Raises ValueError if it does not observe."""
        self._observers.remove(observer)
        for node in self.nodes:
            node.unobserve(observer)

    # Time

    def settle(self) -> None:
        """Serve all that is due at the present instant, and what follows from it, until nothing is left to do now."""
        agenda, heap, runnable = self._agenda, self._agenda.heap, self._world.runnable
        steps = STEPS_MAX
        while True:
            while runnable:
                driver = runnable.popleft()
                if not driver.alive:
                    continue
                steps -= 1
                if steps < 0:
                    raise _stuck(driver.node, self.now)
                if driver.node.step():
                    runnable.append(driver)
            if not heap or heap[0][0] > agenda.now:
                return
            agenda.run_next_instant()  # A timer without delay, or a message without latency.

    def after(self, ns: int, action: Callable[..., object], *args: Any) -> None:
        """Have something done from outside when that much time has passed: a fault, a client's next wish."""
        self._agenda.add(self._in(ns), action, *args)

    def advance(self, ns: int) -> None:
        """Let that much time pass. Everything that is due happens in order, each at its own time."""
        self._run_to(self._in(ns), None)

    def run_until(self, predicate: Callable[[], object], *, limit_ns: int) -> bool:
        """Let time pass, instant by instant, until the predicate holds. False if it does not within the limit."""
        return self._run_to(self._in(limit_ns), predicate)

    def _in(self, ns: int) -> int:
        assert isinstance(ns, int), f"{ns!r}: expected nanoseconds, an int"  # A float would lose some of them.
        return self.now + ns

    def _run_to(self, end: int, predicate: Callable[[], object] | None) -> bool:
        agenda, heap = self._agenda, self._agenda.heap
        assert end >= agenda.now, "time does not go back"
        while True:
            self.settle()
            if predicate is not None and predicate():
                return True
            if not heap or heap[0][0] > end:
                agenda.now = end
                return False
            driver = agenda.pop_lonely(SimulatedDriver.ring) if predicate is None else None
            if driver is None:
                agenda.run_next_instant()
            elif driver.is_armed_for(agenda.now):
                driver.node.glide(end)

    def _made(self, address: Address, *, incarnation: int, options: NodeOptions) -> SimulatedNode:
        if self._clocks is None:
            driver = SimulatedDriver(self._world, address, incarnation=incarnation)
            return SimulatedNode(address, driver, options=options)
        clocked = ClockedDriver(self._world, address, incarnation=incarnation)
        clocked.use(self._clocks, self.network)
        return ClockedNode(address, clocked, options=options, clocks=self._clocks)

    def _note(self, kind: str, address: Address) -> None:
        if self.log is not None:
            self.log.record(kind, str(address), now=self.now, who="simulation")


def _stuck(node: Node, now: int) -> SimulationStuck:
    """By name: whose loop it is can be told from who is still at it."""
    kernel = node.kernel
    due = [timer.owner._process_pid.id for timer in kernel.timers if timer.due <= now]
    busy = sorted({*due, *(mailbox._process_pid.id for mailbox in kernel.runnable)})
    names = ", ".join(busy[:BUSY_NAMED_MAX]) + (", ..." if len(busy) > BUSY_NAMED_MAX else "")
    return SimulationStuck(f"{node.address} is still busy after {STEPS_MAX} steps at {now}: {names}")
