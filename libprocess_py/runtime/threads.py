"""Actors that may block: a thread of their own, and everything else as with any other actor.

A `ThreadedProcess` has a PID, is dispatched to, sent to, linked and terminated like its neighbours. Its public
methods, handlers of messages among them, run one at a time on its thread (a pykka actor); a dispatch's future completes
on the loop's thread, where the caller lives. In simulation there are no threads: the same methods run inline, so that
runs stay repeatable.

On the thread only `self.send` and the class's own methods may be used; everything else belongs to the loop's thread.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from types import FunctionType
from typing import Any, ClassVar, Final, ParamSpec, TypeVar

import pykka

from libprocess_py.core.failures import Policy, policy_of
from libprocess_py.core.timers import Timer
from libprocess_py.future import Future, Promise
from libprocess_py.handlers import handler_function
from libprocess_py.message import Message
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.runtime.driver import LoopDriver
from libprocess_py.runtime.loop_node import LoopNode

CALLS_MAX: Final = 10_000  # Calls waiting for one thread: blocking work is slow, so more means that nobody keeps up.
RESERVED: Final = ("initialize", "finalize", "send", "delay")  # Start and end the thread, and mind it.
HOOKS: Final = ("on_start", "on_stop")  # Called on the thread anyway.

P = ParamSpec("P")
R = TypeVar("R")


class TooManyCalls(Exception):
    """The thread is further behind than it is allowed to be; this call was not taken."""


class ThreadedProcess(Process):
    """Subclass it, block in its methods. `on_start` and `on_stop` run first and last on the thread."""

    calls_max: ClassVar[int] = CALLS_MAX
    _worker: Worker | None = None  # None: not running, or run inline.

    def __init_subclass__(cls, **options: Any) -> None:
        for name, member in tuple(cls.__dict__.items()):
            if name in RESERVED:
                raise TypeError(f"{cls.__name__}.{name}: a ThreadedProcess overrides on_start and on_stop instead")
            if inspect.iscoroutinefunction(member):
                raise TypeError(f"{cls.__name__}.{name}: a method that may block is a plain def, not a coroutine")
            if isinstance(member, FunctionType) and not name.startswith("_") and name not in HOOKS:
                setattr(cls, name, _on_thread(member))
        super().__init_subclass__(**options)

    def _process_elsewhere(self) -> int:
        return 0 if self._worker is None else self._worker.waiting

    def on_start(self) -> None:
        """Runs on the thread before everything else."""

    def on_stop(self) -> None:
        """Runs on the thread when the actor ends, after the call under way. Calls still waiting are abandoned."""

    def initialize(self) -> None:
        if isinstance(self.node, LoopNode):
            worker = self._worker = Worker(self.node.driver, self.pid.id, calls_max=self.calls_max)
            _watched(self, worker.submit(self.on_start, certain=True))
            # Not `finalize`, which an actor that fails does not come to.
            self.node.wait(self.pid).on_ready(lambda _: worker.stop(functools.partial(_last_words, self)))
        else:
            self.on_start()

    def finalize(self) -> None:
        if self._worker is None:
            self.on_stop()

    def send(self, to: PID, message: Message) -> None:
        """As of any actor; from the thread, too."""
        worker = self._worker
        if worker is not None and worker.is_current:
            worker.driver.call_threadsafe(functools.partial(Process.send, self, to, message))
        else:
            super().send(to, message)

    def delay(self, ns: int, method: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> Timer:
        """As of any actor: a method that fails ends it, though it runs on the thread."""

        def run() -> None:
            _watched(self, method(*args, **kwargs))

        return super().delay(ns, run)


def _on_thread(method: Callable[..., R]) -> Callable[..., Any]:
    handles_events = handler_function(method) is not None or method.__name__ in ("exited", "exited_with")

    @functools.wraps(method)
    def call(self: ThreadedProcess, *args: Any, **kwargs: Any) -> R | Future[R]:
        worker = self._worker
        if worker is None or worker.is_current:
            return method(self, *args, **kwargs)
        future = worker.submit(functools.partial(method, self, *args, **kwargs))
        if handles_events:
            _watched(self, future)
        return future

    return call


def _watched(process: ThreadedProcess, outcome: object) -> None:
    """Nobody holds this call's future, so its failure is a matter of policy, as that of any handler is."""

    def failed(error: BaseException) -> None:
        process.log.error("handler failed on its thread", error=error)
        process.metrics.counter("libprocess/failures").add()
        if policy_of(process.node.kernel, process) is Policy.END_ACTOR:
            process.terminate()
        else:
            process.node.kernel.host.abort(error)

    if isinstance(outcome, Future):
        outcome.on_failed(failed)


def _last_words(process: ThreadedProcess) -> None:
    try:
        process.on_stop()
    except Exception as error:
        process.log.error("on_stop failed", error=error)


class Worker:
    """The thread of one actor, and the calls that wait for it. Made and used on the loop's thread."""

    def __init__(self, driver: LoopDriver, name: str, *, calls_max: int) -> None:
        self.driver = driver
        self.name = name
        self.thread: threading.Thread | None = None
        self._calls_max = calls_max
        self.waiting = 0  # Calls, the one under way among them.
        self._stopping = False
        self._ref = _Thread.start(self, name)
        driver.workers.add(self)

    @property
    def is_current(self) -> bool:
        return threading.current_thread() is self.thread

    def submit(self, function: Callable[[], R], *, certain: bool = False) -> Promise[R]:
        """Run it on the thread; the future completes on the loop's. Only what is `certain` runs after `stop`."""
        promise: Promise[R] = Promise()
        if self.waiting >= self._calls_max:
            promise.fail(TooManyCalls(f"{self._calls_max} calls are waiting for this thread"))
            return promise
        self.waiting += 1
        self._ref.tell(functools.partial(self._run, function, promise, certain=certain))
        return promise

    def stop(self, last: Callable[[], object] | None = None) -> None:
        """End the thread after the call under way and `last`. Does not wait, and may be repeated."""
        if self._stopping:
            return
        self._stopping = True
        if last is not None:
            self._ref.tell(last)
        self._ref.tell(functools.partial(self.driver.call_threadsafe, self._ended))
        self._ref.stop(block=False)

    def _run(self, function: Callable[[], R], promise: Promise[R], *, certain: bool) -> None:
        complete: Callable[[], object]
        if self._stopping and not certain:
            complete = promise.abandon
        else:
            try:
                complete = functools.partial(promise.set, function())
            except Exception as error:
                complete = functools.partial(promise.fail, error)
            except BaseException as error:  # SystemExit: it ends neither the thread nor the program of who awaits it.
                complete = functools.partial(promise.fail, f"on its thread it raised {error!r}")
        self.driver.call_threadsafe(functools.partial(self._complete, complete))

    def _complete(self, complete: Callable[[], object]) -> None:
        self.waiting -= 1
        complete()

    def _ended(self) -> None:
        if self.thread is not None:
            self.thread.join()  # It has nothing left to do but to return.
        self.driver.workers.discard(self)


class _Thread(pykka.ThreadingActor):
    """pykka brings the thread, its inbox and its end; what arrives are calls."""

    use_daemon_thread = True  # A call that never returns must not keep the OS process alive.

    def __init__(self, worker: Worker, name: str) -> None:
        super().__init__()
        self._worker_of = worker
        self._name = name

    def on_start(self) -> None:
        thread = threading.current_thread()
        thread.name = self._name
        self._worker_of.thread = thread

    def on_receive(self, message: Callable[[], object]) -> None:
        message()
