"""The hierarchical policy: every call of the interface, in terms of the books and of runs over them.

Theory of operation. `Books` know who holds what and in which order clients stand; `Refusals`, `Maintenance`,
`Recovery` and the whitelist know what must not be offered; `Candidates` know which agents are worth looking at; `Run`
hands out. The calls here change the books and wake the agents that the change may make offerable.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from allocators.allocator import AllocatorSettings, Conversion, Refusal
from allocators.draw import stable_hash
from allocators.explain.explained import ExplainedPolicy
from allocators.explain.scene import Scene
from allocators.hierarchical.agents import AgentBook
from allocators.hierarchical.audit import check_books, check_sleep
from allocators.hierarchical.books import Books
from allocators.hierarchical.candidates import Candidates
from allocators.hierarchical.constraints import CompiledConstraints
from allocators.hierarchical.eligibility import Eligibility
from allocators.hierarchical.expressions import ExpressionLimits
from allocators.hierarchical.frameworks import FrameworkBook
from allocators.hierarchical.journal import Journal
from allocators.hierarchical.maintenance import Maintenance
from allocators.hierarchical.recovery import Recovery
from allocators.hierarchical.refusals import Refusals
from allocators.hierarchical.rules import Rules, rules_of
from allocators.hierarchical.run import Run
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.maintenance import InverseOfferStatus, Unavailability
from mesos_py.protocol.messages.master_allocator import Allocation, InverseAllocation
from mesos_py.protocol.offer import Filters
from mesos_py.protocol.offer_constraints import OfferConstraints
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resources import NOTHING, Resources


class HierarchicalAllocator(ExplainedPolicy):
    """Hierarchical dominant resource fairness, with quota, reservations, refusals and maintenance.

    Other `rules` make other policies of it.
    """

    def __init__(self, settings: AllocatorSettings, rules: Rules | None = None) -> None:
        super().__init__()
        self._settings = settings
        self._rules = rules or rules_of(settings)
        self.books = Books(settings, self._rules)
        self.refusals = Refusals()
        self.maintenance = Maintenance()
        self.candidates = Candidates(self.books.with_free)
        self.journal = Journal()
        self._openings = 0  # The books' number when the last run began.
        self._eligibility = Eligibility(settings, self._rules.admits)
        self._recovery = Recovery(settings)
        self._whitelist: frozenset[str] | None = None
        self._expression_limits = ExpressionLimits(
            max_mem=settings.offer_constraints_re2_max_mem,
            max_program_size=settings.offer_constraints_re2_max_program_size,
        )

    # Frameworks.

    def add_framework(
        self,
        framework_id: FrameworkId,
        framework: FrameworkInfo,
        *,
        used: Mapping[AgentId, Resources],
        active: bool,
        suppressed_roles: Collection[str],
    ) -> None:
        book = FrameworkBook(framework_id, framework)
        book.active = active
        book.suppress(suppressed_roles)
        self.books.add_framework(book)
        for agent_id, resources in used.items():
            agent = self.books.agents.get(agent_id)
            if agent is not None:  # Otherwise the agent will report it.
                self._hold_in_use(agent, framework_id, resources=resources - agent.held.get(framework_id, NOTHING))
        self.books.update_membership(book)
        self._wake_all()

    def remove_framework(self, framework_id: FrameworkId) -> None:
        self._wake_holdings(framework_id)
        self.books.remove_framework(framework_id)
        self.refusals.forget_framework(framework_id)
        self.maintenance.remove_framework(framework_id)

    def activate_framework(self, framework_id: FrameworkId) -> None:
        framework = self.books.frameworks[framework_id]
        framework.active = True
        self.books.update_membership(framework)
        self._wake_all()

    def deactivate_framework(self, framework_id: FrameworkId) -> None:
        framework = self.books.frameworks[framework_id]
        framework.active = False
        self.books.update_membership(framework)
        self.refusals.drop_framework(framework_id)
        self.maintenance.drop_refusals(framework_id)

    def update_framework(
        self, framework_id: FrameworkId, framework: FrameworkInfo, *, suppressed_roles: Collection[str]
    ) -> None:
        book = self.books.frameworks[framework_id]
        old_roles, old_suppressed = book.roles, book.suppressed
        book.describe(framework)
        book.suppressed = {}
        book.suppress(suppressed_roles)
        for role in old_roles:
            if role not in book.roles:
                self.refusals.forget_role(framework_id, role)
            elif role in old_suppressed and role not in book.suppressed:
                self.refusals.drop_role(framework_id, role)
        self.books.update_membership(book)
        self.maintenance.drop_refusals(framework_id)
        self._wake_all()

    def update_offer_constraints(self, framework_id: FrameworkId, constraints: OfferConstraints) -> None:
        self.books.frameworks[framework_id].constrain(CompiledConstraints(constraints, self._expression_limits))
        self._wake_all()

    def suppress_offers(self, framework_id: FrameworkId, roles: Collection[str]) -> None:
        framework = self.books.frameworks.get(framework_id)
        if framework is not None:
            framework.suppress(roles or framework.roles)
            self.books.update_membership(framework)

    def revive_offers(self, framework_id: FrameworkId, roles: Collection[str]) -> None:
        framework = self.books.frameworks.get(framework_id)
        if framework is None:
            return
        for role in roles or tuple(framework.roles):
            framework.suppressed.pop(role, None)
            self.refusals.drop_role(framework_id, role)
        self.books.update_membership(framework)
        self.maintenance.drop_refusals(framework_id)
        self._wake_all()

    def request_resources(self, framework_id: FrameworkId, requests: Sequence[Resources]) -> None:
        """Fair shares do not depend on what anybody asks for."""

    # Agents.

    def add_agent(
        self, agent_id: AgentId, agent: AgentInfo, *, total: Resources, used: Mapping[FrameworkId, Resources]
    ) -> None:
        book = self.books.add_agent(agent_id, agent, total=total)
        for framework_id, resources in used.items():
            self._hold_in_use(book, framework_id, resources=resources)
        self._note_class(book)
        self._recovery.agents_known(len(self.books.agents))
        self._wake(agent_id)

    def _note_class(self, agent: AgentBook) -> None:
        """Its facts or its total may have changed, and with them what keeps frameworks away."""
        traits, books = self._eligibility.traits(agent), self.books
        if agent.counted != traits:
            if agent.counted is not None:
                books.classes.change(agent.counted, -1, run=books.runs)
            books.classes.change(traits, 1, run=books.runs)
            agent.counted = traits

    def remove_agent(self, agent_id: AgentId) -> None:
        counted = self.books.agents[agent_id].counted
        if counted is not None:
            self.books.classes.change(counted, -1, run=self.books.runs)
        self.books.remove_agent(agent_id)
        self.refusals.drop_agent(agent_id)
        self.maintenance.set(agent_id, None)
        self.candidates.forget(agent_id)

    def update_agent(self, agent_id: AgentId, agent: AgentInfo, *, total: Resources) -> bool:
        book = self.books.agents[agent_id]
        old = book.info
        book.describe(agent)
        if old.attributes != agent.attributes:
            self.refusals.drop_agent(agent_id)
        is_changed = _facts(old) != _facts(agent) or book.total != total
        if book.total != total:
            self.books.set_total(book, total)
        self._note_class(book)
        self._wake(agent_id)
        return is_changed

    def activate_agent(self, agent_id: AgentId) -> None:
        self.books.agents[agent_id].active = True
        self._wake(agent_id)

    def deactivate_agent(self, agent_id: AgentId) -> None:
        self.books.agents[agent_id].active = False

    def add_resource_provider(
        self, agent_id: AgentId, total: Resources, *, used: Mapping[FrameworkId, Resources]
    ) -> None:
        agent = self.books.agents[agent_id]
        self.books.set_total(agent, agent.total + total)
        self._note_class(agent)
        for framework_id, resources in used.items():
            self._hold_in_use(agent, framework_id, resources=resources)
        self._wake(agent_id)

    @property
    def recovery(self) -> Recovery:
        """Whether and until when nothing is allocated."""
        return self._recovery

    @property
    def whitelist(self) -> frozenset[str] | None:
        """The hostnames that may be offered; None: all."""
        return self._whitelist

    def update_whitelist(self, hostnames: Collection[str] | None) -> None:
        self._whitelist = None if hostnames is None else frozenset(hostnames)
        self._wake_all()

    def update_unavailability(self, agent_id: AgentId, unavailability: Unavailability | None) -> None:
        assert agent_id in self.books.agents, f"agent {agent_id} is not known"
        self.maintenance.set(agent_id, unavailability)

    def update_inverse_offer(
        self,
        framework_id: FrameworkId,
        agent_id: AgentId,
        *,
        status: InverseOfferStatus | None,
        refusal: Refusal | None,
    ) -> None:
        if framework_id in self.books.frameworks:
            self.maintenance.answer(framework_id, agent_id, status=status, refusal=refusal)

    # Resources.

    def recover_resources(
        self,
        framework_id: FrameworkId,
        agent_id: AgentId,
        *,
        resources: Resources,
        refusal: Refusal | None,
        allocated: bool,
    ) -> None:
        agent = self.books.agents.get(agent_id)
        if not resources or agent is None or framework_id not in agent.held:
            return
        if allocated:
            in_use = agent.in_use.get(framework_id, NOTHING)
            self.books.set_in_use(agent, framework_id, resources=in_use - resources)
        self.books.unhold(agent, framework_id, resources=resources)
        framework = self.books.frameworks.get(framework_id)
        if framework is not None and refusal is not None and refusal.ns != 0:
            self._refuse(framework, agent_id, resources=resources, refusal=refusal)
        self._wake(agent_id)

    def _refuse(self, framework: FrameworkBook, agent_id: AgentId, *, resources: Resources, refusal: Refusal) -> None:
        asked = Filters(refuse_ns=refusal.ns).effective_refuse_ns
        until = refusal.now + max(asked, self._settings.allocation_interval_ns)
        # The same object for equal resources: runs then mostly compare objects.
        for grant in self.books.interned.grants(resources):
            if grant.role in framework.roles:
                self.refusals.add((framework.id, grant.role, agent_id), grant.bundle.resources, until=until)

    def transition_offered_to_allocated(
        self, framework_id: FrameworkId, agent_id: AgentId, *, resources: Resources
    ) -> None:
        agent = self.books.agents.get(agent_id)
        if agent is None or framework_id not in agent.held:
            return
        in_use = agent.in_use.get(framework_id, NOTHING) + resources
        held = agent.held[framework_id]
        assert held.contains(in_use), f"{framework_id} holds {held} on {agent_id}, and uses {in_use}"
        self.books.set_in_use(agent, framework_id, resources=in_use)

    def update_allocation(
        self, framework_id: FrameworkId, agent_id: AgentId, *, conversions: Sequence[Conversion]
    ) -> None:
        agent = self.books.agents[agent_id]
        for conversion in conversions:
            self._convert(agent, framework_id, conversion=conversion)
        self._wake(agent_id)

    def _convert(self, agent: AgentBook, framework_id: FrameworkId, *, conversion: Conversion) -> None:
        consumed, produced = conversion.consumed, conversion.produced
        in_use = agent.in_use.get(framework_id, NOTHING)
        offered = agent.held[framework_id] - in_use
        converted = in_use if offered.contains(consumed) else in_use.convert(consumed, produced)
        assert converted is not None, f"{framework_id} does not hold {consumed} on {agent.id}"
        self.books.set_in_use(agent, framework_id, resources=NOTHING)
        self.books.convert_held(agent, framework_id, old=consumed, new=produced)
        self.books.set_in_use(agent, framework_id, resources=converted)
        if consumed:  # Otherwise it is one more copy of a shared volume, which the agent has once.
            total = agent.total.convert(consumed.unallocate(), produced.unallocate())
            assert total is not None, f"agent {agent.id} does not have {consumed}"
            self.books.set_total(agent, total)
            self._note_class(agent)

    def update_available(self, agent_id: AgentId, conversions: Sequence[Conversion]) -> bool:
        agent = self.books.agents[agent_id]
        free, total = agent.free, agent.total
        for conversion in conversions:
            consumed, produced = conversion.consumed, conversion.produced
            free_after, total_after = free.convert(consumed, produced), total.convert(consumed, produced)
            if free_after is None or total_after is None or agent.holds_shared(consumed):
                return False
            free, total = free_after, total_after
        self.books.set_total(agent, total)
        self._note_class(agent)
        self._wake(agent_id)
        return True

    # Roles.

    def update_quota(self, role: str, quota: Quota) -> None:
        self.books.set_quota(role, quota)
        self._wake_all()

    def update_weights(self, weights: Mapping[str, float]) -> None:
        for role, weight in weights.items():
            self.books.roles.weights[role] = weight
            self.books.role_sorter.update_weight(role, weight)

    # Runs.

    def recover(self, expected_agents: int, quotas: Mapping[str, Quota], *, now: int) -> None:
        assert not self.books.agents, "expected to be told of a failover before any agent is added"
        for role, quota in quotas.items():
            self.update_quota(role, quota)
        if self.books.roles.quotas:
            self._recovery.begin(expected_agents, now=now)

    def pause(self) -> None:
        self._recovery.pause()

    def resume(self) -> None:
        self._recovery.resume()

    def is_paused(self, *, now: int) -> bool:
        return self._recovery.is_paused(now=now)

    def allocate(
        self, agents: Collection[AgentId] | None, *, now: int, event_driven: bool = False
    ) -> tuple[Allocation, ...]:
        self.candidates.wake_each(self.refusals.expire(now))
        if agents is None and not event_driven:
            self.refusals.batches += 1
        if self.is_paused(now=now):
            return ()
        self.books.runs += 1
        self.refusals.runs += 1
        self._note_openings()
        candidates = self.candidates.among(agents)
        is_whitelisted = self._whitelist is None
        offerable = [agent for agent in candidates if agent.active and (is_whitelisted or self._may_be_offered(agent))]
        run = Run(
            self.books,
            self._eligibility,
            refusals=self.refusals,
            draw=stable_hash(self._settings.seed, "run", self.books.runs),
            order=self._rules.agent_order,
        )
        journal = self.journal
        if journal.observer is not None:
            run.observer = journal.observer
        allocations = run.over(offerable)
        self.books.offers += len(allocations)
        journal.last, journal.last_at = run, now
        if allocations or journal.after_run is not None:
            journal.note(allocations, now=now)
        if run.has_met_guarantees:
            self._wake_all()  # But for those of this run, who had their turn afterwards.
        left = self.books.granted(candidates)
        self.candidates.seen(candidates, left=left, staying=self._staying(left, allocations), is_all=agents is None)
        if run.leaves_openings:
            self._wake_all()
        return allocations

    def _note_openings(self) -> None:
        """With quotas room may grow through events elsewhere, and while the deficit of an overcommitted agent hides
        some of it, even through guarantees that this very run will meet."""
        if self._openings != self.books.openings or self.books.overcommitted:
            self._openings = self.books.openings
            if self.books.roles.quotas:
                self._wake_all()

    def _staying(self, left: list[AgentBook], allocations: tuple[Allocation, ...]) -> list[AgentBook]:
        """Of the candidates that have something left, those to look at again in the next run: who was served."""
        if not left:
            return left
        served = {allocation.agent_id for allocation in allocations}
        has_quotas, interned = bool(self.books.roles.quotas), self.books.interned
        return [
            agent
            for agent in left
            # With quotas what is chopped at random may be chopped otherwise next time.
            if agent.id in served or (has_quotas and not agent.bundle(interned).is_common)
        ]

    def _may_be_offered(self, agent: AgentBook) -> bool:
        return agent.active and (self._whitelist is None or agent.info.hostname in self._whitelist)

    def inverse_offers(self, agents: Collection[AgentId] | None, *, now: int) -> tuple[InverseAllocation, ...]:
        due: list[InverseAllocation] = []
        for agent_id, schedule in self.maintenance.schedules():
            agent = self.books.agents[agent_id]
            if (agents is not None and agent_id not in agents) or not self._may_be_offered(agent):
                continue
            for framework_id in agent.held:
                framework = self.books.frameworks.get(framework_id)
                if framework is not None and framework.active and schedule.may_ask(framework_id, now):
                    schedule.asked[framework_id] = None
                    due.append(
                        InverseAllocation(
                            framework_id=framework_id, agent_id=agent_id, unavailability=schedule.unavailability
                        )
                    )
        return tuple(due)

    # Looking in.

    def total(self) -> Quantities:
        return Quantities(self.books.pool.totals)

    def offered_or_allocated(self) -> Quantities:
        return Quantities(self.books.offered_or_allocated())

    def scene(self) -> Scene:
        return Scene(
            settings=self._settings,
            rules=self._rules,
            books=self.books,
            eligibility=self._eligibility,
            refusals=self.refusals,
            recovery=self._recovery,
            whitelist=self._whitelist,
            journal=self.journal,
        )

    def check(self) -> None:
        check_books(self.books)
        self.refusals.check()
        for agent in self.books.agents.values():
            self._eligibility.check(agent)
        if self._openings == self.books.openings or not self.books.roles.quotas:  # Otherwise all are about to be woken.
            asleep = [
                agent
                for agent in self.books.with_free.values()
                if self._may_be_offered(agent) and not self.candidates.is_awake(agent)
            ]
            check_sleep(self.books, self._eligibility, refusals=self.refusals, asleep=asleep)

    # Waking.

    def _hold_in_use(self, agent: AgentBook, framework_id: FrameworkId, *, resources: Resources) -> None:
        if resources:
            self.books.hold(agent, framework_id, resources=resources)
            self.books.set_in_use(agent, framework_id, resources=agent.in_use.get(framework_id, NOTHING) + resources)

    def _wake(self, agent_id: AgentId) -> None:
        self.candidates.wake(agent_id)

    def _wake_all(self) -> None:
        self.candidates.wake_all()

    def _wake_holdings(self, framework_id: FrameworkId) -> None:
        for agent_id in self.books.frameworks[framework_id].agents():
            self._wake(agent_id)


def _facts(agent: AgentInfo) -> tuple[object, ...]:
    """What of an agent's description matters to allocation; its resources are told apart from it."""
    return agent.capabilities, agent.attributes, agent.hostname, agent.region, agent.zone
