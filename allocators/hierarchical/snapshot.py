"""The state of an allocator as one record, to be written out and read back: the next run is then the same.

It holds what cannot be worked out from anything else; sums, orders and who is awake are made anew. Allocation counts
belong to it, for they decide ties, and so does whatever else a sorter remembers and calls a count, such as the order
of arrival. Watchers, counters and the journal of past runs do not; prices of `ceei` are found anew.
"""

from __future__ import annotations

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.hierarchical.rules import Rules
from libprocess_py.message import Record
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.maintenance import InverseOfferStatus, Unavailability
from mesos_py.protocol.offer_constraints import OfferConstraints
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resources import NOTHING, Resources


class SavedHolding(Record):
    """What one framework holds on an agent, by role (allocated), and which part of it is no open offer."""

    framework_id: FrameworkId
    held: Resources
    in_use: Resources


class SavedSchedule(Record):
    """The maintenance of one agent, and what was said about it."""

    unavailability: Unavailability
    asked: tuple[FrameworkId, ...]
    statuses: dict[FrameworkId, InverseOfferStatus]
    refused_until: dict[FrameworkId, int]


class SavedAgent(Record):
    """One agent with all that is held there."""

    id: AgentId
    info: AgentInfo
    total: Resources
    active: bool
    holdings: tuple[SavedHolding, ...]
    schedule: SavedSchedule | None


class SavedFramework(Record):
    """One framework, without what it holds."""

    id: FrameworkId
    info: FrameworkInfo
    active: bool
    suppressed: tuple[str, ...]
    constraints: OfferConstraints


class SavedRefusal(Record):
    """One refusal. `batch` is the number of batch runs before it was made."""

    framework_id: FrameworkId
    role: str
    agent_id: AgentId
    resources: Resources
    until: int
    batch: int


class SavedRecovery(Record):
    """Whether and until when nothing is allocated."""

    is_held: bool
    deadline: int | None
    needed: int


class SavedState(Record):
    """All of it. The settings are not part of it: whoever restores brings the same."""

    agents: tuple[SavedAgent, ...]
    frameworks: tuple[SavedFramework, ...]
    refusals: tuple[SavedRefusal, ...]
    quotas: dict[str, Quota]
    weights: dict[str, float]
    whitelist: tuple[str, ...] | None
    recovery: SavedRecovery
    runs: int
    batches: int
    role_counts: dict[str, int]
    framework_counts: dict[str, dict[str, int]]  # By role.


def save(allocator: HierarchicalAllocator) -> SavedState:
    """The state as it is now."""
    books, recovery = allocator.books, allocator.recovery
    return SavedState(
        agents=tuple(_save_agent(allocator, agent_id) for agent_id in books.agents),
        frameworks=tuple(
            SavedFramework(
                id=each.id,
                info=each.info,
                active=each.active,
                suppressed=tuple(each.suppressed),
                constraints=each.constraints.source,
            )
            for each in books.frameworks.values()
        ),
        refusals=tuple(
            SavedRefusal(
                framework_id=each.cell[0],
                role=each.cell[1],
                agent_id=each.cell[2],
                resources=each.resources,
                until=each.until,
                batch=each.batch,
            )
            for each in allocator.refusals.all()
        ),
        quotas=dict(books.roles.quotas),
        weights=dict(books.roles.weights),
        whitelist=None if allocator.whitelist is None else tuple(sorted(allocator.whitelist)),
        recovery=SavedRecovery(is_held=recovery.is_held, deadline=recovery.deadline, needed=recovery.needed),
        runs=allocator.books.runs,
        batches=allocator.refusals.batches,
        role_counts=dict(books.role_sorter.counts()),
        framework_counts={role: dict(sorter.counts()) for role, sorter in books.framework_sorters.items()},
    )


def _save_agent(allocator: HierarchicalAllocator, agent_id: AgentId) -> SavedAgent:
    agent = allocator.books.agents[agent_id]
    schedule = dict(allocator.maintenance.schedules()).get(agent_id)
    return SavedAgent(
        id=agent_id,
        info=agent.info,
        total=agent.total,
        active=agent.active,
        holdings=tuple(
            SavedHolding(framework_id=each, held=held, in_use=agent.in_use.get(each, NOTHING))
            for each, held in agent.held.items()
        ),
        schedule=None
        if schedule is None
        else SavedSchedule(
            unavailability=schedule.unavailability,
            asked=tuple(schedule.asked),
            statuses=dict(schedule.statuses),
            refused_until=dict(schedule.refused_until),
        ),
    )


def restore(settings: AllocatorSettings, state: SavedState, *, rules: Rules | None = None) -> HierarchicalAllocator:
    """An allocator that goes on from there."""
    allocator = HierarchicalAllocator(settings, rules)
    allocator.books.runs = allocator.refusals.runs = state.runs
    allocator.update_weights(state.weights)
    for role, quota in state.quotas.items():
        allocator.update_quota(role, quota)
    allocator.update_whitelist(state.whitelist)
    for framework in state.frameworks:
        allocator.add_framework(
            framework.id, framework.info, used={}, active=framework.active, suppressed_roles=framework.suppressed
        )
        if framework.constraints.roles:
            allocator.update_offer_constraints(framework.id, framework.constraints)
    for agent in state.agents:
        _restore_agent(allocator, agent)
    _restore_refusals(allocator, state)
    _restore_counts(allocator, state)
    recovery = state.recovery
    allocator.recovery.restore(is_held=recovery.is_held, deadline=recovery.deadline, needed=recovery.needed)
    return allocator


def _restore_agent(allocator: HierarchicalAllocator, saved: SavedAgent) -> None:
    allocator.add_agent(saved.id, saved.info, total=saved.total, used={})
    agent = allocator.books.agents[saved.id]
    for each in saved.holdings:
        allocator.books.hold(agent, each.framework_id, resources=each.held)
        allocator.books.set_in_use(agent, each.framework_id, resources=each.in_use)
    if not saved.active:
        allocator.deactivate_agent(saved.id)
    if saved.schedule is not None:
        allocator.maintenance.set(saved.id, saved.schedule.unavailability)
        schedule = dict(allocator.maintenance.schedules())[saved.id]
        schedule.asked.update(dict.fromkeys(saved.schedule.asked))
        schedule.statuses.update(saved.schedule.statuses)
        schedule.refused_until.update(saved.schedule.refused_until)


def _restore_refusals(allocator: HierarchicalAllocator, state: SavedState) -> None:
    refusals = allocator.refusals
    for each in state.refusals:
        refusals.batches = each.batch
        refusals.add((each.framework_id, each.role, each.agent_id), each.resources, until=each.until)
    refusals.batches = state.batches


def _restore_counts(allocator: HierarchicalAllocator, state: SavedState) -> None:
    allocator.books.role_sorter.restore_counts(state.role_counts)
    for role, sorter in allocator.books.framework_sorters.items():
        sorter.restore_counts(state.framework_counts[role])
    for framework in allocator.books.frameworks.values():
        for role, tally in framework.tracked.items():
            tally.began_bookings = allocator.books.framework_sorters[role].allocations(framework.id)
            tally.reported = 0
