"""One run: the free resources of the candidates are handed out, first what guarantees are owed, then by fair share.

Agents take their turns in a random order, drawn anew for each stage. Within an agent's turn roles follow in the order
of the role sorter and frameworks in that of their role's sorter; both orders are those of the moment when the turn
begins. Whoever comes first and may have it gets everything that is visible to him (coarse grained, AL-12), unless a
limit, or headroom for the guarantees of others, says otherwise. The search ends when nothing is free on the agent or
everybody was asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Final, TypeAlias

from allocators.draw import mix, stable_hash
from allocators.hierarchical.agents import AgentBook
from allocators.hierarchical.amounts import is_plain
from allocators.hierarchical.books import Books
from allocators.hierarchical.eligibility import Eligibility
from allocators.hierarchical.frameworks import FrameworkBook
from allocators.hierarchical.grants import Bundle, Grant
from allocators.hierarchical.journal import Observer
from allocators.hierarchical.quota import QuotaFigures
from allocators.hierarchical.refusals import Cell, Refusals
from allocators.hierarchical.rules import AgentOrder
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.messages.master_allocator import Allocation
from mesos_py.protocol.resource_selection import shrink
from mesos_py.protocol.resources import NOTHING, ResourceKind, Resources

GUARANTEES: Final = 1
FAIR_SHARE: Final = 2

Shuffle: TypeAlias = Callable[[list[ResourceKind]], None]


class Run:
    """One execution over some agents. Makes its bookings as it goes."""

    observer: Observer | None = None  # Somebody is watched, and wants to see the shares that decide each offer.

    def __init__(
        self,
        books: Books,
        eligibility: Eligibility,
        *,
        refusals: Refusals,
        draw: int,
        order: AgentOrder | None = None,
    ) -> None:
        self._books = books
        self._eligibility = eligibility
        self._refusals = refusals
        self._draw = draw
        self._order = order
        self._quota = QuotaFigures(books) if books.roles.quotas else None
        self._offered: dict[FrameworkId, list[Allocation]] = {}
        self._parts: dict[Cell, int] = {}  # Where in these lists an agent is that may be offered in several parts.
        self._shared_offered: dict[AgentId, Resources] = {}

    def over(self, agents: Iterable[AgentBook]) -> tuple[Allocation, ...]:
        """Hand out what these agents have free."""
        candidates = [agent for agent in agents if agent.free]
        if self._quota is not None and self._quota.required:
            for agent in self._shuffled(candidates, GUARANTEES):
                self._meet_guarantees(agent, self._quota)
        turns = self._shuffled(candidates, FAIR_SHARE)
        for agent in turns if self._order is None else self._order(turns):
            self._share_out(agent)
        return tuple(chain.from_iterable(self._offered.values()))

    # What explanations ask of a run that is over.

    @property
    def figures(self) -> QuotaFigures | None:
        """The quota figures, at the end those that the run ended with; None: there were no quotas."""
        return self._quota

    @property
    def draw(self) -> int:
        return self._draw

    def shared_offered(self, agent_id: AgentId) -> Resources:
        """The shared volumes of the agent that were offered in this run, and are not offered twice."""
        return self._shared_offered.get(agent_id, NOTHING)

    def _shuffled(self, agents: list[AgentBook], stage: int) -> list[AgentBook]:
        draw = stable_hash(self._draw, stage)
        places = [(mix(agent.draw ^ draw), agent.id, agent) for agent in agents]
        places.sort()
        return [agent for _, _, agent in places]

    # First stage.

    def _meet_guarantees(self, agent: AgentBook, quota: QuotaFigures) -> None:
        for role in self._books.role_sorter.walk():
            if not quota.missing(role):
                continue
            for framework in self._frameworks(role):
                if not quota.missing(role) or not self._offer_owed(agent, framework, role=role, quota=quota):
                    break
            if not agent.free:
                return

    def _offer_owed(self, agent: AgentBook, framework: FrameworkBook, *, role: str, quota: QuotaFigures) -> bool:
        """Offer what the guarantee lacks, and with it whatever may go along. False: nothing is left for the role."""
        visible = self._visible(agent, role)
        if not visible:
            return False
        visible = self._fitting(visible, agent, framework=framework, role=role)
        goods = visible.filter(is_plain).scalars()
        owed = shrink(goods, quota.missing(role), shuffle=self._shuffle(agent))
        if not owed:
            return True  # No progress for the guarantee: idle reservations of the role wait for the second stage.
        extra = shrink(goods - owed, quota.room(role) - owed.quantities, shuffle=self._shuffle(agent))
        extra = self._above_headroom(extra, agent)
        # Reservations ride along too. They are the role's own: only top-level roles have guarantees.
        if self._make_offer(agent, framework, role=role, resources=visible - goods + owed + extra):
            quota.hand_out(role, (owed + extra).quantities, owed=owed.quantities)
        return True

    # Second stage.

    def _share_out(self, agent: AgentBook) -> None:
        if self._quota is None and agent.is_plain:
            self._give_whole(agent)
            return
        for role in self._books.role_sorter.walk():
            for framework in self._frameworks(role):
                if not self._offer_share(agent, framework, role=role):
                    break
            if not agent.free:
                return

    def _give_whole(self, agent: AgentBook) -> None:
        """Where nothing is hidden or held back, all that is free goes to the first who may have it."""
        books, refused = self._books, self._refusals.about(agent.id)
        bundle = agent.bundle(books.interned)
        is_for_all = not refused and self._eligibility.admits_all(agent, bundle)
        sorters, frameworks = books.framework_sorters, books.frameworks
        for role in books.role_sorter.walk():
            for client in sorters[role].walk():
                framework = frameworks[FrameworkId(client)]
                if (is_for_all and framework.is_modest) or self._takes(agent, framework, role=role, bundle=bundle):
                    self._book(agent, framework, grant=bundle.grant(role), is_all=True)
                    return

    def _takes(self, agent: AgentBook, framework: FrameworkBook, *, role: str, bundle: Bundle) -> bool:
        """May the framework have all of it, and has it not refused?"""
        return (
            self._eligibility.may_have(framework, agent, role=role)
            and bundle.is_enough(self._eligibility.smallest(framework, role))
            and not framework.constraints.exclude(role, agent.info)
            and not self._refusals.covers((framework.id, role, agent.id), bundle.resources)
        )

    def _offer_share(self, agent: AgentBook, framework: FrameworkBook, *, role: str) -> bool:
        """Offer what limits and headroom leave. False: nothing is left for the role."""
        visible = self._visible(agent, role)
        if not visible:
            return False
        bundle = self._fitting(visible, agent, framework=framework, role=role)
        if not bundle:
            return True
        quota = self._quota
        if quota is None:
            self._make_offer(agent, framework, role=role, resources=bundle)
            return True
        goods = bundle.filter(is_plain).scalars()
        extra = self._above_headroom(shrink(goods, quota.room(role), shuffle=self._shuffle(agent)), agent)
        if self._make_offer(agent, framework, role=role, resources=bundle - goods + extra):
            quota.hand_out(role, extra.quantities)
        return True

    # Both.

    def _frameworks(self, role: str) -> Iterable[FrameworkBook]:
        """The frameworks that take part in the role, in order."""
        frameworks = self._books.frameworks
        return (frameworks[FrameworkId(client)] for client in self._books.framework_sorters[role].walk())

    def _visible(self, agent: AgentBook, role: str) -> Resources:
        """What is free for the role, shared volumes once per run."""
        if agent.is_plain:
            return agent.free
        return agent.free.allocatable_to(role) - self._shared_offered.get(agent.id, NOTHING)

    def _fitting(self, visible: Resources, agent: AgentBook, *, framework: FrameworkBook, role: str) -> Resources:
        """What of it the framework may have; nothing if that is not worth an offer."""
        if framework.constraints.exclude(role, agent.info):
            return NOTHING
        if not self._eligibility.may_have(framework, agent, role=role):
            return NOTHING
        fitting = visible if agent.is_plain else self._eligibility.strip(framework, visible)
        bundle = self._books.interned.bundle(fitting)
        return fitting if bundle.is_enough(self._eligibility.smallest(framework, role)) else NOTHING

    def _above_headroom(self, extra: Resources, agent: AgentBook) -> Resources:
        assert self._quota is not None
        surplus = self._quota.surplus()
        return extra if surplus is None else shrink(extra, surplus, shuffle=self._shuffle(agent))

    def _make_offer(self, agent: AgentBook, framework: FrameworkBook, *, role: str, resources: Resources) -> bool:
        """Book the offer, unless it is too small or was refused."""
        bundle = self._books.interned.bundle(resources)
        if not bundle.is_enough(self._eligibility.smallest(framework, role)):
            return False
        if self._refusals.covers((framework.id, role, agent.id), resources):
            return False
        self._book(agent, framework, grant=bundle.grant(role))
        if not agent.is_plain and (shared := resources.shared()):
            self._shared_offered[agent.id] = self._shared_offered.get(agent.id, NOTHING) + shared
        return True

    def _book(self, agent: AgentBook, framework: FrameworkBook, *, grant: Grant, is_all: bool = False) -> None:
        """It is offered. `is_all`: nothing of the agent was offered before in this run, or will be again."""
        framework_id, role, resources = framework.id, grant.role, grant.resources
        if self.observer is not None:
            self.observer(framework_id, role, agent)
        self._books.hold_grant(agent, framework_id, grant=grant)
        offered = self._offered.get(framework_id)
        if offered is None:
            offered = self._offered[framework_id] = []
        number = len(offered) if is_all else self._parts.setdefault((framework_id, role, agent.id), len(offered))
        if number < len(offered):  # Another part for the same cell.
            resources += offered.pop(number).resources
        offered.insert(number, Allocation(framework_id=framework_id, agent_id=agent.id, role=role, resources=resources))

    def _shuffle(self, agent: AgentBook) -> Shuffle:
        """Chopping visits resources in random order, so that no kind of disk is always the one that is cut."""
        draw = agent.draw ^ self._draw

        def shuffle(kinds: list[ResourceKind]) -> None:
            if len({kind.name for kind in kinds}) < len(kinds):
                places = {kind: mix(draw + place) for place, kind in enumerate(kinds)}
                kinds.sort(key=places.__getitem__)

        return shuffle
