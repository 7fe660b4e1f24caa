"""Plain functions off the actors' thread: `run_async` for one of them, an `Executor` for many, one after the other.

Each runs on a thread of its own, as an anonymous `ThreadedProcess`; the future completes on the node's thread. In
simulation there are no threads: the function is an event like any other. What it raises fails the future, not the
actor. A function that was begun cannot be stopped: a discard of its future changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec, TypeVar

from libprocess_py.future import Future, FutureFailed
from libprocess_py.node import Node
from libprocess_py.runtime.threads import ThreadedProcess

P = ParamSpec("P")
R = TypeVar("R")


class Executor:
    """Functions in the order in which they were given, on one thread. It ends with its node, or by `stop`."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._runner = node.spawn(_Runner())

    def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """What the function returns or raises. Abandoned if the executor is stopped before its turn."""
        call = partial(function, *args, **kwargs)
        return self._node.dispatch(self._runner, _Runner.run, call).then(_opened)

    def stop(self) -> Future[bool]:
        """Finish what is under way and drop what waits. Ready when nothing is begun any more. May be repeated."""
        if self._runner.id in self._node.kernel.mailboxes:
            self._node.terminate(self._runner)
        return self._node.wait(self._runner)


def run_async(node: Node, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
    """One call on a thread that is made for it, and ends with it."""
    executor = Executor(node)
    return executor.run(function, *args, **kwargs).on_settled(lambda _: executor.stop())


class _Runner(ThreadedProcess):
    id_prefix = "executor"

    def run(self, call: Callable[[], Any]) -> tuple[Any, Exception | None]:
        """The value or the exception, as a value: the actor itself does not fail."""
        try:
            return call(), None
        except Exception as error:
            return None, error
        except SystemExit as error:  # A function cannot end the program of who calls it elsewhere.
            return None, FutureFailed(f"it raised {error!r}")


def _opened(outcome: tuple[Any, Exception | None]) -> Any:
    value, error = outcome
    if error is not None:
        raise error
    return value
