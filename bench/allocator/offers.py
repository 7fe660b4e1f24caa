"""Workloads whose runs offer much: cold starts, whole clusters returned, volumes, suppressed frameworks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Final

from bench.allocator import definitions
from bench.allocator.cluster import (
    MULTI_ROLE,
    Allocations,
    Cluster,
    agent_info,
    as_read,
    framework_info,
    framework_of,
    in_turn,
    numbers,
    role_in,
)
from bench.allocator.definitions import Size
from bench.allocator.stopwatch import Stopwatch
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.resources import Resources

COLD_SHARED_ROLE: Final = "role1"
ROUNDING: Final = 1e-9
SHARING: Final = (Capability.MULTI_ROLE, Capability.SHARED_RESOURCES)


def cold(size: Size, watch: Stopwatch) -> None:
    """Nothing is in use; everything is offered once, twice after it came back, and refused in the end."""
    cluster = Cluster()
    cluster.policy.pause()
    agents = [agent_info(number, as_read(definitions.MACHINE)) for number in numbers(size.agents)]
    watch.events("add_agent", partial(_add_agents, cluster, agents), count=size.agents)
    roles = [role_in(size.variant, number, shared=COLD_SHARED_ROLE) for number in numbers(size.frameworks)]
    frameworks = [framework_info(number, role) for number, role in enumerate(roles, 1)]
    watch.phase("add_frameworks", partial(_add_listed, cluster, frameworks))
    cluster.policy.resume()
    offered = _all_offered(size, watch.run("cold", cluster.allocate))
    assert not watch.run("empty", cluster.allocate), "nothing was left to offer"
    watch.events("return", partial(cluster.give_back, offered), count=len(offered))
    again = _all_offered(size, watch.run("again", cluster.allocate))
    refuse = partial(cluster.give_back, again, refuse_ns=definitions.REFUSE_LONG_NS)
    watch.events("refuse", refuse, count=len(again))


def _all_offered(size: Size, allocations: Allocations) -> Allocations:
    agents = dict.fromkeys(each.agent_id for each in allocations)
    assert len(agents) == len(allocations) == size.agents, "every agent is offered exactly once"
    return allocations


def _add_agents(cluster: Cluster, agents: Iterable[AgentInfo]) -> None:
    for agent in agents:
        assert agent.id is not None
        cluster.policy.add_agent(agent.id, agent, total=agent.resources, used={})


def _add_listed(cluster: Cluster, frameworks: Iterable[FrameworkInfo]) -> None:
    for framework in frameworks:
        assert framework.id is not None
        cluster.policy.add_framework(framework.id, framework, used={}, active=True, suppressed_roles=())


def _add_frameworks(
    cluster: Cluster, size: Size, *, shared: str, capabilities: Collection[Capability] = MULTI_ROLE
) -> None:
    for number in numbers(size.frameworks):
        cluster.add_framework(number, role_in(size.variant, number, shared=shared), capabilities=capabilities)


def busy_cluster(
    size: Size,
    in_use: Resources,
    *,
    shared: str = "*",
    machine: Callable[[int], Resources] = lambda _: definitions.MACHINE,
    capabilities: Collection[Capability] = MULTI_ROLE,
) -> Cluster:
    """Some of every agent is in use, by frameworks in turn; no run has taken place."""
    cluster = Cluster()
    cluster.policy.pause()
    _add_frameworks(cluster, size, shared=shared, capabilities=capabilities)
    for number in numbers(size.agents):
        user = in_turn(number, size.frameworks)
        used = as_read(in_use).allocate(role_in(size.variant, user, shared=shared))
        cluster.add_agent(number, machine(number), used={framework_of(user): used})
    cluster.policy.resume()
    return cluster


def whole_cluster(size: Size, watch: Stopwatch) -> None:
    """All that is free is offered, comes back and is offered again."""
    cluster = busy_cluster(size, definitions.IN_USE_PLAIN)
    offered = _all_offered(size, watch.run("first", cluster.allocate))
    for _ in range(definitions.WHOLE_CLUSTER_ROUNDS):
        cluster.give_back(offered)
        offered = _all_offered(size, watch.run("unrefused", cluster.allocate))
    assert _spread(size, offered) <= 1 + ROUNDING, "dominant shares differ by at most one agent"


def _spread(size: Size, offered: Allocations) -> float:
    """How far the dominant shares are apart, in free parts of an agent."""
    counts = Counter(each.framework_id for each in offered)
    free = definitions.MACHINE - definitions.IN_USE_PLAIN
    shares = []
    for number in numbers(size.frameworks):
        used = (size.agents - number) // size.frameworks + 1  # On so many agents it uses something.
        held = counts[framework_of(number)]
        shares.append(
            max(
                (used * definitions.IN_USE_PLAIN.cpus + held * free.cpus) / definitions.MACHINE.cpus,
                (used * definitions.IN_USE_PLAIN.mem + held * free.mem) / definitions.MACHINE.mem,
            )
        )
    return (max(shares) - min(shares)) / (free.mem / definitions.MACHINE.mem)


def almost_all_suppressed(size: Size, watch: Stopwatch) -> None:
    """After one run, 99 of 100 frameworks want no more offers."""
    cluster = busy_cluster(size, definitions.IN_USE_FRAGMENTED)
    offered = _all_offered(size, watch.run("unsuppressed", cluster.allocate))
    suppressed = size.frameworks * 99 // 100
    if suppressed:
        watch.events("suppress", partial(_suppress, cluster, first=1, last=suppressed), count=suppressed)
    for _ in range(definitions.SUPPRESSED_ROUNDS):
        cluster.give_back(offered)
        offered = _all_offered(size, watch.run("suppressed", cluster.allocate))
        assert all(int(each.framework_id.removeprefix("framework")) > suppressed for each in offered)


def _suppress(cluster: Cluster, *, first: int, last: int) -> None:
    for number in range(first, last + 1):
        cluster.policy.suppress_offers(framework_of(number), ())


def suppressing(size: Size, watch: Stopwatch) -> None:
    """Before each run another fifth of the frameworks wants no more offers; in the end nobody does."""
    cluster = busy_cluster(size, definitions.IN_USE_FRAGMENTED)
    offered = cluster.allocate()
    suppressed = 0
    for number in range(1, definitions.SUPPRESSED_ROUNDS + 1):
        cluster.give_back(offered)
        until = size.frameworks * number // definitions.SUPPRESSED_ROUNDS
        _suppress(cluster, first=suppressed + 1, last=until)
        suppressed = until
        offered = watch.run("suppressing", cluster.allocate)
    assert not offered, "all are suppressed"


def volumes(size: Size, watch: Stopwatch) -> None:
    """Every agent is reserved for the one role, and has a persistent volume."""

    def machine(agent: int) -> Resources:
        shared = size.variant == "shared" or (size.variant == "mixed" and agent % 2 == 0)
        return definitions.machine_with_volume(agent, shared=shared)

    cluster = busy_cluster(
        size,
        definitions.IN_USE_BESIDE_VOLUME,
        shared=definitions.VOLUME_ROLE,
        machine=machine,
        capabilities=SHARING,
    )
    offered: Allocations = ()
    for _ in range(definitions.VOLUME_ROUNDS):
        cluster.give_back(offered)
        offered = watch.run("volumes", cluster.allocate)
        assert len(offered) == size.agents, "every agent is offered"
