"""The policy against the naive one, step by step and offer for offer, with all claims about runs watched.

Property 14: after every step the same orders of every sorter, the same figures of quota, the same offers.
"""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant

from allocators.allocator import Allocator, AllocatorSettings
from allocators.hierarchical.quota import QuotaFigures
from mesos_py.protocol.quantities import Quantities
from tests.support.allocator_claims import CLAIMS
from tests.support.allocator_histories import Histories, run_histories
from tests.support.naive_allocator import NaiveAllocator
from tests.support.naive_run import NaiveRun
from tests.support.watched_allocator import WatchedAllocator


class SameOffers(Histories):
    """Both allocators are told the same, and must say the same."""

    def make(self, made: AllocatorSettings) -> WatchedAllocator:
        return WatchedAllocator(made, CLAIMS)

    def make_twin(self, made: AllocatorSettings) -> Allocator:
        self.naive = NaiveAllocator(made)
        return cast(Allocator, self.naive)

    @invariant()
    def orders_are_the_same(self) -> None:
        if not hasattr(self, "first"):
            return
        sorters = self.first.books.framework_sorters
        assert self.first.books.role_sorter.sort() == self.naive.role_order()
        assert sorted(sorters) == sorted(self.naive.tracked)
        for role, sorter in sorters.items():
            assert sorter.sort() == self.naive.framework_order(role), f"frameworks of {role}"

    @invariant()
    def figures_of_quota_are_the_same(self) -> None:
        if hasattr(self, "first"):
            figures, naive = QuotaFigures(self.first.books), NaiveRun(self.naive)
            assert figures.required == naive.required
            assert figures.available == (naive.available if naive.required else Quantities())
            for role in self.naive.quotas:
                assert figures.consumed[role] == naive.consumed[role], role


TestSameOffers = SameOffers.TestCase
TestSameOffers.settings = settings(max_examples=60, stateful_step_count=30)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_offers_are_the_same_over_as_many_histories_as_take_some_minutes() -> None:
    run_histories(SameOffers, examples=2_000, steps=60)
