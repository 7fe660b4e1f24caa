"""The answer to "why no offer?": every reason, the nearest miss, and when time alone changes something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final

from allocators.explain.blockers import AgentGone, Blocker, FrameworkUnknown, Remedy
from allocators.explain.gates import agent_gates, framework_gates, pair_gates
from allocators.explain.scene import Scene
from allocators.explain.shortage import Pair, shortage
from allocators.hierarchical.frameworks import FrameworkBook
from allocators.hierarchical.tallies import Counters, Finding, Standing
from libprocess_py.message import Record
from mesos_py.protocol.durations import Nanoseconds
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.resources import Resources

AGENTS_MAX: Final = (
    1_000  # Looked at for one answer, in which time the allocator does nothing else: some hundredths of a second.
)


class AgentExplanation(Record):
    """One agent. With an open offer there is nothing to explain."""

    agent_id: AgentId
    blockers: tuple[Blocker, ...] = ()
    offered: Resources = Resources()  # What the framework is offered there, and has not answered.
    since: Nanoseconds | None = None  # Of that offer; None: there is none, or it is older than is remembered.

    @property
    def until(self) -> int | None:
        """When time alone will have ended everything that is in the way; None: never."""
        return latest(self.blockers)


class ReasonCount(Record):
    """On how many of the agents a reason stands."""

    reason: str
    agents: int


class Explanation(Record):
    """Why a framework is offered no agent, or not that one, under a role."""

    framework_id: FrameworkId
    role: str
    now: Nanoseconds
    blockers: tuple[Blocker, ...]  # Whatever the agent.
    agents: tuple[AgentExplanation, ...]
    agents_total: int  # Of the cluster; more than were looked at if they are too many.
    offers_made: int  # Under the role since the framework has it; use that agents reported counts as well.
    counts: tuple[ReasonCount, ...]  # Most frequent first.
    counters: Counters | None = None  # Of all runs since it has the role; None: it does not.
    nearest: AgentId | None = None  # The agent with the least in its way.
    next_change: Nanoseconds | None = None  # The earliest time at which a blocker ends by itself.
    earliest: Nanoseconds | None = None  # The earliest time at which all of an agent's have ended by themselves.


def explain(
    scene: Scene, framework_id: FrameworkId, *, role: str, agent_id: AgentId | None = None, now: int
) -> Explanation:
    """Every reason why the framework has no offer under the role: of that agent, or of any (None)."""
    framework = scene.books.frameworks.get(framework_id)
    agents = islice(scene.books.agents, AGENTS_MAX) if agent_id is None else (agent_id,)
    blockers: tuple[Blocker, ...] = (FrameworkUnknown(),)
    looked_at: tuple[AgentExplanation, ...] = ()
    if framework is not None:
        blockers = tuple(framework_gates(scene, framework, role=role, now=now))
        question = Question(scene, framework, role=role, is_gated=bool(blockers), now=now)
        looked_at = tuple(question.about(each) for each in agents)
    missed = [each for each in looked_at if not each.offered]
    ends = (blocker.until for blocker in (*blockers, *(each for agent in missed for each in agent.blockers)))
    return Explanation(
        framework_id=framework_id,
        role=role,
        now=now,
        blockers=blockers,
        agents=looked_at,
        agents_total=len(scene.books.agents),
        offers_made=_offers_made(scene, framework_id, role=role),
        counts=_counts(looked_at),
        counters=None if framework is None else counters(scene, framework, role=role),
        nearest=min(missed, key=_distance).agent_id if missed else None,
        next_change=_earliest(ends),
        earliest=_earliest(_both(latest(blockers), each.until) for each in missed),
    )


class Question:
    """The same question about one agent after the other."""

    def __init__(self, scene: Scene, framework: FrameworkBook, *, role: str, is_gated: bool, now: int) -> None:
        self._scene = scene
        self._framework = framework
        self._role = role
        self._is_gated = is_gated
        self._now = now
        self._figures = scene.figures()

    def about(self, agent_id: AgentId) -> AgentExplanation:
        """What is in the way there, beside what is everywhere."""
        scene, framework, role = self._scene, self._framework, self._role
        agent = scene.books.agents.get(agent_id)
        if agent is None:
            return AgentExplanation(agent_id=agent_id, blockers=(AgentGone(),))
        pair = Pair(scene, framework, role=role, agent=agent, figures=self._figures)
        if offered := pair.offered():
            since = scene.journal.offered_at(framework.id, role, agent_id=agent_id)
            return AgentExplanation(agent_id=agent_id, offered=offered, since=since)
        gates = (*agent_gates(scene, agent), *pair_gates(scene, framework, role=role, agent=agent))
        in_the_way = shortage(pair, is_gated=self._is_gated or bool(gates), now=self._now)
        return AgentExplanation(agent_id=agent_id, blockers=(*gates, *in_the_way))


def counters(scene: Scene, framework: FrameworkBook, *, role: str) -> Counters | None:
    """How the framework fared under the role over all runs; None: it does not have it."""
    tally, books = framework.tracked.get(role), scene.books
    if tally is None:
        return None
    bookings = books.framework_sorters[role].allocations(framework.id)
    offers = bookings - tally.began_bookings - tally.reported
    lacking = tally.lacking + books.classes.agent_runs(tally.avoided, run=books.runs) - tally.began_traits
    found = {finding.name.lower(): tally.found[finding] for finding in Finding}
    return Counters(
        runs=tally.runs_as(Standing.TAKES_PART, books.runs),
        runs_inactive=tally.runs_as(Standing.INACTIVE, books.runs),
        runs_suppressed=tally.runs_as(Standing.SUPPRESSED, books.runs),
        offers=offers,
        offers_to_others=books.offers - tally.began_offers - offers,
        refused=scene.refusals.stood_for(framework.id, role),
        lacks_capability=lacking,
        **found,
    )


def _offers_made(scene: Scene, framework_id: FrameworkId, *, role: str) -> int:
    sorter = scene.books.framework_sorters.get(role)
    return sorter.allocations(framework_id) if sorter is not None and framework_id in sorter else 0


def _counts(agents: Iterable[AgentExplanation]) -> tuple[ReasonCount, ...]:
    counts: dict[str, int] = {}
    for agent in agents:
        for reason in dict.fromkeys(blocker.reason for blocker in agent.blockers):
            counts[reason] = counts.get(reason, 0) + 1
    return in_order(counts)


def in_order(counts: Mapping[str, int]) -> tuple[ReasonCount, ...]:
    """Most frequent first."""
    ordered = sorted(counts.items(), key=lambda count: (-count[1], count[0]))
    return tuple(ReasonCount(reason=reason, agents=count) for reason, count in ordered)


def _distance(agent: AgentExplanation) -> tuple[int, int, float]:
    """How much is in the way: few reasons are nearer than many, time is nearer than an operator."""
    until = agent.until
    worst = max((blocker.remedy for blocker in agent.blockers), default=Remedy.TIME)
    return len(agent.blockers), worst, float("inf") if until is None else until


def latest(blockers: Iterable[Blocker]) -> int | None:
    """When the last of them ends by itself, 0 without any; None: never."""
    ends = [blocker.until for blocker in blockers]
    return None if None in ends else max((end for end in ends if end is not None), default=0)


def _both(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else max(one, other)


def _earliest(times: Iterable[int | None]) -> int | None:
    return min((time for time in times if time is not None), default=None)
