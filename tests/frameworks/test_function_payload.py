"""Sealed payloads: what comes back, and that nothing is unpickled which the framework did not seal."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesos_py.frameworks.function_payload import (
    CALL_MAX,
    KEY_BYTES,
    RESULT_MAX,
    SEAL_BYTES,
    PayloadError,
    Raised,
    Returned,
    open_answer,
    open_call,
    pack_answer,
    pack_call,
    seal_answer,
    seal_call,
    unpack_answer,
    unpack_call,
)
from mesos_py.protocol.ids import TaskId

KEY = bytes(range(KEY_BYTES))
OTHER_KEY = bytes(KEY_BYTES)
TASK = TaskId("call-1")


class Bomb:
    """Unpickling it creates a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.file,)


def test_a_call_comes_back_as_it_was_closures_included() -> None:
    factor = 3

    def scaled(value: int, *, plus: int) -> int:
        return value * factor + plus

    sealed = seal_call(KEY, TASK, payload=pack_call(scaled, (5,), kwargs={"plus": 1}))
    call = unpack_call(open_call(KEY, TASK, sealed=sealed))

    assert call.function(*call.args, **call.kwargs) == 16


def test_a_returned_value_comes_back() -> None:
    assert open_answer(KEY, TASK, sealed=seal_answer(KEY, TASK, payload=pack_answer(Returned({"a": [1]})))) == {
        "a": [1]
    }


def test_a_raised_exception_is_raised_with_the_remote_traceback_as_its_cause() -> None:
    sealed = seal_answer(KEY, TASK, payload=pack_answer(Raised(KeyError("missing"), "Traceback: far away")))

    with pytest.raises(KeyError, match="missing") as caught:
        open_answer(KEY, TASK, sealed=sealed)

    assert "far away" in str(caught.value.__cause__)


@given(key=st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES), payload=st.binary(), task=st.text(min_size=1))
def test_what_is_sealed_opens_with_the_same_key_and_task_only(key: bytes, payload: bytes, task: str) -> None:
    sealed = seal_call(key, TaskId(task), payload=payload)

    assert open_call(key, TaskId(task), sealed=sealed) == payload
    with pytest.raises(PayloadError, match="seal"):
        open_call(key, TaskId(task + "x"), sealed=sealed)
    with pytest.raises(PayloadError, match="seal"):
        open_call(bytes(byte ^ 1 for byte in key), TaskId(task), sealed=sealed)


@given(position=st.integers(min_value=0, max_value=SEAL_BYTES + 19), bit=st.integers(min_value=0, max_value=7))
def test_a_payload_with_one_changed_bit_does_not_open(position: int, bit: int) -> None:
    sealed = bytearray(seal_call(KEY, TASK, payload=b"twenty bytes of call"))
    sealed[position] ^= 1 << bit

    with pytest.raises(PayloadError, match="seal"):
        open_call(KEY, TASK, sealed=bytes(sealed))


@pytest.mark.parametrize(
    "forge",
    [
        lambda payload: payload,
        lambda payload: bytes(SEAL_BYTES) + payload,
        lambda payload: seal_answer(OTHER_KEY, TASK, payload=payload),
        lambda payload: seal_answer(KEY, TaskId("call-2"), payload=payload),
        lambda payload: seal_call(KEY, TASK, payload=payload),
    ],
    ids=["unsealed", "zeros for a seal", "another key", "another task", "a call for an answer"],
)
def test_an_answer_without_its_seal_is_never_unpickled(tmp_path: Path, forge: Any) -> None:
    victim = tmp_path / "unpickled"
    payload = pickle.dumps(("value", Bomb(victim)))

    with pytest.raises(PayloadError, match="seal"):
        open_answer(KEY, TASK, sealed=forge(payload))

    assert not victim.exists()
    open_answer(KEY, TASK, sealed=seal_answer(KEY, TASK, payload=payload))
    assert victim.exists(), "the bomb would have gone off"


def test_a_key_of_another_length_seals_nothing() -> None:
    with pytest.raises(PayloadError, match="0 bytes: expected 32"):
        seal_call(b"", TASK, payload=b"payload")


def test_a_call_of_another_python_is_refused_before_it_is_unpickled(tmp_path: Path) -> None:
    victim = tmp_path / "unpickled"

    with pytest.raises(PayloadError, match=r"pickled by Python 2\.7, and this agent runs"):
        unpack_call(b"2.7\n" + pickle.dumps((Bomb(victim), (), {})))

    assert not victim.exists()


def test_what_cannot_be_pickled_is_refused_in_words() -> None:
    with pytest.raises(PayloadError, match="the call cannot be pickled: TypeError"):
        pack_call(print, (threading.Lock(),), kwargs={})


def test_what_is_too_large_is_refused_with_both_sizes() -> None:
    with pytest.raises(PayloadError, match=r"the pickled value has 16,777,\d\d\d bytes: at most 16,777,216"):
        pack_answer(Returned(bytes(RESULT_MAX)))
    with pytest.raises(PayloadError, match=r"the pickled call has 16,777,\d\d\d bytes: at most 16,777,216"):
        pack_call(len, (bytes(CALL_MAX),), kwargs={})


def fail_to_load() -> NoReturn:
    raise LookupError("not here")


class Unloadable:
    def __reduce__(self) -> tuple[Any, ...]:
        return fail_to_load, ()


def test_what_does_not_load_here_is_a_problem_in_words() -> None:
    with pytest.raises(PayloadError, match="the result cannot be unpickled here: LookupError: not here"):
        unpack_answer(pack_answer(Returned(Unloadable())))
