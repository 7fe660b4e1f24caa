"""Many futures as one: order, the first that has no value, how each of them ended."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py import Promise
from libprocess_py.future import State, await_all, collect
from tests.libprocess_py.future.test_promise import COMPLETIONS, ENDS, FINAL


@given(st.permutations(range(5)))
def test_collect_keeps_the_order_of_its_inputs(order: list[int]) -> None:
    promises: list[Promise[int]] = [Promise() for _ in order]
    result = collect(promises)

    for number in order:
        assert result.is_pending
        promises[number].set(number)

    assert result.get() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("how", ["fail", "discard", "abandon"])
def test_collect_ends_with_the_first_input_that_has_no_value(how: str) -> None:
    promises: list[Promise[Any]] = [Promise(), Promise()]
    result = collect(promises)

    ENDS[how](promises[1])

    assert result.abandoned if how == "abandon" else result.state is FINAL[how]


def test_what_comes_after_the_first_input_without_a_value_changes_nothing() -> None:
    promises: list[Promise[int]] = [Promise(), Promise(), Promise()]
    result = collect(promises)

    promises[1].abandon()
    promises[0].fail("late")
    promises[2].discard()

    assert result.abandoned


def test_collect_of_nothing_is_ready() -> None:
    assert collect([]).get() == []


def test_a_discard_of_collect_reaches_every_input() -> None:
    promises: list[Promise[int]] = [Promise(), Promise()]

    collect(promises).discard()

    assert all(promise.discard_requested for promise in promises)


@given(st.lists(st.sampled_from(sorted(COMPLETIONS)), min_size=1), st.randoms(use_true_random=False))
def test_await_all_is_ready_with_its_inputs_when_the_last_has_ended_whatever_became_of_it(
    hows: list[str], order: Any
) -> None:
    promises: list[Promise[int]] = [Promise() for _ in hows]
    result = await_all(promises)
    numbers = list(range(len(hows)))
    order.shuffle(numbers)

    for number in numbers:
        assert result.is_pending
        COMPLETIONS[hows[number]](promises[number])

    assert [future.state for future in result.get()] == [FINAL[how] for how in hows]
    assert all(future is promise for future, promise in zip(result.get(), promises, strict=True))


def test_await_all_of_an_abandoned_future_is_abandoned() -> None:
    promises: list[Promise[int]] = [Promise(), Promise()]
    result = await_all(promises)

    promises[0].fail("broken")
    promises[1].abandon()

    assert result.abandoned


def test_await_all_of_nothing_is_ready() -> None:
    assert await_all([]).get() == []


def test_a_discard_of_await_all_reaches_every_input_and_waits_for_what_they_make_of_it() -> None:
    promises: list[Promise[int]] = [Promise(), Promise()]
    result = await_all(promises)

    result.discard()
    asked = [promise.discard_requested for promise in promises]
    promises[0].set_discarded()
    promises[1].set(1)

    assert asked == [True, True]
    assert [future.state for future in result.get()] == [State.DISCARDED, State.READY]
