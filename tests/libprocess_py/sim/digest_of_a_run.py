"""A program: runs a small world from the seed in its arguments and prints the run's digest and number of records."""

from __future__ import annotations

import sys

from libprocess_py import PID
from libprocess_py.sim import Simulation
from tests.libprocess_py.sim.actors import Gossip

SECOND = 1_000_000_000


def digest(seed: int) -> str:
    simulation = Simulation(seed)
    nodes = [simulation.node(f"10.0.0.{number}") for number in range(1, 6)]
    pids: list[PID] = []
    for node in nodes:
        pids += [node.spawn(Gossip(list(pids))) for _ in range(3)]
    simulation.advance(SECOND // 10)
    simulation.network.partition(nodes[0], nodes[1])
    simulation.network.drop(nodes[2], nodes[0], rate=0.3)
    simulation.network.hold(nodes[3], nodes[0])
    simulation.advance(SECOND // 10)
    simulation.network.release(nodes[3], nodes[0])
    simulation.network.heal(nodes[0], nodes[1])
    simulation.crash(nodes[2])
    simulation.advance(6 * SECOND)
    simulation.node("10.0.0.3").spawn(Gossip(pids[:2]))
    simulation.advance(SECOND // 10)
    assert simulation.log is not None
    return f"{simulation.digest()} {simulation.log.length}"


if __name__ == "__main__":
    sys.stdout.write(digest(int(sys.argv[1])))
