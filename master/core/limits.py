"""What a master will hold at most. A peer that asks for more is refused, in words; nothing here grows without bound."""

from __future__ import annotations

from typing import Final

from libprocess_py.message import Record

SECOND_NS: Final = 1_000_000_000

TASKS_PER_AGENT_MAX: Final = 100_000  # A hundred times what a large machine runs.
COMPLETED_TASKS_REPORTED_MAX: Final = 100_000  # What a returning agent may tell of the past (MA-24).

NAME_LENGTH_MAX: Final = 1_024  # Names, users and hostnames are shown, logged and put into paths.
ROLES_MAX: Final = 1_000  # Of one framework; each is a client of a sorter.
CAPABILITIES_MAX: Final = 100  # Ten times what there is; capabilities that a master does not know are kept too.
LABELS_MAX: Final = 1_000  # Of one task or framework; labels are for people and tools.
LABELS_LENGTH_MAX: Final = 65_536  # Characters of all of them: they are kept for every task, and shown each time.
STATUSES_REPORTED_MAX: Final = 100  # Of one task; agents keep the newest of each state.
ENVIRONMENT_MAX: Final = (
    10_000  # Variables of one command; the kernel's own limit on their bytes is lower than this suggests.
)
FAILOVER_TIMEOUT_NS_MAX: Final = 10 * 365 * 24 * 3_600 * SECOND_NS  # Ten years: longer than any cluster lives.

STORY_LINES_MAX: Final = 32  # Transitions remembered per subject: a task has fewer than ten in its life.
STORY_SUBJECTS_MAX: Final = 20_000  # Subjects remembered; the one that was silent longest goes first.


class Limits(Record):
    """How much of everything one master holds. Tests make do with less."""

    frameworks: int = 10_000  # Ten times what a busy cluster subscribes; each costs a sorter entry per role.
    agents: int = 100_000  # Twice the largest cluster that the simulation runs.
    agents_unreachable: int = 102_400  # As in Mesos' registry (HA-05), whose part this is.
    offers: int = 200_000  # Two for every agent; beyond that allocations go straight back.
    offers_per_acceptance: int = 10_000  # All are of one agent, so a handful is usual.
    tasks_per_acceptance: int = 10_000  # As many as the smallest cpu share fits into a large agent.
    tasks_per_framework: int = 1_000_000  # Twenty times the largest published experiment.
    tasks_per_agent: int = TASKS_PER_AGENT_MAX
    reconciled_tasks: int = 100_000  # In one call; one answer is sent for each.
