"""Rankings of a few clients."""

from __future__ import annotations

import pytest

from allocators.sorters.drf import DrfSorter
from allocators.sorters.ranking import Ranking
from allocators.sorters.sorter import Entry, Pool
from allocators.sorters.weighted_random import RandomSorter
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.resources import Resources

CLIENTS = ("a", "a/x", "b", "c", "d")


def entry(cpus: float) -> Entry:
    return Entry(AgentId("n"), Resources.of(cpus=cpus))


@pytest.fixture
def sorter() -> DrfSorter:
    pool = Pool()
    pool.add({"cpus": 100_000})
    made = DrfSorter(pool)
    for client in CLIENTS:
        made.add(client)
        made.activate(client)
    for cpus, client in enumerate(CLIENTS):
        made.allocated(client, entry(cpus + 1))
    return made


def test_a_ranking_is_the_order_of_the_sorter_without_the_others(sorter: DrfSorter) -> None:
    ranking = Ranking(sorter, ("d", "b", "a"))

    assert list(ranking.walk()) == [client for client in sorter.walk() if client in ("a", "b", "d")]


def test_a_client_that_was_booked_moves(sorter: DrfSorter) -> None:
    ranking = Ranking(sorter, ("b", "c", "d"))

    sorter.allocated("c", entry(50))
    ranking.booked("c")

    assert list(ranking.walk()) == ["b", "d", "c"]


def test_a_client_that_was_dropped_is_out(sorter: DrfSorter) -> None:
    ranking = Ranking(sorter, ("b", "c"))

    ranking.drop("b")

    assert (list(ranking.walk()), len(ranking)) == (["c"], 1)


def test_where_the_order_is_drawn_for_each_walk_the_ranking_is_too() -> None:
    sorter = RandomSorter(Pool(), seed=1)
    for number in range(20):
        sorter.add(f"c{number}")
        sorter.activate(f"c{number}")
    ranking = Ranking(sorter, ("c1", "c2", "c3", "c4", "c5"))

    walks = {tuple(ranking.walk()) for _ in range(20)}

    assert len(walks) > 1
    assert all(sorted(walk) == ["c1", "c2", "c3", "c4", "c5"] for walk in walks)


def test_a_client_that_was_booked_in_a_drawn_order_stays_in_the_ranking() -> None:
    sorter = RandomSorter(Pool(), seed=1)
    sorter.add("c")
    sorter.activate("c")
    ranking = Ranking(sorter, ("c",))

    sorter.allocated("c", entry(1))
    ranking.booked("c")

    assert list(ranking.walk()) == ["c"]
