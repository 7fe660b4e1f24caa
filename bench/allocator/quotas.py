"""Workloads with quota: satisfied in one run, with nothing to do for the next; and a look at all of it."""

from __future__ import annotations

from collections import Counter

from allocators.hierarchical.allocator import HierarchicalAllocator
from bench.allocator import definitions
from bench.allocator.cluster import Cluster, framework_of, numbers, own_role, quota_of
from bench.allocator.definitions import Size
from bench.allocator.stopwatch import Stopwatch


def large_and_small(size: Size, watch: Stopwatch) -> None:
    """Many roles with a quota of half an agent, some with one of two agents."""
    small, large = definitions.small_and_large(size.frameworks)
    quotas = {f"smallQuotaRole{number}": definitions.SMALL_QUOTA for number in range(small)}
    quotas |= {f"largeQuotaRole{number}": definitions.LARGE_QUOTA for number in range(large)}
    cluster = Cluster()
    cluster.policy.pause()
    for number, (role, amounts) in enumerate(quotas.items(), 1):
        cluster.policy.update_quota(role, quota_of(amounts))
        cluster.add_framework(number, role)
    for number in numbers(size.agents):
        cluster.add_agent(number, definitions.QUOTA_MACHINE)
    cluster.policy.resume()
    offered = watch.run("quota_first", cluster.allocate)
    given = dict.fromkeys(quotas, 0.0)
    for each in offered:
        given[each.role] += each.resources.cpus
    assert all(given[role] == amounts["cpus"] for role, amounts in quotas.items()), "every role got its quota"
    assert not watch.run("quota_second", cluster.allocate), "all limits are reached"


def quota_or_not(size: Size, watch: Stopwatch) -> None:
    """Two frameworks in each role, two agents for each role, with quota (variant `quota`) or without (`free`)."""
    roles = size.frameworks // 2
    cluster = Cluster()
    cluster.policy.pause()
    for role in numbers(roles):
        if size.variant == "quota":
            cluster.policy.update_quota(own_role(role), quota_of(definitions.LARGE_QUOTA))
        cluster.add_framework(2 * role - 1, own_role(role))
        cluster.add_framework(2 * role, own_role(role))
    for number in numbers(size.agents):
        cluster.add_agent(number, definitions.QUOTA_MACHINE)
    cluster.policy.resume()
    offered = watch.run("versus_first", cluster.allocate)
    held = Counter(each.role for each in offered)
    assert len(held) == roles, "every role got something"
    assert set(held.values()) == {2}, "every role holds two agents, with and without quota"
    assert not watch.run("versus_second", cluster.allocate), "everything is taken"


def snapshot(size: Size, watch: Stopwatch) -> None:
    """Totals, and of every role quota, share and holdings."""
    cluster = Cluster()
    cluster.policy.pause()
    for number in numbers(size.frameworks):
        cluster.policy.update_quota(own_role(number), quota_of(definitions.SNAPSHOT_QUOTA))
        cluster.add_framework(number, own_role(number))
    for number in numbers(size.agents):
        cluster.add_agent(number, definitions.SNAPSHOT_MACHINE)
    cluster.policy.resume()
    cluster.allocate()
    policy = cluster.policy
    assert isinstance(policy, HierarchicalAllocator), "only this policy is known to have shares by role"
    seen = watch.phase("snapshot", lambda: _seen(policy))
    assert len(seen) == size.frameworks, "every role was seen"
    assert framework_of(1) in policy.books.frameworks


def _seen(policy: HierarchicalAllocator) -> list[object]:
    books = policy.books
    assert policy.total().contains(policy.offered_or_allocated()), "no more is held than there is"
    return [
        (role, books.roles.quotas.get(role), books.role_sorter.share(role), dict(books.role_sorter.held(role)))
        for role in books.role_sorter.clients()
    ]
