"""Faults: a schedule of what goes wrong when, drawn from a seed or written down, and what carries it out.

Each fault hits one host and ends by itself: a crashed host comes back, a parted network heals. A host that is hit
already is left alone. So any schedule can be carried out, and after the last end the cluster is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Final, assert_never

from mesos_py.simulation.cluster import Cluster
from mesos_py.simulation.options import SECOND_NS

LENGTH_S_MAX: Final = 200  # Some faults are over before an agent counts as unreachable, after 75 seconds, some are not.
DROP_RATE: Final = 0.3  # Of what an agent sends: repetition gets through this, and has to.
FAILOVER_TIMEOUT_NS: Final = 2 * LENGTH_S_MAX * SECOND_NS  # A framework that waits less does not survive its faults.


class FaultKind(Enum):
    """What goes wrong, until it ends."""

    CRASH_AGENT = "crash agent"  # All that it ran is gone; a fresh agent starts at its address.
    PART_AGENT = "part agent"  # No message between agent and master.
    MUTE_AGENT = "mute agent"  # No message from agent to master.
    DROP_UPDATES = "drop updates"  # A share of the messages from agent to master is lost.
    CRASH_MASTER = "crash master"  # Another one starts at its address, with empty books.
    PART_FRAMEWORK = "part framework"  # No message between scheduler and master.
    CRASH_FRAMEWORK = "crash framework"  # Another scheduler takes over, with the id and all that the first one knew.


ON_FRAMEWORKS: Final = frozenset({FaultKind.PART_FRAMEWORK, FaultKind.CRASH_FRAMEWORK})


@dataclass(frozen=True, slots=True)
class Fault:
    """`target` numbers agents or frameworks; those of the master ignore it."""

    kind: FaultKind
    target: int
    at_ns: int  # Since the schedule began.
    length_ns: int

    def __str__(self) -> str:
        return f"{self.at_ns // SECOND_NS}s {self.kind.value} {self.target} for {self.length_ns // SECOND_NS}s"


def draw_faults(random: Random, count: int, *, agents: int, frameworks: int, horizon_ns: int) -> tuple[Fault, ...]:
    """A schedule whose faults begin within the horizon."""
    kinds = tuple(FaultKind)
    faults = []
    for _ in range(count):
        kind = random.choice(kinds)
        hosts = frameworks if kind in ON_FRAMEWORKS else agents
        at_ns = random.randrange(horizon_ns)
        faults.append(Fault(kind, random.randrange(hosts), at_ns, random.randint(1, LENGTH_S_MAX) * SECOND_NS))
    return tuple(faults)


class Injector:
    """Carries out faults on the agents and frameworks that a cluster has by now."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._frameworks = list(cluster.frameworks)  # Of each the host where it lives now.
        self._hit: dict[object, Fault] = {}
        self.carried_out = 0

    def play(self, faults: Sequence[Fault], until: Callable[[], object], *, limit_ns: int) -> bool:
        """Let time pass until the predicate holds; then all that is broken is mended. False: not within the limit.

        Without the limit it goes on after the last fault, in a cluster that is whole.
        """
        began = self._cluster.now
        done = False
        for at_ns, act, fault in _timetable(faults):
            left_ns = began + at_ns - self._cluster.now
            done = done or self._cluster.run_until(until, limit_ns=max(0, left_ns))
            if not (done and act is _BEGIN):
                act(self, fault)
        return done or self._cluster.run_until(until, limit_ns=max(0, began + limit_ns - self._cluster.now))

    def begin(self, fault: Fault) -> None:
        """Break something, if its host is whole."""
        place = (fault.kind in ON_FRAMEWORKS, None if fault.kind is FaultKind.CRASH_MASTER else fault.target)
        if place not in self._hit:
            self._hit[place] = fault
            self.carried_out += 1
            self._break(fault)

    def end(self, fault: Fault) -> None:
        """Mend it, if it was this that broke it."""
        for place, hit in list(self._hit.items()):
            if hit is fault:
                del self._hit[place]
                self._mend(fault)

    def _break(self, fault: Fault) -> None:
        cluster, target = self._cluster, fault.target
        match fault.kind:
            case FaultKind.CRASH_AGENT:
                cluster.crash_agent(target)
            case FaultKind.PART_AGENT:
                cluster.partition(cluster.agents[target])
            case FaultKind.MUTE_AGENT:
                cluster.partition(cluster.agents[target], one_way=True)
            case FaultKind.DROP_UPDATES:
                cluster.drop(cluster.agents[target], rate=DROP_RATE)
            case FaultKind.CRASH_MASTER:
                cluster.crash_master()
            case FaultKind.PART_FRAMEWORK:
                cluster.partition(self._frameworks[target])
            case FaultKind.CRASH_FRAMEWORK:
                cluster.crash_framework(self._frameworks[target])
            case _:
                assert_never(fault.kind)

    def _mend(self, fault: Fault) -> None:
        cluster, target = self._cluster, fault.target
        match fault.kind:
            case FaultKind.CRASH_AGENT:
                cluster.restart_agent(target)
            case FaultKind.PART_AGENT | FaultKind.MUTE_AGENT:
                cluster.heal(cluster.agents[target])
            case FaultKind.DROP_UPDATES:
                cluster.drop(cluster.agents[target], rate=0)
            case FaultKind.CRASH_MASTER:
                cluster.restart_master()
            case FaultKind.PART_FRAMEWORK:
                cluster.heal(self._frameworks[target])
            case FaultKind.CRASH_FRAMEWORK:
                self._frameworks[target] = cluster.fail_over(self._frameworks[target])
            case _:
                assert_never(fault.kind)


_BEGIN: Final = Injector.begin
_END: Final = Injector.end


def _timetable(faults: Sequence[Fault]) -> list[tuple[int, Callable[[Injector, Fault], None], Fault]]:
    """Begins and ends by time; those of one instant in the order of the schedule."""
    begins = [(fault.at_ns, _BEGIN, fault) for fault in faults]
    ends = [(fault.at_ns + fault.length_ns, _END, fault) for fault in faults]
    return sorted([*begins, *ends], key=lambda entry: entry[0])
