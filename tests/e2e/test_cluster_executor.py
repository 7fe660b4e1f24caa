"""`ClusterExecutor` on a real cluster: what `concurrent.futures` promises, and what a cluster adds to it."""

from __future__ import annotations

import concurrent.futures
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from mesos_py import ClusterExecutor
from mesos_py.frameworks.cluster_executor.scheduler import ClusterExecutorError
from mesos_py.frameworks.function_payload import CALL_MAX, RESULT_MAX, PayloadError
from tests.support import calls
from tests.support.real_cluster import ROOT, RealCluster
from tests.support.waiting import PATIENCE_S, until

SMALL: Final = "cpus:0.2;mem:16"  # Several at once on each agent.
HEADROOM: Final = 4096  # What pickling adds to bytes, generously.
NOBODY: Final = "127.0.0.1:1"  # No master listens there.


@pytest.fixture(scope="module")
def executor(cluster: RealCluster) -> Iterator[ClusterExecutor]:
    with ClusterExecutor(cluster.address, resources=SMALL) as executor:
        yield executor
    cluster.until_clean()


def test_map_keeps_the_order_whatever_the_chunks(executor: ClusterExecutor) -> None:
    numbers = range(40)

    assert list(executor.map(calls.square, numbers, chunksize=7)) == [number * number for number in numbers]


def test_map_takes_several_iterables_and_ends_with_the_shortest(executor: ClusterExecutor) -> None:
    assert list(executor.map(calls.add, [1, 2, 3], [10, 20])) == [11, 22]


def test_a_lambda_and_a_local_class_travel_by_value(executor: ClusterExecutor) -> None:
    class Doubled:
        def __init__(self, number: int) -> None:
            self.number = 2 * number

    assert executor.submit(lambda: Doubled(21).number).result(PATIENCE_S) == 42


def test_an_exception_comes_back_with_the_traceback_of_over_there(executor: ClusterExecutor) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        executor.submit(calls.divide, 1, 0).result(PATIENCE_S)

    assert "return one / two" in str(caught.value.__cause__)


def test_an_exception_that_cannot_travel_is_told_in_words(executor: ClusterExecutor) -> None:
    with pytest.raises(PayloadError, match="this and that"):
        executor.submit(calls.raise_fussily).result(PATIENCE_S)


def test_a_call_that_cannot_be_pickled_is_refused_at_once(executor: ClusterExecutor) -> None:
    with pytest.raises(PayloadError, match="not for travelling"):
        executor.submit(calls.echo, calls.NotPicklable())  # type: ignore[arg-type]  # The mistake is the point.


def test_a_result_that_cannot_be_pickled_is_told(executor: ClusterExecutor) -> None:
    with pytest.raises(PayloadError, match="NotPicklable"):
        executor.submit(calls.not_picklable).result(PATIENCE_S)


def test_a_function_that_ends_its_process_fails_and_the_next_one_runs(executor: ClusterExecutor) -> None:
    with pytest.raises(ClusterExecutorError, match="exited with status 3"):
        executor.submit(calls.end_the_process, 3).result(PATIENCE_S)

    assert executor.submit(calls.square, 3).result(PATIENCE_S) == 9


def test_arguments_and_results_near_the_limit_arrive(executor: ClusterExecutor) -> None:
    size = min(CALL_MAX, RESULT_MAX) - HEADROOM

    assert executor.submit(calls.echo, bytes(size)).result(PATIENCE_S) == bytes(size)


def test_arguments_and_results_over_the_limit_are_refused_in_words(executor: ClusterExecutor) -> None:
    with pytest.raises(PayloadError, match=f"at most {CALL_MAX:,}"):
        executor.submit(calls.echo, bytes(CALL_MAX))
    with pytest.raises(PayloadError, match=f"at most {RESULT_MAX:,}"):
        executor.submit(calls.make, RESULT_MAX).result(PATIENCE_S)


def test_workers_are_reused(executor: ClusterExecutor) -> None:
    pids = {executor.submit(calls.own_pid).result(PATIENCE_S) for _ in range(4)}

    assert len(pids) <= 2, "one worker for each of two agents is enough for calls that follow each other"


def test_it_is_used_from_several_threads_at_once(executor: ClusterExecutor) -> None:
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        sums = list(threads.map(lambda n: sum(executor.map(calls.square, range(n), chunksize=2)), range(4, 8)))

    assert sums == [sum(k * k for k in range(n)) for n in range(4, 8)]


def test_two_executors_share_a_cluster(executor: ClusterExecutor, cluster: RealCluster) -> None:
    with ClusterExecutor(cluster.address, resources=SMALL) as other:
        both = [executor.submit(calls.square, 5), other.submit(calls.square, 6)]
        assert [future.result(PATIENCE_S) for future in both] == [25, 36]


def test_a_call_that_waits_is_cancelled_and_whoever_waits_for_it_is_told(executor: ClusterExecutor) -> None:
    impossible = ClusterExecutor(NOBODY)
    future = impossible.submit(calls.square, 1)

    assert future.cancel()
    assert concurrent.futures.wait([future], PATIENCE_S).done == {future}

    impossible.shutdown()
    assert impossible.progress().waiting == 0


def test_a_call_that_runs_cannot_be_cancelled(executor: ClusterExecutor, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    future = executor.submit(calls.pass_gate, str(gate), "runner")
    until(lambda: list(tmp_path.glob("gate.runner.*")))

    assert not future.cancel()

    gate.touch()
    assert future.result(PATIENCE_S) == "runner"


def test_map_gives_up_after_its_timeout(executor: ClusterExecutor, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    results = executor.map(calls.pass_gate, [str(gate)] * 2, ["one", "two"], timeout=0.2)

    with pytest.raises(TimeoutError):
        next(results)

    gate.touch()
    until(lambda: executor.progress().running == 0)  # They look for the gate in a folder of this test.


def test_after_a_shutdown_nothing_is_taken_any_more(cluster: RealCluster) -> None:
    executor = ClusterExecutor(cluster.address, resources=SMALL)
    future = executor.submit(calls.square, 7)
    executor.shutdown(wait=False)

    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(calls.square, 8)
    executor.shutdown()
    executor.shutdown()
    assert future.done()
    assert future.result() == 49


def test_a_shutdown_that_cancels_lets_only_running_calls_end(cluster: RealCluster, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    executor = ClusterExecutor(cluster.address, resources="cpus:1.5;mem:16")
    futures = [executor.submit(calls.pass_gate, str(gate), f"call{number}") for number in range(5)]
    until(lambda: len(list(tmp_path.glob("gate.*"))) == 2)  # One on each agent.

    executor.shutdown(wait=False, cancel_futures=True)
    gate.touch()
    executor.shutdown()

    assert [future.result() for future in futures if not future.cancelled()] == ["call0", "call1"]
    assert [future.cancelled() for future in futures] == [False, False, True, True, True]


def test_a_callback_may_shut_the_executor_down(cluster: RealCluster) -> None:
    executor = ClusterExecutor(cluster.address, resources=SMALL)
    called = threading.Event()

    def shut_down(_: concurrent.futures.Future[int]) -> None:
        executor.shutdown()
        called.set()

    executor.submit(calls.square, 2).add_done_callback(shut_down)

    assert called.wait(PATIENCE_S)
    executor.shutdown()


def test_without_a_master_a_block_left_by_an_exception_does_not_hang() -> None:
    futures: list[concurrent.futures.Future[int]] = []

    def leave_by_an_exception() -> None:
        with ClusterExecutor(NOBODY) as executor:
            futures.append(executor.submit(calls.square, 1))
            raise KeyError("on purpose")

    with pytest.raises(KeyError, match="on purpose"):
        leave_by_an_exception()

    assert futures[0].cancelled()


def test_a_block_left_by_an_exception_kills_what_runs(cluster: RealCluster, tmp_path: Path) -> None:
    futures: list[concurrent.futures.Future[str]] = []

    def leave_by_an_exception() -> None:
        with ClusterExecutor(cluster.address, resources=SMALL) as executor:
            futures.append(executor.submit(calls.pass_gate, str(tmp_path / "gate"), "never"))
            until(lambda: list(tmp_path.glob("gate.*")))
            raise KeyError("on purpose")

    with pytest.raises(KeyError, match="on purpose"):
        leave_by_an_exception()

    with pytest.raises(ClusterExecutorError, match="abandoned"):
        futures[0].result(PATIENCE_S)


PROGRAM = """
import sys
from mesos_py import ClusterExecutor

class Pair:
    def __init__(self, left, right):
        self.left, self.right = left, right

def swap(pair):
    return Pair(pair.right, pair.left)

executor = ClusterExecutor(sys.argv[1], resources="cpus:0.2;mem:16")
future = executor.submit(swap, Pair(1, 2))
future.add_done_callback(lambda done: print(done.result().left, done.result().right, flush=True))
executor.shutdown(wait=False)
"""


def test_a_class_of_the_main_program_travels_and_the_program_waits_for_its_calls(
    cluster: RealCluster, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)

    done = subprocess.run(
        [sys.executable, program, cluster.address],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "2 1\n", "")
