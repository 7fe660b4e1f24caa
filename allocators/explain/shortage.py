"""Reasons that lie in the resources of one agent: who has them, what is hidden, what is vetoed.

Theory of operation. The same three questions that a run asks of what is free (is it worth an offer, do quota and
headroom leave enough of it, was it refused) are asked of more and more: of what is free now; of what would be free if
nobody else had an open offer; of the whole agent, with nothing in use, hidden or reserved for others. The first
answer without an objection tells what is in the way: what has to be added to get there. Objections that are left are
named as well, and with the figures of the last run those that it had and that are gone since.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from allocators.explain.blockers import (
    AwaitsRun,
    BelowMinimum,
    Blocker,
    FrameworkLacksCapability,
    HeldAsHeadroom,
    InUse,
    LimitReached,
    OfferedTo,
    Overcommitted,
    Refused,
    ReservedForOther,
    RoleAmounts,
    SharedOnce,
)
from allocators.explain.scene import Scene
from allocators.hierarchical.agents import AgentBook
from allocators.hierarchical.amounts import is_plain
from allocators.hierarchical.books import Books, by_role
from allocators.hierarchical.frameworks import FrameworkBook
from allocators.hierarchical.quota import QuotaFigures
from allocators.sorters.sorter import Standing
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import FrameworkId
from mesos_py.protocol.resource_selection import shrink
from mesos_py.protocol.resources import NOTHING, Resources, is_allocatable_to

# A framework under a role.
Client: TypeAlias = tuple[FrameworkId, str]

# One reservation is what everybody understands; more are refined.
PLAIN_RESERVATIONS_MAX: Final = 1


@dataclass(frozen=True)
class Holding:
    """A part of the agent that a framework holds under a role; without the role it is allocated to."""

    framework_id: FrameworkId
    role: str
    resources: Resources


@dataclass(frozen=True)
class Pair:
    """The framework under the role that asks, the agent asked about, and the quota figures to go by."""

    scene: Scene
    framework: FrameworkBook
    role: str
    agent: AgentBook
    figures: QuotaFigures | None

    def offered(self) -> Resources:
        """What this framework is offered there under this role, and has not answered."""
        return Resources.sum(each.resources for each in _offers(self.agent) if self.is_own(each))

    def is_own(self, holding: Holding) -> bool:
        """Is it this framework, under this role?"""
        return (holding.framework_id, holding.role) == (self.framework.id, self.role)

    def visible(self, resources: Resources) -> Resources:
        """What of these the role may have and the framework understands."""
        return self.scene.eligibility.strip(self.framework, resources.allocatable_to(self.role))

    def is_enough(self, resources: Resources) -> bool:
        return self.scene.eligibility.is_enough(self.framework, self.role, resources=resources)


def shortage(pair: Pair, *, is_gated: bool, now: int) -> Iterator[Blocker]:
    """Why the framework has no offer of that agent under the role, as far as its resources tell.

    Nothing, if there is no reason in them and others keep the framework away from the agent (`is_gated`).
    """
    agent = pair.agent
    if not _objections(pair, agent.free):
        yield from () if is_gated else _past_objections(pair, now=now)
        return
    offers = [each for each in _offers(agent) if pair.visible(each.resources) and not pair.is_own(each)]
    mine = [*_used(agent), *(each for each in _offers(agent) if pair.is_own(each))]
    unoffered = agent.total - Resources.sum(each.resources.non_shared() for each in mine)
    if pair.is_enough(pair.visible(unoffered)):
        objections = _objections(pair, unoffered)
        is_enough = pair.is_enough(pair.visible(agent.free))
        if not is_enough or not objections:  # With what others are offered there would be no objection.
            yield from (_offered_to(pair, each) for each in offers)
        yield from dict.fromkeys(objections + (_objections(pair, agent.free) if is_enough else []))
    else:
        yield from _missing(pair, unoffered)


def _missing(pair: Pair, unoffered: Resources) -> Iterator[Blocker]:
    """Not even with everything that is free or offered would it be enough: everything that is in the way."""
    agent = pair.agent
    yield from (_offered_to(pair, each) for each in _offers(agent) if not pair.is_own(each))
    for each in _used(agent):
        yield InUse(framework_id=each.framework_id, role=each.role, resources=each.resources)
    deficit = Resources.sum(part.unallocate().non_shared() for part in agent.held.values()) - agent.total
    if deficit:
        yield Overcommitted(resources=deficit)
    yield from _hidden(pair)
    whole = agent.total.to_unreserved()
    left = pair.visible(unoffered)
    if left or not pair.is_enough(whole):
        yield BelowMinimum(resources=left, minimum=pair.scene.eligibility.smallest(pair.framework, pair.role))
    if pair.is_enough(whole):
        yield from _objections(pair, whole)


def _hidden(pair: Pair) -> Iterator[Blocker]:
    """What of the agent this framework would not be shown, whoever has it."""
    framework, role, total = pair.framework, pair.role, pair.agent.total
    for owner, part in total.filter(lambda kind: not is_allocatable_to(kind, role)).reservations_by_role().items():
        yield ReservedForOther(role=owner, resources=part)
    if not framework.shared and (part := total.shared()):
        yield FrameworkLacksCapability(capability=Capability.SHARED_RESOURCES, resources=part)
    if not framework.revocable and (part := total.revocable()):
        yield FrameworkLacksCapability(capability=Capability.REVOCABLE_RESOURCES, resources=part)
    refined = total.filter(lambda kind: len(kind.reservations) > PLAIN_RESERVATIONS_MAX)
    if not framework.refined and refined:
        yield FrameworkLacksCapability(capability=Capability.RESERVATION_REFINEMENT, resources=refined)


# What a run would say.


def _objections(pair: Pair, resources: Resources) -> list[Blocker]:
    """What a run with these figures would have against offering that; nothing: it would be offered.

    Refusals count while they are in the books: one whose time is over and that is still there was seen by the last
    run.
    """
    visible = pair.visible(resources)
    if not pair.is_enough(visible):
        minimum = pair.scene.eligibility.smallest(pair.framework, pair.role)
        return [BelowMinimum(resources=visible, minimum=minimum)]
    bundles = _bundles(pair, visible)
    refusals = pair.scene.refusals.of((pair.framework.id, pair.role, pair.agent.id))
    if any(pair.is_enough(each) and not any(r.resources.contains(each) for r in refusals) for each in bundles):
        return []
    objections: list[Blocker] = [
        Refused(until=each.until, resources=each.resources)
        for each in refusals
        if any(bundle and each.resources.contains(bundle) for bundle in (visible, *bundles))
    ]
    if any(each.resources.contains(visible) for each in refusals):
        return objections
    return objections + _cuts(pair, visible)


def _bundles(pair: Pair, visible: Resources) -> list[Resources]:
    """What would be offered of that: by fair share, and as owed by the role's guarantee."""
    figures = pair.figures
    if figures is None:
        return [visible]
    goods = visible.filter(is_plain).scalars()
    riders, surplus = visible - goods, figures.surplus()
    extra = shrink(goods, figures.room(pair.role))
    bundles = [riders + (extra if surplus is None else shrink(extra, surplus))]
    owed = shrink(goods, figures.missing(pair.role))
    if owed:
        extra = shrink(goods - owed, figures.room(pair.role) - owed.quantities)
        bundles.append(riders + owed + (extra if surplus is None else shrink(extra, surplus)))
    return bundles


def _cuts(pair: Pair, visible: Resources, *, last_run: bool = False) -> list[Blocker]:
    """What quota takes away of that."""
    figures = pair.figures
    if figures is None:
        return []
    cuts: list[Blocker] = []
    goods = visible.filter(is_plain).scalars()
    if shrink(goods, figures.room(pair.role)) != goods:
        limits, consumed = figures.quota(pair.role).limits, figures.consumed[pair.role]
        cuts.append(LimitReached(role=pair.role, limits=limits, consumed=consumed, last_run=last_run))
    surplus = figures.surplus()
    if surplus is not None and shrink(goods, surplus) != goods:
        missing = ((role, figures.missing(role)) for role in figures.consumed)
        roles = tuple(RoleAmounts(role=role, quantities=lacking) for role, lacking in missing if lacking)
        cuts.append(HeldAsHeadroom(roles=roles, available=figures.available, last_run=last_run))
    return cuts


def _past_objections(pair: Pair, *, now: int) -> Iterator[Blocker]:
    """Nothing is in the way of the next run. What was in that of the last one?"""
    journal, agent = pair.scene.journal, pair.agent
    interval = pair.scene.settings.allocation_interval_ns
    next_batch = max(now, journal.last_at + interval)
    last = journal.last
    blockers: list[Blocker] = []
    if last is not None:
        shown = agent.free - last.shared_offered(agent.id)
        past = Pair(pair.scene, pair.framework, role=pair.role, agent=agent, figures=_past_figures(pair))
        if _objections(past, shown):
            if last.shared_offered(agent.id):
                blockers.append(SharedOnce(until=next_batch, resources=last.shared_offered(agent.id)))
            blockers.extend(_cuts(past, past.visible(shown), last_run=True))
    yield from blockers or [AwaitsRun(until=next_batch)]


def _past_figures(pair: Pair) -> QuotaFigures | None:
    """Those of the last run; the present ones if roles got or lost their quotas since."""
    last, quotas = pair.scene.journal.last, pair.scene.books.roles.quotas
    figures = None if last is None else last.figures
    return figures if figures is not None and figures.consumed.keys() == quotas.keys() else pair.figures


# Who has it.


def _offers(agent: AgentBook) -> Iterator[Holding]:
    """The open offers of the agent."""
    for framework_id, held in agent.held.items():
        for role, part in by_role(held - agent.in_use.get(framework_id, NOTHING)).items():
            yield Holding(framework_id, role, part.unallocate())


def _used(agent: AgentBook) -> Iterator[Holding]:
    """What tasks run on."""
    for framework_id, used in agent.in_use.items():
        for role, part in by_role(used).items():
            yield Holding(framework_id, role, part.unallocate())


def _offered_to(pair: Pair, offer: Holding) -> OfferedTo:
    since = pair.scene.journal.offered_at(offer.framework_id, offer.role, agent_id=pair.agent.id)
    client = (pair.framework.id, pair.role)
    ours, theirs = compare(pair.scene.books, client, theirs=(offer.framework_id, offer.role))
    return OfferedTo(
        framework_id=offer.framework_id,
        role=offer.role,
        resources=offer.resources,
        since=since,
        ours=ours,
        theirs=theirs,
    )


def compare(books: Books, ours: Client, *, theirs: Client) -> tuple[Standing | None, Standing | None]:
    """Where two clients compete: as frameworks of one role, or as roles. None: they are one, or one is gone."""
    if ours[1] != theirs[1]:
        sorter, first, second = books.role_sorter, ours[1], theirs[1]
    elif ours[0] != theirs[0] and ours[1] in books.framework_sorters:
        sorter, first, second = books.framework_sorters[ours[1]], str(ours[0]), str(theirs[0])
    else:
        return None, None
    return sorter.standings(first, rival=second) if first in sorter and second in sorter else (None, None)
