"""Python functions as tasks: how a call and its outcome travel, and why nobody else's pickle is ever opened (EX-06).

Unpickling runs code, so it needs proof of origin. The framework makes a random session key and gives it to its
executors in `ExecutorInfo.data`. Every payload is sealed: an HMAC-SHA256 over its direction, the task's id and the
payload stands in front of it. `open_call` and `open_answer` check the seal in constant time and raise before anything
is unpickled. The task's id is in the seal, so a result cannot be passed off as another task's; the direction, so a call
is not taken for a result.

A call is `3.11\\n` and a cloudpickle of (function, args, kwargs): bytecode fits one minor version of Python only, so
the version must be readable without unpickling. A result is a cloudpickle of ("value", value) or
("error", exception, traceback).
"""

from __future__ import annotations

import hashlib
import hmac
import pickle
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from mesos_py.protocol.ids import TaskId

KEY_BYTES: Final = 32  # As long as the digest: longer keys add nothing.
SEAL_BYTES: Final = hashlib.sha256().digest_size
CALL_MAX: Final = 16_777_216  # 16 MiB: base64 makes it 22.4 MB, and a message's body may have 32 MiB.
RESULT_MAX: Final = 16_777_216  # As above; larger results belong in a file or a store, and the error says so.
VERSION: Final = f"{sys.version_info.major}.{sys.version_info.minor}"
VERSION_MAX: Final = 8  # Bytes: "3.11" and room for versions to come.

_CALL: Final = b"task"
_RESULT: Final = b"result"


class PayloadError(Exception):
    """A payload that must not be opened or cannot be made; the text says which and why."""


class RemoteTraceback(Exception):
    """Where an exception was raised on the cluster; the `__cause__` of what the caller gets."""

    def __str__(self) -> str:
        return f'\n"""\n{self.args[0]}"""'


class Call(NamedTuple):
    """What to run."""

    function: Callable[..., object]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


class Returned(NamedTuple):
    """The function came to its end."""

    value: object


class Raised(NamedTuple):
    """The function raised; `traceback` is where, in words, since frames do not travel."""

    exception: BaseException
    traceback: str

    def with_cause(self) -> BaseException:
        """The exception as a caller expects it, showing both tracebacks when printed."""
        self.exception.__cause__ = RemoteTraceback(self.traceback)
        return self.exception


# Calls


def pack_call(function: Callable[..., object], args: tuple[Any, ...], *, kwargs: Mapping[str, Any]) -> bytes:
    """Pickle a call, closures and classes of `__main__` included. Raises PayloadError if it cannot travel."""
    import cloudpickle

    try:
        pickled: bytes = cloudpickle.dumps((function, args, dict(kwargs)))
    except Exception as error:  # Pickling runs the methods of any object.
        raise PayloadError(f"the call cannot be pickled: {type(error).__name__}: {error}") from error
    payload = VERSION.encode() + b"\n" + pickled
    if len(payload) > CALL_MAX:
        raise PayloadError(f"the pickled call has {len(payload):,} bytes: at most {CALL_MAX:,}")
    return payload


def unpack_call(payload: bytes) -> Call:
    """Unpickle a call whose seal was checked. Raises PayloadError if another Python made it or it does not load."""
    version, _, pickled = payload.partition(b"\n")
    if version != VERSION.encode():
        told = version[:VERSION_MAX].decode(errors="replace")
        raise PayloadError(f"the call was pickled by Python {told}, and this agent runs {VERSION}: use the same")
    try:
        return Call(*pickle.loads(pickled))  # noqa: S301  # Only after open_call.
    except Exception as error:  # Unpickling runs the code of any module.
        raise PayloadError(f"the call cannot be unpickled here: {type(error).__name__}: {error}") from error


# Answers


def pack_answer(outcome: Returned | Raised) -> bytes:
    """Pickle an outcome. Raises PayloadError if it is too large or cannot travel."""
    import cloudpickle

    tagged = ("value", outcome.value) if isinstance(outcome, Returned) else ("error", *outcome)
    try:
        payload: bytes = cloudpickle.dumps(tagged)
    except Exception as error:  # Pickling runs the methods of any object.
        raise PayloadError(f"the {tagged[0]} cannot be pickled: {type(error).__name__}: {error}") from error
    if len(payload) > RESULT_MAX:
        raise PayloadError(f"the pickled {tagged[0]} has {len(payload):,} bytes: at most {RESULT_MAX:,}")
    return payload


def unpack_answer(payload: bytes) -> Returned | Raised:
    """Unpickle an outcome whose seal was checked. Raises PayloadError if it does not load here."""
    try:
        kind, *content = pickle.loads(payload)  # noqa: S301  # Only after open_answer.
        return Returned(*content) if kind == "value" else Raised(*content)
    except Exception as error:  # Unpickling runs the code of any module.
        raise PayloadError(f"the result cannot be unpickled here: {type(error).__name__}: {error}") from error


# Seals


def seal_call(key: bytes, task_id: TaskId, *, payload: bytes) -> bytes:
    return _seal(key, _CALL, task_id=task_id, payload=payload) + payload


def open_call(key: bytes, task_id: TaskId, *, sealed: bytes) -> bytes:
    """The payload of a call. Raises PayloadError unless this key sealed it for this task."""
    return _open(key, _CALL, task_id=task_id, sealed=sealed)


def seal_answer(key: bytes, task_id: TaskId, *, payload: bytes) -> bytes:
    return _seal(key, _RESULT, task_id=task_id, payload=payload) + payload


def open_answer(key: bytes, task_id: TaskId, *, sealed: bytes) -> Any:
    """What the function returned; what it raised is raised. PayloadError unless this key sealed it for this task."""
    outcome = unpack_answer(_open(key, _RESULT, task_id=task_id, sealed=sealed))
    if isinstance(outcome, Raised):
        raise outcome.with_cause()
    return outcome.value


def _seal(key: bytes, direction: bytes, *, task_id: TaskId, payload: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise PayloadError(f"the session key has {len(key)} bytes: expected {KEY_BYTES}")
    # Unambiguous: neither the direction nor an id holds a NUL (id_problem refuses it).
    return hmac.digest(key, b"\0".join((direction, task_id.encode(), payload)), "sha256")


def _open(key: bytes, direction: bytes, *, task_id: TaskId, sealed: bytes) -> bytes:
    seal, payload = sealed[:SEAL_BYTES], sealed[SEAL_BYTES:]
    if not hmac.compare_digest(seal, _seal(key, direction, task_id=task_id, payload=payload)):
        raise PayloadError(f"task {task_id}: the {direction.decode()} payload does not carry the framework's seal")
    return payload
