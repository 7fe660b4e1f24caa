"""The order of the DRF sorter under any history, against one that is computed from scratch."""

from __future__ import annotations

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from allocators.sorters.drf import DrfSorter
from allocators.sorters.sorter import Entry, Pool
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.resources import Resources
from tests.support.resource_notation import resources_of

AGENT = AgentId("n1")
CLIENTS = ("a", "a/b", "a/b/c", "a/d", "e", "f")


def entry(cpus: float) -> Entry:
    return Entry(AGENT, Resources.of(cpus=cpus))


def a_sorter(**pool: float) -> DrfSorter:
    totals = Pool()
    totals.add(dict(Resources.of(**pool).scalar_quantities.items()))
    return DrfSorter(totals)


def join(sorter: DrfSorter, *clients: str) -> None:
    for client in clients:
        sorter.add(client)
        sorter.activate(client)


def test_equal_shares_go_by_fewer_allocations_and_then_by_name() -> None:
    sorter = a_sorter(cpus=10)
    join(sorter, "c", "b", "a")
    sorter.allocated("a", entry(1))
    sorter.unallocated("a", entry(1))

    assert sorter.sort() == ["b", "c", "a"]


def test_a_walk_is_not_disturbed_by_bookings_made_meanwhile() -> None:
    sorter = a_sorter(cpus=10)
    join(sorter, "a", "b", "c")
    walk = sorter.walk()
    seen = [next(walk)]

    sorter.allocated("a", entry(1))
    sorter.allocated("b", entry(5))
    seen.extend(walk)

    assert seen == ["a", "b", "c"]
    assert sorter.sort() == ["c", "a", "b"]


def test_the_first_is_with_whom_the_walk_begins_whatever_was_booked_meanwhile() -> None:
    sorter = a_sorter(cpus=10)
    assert sorter.first() is None
    join(sorter, "a/b", "a/d", "e")

    firsts = []
    for _ in range(4):
        first = sorter.first()
        assert first == sorter.sort()[0]
        firsts.append(first)
        sorter.allocated(first, entry(1))

    assert firsts == ["a/b", "e", "a/d", "e"]


def test_an_only_child_is_first_until_it_sleeps_and_stands_by_its_share_when_another_comes() -> None:
    sorter = a_sorter(cpus=10)
    join(sorter, "a")
    assert sorter.first() == "a"
    sorter.allocated("a", entry(3))
    sorter.deactivate("a")
    assert sorter.first() is None
    sorter.activate("a")
    assert sorter.sort() == ["a"]

    join(sorter, "b")
    assert sorter.sort() == ["b", "a"]
    sorter.remove("b")
    sorter.remove("a")

    assert sorter.first() is None


def test_a_pool_that_changes_changes_every_share() -> None:
    pool = Pool()
    pool.add({"cpus": 10_000, "mem": 10_000})
    sorter = DrfSorter(pool)
    join(sorter, "a", "b")
    sorter.allocated("a", Entry(AGENT, Resources.of(cpus=4)))
    sorter.allocated("b", Entry(AGENT, Resources.of(mem=5)))
    before = sorter.sort()

    pool.add({"mem": 10_000})

    assert before == ["a", "b"]
    assert sorter.sort() == ["b", "a"]


def test_copies_of_a_shared_volume_count_once_for_each_holder() -> None:
    sorter = a_sorter(disk=100)
    join(sorter, "a", "b")
    volume = {"disk": 10, "@role": "r", "@disk": {"persistence": "v"}, "@shared": True}

    for client in ("a", "a", "b"):
        sorter.allocated(client, Entry(AGENT, resources_of([volume])))
    sorter.unallocated("a", Entry(AGENT, resources_of([volume])))

    assert (sorter.share("a"), sorter.share("b")) == (0.1, 0.1)


steps = st.lists(
    st.tuples(
        st.sampled_from(CLIENTS),
        st.sampled_from(("hold", "hold", "return", "toggle", "leave", "weigh", "grow", "sort")),
    ),
    max_size=60,
)


@given(steps=steps)
def test_an_order_that_was_repaired_is_the_one_that_is_made_anew(steps: list[tuple[str, str]]) -> None:
    pool = Pool()
    pool.add({"cpus": 100_000})
    sorter = DrfSorter(pool)
    for number, (client, what) in enumerate(steps):
        if client not in sorter:
            join(sorter, client)
        match what:
            case "hold":
                sorter.allocated(client, entry(1 + number % 3))
            case "return":
                held = sorter.held(client).get("cpus", 0)
                sorter.unallocated(client, entry(held / 1000))
            case "toggle":
                (sorter.deactivate if sorter.is_active(client) else sorter.activate)(client)
            case "leave":
                sorter.remove(client)
            case "weigh":
                sorter.update_weight(client, number % 3 + 1)
            case "grow":
                pool.add({"cpus": 1})
            case "sort":
                assert sorter.sort() == made_anew(sorter)
        sorter.check()
    assert sorter.sort() == made_anew(sorter)


def made_anew(sorter: DrfSorter) -> list[str]:
    """The order of a copy that forgot its orders."""
    copy = deepcopy(sorter)
    for node in [copy._tree.root, *copy._tree._nodes.values()]:
        node.epoch = -1
    return copy.sort()
