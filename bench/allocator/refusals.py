"""Workloads of refusals: everything is declined for long until nothing is offered; the poor refuse, the rich take."""

from __future__ import annotations

from functools import partial
from typing import Final

from allocators.allocator import Refusal
from bench.allocator import definitions
from bench.allocator.cluster import Cluster, agent_of, framework_of, in_turn, numbers, role_in
from bench.allocator.definitions import Size
from bench.allocator.offers import busy_cluster
from bench.allocator.stopwatch import Stopwatch
from mesos_py.protocol.resources import Resources

POOR: Final = Resources.of(cpus=1)
RICH: Final = Resources.of(cpus=2)


def decline(size: Size, watch: Stopwatch) -> None:
    """Every offer is declined for a year, until everybody has declined everything."""
    _declined(busy_cluster(size, definitions.IN_USE_DECLINED), size, watch=watch)


def _declined(cluster: Cluster, size: Size, *, watch: Stopwatch, prefix: str = "") -> None:
    offered = watch.run(f"{prefix}decline_first", cluster.allocate)
    for number in range(1, definitions.decline_rounds(size)):
        if offered:
            refuse = partial(cluster.give_back, offered, refuse_ns=definitions.REFUSE_LONG_NS)
            watch.events(f"{prefix}decline_each", refuse, count=len(offered))
        is_refused = number >= size.frameworks
        offered = watch.run(prefix + ("refused" if is_refused else "decline"), cluster.allocate)
        assert len(offered) == (0 if is_refused else size.agents), "every agent is offered until all have refused it"


def decline_labels(size: Size, watch: Stopwatch) -> None:
    """The same, where each agent's reservations have labels that no other agent's have."""
    cluster = Cluster()
    cluster.policy.pause()
    for number in numbers(size.frameworks):
        cluster.add_framework(number, definitions.LABELED_ROLE)
    for number in numbers(size.agents):
        used = definitions.labeled_in_use(number).allocate(definitions.LABELED_ROLE)
        user = framework_of(in_turn(number, size.frameworks))
        cluster.add_agent(number, definitions.labeled_machine(number), used={user: used})
    cluster.policy.resume()
    _declined(cluster, size, watch=watch, prefix="labels_")


def picky(size: Size, watch: Stopwatch) -> None:
    """The poorer half has refused every agent for a day; the richer half takes and returns."""
    cluster, poor = Cluster(), size.frameworks // 2
    cluster.policy.pause()
    for number in numbers(size.agents):
        cluster.add_agent(number, definitions.PICKY_MACHINE)
    for number in numbers(poor):
        _add_poor(cluster, number, size=size)
    for number in range(poor + 1, size.frameworks + 1):
        role = role_in(size.variant, number)
        cluster.add_framework(number, role, used={agent_of(number): RICH.allocate(role)})
    cluster.policy.resume()
    for _ in range(definitions.PICKY_ROUNDS):
        offered = watch.run("picky", cluster.allocate)
        assert len(offered) == size.agents, "every agent is offered to somebody who has not refused it"
        assert all(int(each.framework_id.removeprefix("framework")) > poor for each in offered)
        cluster.give_back(offered)


def _add_poor(cluster: Cluster, number: int, *, size: Size) -> None:
    """It comes with all that is left of every agent in use, refuses each as it returns it, and keeps a cpu of its own.

    So there are the same holdings, refusals and bookings as if every agent had been offered to it, without as many runs
    as there are frameworks.
    """
    role, framework_id = role_in(size.variant, number), framework_of(number)
    whole, kept = definitions.PICKY_MACHINE.allocate(role), POOR.allocate(role)
    rest = whole - kept  # Of agents of which somebody keeps a cpu.
    agents = [agent_of(each) for each in numbers(size.agents)]
    used = {agent_id: rest if each < number else whole for each, agent_id in enumerate(agents, 1)}
    cluster.add_framework(number, role, used=used)
    used[agent_of(number)] = rest
    refusal, recover = Refusal(ns=definitions.DAY_NS, now=cluster.now), cluster.policy.recover_resources
    for agent_id, resources in used.items():
        recover(framework_id, agent_id, resources=resources, refusal=refusal, allocated=True)
