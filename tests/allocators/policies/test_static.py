"""Static partitioning: nobody leaves his part, and parts have the sizes that were asked for."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from allocators.allocator import AllocatorSettings
from allocators.policies.static import StaticPartitioning
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import A_MACHINE, SECOND, add_agent, add_framework, agents_of, an_agent, give_back


def a_cluster(**parts: int) -> StaticPartitioning:
    names = {"others": "*"}
    return StaticPartitioning(
        AllocatorSettings(parameters={names.get(name, name): str(size) for name, size in parts.items()})
    )


@given(
    sizes=st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5)),
    joins=st.lists(st.booleans(), max_size=40),
    suppressed=st.sampled_from(("a", "b", "c")),
)
def test_no_part_ever_exceeds_what_is_due_to_it_by_more_than_an_agent(
    sizes: tuple[int, int, int], *, joins: list[bool], suppressed: str
) -> None:
    parts = dict(zip(("a", "b", "others"), sizes, strict=True))
    allocator = a_cluster(**parts)
    for role in ("a/x", "b", "c"):
        add_framework(allocator, role, role)
    allocator.suppress_offers(FrameworkId(suppressed), ())  # What it leaves idle is not for others.
    peak = 0
    for number, is_joining in enumerate(joins):
        if is_joining:
            add_agent(allocator, f"n{number}")
            peak = max(peak, len(allocator.books.agents))
        elif allocator.books.agents:
            allocator.remove_agent(next(iter(allocator.books.agents)))
        allocator.allocate(None, now=number * SECOND)
        allocator.check()

        held = {name: len(allocator.books.frameworks[FrameworkId(name)].agents()) for name in ("a/x", "b", "c")}
        for name, part in (("a/x", "a"), ("b", "b"), ("c", "others")):
            assert held[name] <= Fraction(peak * parts[part], sum(sizes)) + 1
            for agent_id in allocator.books.frameworks[FrameworkId(name)].agents():
                assert allocator.part_of_agent(agent_id) == allocator.part_of_role(name)


@given(order=st.permutations(("cpu", "mem") * 6))
def test_machines_of_each_sort_are_dealt_to_the_parts_in_turn(order: list[str]) -> None:
    allocator = a_cluster(a=1, b=2)
    totals = {"cpu": Resources.of(cpus=16, mem=1000), "mem": Resources.of(cpus=1, mem=16_000)}
    for number, sort in enumerate(("cpu", "mem", *order)):  # Of the first nobody knows of what it has most.
        add_agent(allocator, f"{sort}-{number}", total=totals[sort])

    for sort in totals:
        parts = [allocator.part_of_agent(each) for each in allocator.books.agents if each.startswith(sort)]
        assert abs(parts.count("b") - 2 * parts.count("a")) <= 3


def test_an_agent_with_nothing_joins_a_part_all_the_same() -> None:
    allocator = a_cluster(a=1)

    agent = add_agent(allocator, "n1", total=Resources.parse("ports:[1-2]"))

    assert allocator.part_of_agent(agent) == "a"


def test_what_a_part_leaves_idle_helps_no_other() -> None:
    allocator = a_cluster(a=1, b=1)
    add_framework(allocator, "f1", "a")
    for number in range(6):
        add_agent(allocator, f"n{number}")

    assert agents_of(allocator.allocate(None, now=0)) == {"f1": 3}
    assert allocator.allocate(None, now=SECOND) == ()


def test_without_a_part_for_others_they_get_nothing() -> None:
    allocator = a_cluster(a=1)
    add_framework(allocator, "f1", "b")
    add_agent(allocator, "n1")

    assert allocator.allocate(None, now=0) == ()


def test_a_part_is_for_everything_below_its_role_and_they_share_it() -> None:
    allocator = a_cluster(a=1, others=1)
    for role in ("a", "a/x", "b"):
        add_framework(allocator, role, role)
    for number in range(8):
        add_agent(allocator, f"n{number}")

    assert agents_of(allocator.allocate(None, now=0)) == {"a": 2, "a/x": 2, "b": 4}


def test_an_agent_stays_in_its_part_whatever_becomes_of_it() -> None:
    allocator = a_cluster(a=1, b=1)
    add_framework(allocator, "f1", "a")
    agents = [add_agent(allocator, f"n{number}") for number in range(4)]
    before = [allocator.part_of_agent(each) for each in agents]
    give_back(allocator, allocator.allocate(None, now=0))

    more = A_MACHINE + Resources.of(cpus=100)
    allocator.update_agent(AgentId("n0"), an_agent("n0", more), total=more)
    add_agent(allocator, "n4")

    assert [allocator.part_of_agent(each) for each in agents] == before
    allocator.check()
