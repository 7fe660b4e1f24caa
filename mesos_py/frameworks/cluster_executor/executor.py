"""`ClusterExecutor`: a `concurrent.futures.Executor` whose functions run on the cluster.

    with ClusterExecutor("127.0.0.1:5050") as executor:
        print(list(executor.map(math.factorial, range(100))))

`submit` pickles the call in the caller's thread and hands it to a framework that lives on a thread of its own. That
packs calls into offers; an executor process on each agent runs them and is reused. Answers are unpickled, and futures
completed, on a third thread, so that neither a large answer nor a slow `add_done_callback` holds up the framework.

Calls and answers are sealed with a key that only this framework and its executors know (see `function_payload`):
nobody else on the network can have anything unpickled. Functions and arguments must be picklable by cloudpickle;
modules that they import must exist on the agents.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import getpass
import itertools
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, ParamSpec, Self, TypeVar

from mesos_py.frameworks import function_payload
from mesos_py.frameworks.cluster_executor.answers import AnswerThread
from mesos_py.frameworks.cluster_executor.core import ATTEMPTS_MAX
from mesos_py.frameworks.cluster_executor.scheduler import CallScheduler, Progress
from mesos_py.frameworks.scheduler.threaded import SchedulerDriver
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import ExecutorId
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import CommandInfo, ExecutorInfo

P = ParamSpec("P")
T = TypeVar("T")

KEY_BYTES: Final = 32  # As long as the digest of HMAC-SHA256: longer adds nothing.
EXECUTOR_COMMAND: Final = 'exec "$MESOS_PYTHON" -P -m mesos_py.frameworks.executor.function_main'


class ClusterExecutor(concurrent.futures.Executor):
    """Runs ordinary Python functions as tasks.

    master: `host:port`. resources: what one call needs. executor_resources: what the process that runs them needs, once
    per agent. attempts_max: how often a call is started when its agent or executor is lost under it; an exception is
    an answer, not a loss. framework: how to introduce itself to the master, if not as `ClusterExecutor` of this user.

    Leave it with `with` or `shutdown`. A program that just ends takes its calls along.
    """

    def __init__(
        self,
        master: str,
        *,
        resources: str = "cpus:1;mem:64",
        executor_resources: str = "cpus:0.1;mem:64",
        framework: FrameworkInfo | None = None,
        attempts_max: int = ATTEMPTS_MAX,
    ) -> None:
        needed = Resources.parse(resources)
        if not needed:
            raise ValueError("resources: expected at least one, such as 'cpus:1'")
        key = secrets.token_bytes(KEY_BYTES)
        runner = ExecutorInfo(
            executor_id=ExecutorId("functions"),
            command=CommandInfo(value=EXECUTOR_COMMAND),
            resources=Resources.parse(executor_resources),
            name="Python functions",
            data=key,
        )
        info = framework or FrameworkInfo(user=getpass.getuser(), name="ClusterExecutor")
        self._answers = AnswerThread()
        self._scheduler = CallScheduler(needed, runner, key=key, attempts_max=attempts_max, answer=self._answers.run)
        self._driver = SchedulerDriver(self._scheduler, info, master=master)
        self._changed = threading.Condition()
        self._closed = False
        self._left = threading.Event()
        self._open: set[concurrent.futures.Future[Any]] = set()  # Neither answered nor cancelled.
        try:
            self._driver.start()
        except BaseException:
            self._answers.close()
            raise

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> concurrent.futures.Future[T]:
        """Run `fn(*args, **kwargs)` on the cluster. Raises at once if it cannot be pickled."""
        payload = function_payload.pack_call(fn, args, kwargs=kwargs)
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        with self._changed:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._open.add(future)
        self._driver.call(lambda driver: self._scheduler.submit(driver, payload, future=future))
        future.add_done_callback(self._forget)
        return future

    def map(
        self, fn: Callable[..., T], *iterables: Iterable[Any], timeout: float | None = None, chunksize: int = 1
    ) -> Iterator[T]:
        """As `Executor.map`; each task runs `chunksize` calls one after the other, which pays for short functions."""
        if chunksize < 1:
            raise ValueError(f"chunksize: expected at least 1, got {chunksize}")
        chunks = _chunks(zip(*iterables, strict=False), chunksize)
        results = super().map(_run_chunk, itertools.repeat(fn), chunks, timeout=timeout)
        return itertools.chain.from_iterable(results)

    def progress(self) -> Progress:
        """How many calls wait, run, are done, and were lost so far; safe from any thread."""
        return self._scheduler.progress

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; with `wait` return when all are answered and the framework has left the cluster.

        Without `wait` the framework leaves in the background, once all calls are answered.
        """
        with self._changed:
            already, self._closed = self._closed, True
            pending = list(self._open)
        if cancel_futures:
            for future in pending:
                future.cancel()
        if not already:
            # Not a daemon: a program that ends meanwhile waits for its calls, as with other executors.
            threading.Thread(target=self._leave, name="cluster-executor-shutdown").start()
        if wait and not self._answers.is_current:  # A future's own callback must not wait for itself.
            self._left.wait()

    def abandon(self) -> None:
        """Leave the cluster at once: running calls are killed, and every open future fails or is cancelled."""
        with self._changed:
            already, self._closed = self._closed, True
            pending = list(self._open)
        for future in pending:
            future.cancel()
        with contextlib.suppress(RuntimeError):  # It has left already.
            self._driver.call(lambda _: self._scheduler.abandon()).result()
        if not already:
            self._leave()
        elif not self._answers.is_current:
            self._left.wait()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Leaving on an exception (Ctrl-C, say, here too) abandons what is not done, so that it cannot hang."""
        if kind is not None:
            self.abandon()
            return
        try:
            self.shutdown()
        except BaseException:
            self.abandon()
            raise

    def __enter__(self) -> Self:
        return self

    def _leave(self) -> None:
        """Once nothing is open. Returns when the framework has left and every answer was delivered."""
        try:
            with self._changed:
                self._changed.wait_for(lambda: not self._open)
            self._driver.call(lambda _: self._scheduler.close()).result()
            self._driver.stop()
        finally:
            self._answers.close()
            self._left.set()

    def _forget(self, future: concurrent.futures.Future[Any]) -> None:
        with self._changed:
            self._open.discard(future)
            self._changed.notify_all()
        if future.cancelled():
            with contextlib.suppress(RuntimeError):  # The framework has left, and told it all there was to tell.
                self._driver.call(lambda _: self._scheduler.cancelled(future))


def _chunks(calls: Iterator[tuple[Any, ...]], size: int) -> Iterator[list[tuple[Any, ...]]]:
    while chunk := list(itertools.islice(calls, size)):
        yield chunk


def _run_chunk(fn: Callable[..., T], calls: list[tuple[Any, ...]]) -> list[T]:
    return [fn(*arguments) for arguments in calls]
