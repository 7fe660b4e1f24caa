"""A worker: the process in which Python functions run, one at a time, for the function executor.

Everything that reaches it was checked by the executor, so it unpickles and calls. It dies with the executor. What a
function prints goes to the sandbox's `stdout` and `stderr`; what it returns or raises goes back through a pipe.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from typing import Final, NoReturn

from libprocess_py.process_control import set_parent_death_signal
from mesos_py.frameworks.executor.frames import ANSWERS_FD, CALLS_FD, HEAD_BYTES, Answer, Head
from mesos_py.frameworks.function_payload import PayloadError, Raised, Returned, pack_answer, unpack_answer, unpack_call

TRACEBACK_MAX: Final = 65_536  # Characters: endless recursion makes long ones, and their ends say it all.
REPR_MAX: Final = 1_000  # Characters of a repr in a sentence.


def main() -> int:
    """Answer calls until the executor closes the pipe. `argv[1]` is the executor's pid."""
    set_parent_death_signal(signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):
        return 1  # The executor died before it could take us along.
    for fd in (CALLS_FD, ANSWERS_FD):
        os.set_inheritable(fd, False)  # Programs that a function starts must not hold the pipes open.
    worker = os.getpid()
    with os.fdopen(CALLS_FD, "rb") as calls:
        while start := calls.read(HEAD_BYTES):
            head = Head.from_bytes(start)
            content = answer(calls.read(head.length)).to_bytes()
            if os.getpid() != worker:
                _leave()
            write_all(ANSWERS_FD, Head(len(content), head.number).to_bytes() + content)
    return 0


def _leave() -> NoReturn:
    """A function forked, and its child came out of it as if it were the worker: there must be one only."""
    sys.stderr.write("a function's forked process did not end by itself: it ends where the function does\n")
    os._exit(1)


def answer(payload: bytes) -> Answer:
    """Run one call and pickle its outcome. Whatever the function does short of ending the process becomes an answer."""
    try:
        call = unpack_call(payload)
        outcome: Returned | Raised = Returned(call.function(*call.args, **call.kwargs))
    except BaseException as error:  # SystemExit too: the function ends, the worker serves on.
        outcome = Raised(error, _traceback_text(error))
    try:
        return _answer(outcome)
    except PayloadError as problem:
        return _answer(_degraded(outcome, problem))


def write_all(fd: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]


def _answer(outcome: Returned | Raised) -> Answer:
    payload = pack_answer(outcome)
    if isinstance(outcome, Returned):
        return Answer(True, "", payload)
    unpack_answer(payload)  # Exceptions with an `__init__` of their own often pickle but do not unpickle.
    return Answer(False, f"{type(outcome.exception).__name__}: {_repr(outcome.exception)}", payload)


def _degraded(outcome: Returned | Raised, problem: PayloadError) -> Raised:
    """What is sent in place of an outcome that cannot travel: the reason, and what it was in words."""
    if isinstance(outcome, Returned):
        return Raised(PayloadError(f"{problem} (type {type(outcome.value).__name__})"), "")
    return Raised(PayloadError(f"{problem}; raised was {_repr(outcome.exception)}"), outcome.traceback)


def _traceback_text(error: BaseException) -> str:
    below = error.__traceback__.tb_next if error.__traceback__ is not None else None  # Without this module's frame.
    try:
        text = "".join(traceback.format_exception(type(error), error, below))
    except Exception:  # Its __str__ is the user's.
        text = f"{type(error).__name__} (its text cannot be shown)\n"
    return text[-TRACEBACK_MAX:]


def _repr(value: object) -> str:
    try:
        return repr(value)[:REPR_MAX]
    except Exception:  # It is the user's.
        return f"<{type(value).__name__} that cannot be shown>"


if __name__ == "__main__":
    sys.exit(main())
