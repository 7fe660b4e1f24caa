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


def test_who_takes_part_and_what_each_weighs_may_change_between_walks() -> None:
    sorter = a_sorter(1, "a", "b", "c/d")
    orders = [sorted(sorter.sort())]

    for change, client in (
        (sorter.deactivate, "b"),
        (sorter.activate, "b"),
        (sorter.remove, "a"),
        (sorter.add, "b/e"),
        (sorter.activate, "b/e"),
        (sorter.remove, "b/e"),
    ):
        change(client)
        orders.append(sorted(sorter.sort()))

    assert orders == [
        ["a", "b", "c/d"],
        ["a", "c/d"],
        ["a", "b", "c/d"],
        ["b", "c/d"],
        ["b", "c/d"],
        ["b", "b/e", "c/d"],
        ["b", "c/d"],
    ]
    sorter.update_weight("c", 1_000_000)
    assert [sorter.sort()[0] for _ in range(50)] == ["c/d"] * 50


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


def test_places_after_the_first_are_drawn_by_the_weights_of_those_who_are_left() -> None:
    sorter = a_sorter(1, "a", "b", "c", "d")
    sorter.update_weight("a", 1_000_000)  # Its tickets would be drawn again and again.
    sorter.update_weight("b", 3)

    orders = Counter(tuple(sorter.sort()[1:3]) for _ in range(WALKS))

    assert all(sorter.sort()[0] == "a" for _ in range(20))
    second = {client: sum(count for order, count in orders.items() if order[0] == client) for client in "bcd"}
    assert abs(second["b"] - WALKS * 3 / 5) < 190  # Six standard deviations.
    assert abs(second["c"] - WALKS / 5) < 155
    assert abs(orders["b", "c"] - WALKS * 3 / 10) < 175


def test_every_order_of_equals_is_as_likely_as_any_other() -> None:
    sorter = a_sorter(7, "a", "b", "c")

    orders = Counter(tuple(sorter.sort()) for _ in range(WALKS))

    assert len(orders) == 6
    assert all(abs(count - WALKS / 6) < 145 for count in orders.values())  # Six standard deviations.


def test_the_order_of_arrival_does_not_matter() -> None:
    one, other = a_sorter(3, "a", "b", "c"), a_sorter(3, "c", "a", "b")
    other.deactivate("a")
    other.activate("a")

    assert [one.sort() for _ in range(20)] == [other.sort() for _ in range(20)]
