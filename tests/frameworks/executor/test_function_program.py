"""The function executor as a process: real functions in real workers, sealed calls and answers."""

from __future__ import annotations

import os
import pickle
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesos_py.frameworks.executor.environment import TOKEN_VARIABLE
from mesos_py.frameworks.function_payload import (
    KEY_BYTES,
    RESULT_MAX,
    VERSION,
    PayloadError,
    open_answer,
    pack_call,
    seal_answer,
    seal_call,
)
from mesos_py.protocol.ids import TaskId
from mesos_py.protocol.task import TaskInfo, TaskState, TaskStatus
from tests.frameworks.executor.agents import PATIENCE_S, executor_program
from tests.frameworks.executor.builders import a_task

MODULE = "mesos_py.frameworks.executor.function_main"
KEY = bytes(range(KEY_BYTES))
RUNNING, FINISHED, FAILED, KILLED = TaskState.RUNNING, TaskState.FINISHED, TaskState.FAILED, TaskState.KILLED


def a_call(id: str, function: Callable[..., object], *args: Any) -> TaskInfo:
    return a_task(id, command=None, data=seal_call(KEY, TaskId(id), payload=pack_call(function, args, kwargs={})))


def value_of(status: TaskStatus) -> Any:
    return open_answer(KEY, status.task_id, sealed=status.data)


def test_functions_run_and_one_worker_is_used_again(tmp_path: Path) -> None:
    with executor_program(MODULE, tmp_path, data=KEY) as conversation:
        values = []
        for number in range(3):
            conversation.launch(a_call(f"call-{number}", lambda base: (base * 2, os.getpid()), number))
            values.append(value_of(conversation.until_over(f"call-{number}")))
        executor = conversation.program.pid

    assert [value for value, _ in values] == [0, 2, 4]
    assert len({pid for _, pid in values}) == 1
    assert executor not in {pid for _, pid in values}
    assert conversation.states("call-0") == [RUNNING, FINISHED]


def test_functions_that_wait_for_each_other_run_at_the_same_time(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "meet")

    with executor_program(MODULE, tmp_path, data=KEY) as conversation:
        conversation.launch(a_call("reader", lambda: Path("meet").read_text()))
        conversation.launch(a_call("writer", lambda: Path("meet").write_text("hello")))
        read, written = conversation.until_over("reader"), conversation.until_over("writer")

    assert (value_of(read), value_of(written)) == ("hello", 5)


def test_an_exception_is_an_answer_with_its_remote_traceback(tmp_path: Path) -> None:
    def broken() -> None:
        raise LookupError("nothing there")

    with executor_program(MODULE, tmp_path, data=KEY) as conversation:
        conversation.launch(a_call("call", broken))
        end = conversation.until_over("call")

    assert end.state is FINISHED
    assert end.message == "LookupError: LookupError('nothing there')"
    with pytest.raises(LookupError, match="nothing there") as caught:
        value_of(end)
    assert "in broken" in str(caught.value.__cause__)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (lambda: os._exit(3), "exited with status 3"),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), "terminated with signal SIGSEGV"),
    ],
    ids=["os._exit", "segmentation fault"],
)
def test_a_worker_that_dies_fails_its_task_and_the_executor_goes_on(tmp_path: Path, end: Any, words: str) -> None:
    with executor_program(MODULE, tmp_path, data=KEY) as conversation:
        conversation.launch(a_call("dies", end))
        died = conversation.until_over("dies")
        conversation.launch(a_call("lives", len, "four"))
        lived = conversation.until_over("lives")

    assert (died.state, died.message) == (FAILED, f"Failed: the worker process of the function {words}")
    assert value_of(lived) == 4


def test_a_killed_function_takes_its_children_along(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "child")

    def start_child() -> None:
        child = os.fork()
        if child == 0:
            Path("child").write_text(str(os.getpid()))
            signal.pause()
        os.waitpid(child, 0)

    with executor_program(MODULE, tmp_path, data=KEY) as conversation:
        conversation.launch(a_call("call", start_child))
        child = os.pidfd_open(int((tmp_path / "child").read_text()))
        conversation.kill("call")
        end = conversation.until_over("call")
        gone = select.select([child], [], [], PATIENCE_S)[0]
        os.close(child)

    assert end.state is KILLED
    assert "SIGKILL" in end.message
    assert gone


def test_what_functions_print_is_in_the_sandbox_even_after_a_crash(tmp_path: Path) -> None:
    def loud() -> None:
        print("to the output")  # noqa: T201  # It is what this is about.
        print("to the errors", file=sys.stderr)  # noqa: T201  # Likewise.
        os._exit(1)

    with executor_program(MODULE, tmp_path, data=KEY) as conversation:
        conversation.launch(a_call("call", loud))
        conversation.until_over("call")

    assert (tmp_path / "stdout").read_text() == "to the output\n"
    assert (tmp_path / "stderr").read_text() == "to the errors\n"


def test_a_result_that_is_too_large_is_a_clear_error(tmp_path: Path) -> None:
    with executor_program(MODULE, tmp_path, data=KEY) as conversation:
        conversation.launch(a_call("call", bytes, RESULT_MAX))
        end = conversation.until_over("call")

    with pytest.raises(PayloadError, match=r"the pickled value has 16,777,\d\d\d bytes: at most 16,777,216"):
        value_of(end)


def test_a_large_result_comes_back_whole(tmp_path: Path) -> None:
    with executor_program(MODULE, tmp_path, data=KEY) as conversation:
        conversation.launch(a_call("call", lambda: os.urandom(10) * 1_000_000))
        value = value_of(conversation.until_over("call"))

    assert value == value[:10] * 1_000_000


class Bomb:
    """Unpickling it creates a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.file,)


def bomb_payload(file: Path) -> bytes:
    return VERSION.encode() + b"\n" + pickle.dumps((Bomb(file), (), {}))


@pytest.mark.parametrize(
    "forge",
    [
        lambda payload: payload,
        lambda payload: bytes(32) + payload,
        lambda payload: seal_call(bytes(KEY_BYTES), TaskId("call"), payload=payload),
        lambda payload: seal_call(KEY, TaskId("another"), payload=payload),
        lambda payload: seal_answer(KEY, TaskId("call"), payload=payload),
    ],
    ids=["unsealed", "zeros for a seal", "another key", "another task", "an answer for a call"],
)
def test_a_call_without_the_frameworks_seal_is_never_unpickled(tmp_path: Path, forge: Any) -> None:
    victim = tmp_path / "unpickled"

    with executor_program(MODULE, tmp_path, data=KEY) as conversation:
        conversation.launch(a_task("call", command=None, data=forge(bomb_payload(victim))))
        refused = conversation.until_over("call")
        conversation.launch(a_call("fuse", len, ""))
        conversation.until_over("fuse")

    assert refused.state is FAILED
    assert "does not carry the framework's seal" in refused.message
    assert not victim.exists()


def test_the_bomb_of_these_tests_goes_off_when_it_is_unpickled(tmp_path: Path) -> None:
    victim = tmp_path / "unpickled"

    with executor_program(MODULE, tmp_path, data=KEY) as conversation:
        sealed = seal_call(KEY, TaskId("call"), payload=bomb_payload(victim))
        conversation.launch(a_task("call", command=None, data=sealed))
        conversation.until_over("call")

    assert victim.exists()


def test_without_a_session_key_every_call_is_refused(tmp_path: Path) -> None:
    with executor_program(MODULE, tmp_path, data=b"") as conversation:
        conversation.launch(a_call("call", len, ""))
        end = conversation.until_over("call")

    assert (end.state, end.message) == (FAILED, "the session key has 0 bytes: expected 32")


def test_a_call_of_another_python_is_refused_in_words(tmp_path: Path) -> None:
    with executor_program(MODULE, tmp_path, data=KEY) as conversation:
        sealed = seal_call(KEY, TaskId("call"), payload=b"2.7\n" + pickle.dumps((len, ("",), {})))
        conversation.launch(a_task("call", command=None, data=sealed))
        end = conversation.until_over("call")

    with pytest.raises(PayloadError, match=r"pickled by Python 2\.7"):
        value_of(end)


def test_functions_do_not_see_the_executors_token(tmp_path: Path) -> None:
    with executor_program(MODULE, tmp_path, data=KEY) as conversation:
        conversation.launch(a_call("call", lambda: dict(os.environ)))
        environment = value_of(conversation.until_over("call"))

    assert environment["MESOS_FRAMEWORK_ID"] == "framework"
    assert TOKEN_VARIABLE not in environment


def test_a_shutdown_kills_what_runs_and_ends_the_executor(tmp_path: Path) -> None:
    with executor_program(MODULE, tmp_path, data=KEY) as conversation:
        conversation.launch(a_call("runs", signal.pause))
        conversation.launch(a_call("done", os.getpid))
        idle = value_of(conversation.until_over("done"))
        conversation.until("runs", RUNNING)
        conversation.shut_down()
        end = conversation.until_over("runs")
        code = conversation.until_exit()

    assert end.state is KILLED
    assert code == 0
    with pytest.raises(ProcessLookupError):
        os.kill(idle, 0)


def test_workers_die_with_an_executor_that_was_killed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pid")

    def tell_and_wait() -> None:
        Path("pid").write_text(str(os.getpid()))
        signal.pause()

    with executor_program(MODULE, tmp_path, data=KEY) as conversation:
        conversation.launch(a_call("call", tell_and_wait))
        worker = os.pidfd_open(int((tmp_path / "pid").read_text()))
        conversation.program.kill()
        gone = select.select([worker], [], [], PATIENCE_S)[0]
        os.close(worker)

    assert gone
