"""The simulation's engine: actor messages and timers per second on virtual time, handlers included.

All actors live on one node of a simulation without a decision log, as in a large run. Each function returns a rate.
"""

from __future__ import annotations

import time
from typing import Final

from libprocess_py.message import Message
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.sim import Simulation, SimulationOptions

ACTORS: Final = 10_000
ROUNDS: Final = 40  # Messages that each actor passes on in a run: 400,000 in all, less than a second.
NODES: Final = 100  # For messages that take the way through the simulated network.
NETWORK_ROUNDS: Final = 10
TIMERS: Final = 100_000  # Pending at any time.
BEATS: Final = 4  # How often each of them is armed and fires while time is taken.
PERIOD_NS: Final = 1_000_000_000
SPREAD_NS: Final = 9_973  # Between the phases of two timers: prime to the period, so that few fall together.
FAST: Final = SimulationOptions(record=False, encode_every=0)


class Token(Message):
    """Passed from neighbour to neighbour."""

    left: int


class Neighbour(Process):
    """Passes what it gets on to the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.next: PID
        self.seen = 0

    def token(self, sender: PID, token: Token) -> None:
        self.seen += 1
        if token.left:
            self.send(self.next, Token(left=token.left - 1))


class Metronome(Process):
    """Beats on, each beat arming the next."""

    def __init__(self, phase_ns: int) -> None:
        super().__init__()
        self.phase_ns = phase_ns
        self.beats = 0

    def initialize(self) -> None:
        self.delay(self.phase_ns, self.beat)

    def beat(self) -> None:
        self.beats += 1
        self.delay(PERIOD_NS, self.beat)


def message_rate() -> float:
    """A ring of 10,000 actors with a token at each: every message has another receiver, and an idle one."""
    simulation = Simulation(seed=1, options=FAST)
    node = simulation.node("10.0.0.1")
    actors = [Neighbour() for _ in range(ACTORS)]
    for actor in actors:
        node.spawn(actor)
    for actor, follower in zip(actors, actors[1:] + actors[:1], strict=True):
        actor.next = follower.pid
    simulation.settle()
    start = time.perf_counter()
    for actor in actors:
        node.send(actor.pid, Token(left=ROUNDS - 1))
    simulation.settle()
    elapsed = time.perf_counter() - start
    assert sum(actor.seen for actor in actors) == ACTORS * ROUNDS
    return ACTORS * ROUNDS / elapsed


def timer_rate() -> float:
    """100,000 periodic timers, out of step with one another: each is armed and fires four times."""
    simulation = Simulation(seed=1, options=FAST)
    node = simulation.node("10.0.0.1")
    actors = [Metronome(1 + number * SPREAD_NS % PERIOD_NS) for number in range(TIMERS)]
    for actor in actors:
        node.spawn(actor)
    simulation.settle()
    start = time.perf_counter()
    simulation.advance(BEATS * PERIOD_NS)
    elapsed = time.perf_counter() - start
    beats = sum(actor.beats for actor in actors)
    assert beats == TIMERS * BEATS
    return beats / elapsed


def network_message_rate() -> float:
    """The same ring over 100 nodes: every message takes its way through the simulated network, by reference."""
    simulation = Simulation(seed=1, options=FAST)
    nodes = [simulation.node(f"10.0.0.{number}") for number in range(1, NODES + 1)]
    actors = [Neighbour() for _ in range(ACTORS)]
    for number, actor in enumerate(actors):
        nodes[number % NODES].spawn(actor)
    for actor, follower in zip(actors, actors[1:] + actors[:1], strict=True):
        actor.next = follower.pid
    simulation.settle()
    start = time.perf_counter()
    for actor in actors:
        actor.send(actor.pid, Token(left=NETWORK_ROUNDS))
    simulation.advance(PERIOD_NS)
    elapsed = time.perf_counter() - start
    assert sum(actor.seen for actor in actors) == ACTORS * (NETWORK_ROUNDS + 1)
    return ACTORS * NETWORK_ROUNDS / elapsed
