"""A lock service on five simulated nodes, with a mistake in it, and the search that finds the mistake.

The server takes a lost connection for the death of who held the lock, and gives the lock to the next. But "exited", of
an actor on another node, says that the *connection* was lost: the holder may be alive behind a partition. `python -m
libprocess_py.examples.lock_service` looks for a seed under which two clients hold the lock, and shrinks its faults.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from libprocess_py import PID, Message, Process
from libprocess_py.sim import Simulation
from libprocess_py.sim.faults import Fault, Held, Hosts, Partition, draw_faults, simpler_faults
from libprocess_py.sim.search import Scenario, replay, search, shrink

SECOND: Final = 1_000_000_000
HOSTS: Final = 5  # The server's, and one for each of four clients.


class Acquire(Message):
    wish: int


class Granted(Message):
    wish: int


class Release(Message):
    pass


class LockServer(Process):
    """The first client of the queue holds the lock."""

    def __init__(self) -> None:
        super().__init__("lock")
        self.queue: list[PID] = []

    def acquire(self, sender: PID, message: Acquire) -> None:
        if sender not in self.queue:
            self.link(sender)
            self.queue.append(sender)
        if self.queue[0] == sender:
            self.send(sender, Granted(wish=message.wish))

    def release(self, sender: PID, message: Release) -> None:
        self.queue = [client for client in self.queue if client != sender]

    def exited(self, pid: PID) -> None:
        self.release(pid, Release())  # The mistake: a lost connection is no death.


class Client(Process):
    """Wants the lock again and again, asks each second until it has it, and keeps it for some seconds."""

    def __init__(self, server: PID) -> None:
        super().__init__("client")
        self.server = server
        self.wish = 0
        self.holds = False

    def initialize(self) -> None:
        if not self.holds:
            self.send(self.server, Acquire(wish=self.wish))
        self.delay(SECOND, self.initialize)

    def granted(self, sender: PID, message: Granted) -> None:
        if message.wish == self.wish and not self.holds:
            self.holds = True
            self.delay(self.random("work").randrange(SECOND, 10 * SECOND), self.give_back)

    def give_back(self) -> None:
        self.holds = False
        self.wish += 1
        self.send(self.server, Release())


def service(server: type[LockServer] = LockServer) -> Scenario[Fault]:
    """Two minutes of the service under eight faults: never do two clients hold the lock."""

    def run(simulation: Simulation, faults: tuple[Fault, ...]) -> None:
        hosts = Hosts(simulation, HOSTS)
        lock = hosts[0].spawn(server())
        clients = [Client(lock) for _ in hosts.nodes[1:]]
        for host, client in zip(hosts.nodes[1:], clients, strict=True):
            host.spawn(client)
        hosts.schedule(faults)
        two_hold = simulation.run_until(lambda: sum(client.holds for client in clients) > 1, limit_ns=120 * SECOND)
        assert not two_hold, f"held by {[str(client.pid) for client in clients if client.holds]}"

    def draw(random: Random) -> tuple[Fault, ...]:
        return draw_faults(random, 8, hosts=HOSTS, within_ns=60 * SECOND, kinds=(Partition, Held))

    return Scenario(run, draw, simpler_faults)


def main(say: Callable[[str], object], *, workers: int = 2) -> None:
    """Search, replay, shrink."""
    scenario = service()
    failure = search(scenario, range(1_000), workers=workers)
    assert failure is not None, "nothing was found, and there is something to be found"
    say(f"Found: {failure}")
    assert replay(scenario, failure.seed) == failure
    say(f"Shrunk: {shrink(scenario, failure)}")


if __name__ == "__main__":
    main(print)
