"""Accounts: copies of one thing and written sums tell the same."""

from __future__ import annotations

from collections import Counter
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from allocators.sorters.account import Account
from allocators.sorters.sorter import Entry, Pool
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.resources import Resources
from tests.support.resource_notation import resources_of

SHARED: Final = {"@disk": {"persistence": "v"}, "@role": "r", "@shared": True}
# Two machines of a kind, one of another, and a volume with two copies: each is booked as one object.
ENTRIES: Final = tuple(
    Entry(AgentId("n1"), resources)
    for resources in (
        Resources.of(cpus=1, mem=32),
        Resources.of(cpus=1, mem=32),
        Resources.of(cpus=3),
        resources_of([{"cpus": 1}, {"disk": 10, **SHARED}]),
    )
)

bookings = st.lists(st.tuples(st.integers(0, len(ENTRIES) - 1), st.booleans()), max_size=20)


@given(bookings)
def test_an_account_holds_the_sum_of_what_was_booked_and_not_given_back(steps: list[tuple[int, bool]]) -> None:
    account, booked = Account(), Counter[int]()
    for number, is_more in steps:
        if is_more:
            account.book(ENTRIES[number])
            booked[number] += 1
        elif booked[number]:
            account.unbook(ENTRIES[number])
            booked[number] -= 1

    sums = Counter[str]()
    for number, count in booked.items():
        for name, milli in ENTRIES[number].amounts.items():
            sums[name] += count * milli
    if booked[3]:
        sums["disk"] += 10_000  # Once, however many copies.
    assert account.held == +sums


@given(bookings)
def test_whoever_takes_an_account_over_holds_the_same_and_goes_on_alone(steps: list[tuple[int, bool]]) -> None:
    first, second = Account(), Account()
    for number, _ in steps:
        first.book(ENTRIES[number])

    second.take_over(first)
    for number, _ in steps:
        first.unbook(ENTRIES[number])

    assert not first.held
    assert second.held == second.all().amounts or second.shared
    for number, _ in steps:
        second.unbook(ENTRIES[number])
    assert not second.held


def test_copies_have_the_share_of_what_they_are_also_after_the_pool_changed() -> None:
    pool = Pool()
    pool.add({"cpus": 10_000, "mem": 320_000})
    assert pool.share_of(ENTRIES[0], 3) == 0.3

    pool.add({"cpus": 10_000})

    assert pool.share_of(ENTRIES[0], 3) == 0.3  # Of mem, now.
    assert pool.share_of(ENTRIES[2], 2) == pool.share({"cpus": 6_000}) == 0.3
