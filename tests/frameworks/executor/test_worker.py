"""A worker process and its handle: real processes, real pipes."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mesos_py.frameworks.executor.frames import Answer, Head
from mesos_py.frameworks.executor.worker import WorkerProcess
from mesos_py.frameworks.function_payload import Raised, Returned, pack_answer, pack_call, unpack_answer
from tests.frameworks.executor.agents import PATIENCE_S, ROOT


@pytest.fixture
def worker() -> Iterator[WorkerProcess]:
    process = WorkerProcess({"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)})
    yield process
    process.kill()
    os.waitpid(process.os_pid, 0)
    process.reaped()
    process.close()


def call(worker: WorkerProcess, function: Callable[..., object], *args: Any) -> Returned | Raised:
    answer = worker.exchange(pack_call(function, args, kwargs={}))
    assert answer is not None
    return unpack_answer(answer.payload)


def status_of(worker: WorkerProcess) -> int:
    """The exit code, left to be collected by the fixture."""
    result = os.waitid(os.P_PID, worker.os_pid, os.WEXITED | os.WNOWAIT)
    assert result is not None
    return result.si_status if result.si_code == os.CLD_EXITED else -result.si_status


def test_one_process_answers_many_calls(worker: WorkerProcess) -> None:
    pids = [call(worker, os.getpid) for _ in range(3)]

    assert pids == [Returned(worker.os_pid)] * 3


def test_large_calls_and_answers_pass(worker: WorkerProcess) -> None:
    block = os.urandom(5_000_000)

    assert call(worker, bytes, block) == Returned(block)


def test_a_worker_leads_its_own_session(worker: WorkerProcess) -> None:
    assert call(worker, lambda: os.getsid(0)) == Returned(worker.os_pid)


@pytest.mark.parametrize(
    ("end", "status"),
    [(lambda: os._exit(3), 3), (lambda: os.kill(os.getpid(), signal.SIGSEGV), -signal.SIGSEGV)],
    ids=["os._exit", "segmentation fault"],
)
def test_a_worker_that_dies_under_a_call_answers_none(worker: WorkerProcess, end: Any, status: int) -> None:
    assert worker.exchange(pack_call(end, (), kwargs={})) is None
    assert status_of(worker) == status
    assert worker.exchange(pack_call(len, ("",), kwargs={})) is None


def test_a_death_is_noticed_though_a_child_holds_the_pipes_open(worker: WorkerProcess) -> None:
    def leave_a_child() -> None:
        if os.fork() == 0:
            signal.pause()
        os._exit(5)

    assert worker.exchange(pack_call(leave_a_child, (), kwargs={})) is None
    assert status_of(worker) == 5


def test_a_call_that_writes_into_the_pipe_is_no_answer(worker: WorkerProcess) -> None:
    def meddle() -> None:
        os.write(4, b"\0\0\0\5\7\7\7\7\7")

    assert worker.exchange(pack_call(meddle, (), kwargs={})) is None


def test_a_length_beyond_all_answers_is_no_answer(worker: WorkerProcess) -> None:
    def meddle() -> None:
        os.write(4, b"\xff\xff\xff\xff")

    assert worker.exchange(pack_call(meddle, (), kwargs={})) is None


def test_an_answer_too_many_is_not_taken_for_that_of_the_next_call(worker: WorkerProcess) -> None:
    def answer_twice(number: int) -> str:
        content = Answer(True, "", pack_answer(Returned("forged"))).to_bytes()
        os.write(4, Head(len(content), number).to_bytes() + content)
        return "true"

    assert call(worker, answer_twice, 1) == Returned("forged")  # Its own answer is for a function to choose.
    assert call(worker, answer_twice, 1) == Returned("true")
    assert call(worker, len, "four") == Returned(4)


def test_a_forked_process_that_comes_out_of_a_function_answers_nothing(worker: WorkerProcess) -> None:
    def fork() -> str:
        child = os.fork()
        if child:
            os.waitpid(child, 0)
        return "worker" if child else "child"

    assert [call(worker, fork) for _ in range(2)] == [Returned("worker")] * 2
    assert call(worker, os.getpid) == Returned(worker.os_pid)


def test_an_answer_to_a_call_that_was_not_made_yet_is_none(worker: WorkerProcess) -> None:
    def look_ahead() -> None:
        os.write(4, Head(0, 2).to_bytes())

    assert worker.exchange(pack_call(look_ahead, (), kwargs={})) is None


def test_a_kill_reaches_what_the_function_started(worker: WorkerProcess, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pid")

    def start_child(fifo: Path) -> None:
        child = os.fork()
        if child == 0:
            fifo.write_text(str(os.getpid()))
            signal.pause()
        os.waitpid(child, 0)

    payload = pack_call(start_child, (tmp_path / "pid",), kwargs={})
    os.set_blocking(worker.calls, True)
    os.write(worker.calls, Head(len(payload), 1).to_bytes() + payload)
    child = os.pidfd_open(int((tmp_path / "pid").read_text()))
    worker.kill()

    gone = select.select([child], [], [], PATIENCE_S)[0]
    os.close(child)
    assert gone


def test_a_worker_whose_pipe_is_closed_exits() -> None:
    process = WorkerProcess({"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)})
    process.close()

    _, status = os.waitpid(process.os_pid, 0)

    assert status == 0
