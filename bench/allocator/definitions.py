"""What is measured, as data: machines, what is in use on them, rounds and sizes of every workload.

Most of it is what Mesos measures its own allocator with, so that figures can be set beside each other; `origin` names
the benchmark there. Nothing here runs anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from mesos_py.protocol.disks import DiskInfo
from mesos_py.protocol.reservations import Reservation, sorted_labels, static
from mesos_py.protocol.resource import Resource
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.values import to_milli

DAY_NS: Final = 86_400 * 1_000_000_000
REFUSE_LONG_NS: Final = 365 * DAY_NS  # What Mesos makes of any longer refusal.

# Sizes that Mesos' benchmarks span; the grid below has those for which its figures are published.
AGENTS: Final = (1_000, 5_000, 10_000, 20_000, 30_000, 50_000)
FRAMEWORKS: Final = (1, 50, 100, 200, 500, 1_000, 3_000, 6_000)

AGENT_CAPABILITIES: Final = (
    "MULTI_ROLE",
    "HIERARCHICAL_ROLE",
    "RESERVATION_REFINEMENT",
    "RESOURCE_PROVIDER",
    "RESIZE_VOLUME",
    "AGENT_OPERATION_FEEDBACK",
    "AGENT_DRAINING",
    "TASK_RESOURCE_LIMITS",
)

MACHINE: Final = Resources.parse("cpus:24;mem:4096;disk:4096;ports:[31000-32000]")
FRAGMENTS: Final = ",".join([*(f"{port}-{port}" for port in range(31000, 31030, 2)), "31030-32000"])
IN_USE_PLAIN: Final = Resources.parse("cpus:16;mem:1024;disk:1024")
IN_USE_FRAGMENTED: Final = Resources.parse(f"cpus:16;mem:1024;disk:1024;ports:[{FRAGMENTS}]")
IN_USE_DECLINED: Final = Resources.parse(f"cpus:16;mem:2014;disk:1024;ports:[{FRAGMENTS}]")

QUOTA_MACHINE: Final = Resources.parse("cpus:2;mem:2048;disk:2048")
SMALL_QUOTA: Final = {"cpus": 1.0, "mem": 1024.0, "disk": 1024.0}
LARGE_QUOTA: Final = {"cpus": 4.0, "mem": 4096.0, "disk": 4096.0}
SNAPSHOT_QUOTA: Final = {"cpus": 1.0, "mem": 512.0, "disk": 256.0}
SNAPSHOT_MACHINE: Final = Resources.parse("cpus:16;mem:2048;disk:1024")

UPDATED_MACHINE: Final = Resources.parse("cpus:2;mem:1024;disk:4096;ports:[31000-32000]")
UPDATED_IN_USE: Final = Resources.parse(
    "cpus:1;mem:128;disk:1024;ports:[31126-31510,31512-31623,31810-31852,31854-31964]"
)
OVERSUBSCRIBED: Final = Resources([Resource(name="cpus", value=to_milli(10), revocable=True)])

IDLE_MACHINE: Final = Resources.parse("cpus:8;mem:16384")
PICKY_MACHINE: Final = Resources.parse("cpus:4;mem:8192")
CHURN_MACHINE: Final = Resources.parse("cpus:16;mem:65536;disk:100000;ports:[31000-32000]")
MIXED_MACHINE: Final = Resources.parse("cpus:64;mem:488000")

SORTER_MACHINE: Final = Resources.parse("cpus:24;mem:4096;disk:4096")
SORTER_FRAGMENTS: Final = ",".join(f"{port}-{port}" for port in range(31000, 31200, 2))
SORTER_FLAT: Final = Resources.parse(f"cpus:16;mem:2014;disk:1024;ports:[{SORTER_FRAGMENTS}]")
SORTER_TREES: Final = Resources.parse("cpus:16;mem:2014;disk:1024")
TREES: Final = {"3x32": (3, 32), "7x3": (7, 3), "10x2": (10, 2)}  # Depth and branching: about a thousand nodes each.

LABELS: Final = 12
LABELED_ROLE: Final = "role1"
VOLUME_ROLE: Final = "test"

# Rounds of 2b for the published sizes; twice the frameworks would be hours at the large ones.
DECLINE_ROUNDS: Final = {(1_000, 50): 110, (1_000, 500): 20, (5_000, 500): 10, (10_000, 1_000): 8}
DECLINE_ROUNDS_OTHERWISE: Final = 8
WHOLE_CLUSTER_ROUNDS: Final = 5
SUPPRESSED_ROUNDS: Final = 5
VOLUME_ROUNDS: Final = 6
IDLE_ROUNDS: Final = 20
PICKY_ROUNDS: Final = 10
MIXED_ROUNDS: Final = 300
CHURN_ROUNDS: Final = 100
UPDATES: Final = 20


@dataclass(frozen=True, slots=True)
class Size:
    """Agents, frameworks, and which of a workload's variants; as text, what names of results end in."""

    agents: int
    frameworks: int
    variant: str = ""

    def __str__(self) -> str:
        return f"{self.agents}x{self.frameworks}" + (f"_{self.variant}" if self.variant else "")


@dataclass(frozen=True, slots=True)
class TaskKind:
    """Frameworks of `mixed-frameworks-until-done` that are alike."""

    count: int
    own_roles: bool
    tasks: int
    task: Resources
    tasks_per_offer: int


TASK_KINDS: Final = (
    TaskKind(4, own_roles=True, tasks=4_000, task=Resources.of(cpus=0.07, mem=400), tasks_per_offer=100),
    TaskKind(500, own_roles=False, tasks=5, task=Resources.of(cpus=0.1, mem=4_000), tasks_per_offer=1),
    TaskKind(50, own_roles=True, tasks=20, task=Resources.of(cpus=1, mem=1_000), tasks_per_offer=5),
)


def small_and_large(frameworks: int) -> tuple[int, int]:
    """How many roles with small and with large quota: five to one, as in all three published sizes."""
    large = frameworks // 6
    return frameworks - large, large


def decline_rounds(size: Size) -> int:
    return DECLINE_ROUNDS.get((size.agents, size.frameworks), min(DECLINE_ROUNDS_OTHERWISE, 2 * size.frameworks))


@cache
def reserved_with_labels(agent: int) -> Resources:
    """Two dynamic reservations of eight cpus each, whose labels differ in the last one and from agent to agent."""
    return Resources.sum(
        Resources.of(cpus=8).push_reservation(
            Reservation(
                role=LABELED_ROLE,
                labels=sorted_labels((f"key{at:02}", _label_value(at, f"{agent}.{which}")) for at in range(LABELS)),
            )
        )
        for which in range(2)
    )


def _label_value(at: int, own: str) -> str:
    return own if at == LABELS - 1 else "value"


def labeled_machine(agent: int) -> Resources:
    """`MACHINE`, of which sixteen cpus are reserved."""
    return MACHINE - Resources.of(cpus=16) + reserved_with_labels(agent)


def labeled_in_use(agent: int) -> Resources:
    return IN_USE_DECLINED - Resources.of(cpus=16) + reserved_with_labels(agent)


def machine_with_volume(agent: int, *, shared: bool) -> Resources:
    """All reserved for `VOLUME_ROLE`, with one persistent volume."""
    reservations = (static(VOLUME_ROLE),)
    volume = Resource(
        name="disk",
        value=to_milli(1024),
        reservations=reservations,
        disk=DiskInfo(persistence_id=f"volume{agent}"),
        shared=shared,
    )
    return Resources.parse("cpus:24;mem:4096;disk:3072;ports:[31000-32000]", VOLUME_ROLE) + Resources([volume])


IN_USE_BESIDE_VOLUME: Final = Resources.parse(f"cpus:16;mem:1024;disk:1024;ports:[{FRAGMENTS}]", VOLUME_ROLE)


def crowded_part(role: int) -> Resources:
    """What the one agent of `reserve-unreserve-on-a-crowded-agent` has for a role, reserved with a label."""
    reservation = Reservation(role=f"role{role}", labels=(("label", f"value{role}"),))
    return Resources.parse("cpus:100;mem:100;disk:100;ports:[2-2]").push_reservation(reservation)
