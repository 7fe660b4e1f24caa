"""Clocks of single actors, for simulations that ask for them: one actor can be ahead of the others, or behind.

Each actor's time is the simulation's plus what it is ahead. What one actor does carries its time along: whoever gets an
event from it (a message, a call, the end of a wait) is moved up to the time at which it was caused, never back; a new
actor has the time of the one that spawned it. Outside of all actors it is the simulation's time. `advance` moves one
actor from one of its timers to the next, so that each rings at its own time, and `set` moves it anywhere.

A timer leaves when its owner's clock comes to its due time; so whenever a clock is moved, the timers of its owner are
moved along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from libprocess_py.clock import Clock
from libprocess_py.core.failures import Policy
from libprocess_py.core.kernel import Host, Kernel
from libprocess_py.core.mailbox import ENDED, Mailbox
from libprocess_py.core.timers import Timer
from libprocess_py.events import MESSAGE, NOBODY, TIMER, Event
from libprocess_py.message import Message
from libprocess_py.node import NodeOptions
from libprocess_py.pid import PID, Address
from libprocess_py.process import Process
from libprocess_py.sim.agenda import Agenda
from libprocess_py.sim.driver import SimulatedDriver, SimulatedNode
from libprocess_py.sim.network import Letter, Network, Parcel, Peer

NEVER_MOVES: Final = (TIMER,)  # Events that an actor causes itself.


class ActorClocks:
    """The times of all actors of one simulation. `settle` does what is due at the present instant."""

    def __init__(self, agenda: Agenda, *, settle: Callable[[], None]) -> None:
        self._agenda = agenda
        self._settle = settle
        self._ahead: dict[PID, int] = {}
        self._nodes: dict[Address, ClockedNode] = {}

    def now(self, pid: PID) -> int:
        """The time of that actor."""
        return self._agenda.now + self._ahead.get(pid, 0)

    def advance(self, pid: PID, ns: int) -> None:
        """Let that much time pass for one actor. Its timers ring in order, each at its own time."""
        assert ns >= 0, f"{ns} ns: time does not go back, but for `set`"
        mailbox, node = self._find(pid)
        end = self.now(pid) + ns
        while mailbox._process_phase is not ENDED:
            due = min((timer.due for timer in node.kernel.timers if timer.owner is mailbox), default=end)
            if due >= end:
                break
            self.order(mailbox, due)  # Or not at all: a message may have moved it further meanwhile.
            self._settle()
        if mailbox._process_phase is not ENDED:
            self.order(mailbox, end)
            self._settle()

    def set(self, pid: PID, at: int) -> None:
        """Have the actor's clock show that time from now on, be it an earlier one."""
        mailbox, node = self._find(pid)
        self._put(mailbox, node, ahead=at - self._agenda.now)

    # For the nodes of the simulation

    def add(self, node: ClockedNode) -> None:
        self._nodes[node.address] = node

    def of_turn(self, kernel: Kernel) -> int:
        """The time of the actor that is at work there, or of whoever is outside."""
        current = kernel.current
        return self._agenda.now if current is None else self.now(current._process_pid)

    def inherit(self, mailbox: Mailbox, kernel: Kernel) -> None:
        """It is new, and its id may have been another's."""
        ahead = self.of_turn(kernel) - self._agenda.now
        self._ahead.pop(mailbox._process_pid, None)
        if ahead:
            self._ahead[mailbox._process_pid] = ahead

    def order(self, mailbox: Mailbox, cause_ns: int) -> None:
        """Something that was done at that time is told to this actor: its clock is not behind that."""
        if cause_ns > self.now(mailbox._process_pid):
            self._put(mailbox, self._nodes[mailbox._process_pid.address], ahead=cause_ns - self._agenda.now)

    def ahead(self, pid: PID) -> int:
        return self._ahead.get(pid, 0)

    # Helpers

    def _find(self, pid: PID) -> tuple[Mailbox, ClockedNode]:
        node = self._nodes[pid.address]
        mailbox = node.kernel.mailboxes.get(pid.id)
        assert mailbox is not None, f"{pid}: there is no such actor"
        return mailbox, node

    def _put(self, mailbox: Mailbox, node: ClockedNode, *, ahead: int) -> None:
        pid = mailbox._process_pid
        moved = ahead - self._ahead.get(pid, 0)
        self._ahead[pid] = ahead
        node.kernel.timers.shift(mailbox, moved)
        node.arm_anew()


class ClockedBox(list[Event]):
    """A mailbox that knows whose it is: calls are appended without asking the kernel."""

    __slots__ = ("_kernel", "_mailbox")

    def __init__(self, events: Iterable[Event], kernel: ClockedKernel, *, mailbox: Mailbox) -> None:
        super().__init__(events)
        self._kernel = kernel
        self._mailbox = mailbox

    def append(self, event: Event) -> None:
        self._kernel.order(self._mailbox, event)
        super().append(event)


class ClockedKernel(Kernel):
    """Moves the clock of whoever is posted something up to the time of whoever caused it."""

    def __init__(self, host: Host, address: Address, *, policy: Policy, clocks: ActorClocks) -> None:
        super().__init__(host, address, policy=policy)
        self._clocks = clocks
        self.by_reference = None  # Local messages take the way on which they are seen here.
        self.arrived: int | None = None  # When what comes from another node at present was sent.

    def post(self, mailbox: Mailbox, event: Event) -> None:
        if not isinstance(mailbox._process_box, ClockedBox):
            self.order(mailbox, event)
        super().post(mailbox, event)
        self._see(mailbox)

    def spawn(self, mailbox: Mailbox, policy: Policy | None) -> None:
        self._clocks.inherit(mailbox, self)
        super().spawn(mailbox, policy)
        self._see(mailbox)

    def order(self, mailbox: Mailbox, event: Event) -> None:
        if event[0] not in NEVER_MOVES:
            self._clocks.order(mailbox, self._clocks.of_turn(self) if self.arrived is None else self.arrived)

    def _see(self, mailbox: Mailbox) -> None:
        """See what joins its mailbox. A bounded one stays what it is: calls that join others in it go unseen."""
        if type(mailbox._process_box) is list:
            mailbox._process_box = ClockedBox(mailbox._process_box, self, mailbox=mailbox)


class ClockedNode(SimulatedNode):
    """A node whose actors have clocks of their own."""

    kernel: ClockedKernel

    def __init__(self, address: Address, driver: ClockedDriver, *, options: NodeOptions, clocks: ActorClocks) -> None:
        super().__init__(address, driver, options=options)
        self.kernel = ClockedKernel(self._host, address, policy=options.policy, clocks=clocks)
        self._set_observers(self._observers)
        self._encodes = options.encode_local
        self._clocks = clocks
        self.clock = Clock(lambda: clocks.of_turn(self.kernel))
        clocks.add(self)

    def send(self, to: PID, message: Message, *, sender: PID | None = None) -> None:
        if to.address == self.address and not self._encodes:
            self.kernel.tell(to.id, (MESSAGE, sender or NOBODY, message, None))
        else:
            super().send(to, message, sender=sender)

    def delay(self, process: Process, ns: int, *, method: Callable[..., object], args: tuple[Any, ...]) -> Timer:
        timer = super().delay(process, ns, method=method, args=args)
        timer.due += self._clocks.ahead(process._process_pid)
        return timer

    def arm_anew(self) -> None:
        """Timers were moved: the earliest may be another one."""
        due = self.kernel.timers.earliest()
        if due != self._armed:
            self._armed = due
            self._driver.arm(due)


class ClockedDriver(SimulatedDriver):
    """Sends along when a message was sent, by the sender's clock."""

    node: ClockedNode

    def use(self, clocks: ActorClocks, network: Network) -> None:
        self.carrier = Stamping(network, clocks, driver=self)

    def receive(self, letter: Letter) -> None:
        self.arrived(letter.sent, super().receive, letter)

    def arrived(self, sent: int | None, step: Callable[..., object], *args: object) -> None:
        """Take a step that was caused elsewhere, at that time."""
        self.node.kernel.arrived = sent
        try:
            step(*args)
        finally:
            self.node.kernel.arrived = None


class Stamping:
    """The network, as a node with clocks sees it: what is sent says when, an exchange by HTTP as well."""

    def __init__(self, network: Network, clocks: ActorClocks, *, driver: ClockedDriver) -> None:
        self._network = network
        self._clocks = clocks
        self._driver = driver

    def carry(self, source: Address, letter: Letter | Parcel) -> None:
        sent = self._clocks.of_turn(self._driver.node.kernel)
        if isinstance(letter, Letter):
            self._network.carry(source, letter._replace(sent=sent))
        else:
            self._network.carry(source, letter._replace(arrive=partial(_arrived, sent, arrive=letter.arrive)))


def _arrived(sent: int, peer: Peer, *, arrive: Callable[[Peer], object]) -> None:
    assert isinstance(peer, ClockedDriver), "one simulation, one kind of node"
    peer.arrived(sent, arrive, peer)
