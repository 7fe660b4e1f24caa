"""The network of a simulation: latency, order, connections, and everything that can go wrong with them.

Messages between two nodes keep their order. Each takes the base latency and a share of the jitter, drawn from a stream
of its pair of nodes. A message is lost if nobody listens at its address when it is sent or arrives, or if the way is
cut while it travels; a node that was started anew does not get what was sent to the one before it.

A linked node keeps a connection, and is told when it ends: soon after its peer crashed or refused it, and after the
detection time if the way was cut, even if it is healed by then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from libprocess_py.core.decision_log import DecisionLog
from libprocess_py.message import Message
from libprocess_py.metrics.registry import Metrics
from libprocess_py.pid import PID, Address
from libprocess_py.sim.agenda import Agenda
from libprocess_py.sim.chance import PairStream, seed_of

LATENCY_NS: Final = 100_000  # One way inside a data centre.
JITTER_NS: Final = 100_000  # Of the same order, so that messages of different pairs overtake one another.
RESET_NS: Final = 200_000  # A host answers for a port where nobody listens any more: one round trip.
DETECTION_NS: Final = 5_000_000_000  # How long TCP keeps trying before a cut connection counts as lost: seconds.
DROP_SCALE: Final = 1_000_000  # Drop rates are drawn in millionths.


class Letter(NamedTuple):
    """A message under way: encoded, or by reference."""

    to: PID
    sender: PID | None
    name: str
    body: bytes
    message: Message | None
    sent: int | None = None  # When, by the sender's own clock, if actors have such.
    trace: str = ""  # The header of a tracer.


class Parcel(NamedTuple):
    """A step of something that is no message, such as an exchange by HTTP: on the same ways, with the same faults."""

    to: PID
    arrive: Callable[[Peer], object]
    lost: Callable[[], object]


class Peer(Protocol):
    """A node on this network, one incarnation of it."""

    alive: bool

    def receive(self, letter: Letter) -> None: ...
    def lose(self, address: Address) -> None:
        """The connection to that address ended."""


class Located(Protocol):
    """Whatever is at an address; in practice a node."""

    @property
    def address(self) -> Address: ...


Place = Address | Located


class Channel:
    """One way from one node to another."""

    __slots__ = ("chance", "cut", "drops", "held", "last_due", "waiting")

    def __init__(self, seed: int) -> None:
        self.chance = PairStream(seed)
        self.last_due = 0
        self.cut = 0  # Odd while the way is cut: how often it was cut or healed.
        self.held = False
        self.drops = 0  # Millionths.
        self.waiting: deque[tuple[Peer, Letter | Parcel]] | None = None


class Connection:
    """What `connect` keeps open. One that is failing only waits for its end to be noticed."""

    __slots__ = ("failing", "source")

    def __init__(self, source: Peer) -> None:
        self.source = source
        self.failing = False


class Watch:
    """One end of a stream of bytes between two nodes."""

    __slots__ = ("failing", "lost", "source", "target")

    def __init__(self, source: Address, target: Address, *, lost: Callable[[], object]) -> None:
        self.source = source
        self.target = target
        self.lost = lost
        self.failing = False


class Network:
    """All nodes that can reach one another, by address."""

    def __init__(self, seed: int, agenda: Agenda, *, log: DecisionLog | None) -> None:
        self._seed = seed
        self._agenda = agenda
        self._log = log
        self._peers: dict[Address, Peer] = {}
        self._channels: dict[tuple[Address, Address], Channel] = {}
        self._connections: dict[Address, dict[Address, Connection]] = {}  # By target, then source.
        self._watches: dict[Watch, None] = {}
        self.latency_ns = LATENCY_NS
        self.jitter_ns = JITTER_NS
        self.detection_ns = DETECTION_NS
        self.metrics = Metrics()  # `network/delivered`, `network/lost/<reason>`.
        self._delivered = self.metrics.counter("network/delivered")

    # Faults, for tests and simulations

    def partition(self, a: Place, b: Place, *, one_way: bool = False) -> None:
        """Cut the way from `a` to `b`, and back unless `one_way`. Connections between them break, either way."""
        for source, target in _ways(a, b, one_way=one_way):
            channel = self._channel(source, target)
            channel.cut |= 1
        for source, target in _ways(a, b, one_way=False):
            self._break(source, target, after_ns=self.detection_ns)
        ends = {_at(a), _at(b)}
        for watch in list(self._watches):
            if {watch.source, watch.target} == ends:
                self.break_watch(watch)
        self._note("partition", f"{_at(a)} {_at(b)} {'one way' if one_way else 'both ways'}")

    def heal(self, a: Place, b: Place) -> None:
        """Let messages through again, both ways. What was lost stays lost."""
        for source, target in _ways(a, b, one_way=False):
            channel = self._channel(source, target)
            channel.cut += channel.cut & 1
        self._note("heal", f"{_at(a)} {_at(b)}")

    def hold(self, a: Place, b: Place) -> None:
        """Keep what is sent from `a` to `b` from now on, until it is released."""
        self._channel(_at(a), _at(b)).held = True
        self._note("hold", f"{_at(a)} {_at(b)}")

    def release(self, a: Place, b: Place) -> None:
        """Send on what was held, in its order."""
        channel = self._channel(_at(a), _at(b))
        channel.held = False
        waiting, channel.waiting = channel.waiting or (), None
        for receiver, letter in waiting:
            if channel.cut & 1:
                self._lost("partitioned", letter)
            else:
                self._launch(channel, letter, receiver=receiver)
        self._note("release", f"{_at(a)} {_at(b)}")

    def drop(self, a: Place, b: Place, *, rate: float) -> None:
        """Lose that share of what is sent from `a` to `b`: a network worse than TCP, for tests of repetition."""
        assert 0 <= rate <= 1, f"rate {rate}: expected a share from 0 to 1"
        self._channel(_at(a), _at(b)).drops = round(rate * DROP_SCALE)
        self._note("drop", f"{_at(a)} {_at(b)} {rate}")

    # For drivers and the simulation

    def attach(self, address: Address, peer: Peer) -> None:
        assert address not in self._peers, f"{address}: there is a node already"
        self._peers[address] = peer

    def detach(self, address: Address) -> None:
        """The node is gone, with its host or without: peers that were connected to it learn it soon."""
        del self._peers[address]
        for connection in self._connections.get(address, {}).values():
            self._fail(connection, address, after_ns=RESET_NS)
        for connections in self._connections.values():
            connections.pop(address, None)
        for watch in list(self._watches):
            if watch.source == address:
                self.unwatch(watch)
            elif watch.target == address:
                self.break_watch(watch, after_ns=RESET_NS)

    def carry(self, source: Address, letter: Letter | Parcel) -> None:
        """Start a message on its way."""
        target = letter.to.address
        receiver = self._peers.get(target)
        channel = self._channel(source, target)
        if receiver is None:
            self._lost("unreachable", letter)
        elif channel.cut & 1:
            self._lost("partitioned", letter)
        elif channel.drops and channel.chance.below(DROP_SCALE) < channel.drops:
            self._lost("dropped", letter)
        elif channel.held:
            if channel.waiting is None:
                channel.waiting = deque()
            channel.waiting.append((receiver, letter))
        else:
            self._launch(channel, letter, receiver=receiver)

    def connect(self, source: Address, peer: Peer, *, to: Address) -> None:
        connections = self._connections.setdefault(to, {})
        if source in connections:
            return
        connection = connections[source] = Connection(peer)
        in_vain_ns = self._in_vain_ns(source, to)
        if in_vain_ns is not None:
            self._fail(connection, to, after_ns=in_vain_ns)

    def watch(self, source: Address, target: Address, *, lost: Callable[[], object]) -> Watch:
        """A stream of bytes from one to the other, of its own: `lost` is called when it breaks, unless it was ended."""
        watch = Watch(source, target, lost=lost)
        self._watches[watch] = None
        in_vain_ns = self._in_vain_ns(source, target)
        if in_vain_ns is not None:
            self.break_watch(watch, after_ns=in_vain_ns)
        return watch

    def unwatch(self, watch: Watch) -> None:
        self._watches.pop(watch, None)

    def break_watch(self, watch: Watch, *, after_ns: int | None = None) -> None:
        """It is of no use any more, which its owner notices later."""
        if watch in self._watches and not watch.failing:
            watch.failing = True
            delay_ns = self.detection_ns if after_ns is None else after_ns
            self._agenda.add(self._agenda.now + delay_ns, self._watch_lost, watch)

    def disconnect(self, source: Address, *, to: Address) -> None:
        self._connections.get(to, {}).pop(source, None)

    # Helpers

    def _channel(self, source: Address, target: Address) -> Channel:
        channel = self._channels.get((source, target))
        if channel is None:
            channel = self._channels[source, target] = Channel(seed_of(self._seed, f"network/{source}->{target}"))
        return channel

    def _in_vain_ns(self, source: Address, target: Address) -> int | None:
        """How soon it is noticed that a connection made now leads nowhere; None: it leads there."""
        if target not in self._peers:
            return RESET_NS
        is_cut = any(self._channel(*way).cut & 1 for way in _ways(source, target, one_way=False))
        return self.detection_ns if is_cut else None

    def _launch(self, channel: Channel, letter: Letter | Parcel, *, receiver: Peer) -> None:
        jitter = channel.chance.below(self.jitter_ns) if self.jitter_ns else 0
        due = channel.last_due = max(channel.last_due, self._agenda.now + self.latency_ns + jitter)
        self._agenda.add(due, self._arrive, (channel, channel.cut, receiver, letter))

    def _arrive(self, flight: tuple[Channel, int, Peer, Letter | Parcel]) -> None:
        """`cut` is how the channel was when the letter left: a change means that it is lost."""
        channel, cut, receiver, letter = flight
        if channel.cut != cut:
            self._lost("partitioned", letter)
        elif not receiver.alive:
            self._lost("unreachable", letter)
        else:
            self._delivered.value += 1
            if isinstance(letter, Letter):
                receiver.receive(letter)
            else:
                letter.arrive(receiver)

    def _lost(self, reason: str, letter: Letter | Parcel) -> None:
        self.metrics.counter(f"network/lost/{reason}").add()
        if isinstance(letter, Parcel):
            letter.lost()

    def _break(self, source: Address, target: Address, *, after_ns: int) -> None:
        connection = self._connections.get(target, {}).get(source)
        if connection is not None:
            self._fail(connection, target, after_ns=after_ns)

    def _fail(self, connection: Connection, target: Address, *, after_ns: int) -> None:
        if not connection.failing:
            connection.failing = True
            self._agenda.add(self._agenda.now + after_ns, self._noticed, connection, target)

    def _noticed(self, connection: Connection, target: Address) -> None:
        connections = self._connections.get(target, {})
        for source, open_one in list(connections.items()):
            if open_one is connection:
                del connections[source]
                if connection.source.alive:
                    connection.source.lose(target)

    def _watch_lost(self, watch: Watch) -> None:
        if watch in self._watches:
            del self._watches[watch]
            watch.lost()

    def _note(self, kind: str, text: str) -> None:
        if self._log is not None:
            self._log.record(kind, text, now=self._agenda.now, who="network")


def _at(place: Place) -> Address:
    return place if isinstance(place, Address) else place.address


def _ways(a: Place, b: Place, *, one_way: bool) -> list[tuple[Address, Address]]:
    there, back = (_at(a), _at(b)), (_at(b), _at(a))
    return [there] if one_way else [there, back]
