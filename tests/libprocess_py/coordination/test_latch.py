"""Gates that open once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py import Future, Promise
from libprocess_py.coordination import CountDownLatch, Once
from tests.libprocess_py.future.test_promise import ENDS


@given(st.integers(0, 5), st.integers(0, 8))
def test_a_latch_opens_when_it_has_been_counted_down_and_stays_open(count: int, downs: int) -> None:
    latch = CountDownLatch(count)
    early = latch.opened()

    for _ in range(downs):
        latch.count_down()

    assert latch.count == max(0, count - downs)
    assert early.is_ready == latch.opened().is_ready == (downs >= count)


def test_whoever_gives_up_waiting_for_a_latch_takes_nothing_from_the_others() -> None:
    latch = CountDownLatch()
    gives_up, stays = latch.opened(), latch.opened()

    gives_up.discard()
    latch.count_down()

    assert gives_up.is_discarded
    assert stays.is_ready


@pytest.mark.parametrize("how", ENDS)
def test_everybody_shares_the_outcome_of_what_is_done_once(how: str) -> None:
    calls: list[Promise[int]] = []

    def function() -> Future[int]:
        calls.append(Promise())
        return calls[-1]

    once = Once(function)
    assert not calls
    outcomes = [once(), once()]
    ENDS[how](calls[0])
    outcomes.append(once())

    assert len(calls) == 1
    assert {(outcome.state, outcome.abandoned) for outcome in outcomes} == {(calls[0].state, calls[0].abandoned)}


def test_nobody_can_discard_what_others_wait_for() -> None:
    work: Promise[int] = Promise()
    once = Once(lambda: work)
    mine, theirs = once(), once()

    mine.discard()
    work.set(1)

    assert not work.discard_requested
    assert theirs.get() == 1


def test_what_raises_is_done_once_too() -> None:
    once = Once(lambda: 1 // 0)

    assert isinstance(once().failure, ZeroDivisionError)
    assert once().failure is once().failure
