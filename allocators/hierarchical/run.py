"""One run: the free resources of the candidates are handed out, first what guarantees are owed, then by fair share.

Agents take their turns in a random order, drawn anew for each stage. Within an agent's turn roles follow in the order
of the role sorter and frameworks in that of their role's sorter; both orders are those of the moment when the turn
begins. Whoever comes first and may have it gets everything that is visible to him (coarse grained, AL-12), unless a
limit, or headroom for the guarantees of others, says otherwise. The search ends when nothing is free on the agent or
everybody was asked.

What is the same for many is found out once. Within a run room only shrinks, so a role that had nothing to take of a
bundle has nothing to take of an equal one later, unless a refusal or a constraint spoke, which is about one agent
(`Verdicts`). Without quota, a plain agent goes whole to the first who may have it, and no resources are taken apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import partial
from itertools import chain
from typing import Final, Protocol, TypeAlias, cast

from allocators.draw import mix, mixed, stable_hash
from allocators.hierarchical.agents import AgentBook
from allocators.hierarchical.books import Books
from allocators.hierarchical.eligibility import Eligibility
from allocators.hierarchical.frameworks import FrameworkBook
from allocators.hierarchical.grants import Bundle, Grant
from allocators.hierarchical.journal import Observer
from allocators.hierarchical.quota import QuotaFigures
from allocators.hierarchical.refusals import NOBODY, Cell, Client, Refusals, Refused, cover
from allocators.hierarchical.rules import AgentOrder
from allocators.hierarchical.searches import Searches
from allocators.hierarchical.tallies import Finding
from allocators.hierarchical.verdicts import Verdicts
from allocators.sorters.ranking import Ranking
from allocators.sorters.search import Search
from allocators.sorters.sorter import Sorter
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.messages.master_allocator import Allocation
from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.resource_selection import shrink
from mesos_py.protocol.resources import NOTHING, ResourceKind, Resources

GUARANTEES: Final = 1
FAIR_SHARE: Final = 2
PASSED_MAX: Final = 8  # Of those who refused an agent. Where the order has nothing to do with it more are rarely met.

Shuffle: TypeAlias = Callable[[list[ResourceKind]], None]


class Outcome(Enum):
    """What came of asking who takes all of an agent."""

    GIVEN = "given"
    FOR_NOBODY = "for nobody"
    CUT = "cut"  # A limit leaves room for a part.
    OFTEN_REFUSED = "often refused"  # By so many in a row that others are to be searched for.


class Serve(Protocol):
    """Offers a framework what it may have of an agent. Did it; None: and there is no use in asking others."""

    def __call__(self, agent: AgentBook, framework: FrameworkBook, *, role: str) -> bool | None: ...


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
        self._frameworks = cast("Mapping[str, FrameworkBook]", books.frameworks)  # As sorters know them: ids are text.
        self._eligibility = eligibility
        self._refusals = refusals
        self._draw = draw
        self._order = order
        self._quota: QuotaFigures | None = None  # Until there is a candidate; then None means that there are no quotas.
        self._offered: dict[FrameworkId, list[Allocation]] = {}
        self._parts: dict[Cell, int] = {}  # Where in these lists an agent is that may be offered in several parts.
        self._shared_offered: dict[AgentId, Resources] = {}
        self._chopped: dict[tuple[Resources, Quantities | Limits], Resources] = {}
        self._searches = Searches(books)
        self._is_personal = False  # In this turn a refusal, a constraint or a policy spoke, of this one agent.
        self._last_for_all: tuple[Bundle | None, int | None, bool] = (None, None, False)
        self.has_met_guarantees = False  # Agents that were not looked at may see more room than before this run,
        self.leaves_openings = False  # and so may those that were.

    def over(self, agents: Iterable[AgentBook]) -> tuple[Allocation, ...]:
        """Hand out what these agents have free."""
        candidates = [agent for agent in agents if agent.free]
        goes_whole = True  # A plain agent to whoever comes first, unless a limit cuts it.
        if candidates and self._books.roles.quotas:
            self._quota = QuotaFigures(self._books)
            if self._quota.unmet:
                goes_whole = False
                self._meet_guarantees(self._shuffled(candidates, GUARANTEES), self._quota)
        turns = self._shuffled(candidates, FAIR_SHARE)
        verdicts = Verdicts()
        for agent in turns if self._order is None else self._order(turns):
            if (goes_whole and agent.is_plain and self._give_whole(agent, verdicts)) or not agent.free:
                continue
            self._share_out(agent, verdicts)
        allocations = tuple(chain.from_iterable(self._offered.values()))
        # Explanations keep a run that is over. What it alone needed goes now: to free it is not for the next one.
        for notes in (self._offered, self._parts, self._chopped):
            notes.clear()
        if self._quota is not None:
            self._quota.forget_rooms()
        return allocations

    # What explanations ask of a run that is over.

    @property
    def figures(self) -> QuotaFigures | None:
        """The quota figures, at the end those that the run ended with; None: there were no quotas.

        A run over nobody has none of its own, and tells those of the moment.
        """
        if self._quota is None and self._books.roles.quotas:
            self._quota = QuotaFigures(self._books)
        return self._quota

    @property
    def draw(self) -> int:
        return self._draw

    def shared_offered(self, agent_id: AgentId) -> Resources:
        """The shared volumes of the agent that were offered in this run, and are not offered twice."""
        return self._shared_offered.get(agent_id, NOTHING)

    def _shuffled(self, agents: list[AgentBook], stage: int) -> list[AgentBook]:
        draw = stable_hash(self._draw, stage)
        places = mixed([agent.draw for agent in agents], draw)
        rounded = list(map(float, places))  # In the same order, and compared in half the time.
        if len({*rounded}) == len(agents):
            return sorted(agents, key=partial(next, iter(rounded)))
        # Two draws are nearly the same: as likely as it sounds, but then all of the draws decides, and ids after that.
        return [agent for _, _, agent in sorted(zip(places, [agent.id for agent in agents], agents, strict=True))]

    # First stage.

    def _meet_guarantees(self, agents: list[AgentBook], quota: QuotaFigures) -> None:
        # A role's own guarantee is met under the role itself, so bookings here never move another unmet role.
        wanting = [role for role in quota.unmet if role in self._books.framework_sorters]
        ranking = Ranking(self._books.role_sorter, wanting)
        verdicts = Verdicts()
        for agent in agents:
            if not ranking:
                return
            if agent.free and not agent.bundle(self._books.interned).plain.keys().isdisjoint(quota.required):
                served = self._turn(agent, ranking.walk(), verdicts=verdicts, serve=self._offer_owed)
                for role in served:
                    self.has_met_guarantees = True
                    if role in quota.unmet:
                        ranking.booked(role)
                    else:
                        ranking.drop(role)

    def _offer_owed(self, agent: AgentBook, framework: FrameworkBook, *, role: str) -> bool | None:
        """Offer what the guarantee lacks, and with it whatever may go along. None: nothing is left for the role."""
        quota, visible = self._quota, self._visible(agent, role)
        assert quota is not None
        missing = quota.missing(role)
        if not visible or not missing:
            return None
        bundle = self._fitting(visible, agent, framework=framework, role=role)
        if bundle is None:
            return False
        owed = self._chop(bundle.goods, missing, agent=agent)
        if not owed:
            return False  # No progress for the guarantee: idle reservations of the role wait for the second stage.
        extra = self._chop(bundle.goods - owed, quota.room(role) - owed.quantities, agent=agent)
        given = owed + self._above_headroom(extra, agent)
        # Reservations ride along too. They are the role's own: only top-level roles have guarantees.
        if not self._make_offer(agent, framework, role=role, resources=bundle.riders + given):
            return False
        quota.hand_out(role, given.quantities, owed=owed.quantities)
        return True

    # Second stage.

    def _give_whole(self, agent: AgentBook, verdicts: Verdicts) -> bool:
        """Where nothing is hidden or held back, all that is free goes to the first who may have it. False: there is a
        limit that leaves room for a part, and nothing was given."""
        books = self._books
        bundle = agent.bundle(books.interned)
        if verdicts.has_any and verdicts.is_for_nobody(bundle, self._eligibility.traits(agent)):
            return True
        refused = self._refusals.about.get(agent.id, NOBODY)
        last_bundle, last_traits, is_for_all = self._last_for_all
        if bundle is not last_bundle or agent.traits != last_traits:
            is_for_all = self._is_for_all(agent, bundle)
        if is_for_all and self._give_to_first(agent, bundle, refused=refused):
            return True
        self._is_personal = False
        refusing = self._refusals.known_covering(agent.id, bundle.resources)
        outcome = self._ask_in_turn(agent, bundle, refused=refused, refusing=refusing)
        if outcome is Outcome.OFTEN_REFUSED:
            refusing = self._refusals.covering(agent.id, bundle.resources)
            outcome = self._ask_in_turn(agent, bundle, refused=refused, refusing=refusing)
        if outcome is Outcome.FOR_NOBODY and not self._is_personal:
            verdicts.for_nobody(bundle, self._eligibility.traits(agent))
        return outcome is not Outcome.CUT

    def _ask_in_turn(
        self,
        agent: AgentBook,
        bundle: Bundle,
        *,
        refused: Mapping[Client, Sequence[Refused]],
        refusing: frozenset[Client] | None = None,
    ) -> Outcome:
        """Everybody in order; with `refusing`, all who have refused it, those are passed over together."""
        frameworks, is_for_all, passed = self._books.frameworks, self._is_for_all(agent, bundle), 0
        for role in self._roles(refusing):
            if self._quota is not None and not self._quota.leaves_room(role, bundle):
                return Outcome.CUT
            for client in self._clients(role, refusing):
                framework = frameworks[FrameworkId(client)]
                if refused and (before := refused.get((framework.id, role))) and cover(before, bundle.resources):
                    self._is_personal = True
                    passed += 1
                    if passed == PASSED_MAX and refusing is None:
                        return Outcome.OFTEN_REFUSED
                elif (is_for_all and framework.is_modest) or self._takes(agent, framework, role=role, bundle=bundle):
                    self._give(agent, framework, role=role, bundle=bundle)
                    return Outcome.GIVEN
        return Outcome.FOR_NOBODY

    def _roles(self, refusing: frozenset[Client] | None) -> Iterator[str]:
        """The roles in order; if many have refused, without those of which everybody has."""
        sorter = self._books.role_sorter
        search = None if refusing is None else self._searches.roles(refusing)
        return sorter.walk() if search is None else _found_first(search, sorter)

    def _clients(self, role: str, refusing: frozenset[Client] | None) -> Iterator[str]:
        """Likewise the frameworks of a role."""
        sorter = self._books.framework_sorters[role]
        search = None if refusing is None else self._searches.frameworks(role, refusing)
        return sorter.walk() if search is None else _found_first(search, sorter)

    def _give_to_first(self, agent: AgentBook, bundle: Bundle, *, refused: Mapping[Client, Sequence[Refused]]) -> bool:
        """What is for everybody mostly goes to the first, and then no order is walked. False: he may not have it."""
        books, quota = self._books, self._quota
        role = books.role_sorter.first()
        if role is None or (client := books.framework_sorters[role].first()) is None:
            return False
        framework = self._frameworks[client]
        if not framework.is_modest or (refused and (framework.id, role) in refused):
            return False
        if quota is not None and role in quota.consumed and not quota.leaves_room(role, bundle):
            return False
        self._give(agent, framework, role=role, bundle=bundle)
        return True

    def _give(self, agent: AgentBook, framework: FrameworkBook, *, role: str, bundle: Bundle) -> None:
        """All of it is offered; nothing of the agent was in this run, or will be."""
        framework_id, grant = framework.id, bundle.grants.get(role) or bundle.grant(role)
        if self.observer is not None:
            self.observer(framework_id, role, agent)
        self._books.grant(agent, framework, grant=grant)
        offered = self._offered.get(framework_id)
        if offered is None:
            offered = self._offered[framework_id] = []
        offered.append(Allocation(framework_id=framework_id, agent_id=agent.id, role=role, resources=grant.resources))
        quota = self._quota
        if quota is not None and (not self.leaves_openings or quota.required or role in quota.consumed):
            self._count(quota, role=role, bundle=bundle)

    def _count(self, quota: QuotaFigures, *, role: str, bundle: Bundle) -> None:
        """So much was given by fair share."""
        # What fills a guarantee now counts for headroom in the next run, and so does what is held below a quota.
        if not self.leaves_openings and (
            role in quota.unmet or ("/" in role and role.partition("/")[0] in quota.consumed)
        ):
            self.leaves_openings = True
        if quota.required or role in quota.consumed:
            quota.hand_out(role, bundle.goods.quantities)

    def _is_for_all(self, agent: AgentBook, bundle: Bundle) -> bool:
        """May every modest framework have it? Asked of each agent, and mostly the same question as for the last one."""
        last_bundle, last_traits, is_for_all = self._last_for_all
        if bundle is not last_bundle or agent.traits != last_traits:
            is_for_all = self._eligibility.admits_all(agent, bundle)
            self._last_for_all = (bundle, agent.traits, is_for_all)
        return is_for_all

    def _takes(self, agent: AgentBook, framework: FrameworkBook, *, role: str, bundle: Bundle) -> bool:
        """May the framework have all of it, and is that worth an offer?"""
        return self._may_have(agent, framework, role=role) and self._is_enough(bundle, framework, role=role)

    def _share_out(self, agent: AgentBook, verdicts: Verdicts) -> None:
        self._turn(agent, self._books.role_sorter.walk(), verdicts=verdicts, serve=self._offer_share)

    def _offer_share(self, agent: AgentBook, framework: FrameworkBook, *, role: str) -> bool | None:
        """Offer what limits and headroom leave. None: nothing is left for the role."""
        quota, visible = self._quota, self._visible(agent, role)
        if not visible:
            return None
        bundle = self._fitting(visible, agent, framework=framework, role=role)
        if bundle is None:
            return False
        if quota is None:
            return self._make_offer(agent, framework, role=role, resources=bundle.resources)
        within = self._chop(bundle.goods, quota.room(role), agent=agent)
        extra = self._above_headroom(within, agent)
        if not self._make_offer(agent, framework, role=role, resources=bundle.riders + extra):
            if extra != bundle.goods:
                found = Finding.HELD_AS_HEADROOM if within == bundle.goods else Finding.LIMIT_REACHED
                self._note(found, framework, role=role)
            return False
        self._count(quota, role=role, bundle=self._books.interned.bundle(extra))
        return True

    # Both.

    def _turn(self, agent: AgentBook, roles: Iterable[str], *, verdicts: Verdicts, serve: Serve) -> list[str]:
        """One agent's turn: each role and each of its frameworks is served in order. The roles that got something."""
        books, traits, served = self._books, self._eligibility.traits(agent), list[str]()
        bundle = agent.bundle(books.interned)
        if verdicts.is_for_nobody(bundle, traits):
            return served
        closed, is_personal = verdicts.closed(bundle, traits), False
        for role in roles:
            if role in closed:
                continue
            self._is_personal = False
            if self._serve_role(agent, role, serve=serve):
                served.append(role)
                if not agent.free:
                    return served
                bundle = agent.bundle(books.interned)
                closed = verdicts.closed(bundle, traits)
            elif self._is_personal:
                is_personal = True
            elif bundle.is_common:
                closed[role] = None
        if not served and not is_personal and bundle.is_common:
            verdicts.for_nobody(bundle, traits)
        return served

    def _serve_role(self, agent: AgentBook, role: str, *, serve: Serve) -> bool:
        """Was the role offered anything?"""
        frameworks, is_served = self._books.frameworks, False
        for client in self._books.framework_sorters[role].walk():
            outcome = serve(agent, frameworks[FrameworkId(client)], role=role)
            if outcome is None:
                break
            is_served = is_served or outcome
        return is_served

    def _visible(self, agent: AgentBook, role: str) -> Resources:
        """What is free for the role, shared volumes once per run."""
        if agent.is_plain:
            return agent.free
        return agent.free.allocatable_to(role) - self._shared_offered.get(agent.id, NOTHING)

    def _fitting(self, visible: Resources, agent: AgentBook, *, framework: FrameworkBook, role: str) -> Bundle | None:
        """What of it the framework may have; None if that is not worth an offer."""
        if not self._may_have(agent, framework, role=role):
            return None
        interned = self._books.interned
        if agent.is_plain:
            bundle = agent.bundle(interned)
        else:
            bundle = interned.bundle(self._eligibility.strip(framework, visible))
        return bundle if self._is_enough(bundle, framework, role=role) else None

    def _is_enough(self, bundle: Bundle, framework: FrameworkBook, *, role: str) -> bool:
        if bundle.is_enough(self._eligibility.smallest(framework, role)):
            return True
        self._note(Finding.BELOW_MINIMUM, framework, role=role)
        return False

    def _may_have(self, agent: AgentBook, framework: FrameworkBook, *, role: str) -> bool:
        if framework.constraints.exclude(role, agent.info):
            found = Finding.CONSTRAINT_FAILED
        elif self._eligibility.is_kept_from(agent, role):
            found = Finding.FORBIDDEN_BY_POLICY
        else:
            return self._eligibility.has_traits_for(framework, agent, role=role)
        self._note(found, framework, role=role)
        self._is_personal = True
        return False

    def _note(self, finding: Finding, framework: FrameworkBook, *, role: str) -> None:
        """The framework's tally counts what was found."""
        framework.tracked[role].found[finding] += 1

    def _is_refused(self, agent: AgentBook, framework: FrameworkBook, *, role: str, resources: Resources) -> bool:
        if self._refusals.covers((framework.id, role, agent.id), resources):
            self._is_personal = True
            return True
        return False

    def _above_headroom(self, extra: Resources, agent: AgentBook) -> Resources:
        assert self._quota is not None
        surplus = self._quota.surplus()
        return extra if surplus is None else self._chop(extra, surplus, agent=agent)

    def _chop(self, goods: Resources, target: Quantities | Limits, *, agent: AgentBook) -> Resources:
        """The goods cut down to the target. Chopping visits resources in random order, so that no kind of disk is
        always the one that is cut; where no name comes twice, equal goods are cut alike."""
        chopped = self._chopped.get((goods, target))
        if chopped is None:
            chopped = shrink(goods, target, shuffle=self._shuffle(agent))
            names = [kind.name for kind in goods.amounts]
            if len({*names}) == len(names):
                self._chopped[goods, target] = chopped
        return chopped

    def _make_offer(self, agent: AgentBook, framework: FrameworkBook, *, role: str, resources: Resources) -> bool:
        """Book the offer, unless it is too small or was refused."""
        bundle = self._books.interned.bundle(resources)
        if not bundle.is_enough(self._eligibility.smallest(framework, role)):
            return False
        if self._is_refused(agent, framework, role=role, resources=bundle.resources):
            return False
        self._book(agent, framework, grant=bundle.grant(role))
        if not agent.is_plain and (shared := resources.shared()):
            self._shared_offered[agent.id] = self._shared_offered.get(agent.id, NOTHING) + shared
        return True

    def _book(self, agent: AgentBook, framework: FrameworkBook, *, grant: Grant) -> None:
        """It is offered, perhaps as another part of what the framework was offered of the agent in this run."""
        framework_id, role, resources = framework.id, grant.role, grant.resources
        if self.observer is not None:
            self.observer(framework_id, role, agent)
        self._books.grant(agent, framework, grant=grant)
        offered = self._offered.setdefault(framework_id, [])
        number = self._parts.setdefault((framework_id, role, agent.id), len(offered))
        if number < len(offered):
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


def _found_first(search: Search, sorter: Sorter) -> Iterator[str]:
    """Whom the search finds, and only if that is of no use all others in order."""
    first = search.first()
    if first is not None:
        yield first
        for client in sorter.walk():
            if client != first:
                yield client
