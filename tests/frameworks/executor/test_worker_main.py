"""The worker's side of a call, in this process; as a process of its own it is tested with its handle."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesos_py.frameworks.executor.frames import Answer
from mesos_py.frameworks.executor.worker_main import REPR_MAX, TRACEBACK_MAX, answer
from mesos_py.frameworks.function_payload import PayloadError, Raised, Returned, pack_call, unpack_answer


def answered(function: Any, *args: Any) -> tuple[Answer, Returned | Raised]:
    told = answer(pack_call(function, args, kwargs={}))
    return told, unpack_answer(told.payload)


def raised(function: Any, *args: Any) -> tuple[str, Raised]:
    told, outcome = answered(function, *args)
    assert isinstance(outcome, Raised)
    assert not told.has_returned
    return told.message, outcome


def test_a_value_is_answered() -> None:
    told, outcome = answered(divmod, 17, 5)

    assert told.has_returned
    assert outcome == Returned((3, 2))


def test_an_exception_is_answered_with_its_traceback() -> None:
    message, outcome = raised(int, "five")

    assert isinstance(outcome.exception, ValueError)
    assert "five" in message
    assert "invalid literal" in outcome.traceback


def test_the_traceback_starts_in_the_function() -> None:
    def broken() -> None:
        raise RuntimeError("here")

    _, outcome = raised(broken)

    assert "in broken" in outcome.traceback
    assert "worker_main" not in outcome.traceback


def test_sys_exit_ends_the_function_only() -> None:
    _, outcome = raised(sys.exit, 3)

    assert isinstance(outcome.exception, SystemExit)


def test_a_value_that_cannot_be_pickled_is_named() -> None:
    _, outcome = raised(lambda: (number for number in range(3)))

    assert isinstance(outcome.exception, PayloadError)
    assert "the value cannot be pickled" in str(outcome.exception)
    assert "(type generator)" in str(outcome.exception)


class Picky(Exception):
    """Pickles, and does not unpickle: its arguments are not its constructor's."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


def test_an_exception_that_does_not_unpickle_is_told_in_words() -> None:
    def broken() -> None:
        raise Picky("this", "that")

    _, outcome = raised(broken)

    assert isinstance(outcome.exception, PayloadError)
    assert "raised was Picky('this and that')" in str(outcome.exception)
    assert "in broken" in outcome.traceback


class Hostile(Exception):
    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    __str__ = __repr__

    def __reduce__(self) -> Any:
        raise RuntimeError("no pickle")


def test_an_exception_that_refuses_everything_is_answered_all_the_same() -> None:
    def broken() -> None:
        raise Hostile

    message, _ = raised(broken)

    assert "<Hostile that cannot be shown>" in message


def test_endless_recursion_and_endless_texts_are_cut() -> None:
    def endless(depth: int) -> int:
        return endless(depth + 1) + len("x" * depth)

    def loud() -> None:
        raise ValueError("x" * 1_000_000)

    _, deep = raised(endless, 0)
    message, _ = raised(loud)

    assert isinstance(deep.exception, RecursionError)
    assert len(deep.traceback) <= TRACEBACK_MAX
    assert len(message) <= REPR_MAX + len("ValueError: ")


def test_a_call_that_does_not_load_is_answered() -> None:
    told = answer(b"2.7\nnonsense")

    assert isinstance(unpack_answer(told.payload), Raised)
    assert "pickled by Python 2.7" in told.message


@given(has_returned=st.booleans(), message=st.text(max_size=200), payload=st.binary())
def test_an_answer_comes_back_from_its_bytes(has_returned: bool, message: str, payload: bytes) -> None:
    sent = Answer(has_returned, message, payload)

    received = Answer.from_bytes(sent.to_bytes())

    assert received == sent


@given(st.binary(max_size=60))
def test_other_bytes_are_an_answer_or_a_value_error(content: bytes) -> None:
    try:
        told = Answer.from_bytes(content)
    except ValueError:
        return
    assert told.payload == b"" or content.endswith(told.payload)


@pytest.mark.parametrize("content", [b"", b"\1", b"\2\0\0\0\0", b"\1\0\0\0\2x", b"\1\xff\xff\xff\xff"])
def test_cut_and_strange_answers_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not an answer"):
        Answer.from_bytes(content)
