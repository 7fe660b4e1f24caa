"""A worker process and its handle: real processes, real pipes."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mesos_py.frameworks.executor.worker import WorkerProcess
from mesos_py.frameworks.function_payload import Raised, Returned, pack_call, unpack_answer
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
    os.write(worker.calls, len(payload).to_bytes(4, "big") + payload)
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
