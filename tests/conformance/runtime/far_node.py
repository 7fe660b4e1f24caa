"""A node in an OS process of its own, as tests see it: the same calls, and actors whose state can be looked at.

An actor that is spawned there travels there; the object that the test keeps is brought up to date by `look`.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final

import cloudpickle

from libprocess_py import PID, Future, Message, Process, Promise
from libprocess_py.core.mailbox import Phase
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.pid import Address
from libprocess_py.runtime.loop_node import LoopNode
from libprocess_py.runtime.settings import NodeSettings
from tests.conformance.runtime.far_program import LENGTH_BYTES, framed

PROGRAM: Final = "tests.conformance.runtime.far_program"
TIMEOUT_S: Final = 20  # For an end that was asked for.


class FarNode:
    """Implements what tests use of a `Node`."""

    def __init__(self, settings: NodeSettings) -> None:
        self._process = subprocess.Popen([sys.executable, "-m", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._shadows: dict[str, Process] = {}
        self._pending: dict[int, Promise[Any]] = {}
        self._made = 0
        self.address: Address = self._ask(settings)
        self.metrics = FarMetrics(self)
        self.clock = FarClock(self)

    def run(self, function: Callable[[LoopNode], Any]) -> Any:
        """What the function returns when it is called there, between two turns of the node."""
        return self._ask(function)

    def spawn(self, process: Process) -> PID:
        pid: PID = self.run(lambda node: _spawned(node, process))
        process._process_pid = pid
        process._process_phase = Phase.BOTTOM  # The one here was spawned too, as far as the test can see.
        self._shadows[pid.id] = process
        return pid

    def terminate(self, pid: PID, *, inject: bool = True) -> None:
        self.run(lambda node: node.terminate(pid, inject=inject))

    def send(self, to: PID, message: Message, *, sender: PID | None = None) -> None:
        self.run(lambda node: node.send(to, message, sender=sender))

    def dispatch(self, to: PID, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:
        return self._future(lambda node: node.dispatch(to, method, *args, **kwargs))

    def request(self, request: Request) -> Future[Response]:
        return self._future(lambda node: node.request(request))

    def wait(self, pid: PID) -> Future[bool]:
        return self._future(lambda node: node.wait(pid))

    def look(self) -> None:
        """Bring what the test holds up to date: the state of actors, and futures."""
        states, outcomes = self.run(_seen)
        for id, state in states.items():
            vars(self._shadows[id]).update(state)
        for number, (state, value) in outcomes.items():
            _settle(self._pending.pop(number), state, value=value)

    @property
    def is_idle(self) -> bool:
        return bool(self.run(lambda node: node.kernel.idle))

    def kill(self) -> None:
        self._process.kill()
        self.close()

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(TIMEOUT_S)
        self._process.stdout.close()

    def _future(self, begin: Callable[[LoopNode], Future[Any]]) -> Future[Any]:
        self._made += 1
        number, promise = self._made, Promise[Any]()
        self._pending[number] = promise
        self.run(lambda node: _kept(node)[1].__setitem__(number, begin(node)))
        self.look()
        return promise

    def _ask(self, request: object) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(framed(request))
        stdin.flush()
        length = int.from_bytes(stdout.read(LENGTH_BYTES), "big")
        return pickle.loads(stdout.read(length))  # noqa: S301  # From our own child.


class FarClock:
    """The clock of a node elsewhere."""

    def __init__(self, node: FarNode) -> None:
        self._node = node

    def now(self) -> int:
        return int(self._node.run(lambda node: node.clock.now()))


class FarMetrics:
    """Counters of a node elsewhere."""

    def __init__(self, node: FarNode) -> None:
        self._node = node

    def counter(self, name: str) -> FarCounter:
        return FarCounter(self._node, name)


class FarCounter:
    def __init__(self, node: FarNode, name: str) -> None:
        self._node = node
        self._name = name

    @property
    def value(self) -> int:
        name = self._name
        return int(self._node.run(lambda node: node.metrics.counter(name).value))


# What runs there


def _kept(node: LoopNode) -> tuple[dict[str, Process], dict[int, Future[Any]]]:
    """What the node keeps for its parent: actors and futures."""
    kept = vars(node).setdefault("_kept_for_parent", ({}, {}))
    assert isinstance(kept, tuple)
    return kept


def _spawned(node: LoopNode, process: Process) -> PID:
    pid = node.spawn(process)
    _kept(node)[0][pid.id] = process
    return pid


def _seen(node: LoopNode) -> tuple[dict[str, dict[str, Any]], dict[int, tuple[str, Any]]]:
    """The state of every actor that was spawned from afar, dead or alive, and of futures that are settled."""
    actors, futures = _kept(node)
    states = {id: _state(actor) for id, actor in actors.items()}
    settled = {number: future for number, future in futures.items() if future.is_settled}
    for number in settled:
        del futures[number]
    return states, {number: _outcome(future) for number, future in settled.items()}


def _state(actor: Process) -> dict[str, Any]:
    return {name: value for name, value in vars(actor).items() if _travels(value)}


def _travels(value: object) -> bool:
    try:
        cloudpickle.dumps(value)
    except (TypeError, AttributeError, pickle.PicklingError):
        return False
    return True


def _outcome(future: Future[Any]) -> tuple[str, Any]:
    if future.abandoned:
        return "abandoned", None
    return future.state.value, future.failure or (future.get() if future.is_ready else None)


def _settle(promise: Promise[Any], state: str, *, value: Any) -> None:
    if state == "ready":
        promise.set(value)
    elif state == "failed":
        promise.fail(value)
    elif state == "discarded":
        promise.set_discarded()
    else:
        promise.abandon()
