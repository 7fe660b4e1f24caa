"""Safety: what is true of every run in every history (properties 1 to 10)."""

from __future__ import annotations

from allocators.allocator import AllocatorSettings
from tests.support import allocator_claims as claims
from tests.support.allocator_histories import Histories, run_histories
from tests.support.watched_allocator import Claim, WatchedAllocator


def hold(claim: Claim) -> None:
    """Histories of one allocator, with one claim checked around every run."""

    class Watched(Histories):
        def make(self, made: AllocatorSettings) -> WatchedAllocator:
            return WatchedAllocator(made, [claim])

    run_histories(Watched)


def test_what_is_free_and_what_is_held_add_up_to_the_total_of_an_agent() -> None:
    hold(claims.free_and_held_add_up)


def test_a_run_changes_no_total() -> None:
    hold(claims.a_run_changes_no_total)


def test_a_run_offers_no_more_of_an_agent_than_was_free() -> None:
    hold(claims.nothing_is_offered_twice)


def test_a_role_holds_what_its_frameworks_hold_and_agents_say() -> None:
    hold(claims.books_agree)


def test_a_reserved_resource_is_only_offered_under_its_role_or_below() -> None:
    hold(claims.reservations_stay_in_the_family)


def test_every_offer_is_for_somebody_who_may_have_it() -> None:
    hold(claims.offers_are_for_those_who_may_have_them)


def test_no_offer_is_contained_in_a_refusal_in_force() -> None:
    hold(claims.refusals_in_force_are_heeded)


def test_a_run_gives_a_role_no_more_than_its_limit_leaves() -> None:
    hold(claims.limits_bind_a_run)


def test_over_whole_histories_no_run_lifts_a_role_above_its_limit() -> None:
    hold(claims.runs_never_lift_a_role_above_its_limit)


def test_a_run_eats_no_headroom_that_guarantees_need() -> None:
    hold(claims.headroom_is_kept)


def test_after_a_run_over_all_nothing_is_left_of_what_a_guarantee_lacks() -> None:
    hold(claims.guarantees_come_first)


def test_a_second_run_right_after_a_first_offers_nothing() -> None:
    hold(claims.a_second_run_offers_nothing)
