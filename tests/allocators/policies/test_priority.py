"""Strict priority."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from allocators.allocator import Allocator, AllocatorSettings
from allocators.policies.priority import PrioritySorter
from allocators.policies.registry import make_allocator
from allocators.sorters.sorter import Entry, Pool
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import SECOND, add_agent, add_framework, agents_of, give_back

Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(("return", "refuse", "suppress", "revive", "agent", "run")), st.integers(0, 3)),
    max_size=25,
)


@given(priorities=st.lists(st.integers(-2, 2), min_size=4, max_size=4), steps=STEPS, seed=st.integers(0, 999))
def test_nobody_is_offered_what_a_willing_framework_of_higher_priority_could_have(
    priorities: list[int], *, steps: list[Step], seed: int
) -> None:
    parameters = {f"r{number}": str(priority) for number, priority in enumerate(priorities)}
    cluster = _Cluster(make_allocator("priority", AllocatorSettings(seed=seed, parameters=parameters)))

    for step in steps:
        for served, willing in cluster.take(step):
            assert all(priorities[served] >= priorities[other] for other in willing)


class _Cluster:
    """Four frameworks, and who among them would take an agent: neither suppressed nor with a refusal of it."""

    def __init__(self, allocator: Allocator) -> None:
        self.allocator = allocator
        self.frameworks = [add_framework(allocator, f"f{number}", f"r{number}") for number in range(4)]
        self.suppressed: set[int] = set()
        self.refused: set[tuple[int, str]] = set()
        self.agents = 0
        self.now = 0

    def take(self, step: Step) -> list[tuple[int, list[int]]]:
        """Make the step; then for each agent offered who got it, and who would have taken it."""
        kind, number = step
        framework = self.frameworks[number]
        if kind == "agent":
            add_agent(self.allocator, f"n{self.agents}")
            self.agents += 1
        elif kind == "suppress":
            self.allocator.suppress_offers(framework, ())
            self.suppressed.add(number)
        elif kind == "revive":
            self.allocator.revive_offers(framework, ())
            self.suppressed.discard(number)
            self.refused = {each for each in self.refused if each[0] != number}
        self.now += SECOND
        offers = self.allocator.allocate(None, now=self.now)
        found: list[tuple[int, list[int]]] = []
        for offer in offers:
            willing = [
                other
                for other in range(4)
                if other not in self.suppressed and (other, str(offer.agent_id)) not in self.refused
            ]
            served = self.frameworks.index(offer.framework_id)
            found.append((served, willing))
            if kind == "refuse":
                give_back(self.allocator, [offer], refuse_s=10_000, now=self.now)
                self.refused.add((served, str(offer.agent_id)))
            elif kind == "return":
                give_back(self.allocator, [offer])
        return found


def test_equals_share_by_dominant_resource_fairness() -> None:
    allocator = make_allocator("priority", AllocatorSettings(parameters={"low": "-1"}))
    for role in ("a", "b", "low"):
        add_framework(allocator, role, role)
    for number in range(6):
        add_agent(allocator, f"n{number}")

    assert agents_of(allocator.allocate(None, now=0)) == {"a": 3, "b": 3}


def test_priorities_are_compared_among_siblings() -> None:
    pool = Pool()
    pool.add({"cpus": 100_000})
    sorter = PrioritySorter(pool, {"a/high": 9.0, "b": 1.0})
    for client in ("a/high", "a/low", "b"):
        sorter.add(client)
        sorter.activate(client)
    sorter.allocated("b", Entry(AgentId("n1"), Resources.of(cpus=50).allocate("b")))

    assert sorter.sort() == ["b", "a/high", "a/low"]
