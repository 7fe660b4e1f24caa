"""What every run must leave true, as claims that a `WatchedAllocator` checks: each is stated here, once.

Figures are worked out here from agents and what is held there, not read from the allocator's own sums.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Final

from allocators.hierarchical.agents import AgentBook
from allocators.hierarchical.allocator import HierarchicalAllocator
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.resources import NOTHING, Resources
from mesos_py.protocol.roles import is_descendant
from tests.support.naive_run import goods
from tests.support.watched_allocator import Claim, SeenRun


def free_and_held_add_up(seen: SeenRun) -> None:
    """1. Of an agent that is not overcommitted nothing is lost, and nothing appears."""
    for agent in seen.after.books.agents.values():
        if not is_overcommitted(agent):
            held = Resources.sum(part.unallocate().non_shared() for part in agent.held.values())
            assert agent.free.non_shared() + held == agent.total.non_shared(), f"resources of {agent.id} were lost"


def a_run_changes_no_total(seen: SeenRun) -> None:
    """1."""
    totals = [{each.id: each.total for each in side.books.agents.values()} for side in (seen.before, seen.after)]
    assert totals[0] == totals[1]


def nothing_is_offered_twice(seen: SeenRun) -> None:
    """2. What one run offers of an agent, over all offers, was free before."""
    offered: dict[AgentId, Resources] = {}
    for each in seen.allocations:
        part = each.resources.unallocate().non_shared()
        offered[each.agent_id] = offered.get(each.agent_id, NOTHING) + part
    for agent_id, resources in offered.items():
        assert seen.before.books.agents[agent_id].free.contains(resources), f"{agent_id} was over-allocated"


def books_agree(seen: SeenRun) -> None:
    """3. What a role holds is what its frameworks hold, and both are what agents say that known frameworks hold."""
    books = seen.after.books
    for role, sorter in books.framework_sorters.items():
        clients = [FrameworkId(each) for each in sorter.clients()]
        for client in clients:
            assert sorter.held(client) == held_scalars(seen.after, [client], role=role), (role, client)
        assert books.role_sorter.held(role) == held_scalars(seen.after, clients, role=role), role


def held_scalars(allocator: HierarchicalAllocator, holders: Iterable[FrameworkId], *, role: str) -> dict[str, int]:
    """Thousandths by name; a shared volume once, however many hold it."""
    sums: dict[str, int] = {}
    holding = list(holders)
    for agent in allocator.books.agents.values():
        parts = Resources.sum(
            agent.held[each].filter(lambda kind: kind.allocation_role == role) for each in holding if each in agent.held
        )
        once = [(kind.name, kind.whole or 0) for kind in parts.shared().amounts]
        for name, milli in (*parts.non_shared().scalar_quantities.items(), *once):
            sums[name] = sums.get(name, 0) + milli
    return sums


def reservations_stay_in_the_family(seen: SeenRun) -> None:
    """4. A reserved resource is only offered under its role or below."""
    for each in seen.allocations:
        for kind in each.resources.kinds:
            assert kind.allocation_role == each.role
            assert not kind.reservations or each.role == kind.role or is_descendant(each.role, kind.role)


def offers_are_for_those_who_may_have_them(seen: SeenRun) -> None:
    """5. Framework and agent take part, capabilities match, and it is enough."""
    settings = seen.after._settings
    for each in seen.allocations:
        framework, agent = seen.after.books.frameworks[each.framework_id], seen.after.books.agents[each.agent_id]
        info, resources = agent.info, each.resources
        assert framework.active
        assert each.role in framework.roles
        assert each.role not in framework.suppressed
        assert agent.active
        assert seen.after._whitelist is None or info.hostname in seen.after._whitelist
        assert framework.gpu_resources or not agent.total.gpus or not settings.filter_gpu_resources
        assert framework.region_aware or info.region in (None, settings.region)
        assert "MULTI_ROLE" in info.capabilities or not framework.multi_role
        assert "HIERARCHICAL_ROLE" in info.capabilities or "/" not in each.role
        assert framework.shared or not resources.shared()
        assert framework.revocable or not resources.revocable()
        assert framework.refined or all(len(kind.reservations) < 2 for kind in resources.kinds)
        smallest = framework.min_allocatable.get(each.role, settings.min_allocatable)
        assert resources
        assert not smallest or any(resources.quantities.contains(least) for least in smallest)


def refusals_in_force_are_heeded(seen: SeenRun) -> None:
    """6. No offer is contained in a refusal that is in force."""
    refusals = seen.before.refusals
    for each in seen.allocations:
        for refused in refusals.of((each.framework_id, each.role, each.agent_id)):
            if not refused.is_over(seen.now, refusals.batches):
                assert not refused.resources.contains(each.resources.unallocate()), "a refusal was ignored"


def limits_bind_a_run(seen: SeenRun) -> None:
    """7. Under a role a run offers no more plain scalars than its limit leaves room for."""
    for role, quota in seen.before.books.roles.quotas.items():
        offered = Quantities()
        for each in seen.allocations:
            if each.role == role:
                offered += goods(each.resources).quantities
        room = quota.limits - consumed(seen.before, role)
        assert room.contains_quantities(offered), f"{role} got {offered}, and had room for {room}"


def runs_never_lift_a_role_above_its_limit(seen: SeenRun) -> None:
    """7. Over whole histories: consumption above a limit was there before, unless somebody subscribes below."""
    for role, quota in seen.after.books.roles.quotas.items():
        if any(is_descendant(each, role) for each in seen.after.books.framework_sorters):
            continue
        had, has = consumed(seen.before, role), consumed(seen.after, role)
        for name in has:
            limit = quota.limits.get(name)
            assert has[name] <= had[name] or limit is None or has[name] <= limit, f"{role} rose to {has}"


def headroom_is_kept(seen: SeenRun) -> None:
    """8. Where there was enough to meet all guarantees before a run, there is after it.

    Not if reservations are held that their agent no longer has: the sums of the cluster set them off against idle
    reservations of other agents, which then look like headroom until they are offered.
    """
    if any(is_overcommitted(agent) for agent in seen.before.books.agents.values()):
        return
    had, had_to = headroom(seen.before), required(seen.before)
    has, has_to = headroom(seen.after), required(seen.after)
    for name in had_to:
        if had[name] >= had_to[name]:
            assert has[name] >= has_to[name], f"the headroom of {name} was eaten"


def is_overcommitted(agent: AgentBook) -> bool:
    held = Resources.sum(part.unallocate().non_shared() for part in agent.held.values())
    return not agent.total.contains(held)


def guarantees_come_first(seen: SeenRun) -> None:
    """9. With somebody willing nothing is left of what a guarantee lacks."""
    after = seen.after
    if after._settings.min_allocatable or seen.agents is not None:
        return
    for role, quota in after.books.roles.quotas.items():
        if not any(is_willing(after, each, role=role) for each in after.books.frameworks):
            continue
        missing = quota.guarantees - consumed(after, role)
        for agent in after.books.agents.values():
            if after._may_be_offered(agent) and "MULTI_ROLE" in agent.info.capabilities:
                left = goods(agent.free).filter(lambda kind: kind.whole is None).quantities
                assert not any(left[name] for name in missing), f"{role} is owed {left}"


def is_willing(allocator: HierarchicalAllocator, framework_id: FrameworkId, *, role: str) -> bool:
    framework = allocator.books.frameworks[framework_id]
    return (
        framework.takes_part(role)
        and framework.gpu_resources
        and framework.region_aware
        and not framework.min_allocatable.get(role)
        and not any(allocator.refusals.of((framework_id, role, agent)) for agent in allocator.books.agents)
    )


def a_second_run_offers_nothing(seen: SeenRun) -> None:
    """10. Unless there are shared volumes, or frameworks below a role with quota."""
    books, refusals = seen.after.books, seen.after.refusals
    if seen.agents is not None or any(agent.total.shared() for agent in books.agents.values()):
        return
    if any(role.partition("/")[0] in books.roles.quotas for role in books.framework_sorters if "/" in role):
        return
    cells = [(name, role, agent) for name in books.frameworks for role in ROLES for agent in books.agents]
    if any(each.is_over(seen.now, refusals.batches) for cell in cells for each in refusals.of(cell)):
        return  # This run was the last that such a refusal covered.
    again = HierarchicalAllocator.allocate(deepcopy(seen.after), None, now=seen.now, event_driven=True)
    assert not again, f"a second run offered {again}"


ROLES: Final = ("a", "a/x", "a/y", "b", "c", "*")  # Of all histories.


# The figures of quota, from what is there.


def consumed(allocator: HierarchicalAllocator, role: str) -> Quantities:
    """Reservations of the subtree, held or not, and plain scalars that known frameworks hold in it."""
    total = Quantities()
    for agent in allocator.books.agents.values():
        for owner, reserved in agent.total.reservations_by_role().items():
            if owner == role or is_descendant(owner, role):
                total += reserved.scalar_quantities
        for framework_id, held in agent.held.items():
            if framework_id in allocator.books.frameworks:
                for holder, part in held.allocations_by_role().items():
                    if holder == role or is_descendant(holder, role):
                        total += goods(part).quantities
    return total


def required(allocator: HierarchicalAllocator) -> Quantities:
    total = Quantities()
    for role, quota in allocator.books.roles.quotas.items():
        total += quota.guarantees - consumed(allocator, role)
    return total


def headroom(allocator: HierarchicalAllocator) -> Quantities:
    total, held, reserved, reserved_held, revocable = (Quantities() for _ in range(5))
    for agent in allocator.books.agents.values():
        total += agent.total.non_shared().scalar_quantities
        reserved += agent.total.non_shared().reserved().scalar_quantities
        revocable += agent.free.revocable().scalar_quantities
        for part in agent.held.values():
            held += part.non_shared().scalar_quantities
            reserved_held += part.non_shared().reserved().scalar_quantities
    return total - held - (reserved - reserved_held) - revocable


CLAIMS: Final[tuple[Claim, ...]] = (
    free_and_held_add_up,
    a_run_changes_no_total,
    nothing_is_offered_twice,
    books_agree,
    reservations_stay_in_the_family,
    offers_are_for_those_who_may_have_them,
    refusals_in_force_are_heeded,
    limits_bind_a_run,
    runs_never_lift_a_role_above_its_limit,
    headroom_is_kept,
    guarantees_come_first,
    a_second_run_offers_nothing,
)
