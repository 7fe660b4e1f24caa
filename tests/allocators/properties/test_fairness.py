"""Fairness with whole agents (properties 19 to 24): nothing is reserved, refused or out of anybody's reach."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from allocators.hierarchical.allocator import HierarchicalAllocator
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import (
    SECOND,
    add_agent,
    add_framework,
    agents_of,
    anything_goes,
    give_back,
)

seeds = st.integers(0, 2**32)
sizes = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=12)
powers = st.sampled_from((0.5, 1.0, 2.0, 4.0))  # Dividing by them is exact, so that ties of doubles are true ones.
TREE = ("a", "a/x", "a/y", "a/y/z", "b", "c/v", "c/w")


def a_cluster(seed: int, roles: int, *, weights: dict[str, int] | None = None) -> HierarchicalAllocator:
    allocator = HierarchicalAllocator(anything_goes(seed))
    allocator.update_weights(weights or {})
    for number in range(roles):
        add_framework(allocator, f"f{number}", f"r{number}")
    return allocator


def add_equal_agents(allocator: HierarchicalAllocator, count: int) -> None:
    for number in range(count):
        add_agent(allocator, f"n{number}")


class Turns:
    """Who got which agent, in order; told of each offer before it is booked."""

    def __init__(self, allocator: HierarchicalAllocator) -> None:
        self.allocator = allocator
        self.taken: list[tuple[str, AgentId]] = []
        allocator.journal.observer = lambda framework_id, role, agent: self.note(role, agent.id)

    def note(self, role: str, agent_id: AgentId) -> None:
        self.taken.append((role, agent_id))

    def held(self, turns: Iterable[tuple[str, AgentId]]) -> Quantities:
        agents = self.allocator.books.agents
        return Resources.sum(agents[agent_id].total for _, agent_id in turns).quantities


def dominant(held: Quantities, pool: Quantities) -> Fraction:
    return max([Fraction(held[name], pool[name]) for name in held] or [Fraction(0)])


class PoorestFirst(Turns):
    """Asserts at each turn that the receiver has the smallest key, worked out from its own account."""

    def __init__(self, allocator: HierarchicalAllocator, weights: dict[str, float]) -> None:
        super().__init__(allocator)
        self.weights = weights
        self.counts = dict.fromkeys(weights, 0)
        self.holding: dict[AgentId, str] = {}

    def key(self, role: str) -> tuple[Fraction, int, str]:
        held = self.held((owner, agent) for agent, owner in self.holding.items() if owner == role)
        share = dominant(held, self.allocator.total()) / Fraction(self.weights[role])
        return share, self.counts[role], role

    def note(self, role: str, agent_id: AgentId) -> None:
        assert role == min(self.weights, key=self.key)
        self.counts[role] += 1
        self.holding[agent_id] = role


@given(seed=seeds, weights=st.lists(powers, min_size=1, max_size=5), sizes=sizes, data=st.data())
def test_at_each_turn_the_receiver_has_the_smallest_key(
    seed: int, *, weights: list[float], sizes: list[tuple[int, int]], data: st.DataObject
) -> None:
    allocator = a_cluster(seed, len(weights))
    by_role = {f"r{number}": weight for number, weight in enumerate(weights)}
    allocator.update_weights(by_role)
    for number, (cpus, mem) in enumerate(sizes):
        add_agent(allocator, f"n{number}", total=Resources.of(cpus=cpus, mem=mem))
    turns = PoorestFirst(allocator, by_role)

    open_offers = list(allocator.allocate(None, now=0))
    for run in range(1, 4):
        returned = [each for each in open_offers if data.draw(st.booleans())]
        open_offers = [each for each in open_offers if each not in returned]
        give_back(allocator, returned)
        for each in returned:
            del turns.holding[each.agent_id]
        open_offers += allocator.allocate(None, now=run * SECOND)

    assert len(turns.holding) == len(sizes)


@given(
    seed=seeds,
    roles=st.lists(st.sampled_from(TREE), min_size=2, unique=True),
    weights=st.dictionaries(st.sampled_from((*TREE, "c")), powers),
    sizes=sizes,
)
def test_among_siblings_nobody_envies_another_by_more_than_the_last_agent(
    seed: int, *, roles: list[str], weights: dict[str, float], sizes: list[tuple[int, int]]
) -> None:
    allocator = HierarchicalAllocator(anything_goes(seed))
    allocator.update_weights(weights)
    for role in roles:
        add_framework(allocator, f"f-{role.replace('/', '-')}", role)
    for number, (cpus, mem) in enumerate(sizes):
        add_agent(allocator, f"n{number}", total=Resources.of(cpus=cpus, mem=mem))
    turns = Turns(allocator)

    allocator.allocate(None, now=0)

    leaves = {role: f"{role}/." if any(each.startswith(f"{role}/") for each in roles) else role for role in roles}

    def weighted(node: str, taken: list[tuple[str, AgentId]]) -> Fraction:
        return dominant(turns.held(taken), allocator.total()) / Fraction(weights.get(node, 1))

    def below(node: str) -> list[tuple[str, AgentId]]:
        return [each for each in turns.taken if f"{leaves[each[0]]}/".startswith(f"{node}/")]

    nodes = {path[:end] for path in leaves.values() for end in range(1, len(path) + 1) if f"{path}/"[end] == "/"}
    for node in nodes:
        for sibling in nodes:
            if sibling.rpartition("/")[0] == node.rpartition("/")[0] and below(node):
                assert weighted(node, below(node)[:-1]) <= weighted(sibling, below(sibling))


@given(seed=seeds, roles=st.integers(1, 6), agents=st.integers(0, 20))
def test_equal_agents_are_divided_evenly(seed: int, *, roles: int, agents: int) -> None:
    allocator = a_cluster(seed, roles)
    add_equal_agents(allocator, agents)

    counts = agents_of(allocator.allocate(None, now=0))

    assert sum(counts.values()) == agents
    for number in range(roles):
        assert counts.get(f"f{number}", 0) in (agents // roles, ceil(agents / roles))


@given(seed=seeds, weights=st.lists(st.integers(1, 5), min_size=1, max_size=5), agents=st.integers(0, 20))
def test_nobody_gets_more_than_his_weight_rounded_up(seed: int, *, weights: list[int], agents: int) -> None:
    by_role = {f"r{number}": weight for number, weight in enumerate(weights)}
    allocator = a_cluster(seed, len(weights), weights=by_role)
    add_equal_agents(allocator, agents)

    counts = agents_of(allocator.allocate(None, now=0))

    for number, weight in enumerate(weights):
        assert counts.get(f"f{number}", 0) <= ceil(Fraction(agents * weight, sum(weights)))


@given(seed=seeds, roles=st.integers(1, 5), agents=st.integers(1, 6), runs=st.integers(1, 12))
def test_what_is_always_given_back_goes_round(seed: int, *, roles: int, agents: int, runs: int) -> None:
    allocator = a_cluster(seed, roles)
    add_equal_agents(allocator, agents)
    counts = {f"f{number}": 0 for number in range(roles)}

    for run in range(runs):
        allocations = allocator.allocate(None, now=run * SECOND)
        for framework, got in agents_of(allocations).items():
            counts[framework] += got
        assert max(counts.values()) - min(counts.values()) <= 1
        give_back(allocator, allocations)


@given(seed=seeds, weights=st.lists(powers, min_size=2, max_size=5), sizes=sizes)
def test_weighted_shares_end_up_closer_than_the_largest_agent_over_the_smallest_weight(
    seed: int, *, weights: list[float], sizes: list[tuple[int, int]]
) -> None:
    allocator = a_cluster(seed, len(weights))
    by_role = {f"r{number}": weight for number, weight in enumerate(weights)}
    allocator.update_weights(by_role)
    for number, (cpus, mem) in enumerate(sizes):
        add_agent(allocator, f"n{number}", total=Resources.of(cpus=cpus, mem=mem))
    turns = Turns(allocator)

    allocator.allocate(None, now=0)

    pool = allocator.total()
    largest = max(dominant(agent.total.quantities, pool) for agent in allocator.books.agents.values())
    shares = [
        dominant(turns.held(each for each in turns.taken if each[0] == role), pool) / Fraction(weight)
        for role, weight in by_role.items()
    ]
    assert max(shares) - min(shares) <= largest / Fraction(min(weights))


@given(seed=seeds, agents=st.integers(0, 15), weight=st.integers(1, 4))
def test_more_weight_never_means_fewer_agents(seed: int, *, agents: int, weight: int) -> None:
    counts = []
    for own in (weight, weight + 1):
        allocator = a_cluster(seed, 3, weights={"r0": own, "r1": 2, "r2": 3})
        add_equal_agents(allocator, agents)
        counts.append(agents_of(allocator.allocate(None, now=0)).get("f0", 0))

    assert counts[0] <= counts[1]
