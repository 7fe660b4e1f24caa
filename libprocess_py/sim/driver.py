"""The simulation's driver: virtual time, seeded chance, a simulated network. One for each incarnation of a node."""

from __future__ import annotations

import uuid
from collections import deque
from random import Random
from typing import TYPE_CHECKING, Final, Protocol

from libprocess_py.events import MESSAGE, NOBODY
from libprocess_py.future import Future, ready
from libprocess_py.http.client import Endpoint, HttpConnection
from libprocess_py.message import Message, encode
from libprocess_py.node import NOT_NOW, Node, NodeOptions
from libprocess_py.pid import PID, Address
from libprocess_py.sim.agenda import Agenda
from libprocess_py.sim.chance import Chance
from libprocess_py.sim.http import SimulatedConnection
from libprocess_py.sim.network import Letter, Network, Parcel

if TYPE_CHECKING:
    from ssl import SSLContext

UUID_BITS: Final = 128


class Carrier(Protocol):
    """What takes letters and parcels: the network, or somebody in front of it."""

    def carry(self, source: Address, letter: Letter | Parcel) -> None: ...


class World:
    """What all drivers of one simulation share."""

    def __init__(self, agenda: Agenda, *, chance: Chance, network: Network, encode_every: int) -> None:
        self.agenda = agenda
        self.chance = chance
        self.network = network
        self.encode_every = encode_every
        self.runnable: deque[SimulatedDriver] = deque()
        self.errors: dict[Address, BaseException] = {}
        self.letters = 0  # Sent so far, to encode every so manieth.


class SimulatedDriver:
    """Implements `Driver` for one node, and `Peer` for the network."""

    def __init__(self, world: World, address: Address, *, incarnation: int) -> None:
        self._world = world
        self.agenda = world.agenda
        self.runnable = world.runnable
        self.carrier: Carrier = world.network
        self._address = address
        self._name = f"{address}#{incarnation}"  # A node that starts anew must not repeat the ids it gave before.
        self._armed: int | None = None
        self._ids: Random | None = None
        self.alive = True
        self.node: SimulatedNode

    # Driver

    def now(self) -> int:
        return self.agenda.now

    def wake(self) -> None:
        self._world.runnable.append(self)

    def arm(self, due: int | None) -> None:
        self._armed = due
        if due is not None:
            self.agenda.add(due, self.ring, due)

    def transmit(self, to: PID, sender: PID | None, *, name: str, body: bytes, trace: str = "") -> None:
        self.carrier.carry(self._address, Letter(to, sender, name, body, None, trace=trace))

    def connect(self, address: Address, *, anew: bool = False) -> None:
        if anew:
            self.disconnect(address)
        self._world.network.connect(self._address, self, to=address)

    def disconnect(self, address: Address) -> None:
        if self.alive:
            self._world.network.disconnect(self._address, to=address)

    def random(self, name: str) -> Random:
        return self._world.chance.stream(f"{self._name}/{name}")

    def unique_id(self) -> str:
        if self._ids is None:
            self._ids = self.random("unique_id")
        return str(uuid.UUID(int=self._ids.getrandbits(UUID_BITS), version=4))

    def abort(self, error: BaseException) -> None:
        self._world.errors[self._address] = error
        self.crash()

    def reap(self, os_pid: int) -> Future[int | None]:
        return ready(None)

    def connect_http(self, endpoint: Endpoint, *, tls: SSLContext | None) -> HttpConnection:
        return SimulatedConnection(self, endpoint, network=self._world.network, agenda=self.agenda)

    # Peer

    def receive(self, letter: Letter) -> None:
        if letter.trace:
            with self.node.caused_by(letter.trace):
                self.receive(letter._replace(trace=""))
            return
        if letter.message is None:
            self.node.deliver(letter.to.id, letter.sender, name=letter.name, body=letter.body, authenticated=True)
        elif self.node.kernel.by_reference is None:
            self.node.send(letter.to, letter.message, sender=letter.sender)
        else:
            self.node.kernel.tell(letter.to.id, (MESSAGE, letter.sender or NOBODY, letter.message, None))

    def lose(self, address: Address) -> None:
        self.node.connection_lost(address)

    # For the simulation and the node

    def crash(self) -> None:
        """Stop between two events, or within one: nothing that was not sent yet will be."""
        if self.alive:
            self.alive = False
            self._world.network.detach(self._address)

    def carry(self, to: PID, message: Message, *, sender: PID | None, trace: str) -> None:
        """Send a message by reference, or encoded when it is its turn."""
        world = self._world
        world.letters += 1
        if not self.alive:
            return
        if world.encode_every and world.letters % world.encode_every == 0:
            self.transmit(to, sender, name=message.wire_name, body=encode(message), trace=trace)
        else:
            self.carrier.carry(self._address, Letter(to, sender, message.wire_name, b"", message, trace=trace))

    def ring(self, due: int) -> None:
        """What was armed is due, unless something else was armed meanwhile."""
        if self.is_armed_for(due):
            self._armed = None
            self.runnable.append(self)

    def is_armed_for(self, due: int) -> bool:
        return self.alive and self._armed == due


class SimulatedNode(Node):
    """A node whose messages to other nodes may travel by reference."""

    def __init__(self, address: Address, driver: SimulatedDriver, *, options: NodeOptions) -> None:
        super().__init__(address, driver, options=options)
        self.driver = driver
        driver.node = self

    def glide(self, end: int) -> None:
        """Serve timers instant by instant up to `end`, as long as nothing else in the world is due before the next.

        Most instants of a simulation are one timer of one node: they need not go through the agenda one by one.
        """
        kernel, timers, driver = self.kernel, self.kernel.timers, self.driver
        agenda, heap, runnable = driver.agenda, driver.agenda.heap, driver.runnable
        self._armed = NOT_NOW
        last = agenda.now - 1
        try:
            while driver.alive and not runnable:
                due = timers.earliest()
                if due is None or not last < due <= end or (heap and heap[0][0] <= due):
                    return  # Also when time stands still: who never lets it pass is found out elsewhere.
                last = agenda.now = due
                ringing = timers.pop_due(due)
                if len(ringing) != 1 or not kernel.ring(ringing[0]):
                    kernel.idle = False  # It runs next anyhow: nobody need be woken for it.
                    kernel.queue(ringing)
                if not kernel.runnable:
                    kernel.idle = True
                elif kernel.run():
                    runnable.append(driver)
        finally:
            due = self._armed = timers.earliest()
            driver.arm(due)

    def send_remote(self, to: PID, message: Message, *, sender: PID | None) -> None:
        trace = "" if self._tracer is None else self._tracer.header()
        self.driver.carry(to, message, sender=sender, trace=trace)
