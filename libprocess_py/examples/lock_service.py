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
SERVER: Final = "lock"


class Acquire(Message):
    """A client wants the lock; it asks again while it has no answer."""


class Granted(Message):
    """The lock is yours."""


class Release(Message):
    """Here it is again."""


class LockServer(Process):
    """Grants the lock to one client after the other."""

    def __init__(self) -> None:
        super().__init__(SERVER)
        self.queue: list[PID] = []  # The first one holds the lock.

    def acquire(self, sender: PID, message: Acquire) -> None:
        if sender not in self.queue:
            self.link(sender)
            self.queue.append(sender)
        if self.queue[0] == sender:
            self.send(sender, Granted())

    def release(self, sender: PID, message: Release) -> None:
        self.forget(sender)

    def exited(self, pid: PID) -> None:
        self.forget(pid)  # The mistake: a lost connection is no death.

    def forget(self, client: PID) -> None:
        if client in self.queue:
            was_first = self.queue[0] == client
            self.queue.remove(client)
            if self.queue and was_first:
                self.send(self.queue[0], Granted())


class Client(Process):
    """Wants the lock again and again, and keeps it for some seconds each time."""

    def __init__(self, server: PID) -> None:
        super().__init__("client")
        self.server = server
        self.holds = False

    def initialize(self) -> None:
        self.ask()

    def ask(self) -> None:
        if not self.holds:
            self.send(self.server, Acquire())
            self.delay(SECOND, self.ask)

    def granted(self, sender: PID, message: Granted) -> None:
        if not self.holds:
            self.holds = True
            self.delay(self.random("work").randrange(SECOND, 10 * SECOND), self.give_back)

    def give_back(self) -> None:
        self.holds = False
        self.send(self.server, Release())
        self.delay(SECOND, self.ask)


def run(simulation: Simulation, faults: tuple[Fault, ...]) -> None:
    """Two minutes of the service under these faults: never do two clients hold the lock."""
    clients: list[Client] = []

    def populate(hosts: Hosts, number: int) -> None:
        if number == 0:
            hosts[0].spawn(LockServer())
        else:
            clients.append(Client(PID(SERVER, hosts[0].address)))
            hosts[number].spawn(clients[-1])

    Hosts(simulation, HOSTS, populate=populate).schedule(faults)
    two_hold = simulation.run_until(lambda: sum(client.holds for client in clients) > 1, limit_ns=120 * SECOND)
    assert not two_hold, f"held by {[str(client.pid) for client in clients if client.holds]}"


def draw(random: Random) -> tuple[Fault, ...]:
    return draw_faults(random, 8, hosts=HOSTS, within_ns=60 * SECOND, kinds=(Partition, Held))


SCENARIO: Final = Scenario(run, draw, simpler_faults)


def main(say: Callable[[str], object], *, workers: int = 2) -> None:
    """Search, replay, shrink."""
    failure = search(SCENARIO, range(1_000), workers=workers)
    assert failure is not None, "nothing was found, and there is something to be found"
    say(f"Found: {failure}")
    assert replay(SCENARIO, failure.seed) == failure
    say(f"Shrunk: {shrink(SCENARIO, failure)}")


if __name__ == "__main__":
    main(print)
