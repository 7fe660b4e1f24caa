"""Futures: one transition, callbacks, discard requests, abandonment, composition; long chains, nothing left behind."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py import Future, FutureDiscarded, FutureFailed, MailboxClosed, Promise
from libprocess_py.future import State, failed, ready

CHAIN: int = 20_000  # Far beyond what Python's stack holds.
LONG_CHAIN: int = 100_000

COMPLETIONS: dict[str, Callable[[Promise[int]], bool]] = {
    "set": lambda promise: promise.set(1),
    "fail": lambda promise: promise.fail("broken"),
    "discard": lambda promise: promise.set_discarded(),
}
ENDS: dict[str, Callable[[Promise[int]], bool]] = {**COMPLETIONS, "abandon": Promise.abandon}
FINAL = {"set": State.READY, "fail": State.FAILED, "discard": State.DISCARDED}


def _watched(future: Future[int]) -> list[str]:
    """The kinds of callbacks that ran, in order."""
    seen: list[str] = []
    future.on_ready(lambda _: seen.append("ready"))
    future.on_failed(lambda _: seen.append("failed"))
    future.on_discarded(lambda _: seen.append("discarded"))
    future.on_any(lambda _: seen.append("any"))
    future.on_abandoned(lambda _: seen.append("abandoned"))
    future.on_discard(lambda _: seen.append("discard"))
    return seen


@given(st.lists(st.sampled_from([*ENDS, "request"]), min_size=1))
def test_only_the_first_completion_counts(steps: list[str]) -> None:
    promise: Promise[int] = Promise()
    state, abandoned, requested = State.PENDING, False, False
    for step in steps:
        if step == "abandon":
            assert promise.abandon() == (state is State.PENDING and not abandoned)
            abandoned = abandoned or state is State.PENDING
        elif step == "request":
            assert promise.discard() == (state is State.PENDING and not requested)
            requested = requested or state is State.PENDING
        else:
            assert COMPLETIONS[step](promise) == (state is State.PENDING)
            state = FINAL[step] if state is State.PENDING else state
        assert promise.state is state
        assert promise.abandoned == (abandoned and state is State.PENDING)


@pytest.mark.parametrize(
    ("how", "expected"),
    [("set", ["ready", "any"]), ("fail", ["failed", "any"]), ("discard", ["discarded", "any"])],
)
def test_callbacks_run_once_each_in_the_order_of_registration(how: str, expected: list[str]) -> None:
    promise: Promise[int] = Promise()
    early = _watched(promise)

    COMPLETIONS[how](promise)
    promise.set(2)
    late = _watched(promise)

    assert early == expected
    assert late == expected


def test_a_discard_is_only_a_request() -> None:
    promise: Promise[int] = Promise()
    seen = _watched(promise)

    assert promise.discard()
    assert promise.is_pending
    promise.set(1)

    assert seen == ["discard", "ready", "any"]


def test_an_abandoned_future_is_pending_and_says_so() -> None:
    promise: Promise[int] = Promise()
    seen = _watched(promise)

    promise.abandon()

    assert seen == ["abandoned"]
    assert promise.is_pending
    with pytest.raises(MailboxClosed):
        promise.get()


def test_get_raises_what_became_of_the_future() -> None:
    discarded: Promise[int] = Promise()
    discarded.set_discarded()

    with pytest.raises(FutureDiscarded):
        discarded.get()
    with pytest.raises(FutureFailed, match="broken"):
        failed("broken").get()
    with pytest.raises(RuntimeError, match="pending"):
        Promise[int]().get()
    assert ready(5).get() == 5


def test_then_passes_the_value_on_and_chains_futures() -> None:
    promise: Promise[int] = Promise()
    inner: Promise[str] = Promise()

    doubled = promise.then(lambda number: number * 2)
    chained = promise.then(lambda _: inner.future)
    promise.set(4)
    inner.set("inner")

    assert (doubled.get(), chained.get()) == (8, "inner")


def test_then_fails_with_what_its_function_raises() -> None:
    result = ready(0).then(lambda number: 1 // number)

    assert isinstance(result.failure, ZeroDivisionError)


@pytest.mark.parametrize("how", ["fail", "discard", "abandon"])
def test_then_and_repair_and_recover_differ_in_what_they_see(how: str) -> None:
    promise: Promise[int] = Promise()
    then = promise.then(lambda _: 10)
    repair = promise.repair(lambda _: 20)
    recover = promise.recover(lambda _: 30)

    ENDS[how](promise)

    assert not then.is_ready
    assert repair.is_ready == (how == "fail")
    assert recover.get() == 30
    assert then.abandoned == (how == "abandon")


def test_a_discard_requested_of_a_result_reaches_the_source() -> None:
    promise: Promise[int] = Promise()
    result = promise.then(str).then(len)

    result.discard()

    assert promise.discard_requested


def test_a_result_whose_discard_was_requested_is_discarded_although_the_source_became_ready() -> None:
    promise: Promise[int] = Promise()
    ran: list[int] = []
    result = promise.then(ran.append)

    result.discard()
    promise.set(1)

    assert result.is_discarded
    assert ran == []


def test_what_is_no_longer_wanted_is_not_repaired_but_recovered() -> None:
    promise: Promise[int] = Promise()
    repaired, recovered = promise.repair(lambda _: 1), promise.recover(lambda _: 2)

    repaired.discard()
    recovered.discard()
    promise.fail("broken")

    assert repaired.is_discarded
    assert recovered.get() == 2


def test_a_promise_that_is_complete_becomes_nothing_else() -> None:
    promise: Promise[int] = Promise()
    other: Promise[int] = Promise()
    promise.set(1)

    promise.associate(other)
    other.set(2)

    assert promise.get() == 1


def test_a_long_chain_needs_a_constant_stack() -> None:
    first: Promise[int] = Promise()
    last: Future[int] = first
    for _ in range(LONG_CHAIN):
        last = last.then(lambda number: number + 1)

    first.set(0)

    assert last.get() == LONG_CHAIN


def test_a_long_chain_of_abandoned_futures_needs_a_constant_stack() -> None:
    first: Promise[int] = Promise()
    last: Future[int] = first
    for _ in range(CHAIN):
        last = last.then(lambda number: number)

    first.abandon()

    assert last.abandoned


def test_a_callback_that_raises_does_not_keep_the_others_from_running() -> None:
    promise: Promise[int] = Promise()
    seen: list[int] = []
    promise.on_ready(lambda _: 1 // 0)
    promise.on_ready(seen.append)

    with pytest.raises(ZeroDivisionError):
        promise.set(7)

    assert seen == [7]
    after: Promise[int] = Promise()
    after.on_ready(seen.append)
    after.set(8)
    assert seen == [7, 8]


def test_a_discard_passes_through_a_long_chain_on_a_constant_stack() -> None:
    first: Promise[int] = Promise()
    last: Future[int] = first
    for _ in range(CHAIN):
        last = last.then(lambda number: number)

    last.discard()
    asked = first.discard_requested
    first.set_discarded()

    assert asked
    assert last.is_discarded


def test_a_long_chain_of_promises_that_become_one_another_needs_a_constant_stack() -> None:
    first: Promise[int] = Promise()
    last: Promise[int] = first
    for _ in range(CHAIN):
        after: Promise[int] = Promise()
        after.associate(last)
        last = after

    first.set(3)

    assert last.get() == 3


@pytest.mark.parametrize("how", ENDS)
def test_an_undiscardable_future_passes_everything_on_but_the_request_for_a_discard(how: str) -> None:
    promise: Promise[int] = Promise()
    shielded = promise.undiscardable()

    shielded.discard()
    asked = promise.discard_requested
    ENDS[how](promise)

    assert not asked
    assert shielded.state is promise.state
    assert shielded.abandoned == promise.abandoned


class Value:
    """Something whose end can be seen."""

    def meet(self, other: Value) -> None:
        """Keeps both alive while it waits to be called."""


def _chain_of(first: Promise[Value]) -> Future[Value]:
    return first.then(lambda value: value).repair(lambda _: Value()).recover(lambda _: Value()).undiscardable()


def test_a_chain_that_has_ended_is_freed_without_the_help_of_the_garbage_collector() -> None:
    gc.disable()
    try:
        first: Promise[Value] = Promise()
        last = _chain_of(first)
        value = Value()
        alive = weakref.ref(value)
        first.set(value)
        del value, first, last

        assert alive() is None
    finally:
        gc.enable()


def test_futures_that_wait_for_one_another_are_garbage_once_nobody_else_knows_them() -> None:
    value = Value()
    alive = weakref.ref(value)
    one: Promise[Value] = Promise()
    other: Promise[Value] = Promise()
    one.associate(other)
    other.associate(one)
    one.on_ready(partial(Value.meet, value))
    pending = _chain_of(one)
    del value, one, other, pending

    gc.collect()

    assert alive() is None


def test_a_discard_that_goes_in_a_circle_ends() -> None:
    one: Promise[int] = Promise()
    other: Promise[int] = Promise()
    one.associate(other)
    other.associate(one)

    one.discard()

    assert other.discard_requested


@pytest.mark.parametrize("how", ENDS)
def test_whatever_becomes_of_a_future_it_is_settled_once(how: str) -> None:
    promise: Promise[int] = Promise()
    seen: list[Future[int]] = []
    promise.on_settled(seen.append)
    before = promise.is_settled

    ENDS[how](promise)
    promise.set(7)
    promise.on_settled(seen.append)

    assert not before
    assert promise.is_settled
    assert len(seen) == 2


# One step of a chain, and what it makes of each of the four ends: a table beside the code.
Step = Callable[[Future[int]], Future[int]]


def _fail(_: object) -> int:
    raise ValueError("step")


STEPS: dict[str, tuple[Step, dict[str, str]]] = {
    "then": (lambda future: future.then(lambda number: number + 1), {}),
    "then a ready future": (lambda future: future.then(ready), {}),
    "then raises": (lambda future: future.then(_fail), {"set": "fail"}),
    "then fails": (lambda future: future.then(lambda _: failed("step")), {"set": "fail"}),
    "repair": (lambda future: future.repair(lambda _: 0), {"fail": "set"}),
    "repair raises": (lambda future: future.repair(_fail), {}),
    "recover": (lambda future: future.recover(lambda _: 0), {"fail": "set", "discard": "set", "abandon": "set"}),
    "recover raises": (lambda future: future.recover(_fail), {"discard": "fail", "abandon": "fail"}),
    "undiscardable": (lambda future: future.undiscardable(), {}),
}


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=8), st.sampled_from(sorted(ENDS)), st.booleans())
def test_any_chain_ends_as_its_steps_taken_one_by_one(names: list[str], how: str, early: bool) -> None:
    promise: Promise[int] = Promise()
    if early:
        ENDS[how](promise)
    end: Future[int] = promise
    expected = how

    for name in names:
        step, outcomes = STEPS[name]
        end, expected = step(end), outcomes.get(expected, expected)
    if not early:
        ENDS[how](promise)

    assert end.abandoned == (expected == "abandon")
    assert end.state is (State.PENDING if expected == "abandon" else FINAL[expected])


@given(st.lists(st.sampled_from(["then", "repair", "recover"]), min_size=1, max_size=8))
def test_a_request_passes_back_through_any_chain_up_to_a_shield(names: list[str]) -> None:
    open_way: Promise[int] = Promise()
    shielded: Promise[int] = Promise()
    end: Future[int] = open_way
    far: Future[int] = shielded.undiscardable()
    for name in names:
        end, far = STEPS[name][0](end), STEPS[name][0](far)

    end.discard()
    far.discard()

    assert open_way.discard_requested
    assert not shielded.discard_requested


def test_a_future_is_awaited_while_somebody_wants_to_know_what_becomes_of_it() -> None:
    promise: Promise[int] = Promise()
    promise.on_discard(lambda _: None)
    seen = [promise.is_awaited]  # Its producer listens, and nobody else.

    result = promise.then(lambda value: value)
    seen += [promise.is_awaited, result.is_awaited]
    promise.set(1)
    seen.append(promise.is_awaited)

    assert seen == [False, True, False, False]


def test_a_discard_that_was_asked_for_before_is_passed_on_to_what_a_promise_becomes() -> None:
    promise, source = Promise[int](), Promise[int]()
    promise.discard()

    promise.associate(source)

    assert source.discard_requested


def test_a_promise_that_is_complete_has_nothing_to_do_with_what_it_is_to_become() -> None:
    promise, source = Promise[int](), Promise[int]()
    promise.discard()
    promise.set(1)
    late: list[object] = []
    promise.on_discard(late.append)

    promise.associate(source)
    source.set(2)

    assert promise.get() == 1
    assert not source.discard_requested
    assert late == [], "a request is of no interest once there is an outcome"


def test_a_failure_that_comes_too_late_leaves_the_traceback_of_the_first_alone() -> None:
    def raised() -> ValueError:
        try:
            raise ValueError("of one")
        except ValueError as error:
            return error

    promise: Promise[int] = Promise()
    promise.fail(raised())

    promise.fail(ValueError("never raised"))

    with pytest.raises(ValueError, match="of one") as told:
        promise.get()
    assert "raised" in [entry.name for entry in told.traceback]


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_every_callback_runs_whatever_others_raise_and_the_first_of_it_is_told(kind: type[BaseException]) -> None:
    promise: Promise[int] = Promise()
    seen: list[int] = []

    def broken(word: str) -> None:
        raise kind(word)

    promise.on_ready(lambda _: broken("first")).on_ready(seen.append).on_ready(lambda _: broken("second"))
    promise.on_ready(seen.append)

    with pytest.raises(kind, match="first"):
        promise.set(1)

    assert seen == [1, 1]
    later: Promise[int] = Promise()
    later.on_ready(seen.append)
    later.set(2)
    assert seen == [1, 1, 2], "whatever was raised, completions run their callbacks as before"
