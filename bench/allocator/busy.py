"""Workloads of clusters in use: nothing to give, agents that come and go, tasks that are launched, reservations."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from allocators.allocator import SECOND_NS, Conversion
from bench.allocator import definitions
from bench.allocator.cluster import (
    SHARED_ROLE,
    Allocations,
    Cluster,
    agent_of,
    as_read,
    framework_of,
    in_turn,
    numbers,
    own_role,
    role_in,
)
from bench.allocator.definitions import Size, TaskKind
from bench.allocator.stopwatch import Stopwatch
from mesos_py.protocol.ids import FrameworkId
from mesos_py.protocol.messages.master_allocator import Allocation
from mesos_py.protocol.quantities import Limits
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resources import NOTHING, Resources

CHURN_PARENTS: Final = 30
CHURN_CHILDREN: Final = 3
CHURN_WEIGHTS: Final = 5
CHURN_LIMITED_EVERY: Final = 3
CHURN_LIMIT_PARTS: Final = 40
CHURN_REPLACED_EVERY: Final = 100  # One in so many agents is replaced in a round.
CHURN_KEPT_EVERY: Final = 10  # One in so many offers is kept.
CHURN_KEPT_ROUNDS: Final = 5
CHURN_REFUSED_NS: Final = 7 * SECOND_NS // 2
CHURN_WARM_UP: Final = 10  # Rounds; after those, offers are kept and refused in a steady state.


def idle(size: Size, watch: Stopwatch) -> None:
    """Everything is in use."""
    cluster = Cluster()
    cluster.policy.pause()
    for number in numbers(size.frameworks):
        cluster.add_framework(number, role_in(size.variant, number))
    for number in numbers(size.agents):
        user = in_turn(number, size.frameworks)
        used = as_read(definitions.IDLE_MACHINE).allocate(role_in(size.variant, user))
        cluster.add_agent(number, definitions.IDLE_MACHINE, used={framework_of(user): used})
    cluster.policy.resume()
    assert not watch.run("idle_first", cluster.allocate), "nothing is free"
    for _ in range(definitions.IDLE_ROUNDS):
        assert not watch.run("idle", cluster.allocate), "nothing is free"


def churn(size: Size, watch: Stopwatch) -> None:
    """Agents are replaced, offers kept for a while or refused for a few rounds, under weights and limits."""
    churning = _Churn(size)
    for _ in range(CHURN_WARM_UP):
        churning.react(churning.cluster.allocate())
    for _ in range(definitions.CHURN_ROUNDS):
        churning.react(watch.run("churn", churning.cluster.allocate))
    churning.cluster.policy.check()


class _Churn:
    """The cluster, and what its frameworks do with offers."""

    def __init__(self, size: Size) -> None:
        self.cluster = Cluster()
        self.round = 0
        self.offers = 0
        self.kept: list[tuple[int, Allocation]] = []  # Until which round.
        self.agents = list(numbers(size.agents))
        self.next_agent = size.agents + 1
        leaves = [f"role{top}/child{child}" for child in range(CHURN_CHILDREN) for top in range(CHURN_PARENTS)]
        self._set_roles(leaves, size.agents)
        for number in numbers(size.frameworks):
            self.cluster.add_framework(number, leaves[(number - 1) % len(leaves)])
        for number in self.agents:
            self.cluster.add_agent(number, definitions.CHURN_MACHINE)

    def _set_roles(self, leaves: Sequence[str], agents: int) -> None:
        tops = [f"role{top}" for top in range(CHURN_PARENTS)]
        weights = {role: 1.0 + at % CHURN_WEIGHTS for at, role in enumerate((*tops, *leaves))}
        self.cluster.policy.update_weights(weights)
        machine = definitions.CHURN_MACHINE
        part = agents / CHURN_LIMIT_PARTS
        limits = Limits.of(cpus=machine.cpus * part, mem=machine.mem * part, disk=machine.disk * part)
        for role in tops[::CHURN_LIMITED_EVERY]:
            self.cluster.policy.update_quota(role, Quota(limits=limits))

    def react(self, offered: Allocations) -> None:
        """Everything that happens between two runs."""
        self.round += 1
        self._return_kept()
        self._replace_agents()
        refused = []
        for each in offered:
            self.offers += 1
            if self.offers % CHURN_KEPT_EVERY:
                refused.append(each)
            else:
                self.kept.append((self.round + CHURN_KEPT_ROUNDS, each))
        self.cluster.give_back(refused, refuse_ns=CHURN_REFUSED_NS)

    def _return_kept(self) -> None:
        self.cluster.give_back([each for until, each in self.kept if until <= self.round])
        self.kept = [(until, each) for until, each in self.kept if until > self.round]

    def _replace_agents(self) -> None:
        """Those that are there longest; what is held there goes with them."""
        count = max(1, len(self.agents) // CHURN_REPLACED_EVERY)
        for number in self.agents[:count]:
            self.cluster.policy.remove_agent(agent_of(number))
        del self.agents[:count]
        for _ in range(count):
            self.cluster.add_agent(self.next_agent, definitions.CHURN_MACHINE)
            self.agents.append(self.next_agent)
            self.next_agent += 1


def mixed(size: Size, watch: Stopwatch) -> None:
    """Frameworks of three kinds launch what fits of their offers and return the rest, until all tasks run."""
    cluster, wishes = Cluster(), _Wishes()
    cluster.policy.pause()
    for number, kind in enumerate(wishes.kinds, 1):
        cluster.add_framework(number, own_role(number) if kind.own_roles else SHARED_ROLE)
    for number in numbers(size.agents):
        cluster.add_agent(number, definitions.MIXED_MACHINE)
    cluster.policy.resume()
    rounds = 0
    while wishes.waiting and rounds < definitions.MIXED_ROUNDS:
        rounds += 1
        wishes.launch(cluster, watch.run("mixed", cluster.allocate))
    assert cluster.policy.total().contains(cluster.policy.offered_or_allocated()), "no agent is overcommitted"
    watch.count("mixed_rounds", rounds)
    watch.count("mixed_launched", wishes.launched)


class _Wishes:
    """How many tasks each framework still wants to launch."""

    def __init__(self) -> None:
        self.kinds = [kind for kind in definitions.TASK_KINDS for _ in range(kind.count)]
        self.left = {framework_of(number): (kind, kind.tasks) for number, kind in enumerate(self.kinds, 1)}
        self.waiting = sum(kind.tasks for kind in self.kinds)
        self.launched = 0

    def launch(self, cluster: Cluster, offered: Allocations) -> None:
        for each in offered:
            kind, left = self.left[each.framework_id]
            tasks = min(left, kind.tasks_per_offer, _how_many_fit(kind, each.resources))
            launched = tasks_of(kind, tasks).allocate(each.role)
            self.left[each.framework_id] = (kind, left - tasks)
            self.waiting -= tasks
            self.launched += tasks
            if tasks:
                cluster.policy.transition_offered_to_allocated(each.framework_id, each.agent_id, resources=launched)
            cluster.policy.recover_resources(
                each.framework_id, each.agent_id, resources=each.resources - launched, refusal=None, allocated=False
            )


def tasks_of(kind: TaskKind, count: int) -> Resources:
    """What so many tasks need."""
    return Resources.of(cpus=kind.task.cpus * count, mem=kind.task.mem * count) if count else NOTHING


def _how_many_fit(kind: TaskKind, offered: Resources) -> int:
    """In thousandths of each, as the resources have them."""
    fits = (round(offered.cpus * 1000) // round(kind.task.cpus * 1000), int(offered.mem // kind.task.mem))
    return min(fits)


def crowded(size: Size, watch: Stopwatch) -> None:
    """One agent with a reservation for each role, all in use; one framework undoes and repeats its own."""
    parts = {number: definitions.crowded_part(number) for number in numbers(size.frameworks)}
    cluster = Cluster()
    cluster.policy.pause()
    used: dict[FrameworkId, Resources] = {}
    for number, part in parts.items():
        cluster.add_framework(number, own_role(number))
        used[framework_of(number)] = part.allocate(own_role(number))
    cluster.add_agent(1, Resources.sum(parts.values()), used=used)
    reserved = used[framework_of(1)]
    plain = parts[1].pop_reservation().allocate(own_role(1))
    for _ in range(definitions.UPDATES):
        for conversion in (
            Conversion(consumed=reserved, produced=plain),
            Conversion(consumed=plain, produced=reserved),
        ):
            watch.phase("crowded_update", partial(_update, cluster, conversion))


def _update(cluster: Cluster, conversion: Conversion) -> None:
    cluster.policy.update_allocation(framework_of(1), agent_of(1), conversions=(conversion,))
