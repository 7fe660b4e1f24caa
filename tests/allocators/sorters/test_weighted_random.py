"""The lottery: seeded, fair by weight, level by level."""

from __future__ import annotations

from collections import Counter

from allocators.sorters.sorter import Pool
from allocators.sorters.weighted_random import RandomSorter

WALKS = 4_000


def a_sorter(seed: int, *clients: str) -> RandomSorter:
    sorter = RandomSorter(Pool(), seed)
    for client in clients:
        sorter.add(client)
        sorter.activate(client)
    return sorter


def test_equal_seeds_give_equal_orders_and_other_seeds_other_ones() -> None:
    histories = [[a_sorter.sort() for _ in range(20)] for a_sorter in (lottery(1), lottery(1), lottery(2))]

    assert histories[0] == histories[1]
    assert histories[0] != histories[2]


def lottery(seed: int) -> RandomSorter:
    return a_sorter(seed, "a", "b", "c", "d")


def test_every_walk_lists_every_active_client_once() -> None:
    sorter = a_sorter(1, "a", "b/c", "b", "d")
    sorter.deactivate("d")

    assert all(sorted(sorter.sort()) == ["a", "b", "b/c"] for _ in range(50))


def test_a_client_comes_first_in_proportion_to_its_weight() -> None:
    sorter = a_sorter(1, "a", "b", "c")
    sorter.update_weight("b", 2)
    sorter.update_weight("c", 5)

    firsts = Counter(next(sorter.walk()) for _ in range(WALKS))

    assert abs(firsts["a"] - WALKS / 8) < 120  # Six standard deviations.
    assert abs(firsts["b"] - WALKS / 4) < 170
    assert abs(firsts["c"] - WALKS * 5 / 8) < 190


def test_subtrees_draw_as_one_against_their_siblings() -> None:
    sorter = a_sorter(1, "a/1", "a/2", "a/3", "b")

    firsts = Counter(next(sorter.walk()).partition("/")[0] for _ in range(WALKS))

    assert abs(firsts["a"] - WALKS / 2) < 190  # Six standard deviations.
