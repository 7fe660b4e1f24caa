"""First come, first served."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.hierarchical.snapshot import restore, save
from allocators.policies.fifo import FifoSorter
from allocators.policies.registry import make_allocator
from allocators.sorters.sorter import Entry, Pool
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import SECOND, add_agent, add_framework, agents_of, give_back

PATHS = ("a", "a/b", "a/c", "b", "b/d", "c")


@given(order=st.permutations(PATHS), held=st.lists(st.integers(0, 9), min_size=6, max_size=6))
def test_a_subtree_stands_where_its_first_client_came_and_clients_in_it_likewise(
    order: list[str], held: list[int]
) -> None:
    pool = Pool()
    pool.add({"cpus": 100_000})
    sorter = FifoSorter(pool)
    for client, cpus in zip(order, held, strict=True):
        sorter.add(client)
        sorter.activate(client)
        sorter.allocated(client, Entry(AgentId("n1"), Resources.of(cpus=cpus).allocate(client)))

    first = {top: min(order.index(each) for each in PATHS if each.split("/")[0] == top) for top in ("a", "b", "c")}
    assert sorter.sort() == sorted(order, key=lambda each: (first[each.split("/")[0]], order.index(each)))


@given(order=st.permutations(PATHS), gone=st.sampled_from(PATHS))
def test_who_leaves_and_comes_back_stands_at_the_end_of_his_level(order: list[str], gone: str) -> None:
    sorter = FifoSorter(Pool())
    for client in order:
        sorter.add(client)
        sorter.activate(client)
    sorter.remove(gone)
    sorter.add(gone)
    sorter.activate(gone)

    siblings = [each for each in sorter.sort() if each.split("/")[0] == gone.split("/", maxsplit=1)[0]]
    assert siblings[-1] == gone
    sorter.check()


def test_a_subtree_that_left_as_a_whole_comes_back_at_the_end() -> None:
    sorter = FifoSorter(Pool())
    for client in ("a/b", "a/c", "d"):
        sorter.add(client)
        sorter.activate(client)
    for client in ("a/b", "a/c"):
        sorter.remove(client)
    sorter.add("a/b")
    sorter.activate("a/b")

    assert sorter.sort() == ["d", "a/b"]


def test_the_first_framework_is_offered_everything_every_time() -> None:
    allocator = make_allocator("fifo", AllocatorSettings())
    for number in range(3):
        add_framework(allocator, f"f{number}", f"r{9 - number}")
    for number in range(5):
        add_agent(allocator, f"n{number}")

    for second in range(3):
        offers = allocator.allocate(None, now=second * SECOND)
        assert agents_of(offers) == {"f0": 5}
        give_back(allocator, offers)


def test_what_the_first_refuses_goes_to_the_second() -> None:
    allocator = make_allocator("fifo", AllocatorSettings())
    for name in ("second_by_name", "first_by_name"):
        add_framework(allocator, name, "r")
    add_agent(allocator, "n1")
    give_back(allocator, allocator.allocate(None, now=0), refuse_s=100)

    assert agents_of(allocator.allocate(None, now=SECOND)) == {"first_by_name": 1}


def test_the_order_of_arrival_is_saved() -> None:
    allocator = make_allocator("fifo", AllocatorSettings())
    assert isinstance(allocator, HierarchicalAllocator)
    for name, role in (("z", "r"), ("a", "r"), ("b", "a/x"), ("c", "s")):
        add_framework(allocator, name, role)
    allocator.remove_framework(FrameworkId("z"))
    add_framework(allocator, "z", "r")
    saved = save(allocator)
    shuffled = msgspec.structs.replace(saved, frameworks=saved.frameworks[::-1])  # As another master may read them.

    rules = allocator.scene().rules
    restored = restore(AllocatorSettings(), shuffled, rules=rules)

    assert restored.books.role_sorter.sort() == allocator.books.role_sorter.sort() == ["r", "a/x", "s"]
    assert restored.books.framework_sorters["r"].sort() == ["a", "z"]
    add_framework(restored, "last", "r")
    assert restored.books.framework_sorters["r"].sort() == ["a", "z", "last"]
