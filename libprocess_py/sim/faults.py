"""Faults as data: what goes wrong on the hosts of a simulation, when and for how long.

A schedule of faults is a tuple of records, drawn from a seed or written down. Each fault ends by itself: a crashed host
comes back, a parted pair is healed. Faults that overlap on the same place end with the last of them, so any schedule
can be carried out, any entry can be left out, and after the last end all is well: that is what lets `shrink` take one
apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Final

from msgspec.structs import replace

from libprocess_py.message import Record
from libprocess_py.node import Node
from libprocess_py.sim.search import Scenario
from libprocess_py.sim.simulation import Simulation

MS_NS: Final = 1_000_000
LENGTH_NS_MAX: Final = 20_000 * MS_NS  # Some faults are over before a connection counts as lost, after 5 s, some not.
LENGTH_NS_MIN: Final = MS_NS  # Shorter ones fall between two messages.
GRAINS_NS: Final = (10_000 * MS_NS, 1_000 * MS_NS, 100 * MS_NS)  # Simple times are multiples of these.

Populate = Callable[["Hosts", int], object]  # Spawns what belongs on the host of that number.


class Hosts:
    """The numbered hosts of a simulation, each with a node, and what puts actors on a node that starts (anew)."""

    def __init__(self, simulation: Simulation, count: int, *, populate: Populate | None = None) -> None:
        self.simulation = simulation
        self._populate = populate
        self._standing: Counter[object] = Counter()  # What goes wrong at present, and how many times over.
        self.nodes = [simulation.node(f"10.0.0.{number + 1}") for number in range(count)]
        if populate is not None:
            for number in range(count):
                populate(self, number)

    def __getitem__(self, number: int) -> Node:
        """The node that lives on that host, or lived there last. Numbers beyond the last host begin again."""
        return self.nodes[number % len(self.nodes)]

    def schedule(self, faults: Sequence[Fault]) -> None:
        """Have the faults happen, their times counted from now."""
        for fault in faults:
            self.simulation.after(fault.at_ns, self._begin, fault)

    def start(self, number: int) -> None:
        """A host whose node has ended comes back with a new node at its old address."""
        address = self[number].address
        self.nodes[number % len(self.nodes)] = self.simulation.node(address.ip, address.port)
        if self._populate is not None:
            self._populate(self, number % len(self.nodes))

    def _begin(self, fault: Fault) -> None:
        place = fault.place(self)
        self._standing[place] += 1
        if self._standing[place] == 1:
            fault.begin(self)
        self.simulation.after(fault.for_ns, self._end, fault, place)

    def _end(self, fault: Fault, place: object) -> None:
        self._standing[place] -= 1
        if not self._standing[place]:
            fault.end(self)


class Fault(Record, frozen=True, kw_only=True):
    """Something that goes wrong at `at_ns` after the schedule began, for `for_ns`. Hosts are numbers."""

    at_ns: int
    for_ns: int

    def place(self, hosts: Hosts) -> object:
        """What it falls on: a second fault there changes nothing while the first one stands."""
        raise NotImplementedError

    def begin(self, hosts: Hosts) -> None:
        raise NotImplementedError

    def end(self, hosts: Hosts) -> None:
        raise NotImplementedError


class Crash(Fault, frozen=True, kw_only=True):
    """A host is gone, and comes back empty but for what the scenario starts there."""

    host: int

    def place(self, hosts: Hosts) -> object:
        return "crash", self.host % len(hosts.nodes)

    def begin(self, hosts: Hosts) -> None:
        hosts.simulation.crash(hosts[self.host])

    def end(self, hosts: Hosts) -> None:
        hosts.start(self.host)


class Between(Fault, frozen=True, kw_only=True):
    """Something about the way between two hosts."""

    a: int
    b: int

    def place(self, hosts: Hosts) -> object:
        return type(self), hosts[self.a].address, hosts[self.b].address


class Partition(Between, frozen=True, kw_only=True):
    """Two hosts lose all messages to one another, and soon their connections."""

    def place(self, hosts: Hosts) -> object:
        return type(self), *sorted((hosts[self.a].address, hosts[self.b].address))

    def begin(self, hosts: Hosts) -> None:
        hosts.simulation.network.partition(hosts[self.a], hosts[self.b])

    def end(self, hosts: Hosts) -> None:
        hosts.simulation.network.heal(hosts[self.a], hosts[self.b])


class Held(Between, frozen=True, kw_only=True):
    """What `a` sends to `b` arrives, in order, when it is over."""

    def begin(self, hosts: Hosts) -> None:
        hosts.simulation.network.hold(hosts[self.a], hosts[self.b])

    def end(self, hosts: Hosts) -> None:
        hosts.simulation.network.release(hosts[self.a], hosts[self.b])


class Lossy(Between, frozen=True, kw_only=True):
    """A share of what `a` sends to `b` is lost: worse than TCP, for protocols that promise to repeat themselves."""

    percent: int

    def begin(self, hosts: Hosts) -> None:
        hosts.simulation.network.drop(hosts[self.a], hosts[self.b], rate=self.percent / 100)

    def end(self, hosts: Hosts) -> None:
        hosts.simulation.network.drop(hosts[self.a], hosts[self.b], rate=0)


def draw_faults(
    random: Random, count: int, *, hosts: int, within_ns: int, kinds: Sequence[type[Fault]] = (Partition, Crash, Held)
) -> tuple[Fault, ...]:
    """A schedule of `count` faults that begin within that time, in the order of their beginnings."""
    faults = [_draw(random, random.choice(kinds), hosts=hosts, within_ns=within_ns) for _ in range(count)]
    return tuple(sorted(faults, key=lambda fault: fault.at_ns))


def under_faults(
    *, hosts: int, faults: int, within_ns: int, kinds: Sequence[type[Fault]] = (Partition, Crash, Held)
) -> Callable[[Callable[[Hosts], object]], Scenario[Fault]]:
    """Makes a `Scenario` of a function that is given the hosts, lets time pass on them and asserts what must hold.

    What befalls them is drawn as by `draw_faults`, and begins when the function first lets time pass.
    """

    def scenario(function: Callable[[Hosts], object]) -> Scenario[Fault]:
        def run(simulation: Simulation, schedule: tuple[Fault, ...]) -> None:
            those = Hosts(simulation, hosts)
            those.schedule(schedule)
            function(those)

        def draw(random: Random) -> tuple[Fault, ...]:
            return draw_faults(random, faults, hosts=hosts, within_ns=within_ns, kinds=kinds)

        return Scenario(run, draw, simpler_faults)

    return scenario


def simpler_faults(fault: Fault) -> Iterator[Fault]:
    """Faults that are easier to think about, the simplest first: shorter ones, and ones at rounder times."""
    if fault.for_ns // 2 >= LENGTH_NS_MIN:
        yield replace(fault, for_ns=fault.for_ns // 2)
    for grain in GRAINS_NS:
        for name in ("at_ns", "for_ns"):
            value = getattr(fault, name)
            rounded = value // grain * grain
            if rounded != value and (rounded or name == "at_ns"):
                yield replace(fault, **{name: rounded})


def _draw(random: Random, kind: type[Fault], *, hosts: int, within_ns: int) -> Fault:
    fields = {"at_ns": random.randrange(within_ns), "for_ns": random.randint(LENGTH_NS_MIN, LENGTH_NS_MAX)}
    if issubclass(kind, Between):
        fields["a"], fields["b"] = random.sample(range(hosts), 2)
    if kind is Crash:
        fields["host"] = random.randrange(hosts)
    if kind is Lossy:
        fields["percent"] = random.randint(1, 100)
    return kind(**fields)
