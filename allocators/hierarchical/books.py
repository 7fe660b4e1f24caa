"""The books: who holds what where, and every sum of that which a run needs.

One place changes them, so that they agree: the book of each agent, the pool, the role sorter and one framework sorter
for each role, the sums by role and those of the cluster (the last two as a `Ledger`, which adds up when it is asked).
What an agent reports for a framework that is not known yet is held there, and charged to nobody until the framework is
added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from allocators.allocator import AllocatorSettings
from allocators.draw import stable_hash
from allocators.hierarchical.agents import AgentBook
from allocators.hierarchical.amounts import Amounts, change, change_by_role, plain, reserved, reserved_by_role, scalars
from allocators.hierarchical.frameworks import FrameworkBook
from allocators.hierarchical.grants import Grant, Interned
from allocators.hierarchical.ledger import Ledger
from allocators.hierarchical.roles import RoleBooks
from allocators.hierarchical.rules import Rules, rules_of
from allocators.hierarchical.tallies import Classes, Standing, Tally
from allocators.sorters.sorter import Entry, Pool, Sorter
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resources import NOTHING, Resources


class Listener(Protocol):
    """Hears of roles that somebody has, and of quotas."""

    def role_added(self, role: str) -> None: ...

    def role_removed(self, role: str) -> None: ...

    def quota_set(self, role: str, quota: Quota) -> None: ...


class Books:
    """The accounts of one allocator. A framework is *tracked* in a role while it subscribes to it or holds something
    there."""

    def __init__(self, settings: AllocatorSettings, rules: Rules | None = None) -> None:
        self._settings = settings
        rules = rules or rules_of(settings)
        self._make_framework_sorter = rules.framework_sorter
        self.pool = Pool(settings.fair_sharing_excluded_resource_names)
        self.role_sorter: Sorter = rules.role_sorter(self.pool, settings.seed, "roles")
        self.framework_sorters: dict[str, Sorter] = {}
        self.listener: Listener | None = None  # For those who tell figures of each role.
        self.interned = Interned()
        self.agents: dict[AgentId, AgentBook] = {}
        self.with_free: dict[AgentId, AgentBook] = {}  # The agents of which something is free.
        self.with_revocable: dict[AgentId, AgentBook] = {}  # The agents that have something revocable.
        self.with_shared: dict[AgentId, AgentBook] = {}  # Those that have shared volumes.
        self.overcommitted: dict[AgentId, AgentBook] = {}  # Those that have less than is held of them.
        self.runs = 0  # That took place,
        self.offers = 0  # and what they offered, to all together.
        self.classes = Classes()
        self.openings = 0  # Changes since which limits or headroom may leave more room than they did.
        self.frameworks: dict[FrameworkId, FrameworkBook] = {}
        self._ledger = Ledger()
        self.roles = RoleBooks(self._ledger)
        # Where agents reported use for frameworks that are not known yet.
        self._uncharged: dict[FrameworkId, dict[AgentId, None]] = {}
        self.total: Amounts = {}  # Scalars of all agents that are not shared,
        self.reserved_total: Amounts = {}  # and those of them that are reserved.

    @property
    def held(self) -> Amounts:
        """Scalars that are not shared, held by anybody."""
        return self._ledger.held

    @property
    def reserved_held(self) -> Amounts:
        """Those of them that are reserved."""
        return self._ledger.reserved_held

    def offered_or_allocated(self) -> Amounts:
        """All scalars held by anybody. A shared volume counts once, however many hold it, as it does in the pool."""
        sums = dict(self.held)
        for agent in self.with_shared.values():
            volumes = {kind: 1 for held in agent.held.values() for kind in held.shared().unallocate().amounts}
            for volume in volumes:
                change(sums, {volume.name: volume.whole or 0}, sign=1)
        return sums

    # Agents.

    def add_agent(self, agent_id: AgentId, info: AgentInfo, *, total: Resources) -> AgentBook:
        """A new agent of which nothing is held."""
        assert agent_id not in self.agents, f"agent {agent_id} is there already"
        agent = AgentBook(agent_id, info, draw=stable_hash(self._settings.seed, agent_id))
        self.agents[agent_id] = agent
        self.set_total(agent, total)
        return agent

    def remove_agent(self, agent_id: AgentId) -> None:
        """The agent, and all that is held there."""
        agent = self.agents[agent_id]
        for framework_id, resources in list(agent.held.items()):
            self.unhold(agent, framework_id, resources=resources)
        self.set_total(agent, NOTHING)
        del self.agents[agent_id]
        self.with_free.pop(agent_id, None)
        self.with_revocable.pop(agent_id, None)
        self.with_shared.pop(agent_id, None)
        self.overcommitted.pop(agent_id, None)

    def set_total(self, agent: AgentBook, total: Resources) -> None:
        """The agent has this now, whatever is held of it."""
        total = self.interned.bundle(total).resources  # One object for all machines of a kind.
        for resources, sign in ((agent.total, -1), (total, 1)):
            amounts = dict(resources.scalar_quantities.items())
            if sign > 0:
                self.pool.add(amounts)
            else:
                self.pool.remove(amounts)
            change(self.total, scalars(resources), sign=sign)
            if any(kind.reservations for kind in resources.amounts):
                change(self.reserved_total, reserved(resources), sign=sign)
                self.roles.change_reservations(reserved_by_role(resources), sign)
        agent.set_total(total)
        self._note_free(agent)
        self.openings += 1
        for table, has_any in (
            (self.with_revocable, any(kind.revocable for kind in total.amounts)),
            (self.with_shared, any(kind.shared for kind in total.amounts)),
        ):
            if has_any:
                table[agent.id] = agent
            else:
                table.pop(agent.id, None)

    def _note_free(self, agent: AgentBook) -> None:
        if agent.free:
            self.with_free[agent.id] = agent
        else:
            self.with_free.pop(agent.id, None)
        if not agent.is_exact:
            self.overcommitted[agent.id] = agent
        elif self.overcommitted:
            self.overcommitted.pop(agent.id, None)

    # Frameworks.

    def add_framework(self, framework: FrameworkBook) -> None:
        """A framework that is not known yet; what agents reported for it is charged to it from now on."""
        assert framework.id not in self.frameworks, f"framework {framework.id} is there already"
        self.frameworks[framework.id] = framework
        self.openings += 1
        for role in framework.roles:
            self._track(framework, role)
        for agent_id in self._uncharged.pop(framework.id, ()):
            agent = self.agents[agent_id]
            for grant in self.interned.grants(agent.held[framework.id]):
                self._ledger.uncharged(grant, -1)
                self._ledger.charged(grant, 1)
                self._charge(framework, agent, grant=grant)
                framework.tracked[grant.role].reported += 1
            self._change_in_use(agent.in_use.get(framework.id, NOTHING), 1)

    def remove_framework(self, framework_id: FrameworkId) -> None:
        """The framework, and all that it holds."""
        framework = self.frameworks[framework_id]
        for agent_id in framework.agents():
            agent = self.agents[agent_id]
            self.unhold(agent, framework_id, resources=agent.held[framework_id])
        framework.roles = {}
        self.update_membership(framework)
        del self.frameworks[framework_id]

    def update_membership(self, framework: FrameworkBook) -> None:
        """Bring the sorters in line with the roles and the activity of a framework."""
        for role in list(framework.tracked):
            self._untrack_if_idle(framework, role)
        for role in framework.roles:
            self._track(framework, role)
        for role, tally in framework.tracked.items():
            sorter, standing = self.framework_sorters[role], framework.standing(role)
            if standing is Standing.TAKES_PART:
                if not sorter.is_active(framework.id):
                    sorter.activate(framework.id)
            elif sorter.is_active(framework.id):
                sorter.deactivate(framework.id)
            tally.stand(standing, self.runs)
            if tally.avoided != (avoided := framework.avoided(role)):
                tally.lacking += self.classes.agent_runs(tally.avoided, run=self.runs) - tally.began_traits
                tally.avoided, tally.began_traits = avoided, self.classes.agent_runs(avoided, run=self.runs)

    def _track(self, framework: FrameworkBook, role: str) -> None:
        sorter = self.framework_sorters.get(role)
        if sorter is None:
            sorter = self._make_framework_sorter(self.pool, self._settings.seed, f"frameworks of {role}")
            self.framework_sorters[role] = sorter
            self.role_sorter.add(role)
            self.role_sorter.activate(role)
            if self.listener is not None:
                self.listener.role_added(role)
        if framework.id not in sorter:
            sorter.add(framework.id)
            framework.tracked[role] = Tally(run=self.runs, offers=self.offers)

    def _untrack_if_idle(self, framework: FrameworkBook, role: str) -> None:
        if role in framework.roles or role in framework.holdings:
            return
        sorter = self.framework_sorters[role]
        sorter.remove(framework.id)
        del framework.tracked[role]
        if not len(sorter):
            del self.framework_sorters[role]
            self.role_sorter.remove(role)
            if self.listener is not None:
                self.listener.role_removed(role)

    def set_quota(self, role: str, quota: Quota) -> None:
        """The default quota is none."""
        self.roles.set_quota(role, quota)
        if self.listener is not None:
            self.listener.quota_set(role, quota)

    # Holdings. Resources carry the role they are allocated to.

    def hold(self, agent: AgentBook, framework_id: FrameworkId, *, resources: Resources) -> None:
        """The framework holds more of the agent."""
        self.openings += 1  # What is in use already may be what a guarantee lacked.
        framework = self.frameworks.get(framework_id)
        for grant in self.interned.grants(resources):
            if framework is not None:
                self.grant(agent, framework, grant=grant)
                framework.tracked[grant.role].reported += 1
            else:
                agent.hold(framework_id, grant)
                self._ledger.uncharged(grant, 1)
                self._uncharged.setdefault(framework_id, {})[agent.id] = None
        self._note_free(agent)

    def grant(self, agent: AgentBook, framework: FrameworkBook, *, grant: Grant) -> None:
        """The same under one role for a run, which knows what room it leaves, and calls `granted` at its end."""
        # The innermost loop of a run; so this does what `_charge` does.
        framework_id, role, entry = framework.id, grant.role, grant.entry(agent.id)
        agent.hold(framework_id, grant)
        self._ledger.charged(grant, 1)
        if role not in framework.tracked:
            self._track(framework, role)
        self.framework_sorters[role].allocated(framework_id, entry)
        self.role_sorter.allocated(role, entry)
        agents = framework.holdings.get(role)
        if agents is None:
            agents = framework.holdings[role] = {}
        agents[agent.id] = None

    def granted(self, agents: Sequence[AgentBook]) -> list[AgentBook]:
        """A run over these agents is over. Those of them that have something left."""
        left = [agent for agent in agents if agent.free is not NOTHING and agent.free]
        if len(agents) == len(self.with_free):  # These are all that had anything.
            self.with_free.clear()
            self.with_free.update((agent.id, agent) for agent in left)
        elif len(left) < len(agents):
            for agent in agents:
                self._note_free(agent)
        return left

    def unhold(self, agent: AgentBook, framework_id: FrameworkId, *, resources: Resources) -> None:
        """The framework holds less of the agent. What is in use can be no more than what is held."""
        self.openings += 1
        grants = self.interned.grants(resources)
        for grant in grants:
            agent.unhold(framework_id, grant)
        self._note_free(agent)
        in_use = agent.in_use.get(framework_id)
        if in_use is not None and (excess := in_use - agent.held.get(framework_id, NOTHING)):
            self.set_in_use(agent, framework_id, resources=in_use - excess)
        framework = self.frameworks.get(framework_id)
        if framework is not None:
            for grant in grants:
                self._ledger.charged(grant, -1)
                self._discharge(framework, agent, grant=grant)
            return
        for grant in grants:
            self._ledger.uncharged(grant, -1)
        if framework_id not in agent.held:
            del self._uncharged[framework_id][agent.id]
            if not self._uncharged[framework_id]:
                del self._uncharged[framework_id]

    def set_in_use(self, agent: AgentBook, framework_id: FrameworkId, *, resources: Resources) -> None:
        """So much of what the framework holds on the agent is no open offer."""
        is_known = framework_id in self.frameworks
        if is_known:
            self._change_in_use(agent.in_use.get(framework_id, NOTHING), -1)
            self._change_in_use(resources, 1)
        agent.in_use.pop(framework_id, None)
        if resources:
            agent.in_use[framework_id] = resources

    def convert_held(self, agent: AgentBook, framework_id: FrameworkId, *, old: Resources, new: Resources) -> None:
        """What a framework holds under one role turns into something else. Not counted as an allocation."""
        (role,) = by_role(old + new)
        framework = self.frameworks[framework_id]
        self.openings += 1
        for grant in self.interned.grants(old):
            agent.unhold(framework_id, grant)
            self._ledger.charged(grant, -1)
        for grant in self.interned.grants(new):
            agent.hold(framework_id, grant)
            self._ledger.charged(grant, 1)
        self._note_free(agent)
        old_entry, new_entry = Entry(agent.id, old), Entry(agent.id, new)
        self.framework_sorters[role].update(framework_id, old_entry, new=new_entry)
        self.role_sorter.update(role, old_entry, new=new_entry)
        self._note_holding(framework, agent, role=role)

    def _charge(self, framework: FrameworkBook, agent: AgentBook, *, grant: Grant) -> None:
        role, entry = grant.role, grant.entry(agent.id)
        if role not in framework.tracked:
            self._track(framework, role)
        self.framework_sorters[role].allocated(framework.id, entry)
        self.role_sorter.allocated(role, entry)
        agents = framework.holdings.get(role)
        if agents is None:
            agents = framework.holdings[role] = {}
        agents[agent.id] = None

    def _discharge(self, framework: FrameworkBook, agent: AgentBook, *, grant: Grant) -> None:
        role, entry = grant.role, grant.entry(agent.id)
        self.framework_sorters[role].unallocated(framework.id, entry)
        self.role_sorter.unallocated(role, entry)
        self._note_holding(framework, agent, role=role)

    def _note_holding(self, framework: FrameworkBook, agent: AgentBook, *, role: str) -> None:
        held = agent.held.get(framework.id)
        if held is not None and any(kind.allocation_role == role for kind in held.amounts):
            return
        agents = framework.holdings[role]
        del agents[agent.id]
        if not agents:
            del framework.holdings[role]
            self._untrack_if_idle(framework, role)

    def _change_in_use(self, resources: Resources, sign: int) -> None:
        for role, part in by_role(resources).items():
            change_by_role(self.roles.in_use, role, amounts=plain(part), sign=sign)


def by_role(resources: Resources) -> Mapping[str, Resources]:
    """The parts of held resources by the role that they are allocated to."""
    roles = {kind.allocation_role: None for kind in resources.amounts}
    assert None not in roles, f"expected resources that are allocated to a role, got {resources}"
    if len(roles) == 1:
        (role,) = roles
        assert role is not None
        return {role: resources}
    return resources.allocations_by_role()
