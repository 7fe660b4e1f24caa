"""Runs in which many have refused the same agents: the same offers as by asking everybody in turn."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final, cast

import pytest

from allocators.allocator import Allocator
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.hierarchical.run import PASSED_MAX
from allocators.hierarchical.searches import SEARCHES_MAX, Searches
from allocators.sorters.search import search
from allocators.sorters.weighted_random import RandomSorter
from mesos_py.protocol.ids import FrameworkId
from mesos_py.protocol.messages.master_allocator import Allocation
from mesos_py.protocol.quantities import Limits
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import SECOND, add_agent, add_framework, anything_goes, give_back
from tests.support.naive_allocator import NaiveAllocator

FRAMEWORKS: Final = 2 * PASSED_MAX
AGENTS: Final = 12
ROUNDS: Final = 3
# Which roles there are, by the number of a framework.
LAYOUTS: Final[dict[str, Callable[[int], str]]] = {
    "one role": lambda number: "r",
    "own roles": lambda number: f"r{number}",
    "few roles": lambda number: f"r{number % 3}",
    "nested roles": lambda number: f"r{number % 2}/x{number % 3}",
}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("layout", LAYOUTS)
def test_agents_that_many_refused_go_to_whom_they_went_without_a_search(layout: str, seed: int) -> None:
    offers = []
    for make in (HierarchicalAllocator, NaiveAllocator):
        allocator = cast(Allocator, make(anything_goes(seed)))
        offers.append(_rounds_of_refusals(allocator, layout, chance=Random(seed)))

    assert offers[0] == offers[1]
    assert sum(map(len, offers[0])) > AGENTS


def _rounds_of_refusals(allocator: Allocator, layout: str, *, chance: Random) -> list[tuple[Allocation, ...]]:
    """The poor refuse for long, the others mostly return at once; whoever keeps something is passed in the order."""
    for number in range(FRAMEWORKS):
        add_framework(allocator, f"f{number:02}", LAYOUTS[layout](number))
    allocator.update_quota("r0", Quota(limits=Limits.of(cpus=9)))
    for number in range(AGENTS):
        add_agent(allocator, f"n{number}", total=Resources.of(cpus=2 + number % 2))
    picky = {f"f{number:02}" for number in range(FRAMEWORKS) if chance.random() < 0.7}
    runs = []
    for second in range(ROUNDS * PASSED_MAX):
        offered = allocator.allocate(None, now=second * SECOND)
        runs.append(offered)
        refused = [each for each in offered if each.framework_id in picky]
        give_back(allocator, refused, refuse_s=ROUNDS * PASSED_MAX / 2, now=second * SECOND)
        others = [each for each in offered if each.framework_id not in picky]
        give_back(allocator, others[1:])
        if second % 5 == 4:
            give_back(allocator, others[:1])
    return runs


def test_a_set_that_comes_by_once_is_not_worth_a_search_and_searches_are_bounded() -> None:
    allocator = HierarchicalAllocator(anything_goes())
    for number in range(FRAMEWORKS):
        add_framework(allocator, f"f{number:02}", "r")
    searches = Searches(allocator.books)
    sets = [
        frozenset({(FrameworkId(f"f{number:02}"), f"s{at}") for number in range(3)}) for at in range(SEARCHES_MAX + 1)
    ]

    assert [searches.frameworks("r", each) for each in sets] == [None] * len(sets)
    assert [searches.frameworks("r", each) is None for each in sets] == [False] * SEARCHES_MAX + [True]


def test_a_role_is_passed_by_if_all_its_frameworks_have_refused_and_not_before() -> None:
    allocator = HierarchicalAllocator(anything_goes())
    for name, role in (("f1", "a"), ("f2", "a"), ("f3", "b")):
        add_framework(allocator, name, role)
    searches = Searches(allocator.books)
    firsts = []
    for refusers in (("f1",), ("f1", "f2")):
        refusing = frozenset({(FrameworkId(name), "a") for name in refusers})
        assert searches.roles(refusing) is None, "seen once, not searched"
        found = searches.roles(refusing)
        assert found is not None
        firsts.append(found.first())

    assert firsts == ["a", "b"]


def test_who_refused_under_one_role_is_found_under_another() -> None:
    allocator = HierarchicalAllocator(anything_goes())
    for name in ("f1", "f2"):
        add_framework(allocator, name, "r", "s")
    searches = Searches(allocator.books)
    refusing = frozenset({(FrameworkId("f1"), "r")})
    firsts = []
    for role in ("r", "s"):
        assert searches.frameworks(role, refusing) is None, "seen once, not searched"
        found = searches.frameworks(role, refusing)
        assert found is not None
        firsts.append(found.first())

    assert firsts == ["f2", "f1"]


def test_a_search_finds_the_first_that_is_not_excluded_as_bookings_go_on() -> None:
    allocator = HierarchicalAllocator(anything_goes())
    for name in "abcd":
        add_framework(allocator, name, "r")
    sorter = allocator.books.framework_sorters["r"]
    found = search(sorter, {"a"})
    assert found is not None
    for number in range(4):
        add_agent(allocator, f"n{number}", total=Resources.of(cpus=1))
    firsts = [found.first()]
    for expected in (("b", 1), ("c", 1), ("d", 2)):
        allocator.suppress_offers(FrameworkId("a"), ())
        (offer,) = allocator.allocate((allocator.books.agents[next(iter(allocator.books.with_free))].id,), now=0)
        assert offer.framework_id == expected[0]
        firsts.append(found.first())

    assert firsts == ["b", "c", "d", "b"]


def test_an_order_that_is_drawn_anew_or_has_inner_nodes_is_not_searched() -> None:
    allocator = HierarchicalAllocator(anything_goes())
    add_framework(allocator, "f1", "a/x")
    add_framework(allocator, "f2", "b")

    assert search(allocator.books.role_sorter, ()) is None
    assert search(RandomSorter(allocator.books.pool, 0), ()) is None
