"""A lock service on five simulated nodes, with a mistake in it, and the search that finds the mistake.

`python -m libprocess_py.examples.lock_service` looks for a seed under which two clients hold the lock, runs it again,
shrinks what befell the network, and prints the story.
"""

import sys

from libprocess_py import PID, Message, Process
from libprocess_py.sim.faults import Hosts, Partition, under_faults
from libprocess_py.sim.search import Falsified, check

SECOND = 1_000_000_000


class Acquire(Message):
    """A client wants the lock, which it holds until it ends."""


class Granted(Message):
    """It has it."""


class Lock(Process):
    queue: tuple[PID, ...] = ()  # The first one holds the lock.

    def acquire(self, sender: PID, message: Acquire) -> None:
        self.link(sender)
        self.grant((*self.queue, sender))

    def exited(self, pid: PID) -> None:  # The mistake: a lost connection is no death.
        self.grant(tuple(client for client in self.queue if client != pid))

    def grant(self, queue: tuple[PID, ...]) -> None:
        self.queue = queue
        for holder in queue[:1]:
            self.send(holder, Granted())


class Client(Process):
    holds = False

    def granted(self, sender: PID, message: Granted) -> None:
        self.holds = True


@under_faults(hosts=5, faults=8, within_ns=60 * SECOND, kinds=(Partition,))
def one_client_holds_the_lock(hosts: Hosts) -> None:
    lock = hosts[0].spawn(Lock())
    clients = [Client() for _ in hosts.nodes[1:]]
    for host, client in zip(hosts.nodes[1:], clients, strict=True):
        host.send(lock, Acquire(), sender=host.spawn(client))
    hosts.simulation.advance(90 * SECOND)
    assert sum(client.holds for client in clients) <= 1, "two hold the lock"


if __name__ == "__main__":
    try:
        check(one_client_holds_the_lock, range(1_000), workers=2)
    except Falsified as story:
        sys.stdout.write(f"{story}\n")
