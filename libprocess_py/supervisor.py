"""`Supervisor`: an actor that starts others and starts them again when they end.

```python
class Database(Process): ...

supervisor = node.spawn(Supervisor([Child("database", Database), Child("cache", lambda: Cache(database))]))
```

A child is told of by a function that makes it, because an actor is spawned once. The function returns a `Process`,
which is spawned beside the supervisor, or a future of a PID, of an actor that somebody else has spawned: on another
node, say. Children may be supervisors. Give a child an id of its own, and others reach the next one by the same PID.

Children end under `Policy.END_ACTOR`, whatever the policy of the node: what fails is for the supervisor to mend. When
that does not help it stops them all, the last one first, and raises `TooManyRestarts`, for which its own policy holds.
However it ends itself, by its own mistake too, its children end with it.

What is decided, and when, is in `libprocess_py.core.supervision`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from libprocess_py.core.endings import run_all
from libprocess_py.core.failures import Policy, in_words
from libprocess_py.core.supervision import (
    Backoff,
    ChildExists,
    Effect,
    Effects,
    End,
    Restart,
    Rules,
    Start,
    Stop,
    Strategy,
    Supervision,
    Wait,
)
from libprocess_py.core.timers import Timer
from libprocess_py.errors import ConnectionLost, ProtocolError
from libprocess_py.future import Future
from libprocess_py.http.authentication import READ_REALM
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.pid import PID
from libprocess_py.process import Process

__all__ = [
    "Backoff",
    "Child",
    "ChildExists",
    "NotAChild",
    "Restart",
    "Rules",
    "Strategy",
    "Supervisor",
    "TooManyRestarts",
]

RESTARTS: Final = "supervisor/restarts"  # The counter of a node's supervisors.


class TooManyRestarts(Exception):
    """A supervisor gave up. Its text says on whom."""


class NotAChild(ProtocolError):
    """Something else than a Child was to be added: whoever asked is at fault, and the supervisor lives on."""


@dataclass(frozen=True, slots=True)
class Child:
    """What a supervisor knows of a child: what to call it, how to start it, and what its end means."""

    id: str  # Within this supervisor; the actor may have another.
    start: Callable[[], Process | Future[PID]]
    restart: Restart = Restart.PERMANENT
    policy: Policy = Policy.END_ACTOR  # Of an actor spawned here.

    def __post_init__(self) -> None:
        """Looked at where it is written down, not when the supervisor that has it trips over it."""
        for field, kind in (("id", str), ("restart", Restart), ("policy", Policy)):
            value = getattr(self, field)
            if not isinstance(value, kind):
                raise TypeError(f"{field} of a child: {value!r}, expected a {kind.__name__}")
        if not callable(self.start):
            raise TypeError(f"start of child {self.id!r}: {self.start!r}, expected a function that makes an actor")


class Supervisor(Process):
    """Keeps its children alive."""

    def __init__(self, children: Iterable[Child] = (), id: str | None = None, *, rules: Rules | None = None) -> None:
        super().__init__(id)
        self._rules = rules or Rules()
        self._books = Supervision(self._rules)
        self._first = tuple(children)
        if len({child.id for child in self._first}) < len(self._first):
            raise ValueError("two children of a supervisor have the same id")
        self._specs: dict[str, Child] = {}
        self._pids: dict[str, PID] = {}
        self._ids: dict[PID, str] = {}
        self._starting: dict[str, Future[PID]] = {}  # Starts that take their time.
        self._waiting: dict[str, Timer] = {}  # For their next start.

    def initialize(self) -> None:
        self.node.wait(self.pid).on_ready(self._gone)  # Not `finalize`, which an actor that fails does not come to.
        self._restarts = self.metrics.counter(RESTARTS)
        self._chance = self.random("backoff")
        self.route("/", self._show, help="The children of this supervisor: who is up, and where.", realm=READ_REALM)
        self.add(*self._first)

    # For others, by dispatch

    def add(self, *children: Child) -> None:
        """Have more children, started after those that there are. Adds none if it raises ChildExists or NotAChild."""
        for child in children:
            if not isinstance(child, Child):
                raise NotAChild(f"{child!r}: expected a Child")
        effects = self._books.add(*((child.id, child.restart) for child in children))
        self._specs |= {child.id: child for child in children}
        self._perform(effects)

    def remove(self, id: str) -> None:
        """End a child for good. Harmless if there is none of that id."""
        effects = self._books.remove(id)
        self._forget(id)
        self._perform(effects)

    def children(self) -> dict[str, PID | None]:
        """Who there is, in the order in which they start; None for one that is down at present."""
        return {id: self._pids.get(id) for id in self._books.phases()}

    def stop(self) -> Future[bool]:
        """End the children, the last one first and each before the next, then the supervisor. Ready when it is gone."""
        gone = self.node.wait(self.pid)
        self._perform(self._books.stop())
        return gone

    # Called by the runtime

    def exited_with(self, pid: PID, failure: Exception | None) -> None:
        id = self._ids.pop(pid, None)
        if id is not None:
            del self._pids[id]
            self._ended(id, failure)

    def _gone(self, _: bool) -> None:
        """It ended: of its own accord, by others or by a mistake. Nobody is left to wait for the children."""
        pids, self._pids = self._pids, {}
        starting, self._starting = self._starting, {}
        for made in starting.values():
            made.on_ready(self._too_late)  # It may come all the same.
        run_all(partial(self.terminate, pid) for pid in reversed(pids.values()))
        run_all(made.discard for made in starting.values())

    # Performing what was decided

    def _perform(self, effects: Effects) -> None:
        due = deque(effects)
        while due:
            due.extend(self._perform_one(due.popleft()))

    def _perform_one(self, effect: Effect) -> Effects:
        match effect:
            case Start(id):
                return self._start(id)
            case Stop(id):
                return self._stop(id)
            case Wait(id, ns):
                self._restarts.add()
                self._waiting[id] = self.delay(ns, self._waited, id)
            case End(None):
                self.terminate()
            case End(failure):
                raise TooManyRestarts(failure)
        return ()

    def _start(self, id: str) -> Effects:
        spec = self._specs[id]
        try:
            made = spec.start()
            if isinstance(made, Process):
                return self._take(id, self.spawn(made, spec.policy))
            if not isinstance(made, Future):
                raise TypeError(f"its start returned {made!r}: expected an actor, or a future of a PID")
        except (Exception, SystemExit) as error:
            self.log.error("child cannot be made", error=error, child=id)
            return self._lost(id, in_words(error))
        self._starting[id] = made
        made.on_settled(self.defer(Supervisor._start_over, id))
        return ()

    def _stop(self, id: str) -> Effects:
        pid = self._pids.get(id)
        if pid is None:
            self._starting.pop(id).discard()
            return self._lost(id, None)
        self.terminate(pid)
        return ()

    def _start_over(self, id: str, made: Future[PID]) -> None:
        """A start that took its time is over; too late, if it was given up."""
        if self._starting.get(id) is not made:
            if made.is_ready:
                self._too_late(made.get())
            return
        del self._starting[id]
        try:
            pid = self._stranger(made.get())
        except Exception as error:
            self._ended(id, error)
        else:
            self._perform(self._take(id, pid))

    def _stranger(self, pid: object) -> PID:
        """What a start that took its time brought, if it can be a child."""
        if not isinstance(pid, PID):
            raise TypeError(f"its start brought {pid!r}: expected a PID")
        if pid in self._ids or pid == self.pid:  # Whose end would be that of two.
            raise ValueError(f"its start brought {pid}: that is child {self._ids.get(pid, 'and supervisor in one')!r}")
        return pid

    def _too_late(self, pid: object) -> None:
        if isinstance(pid, PID):
            self.terminate(pid)

    def _take(self, id: str, pid: PID) -> Effects:
        self._pids[id], self._ids[pid] = pid, id
        self.link(pid)
        return self._books.started(id, now=self.clock.now())

    def _ended(self, id: str, failure: Exception | None) -> None:
        self._perform(self._lost(id, failure))

    def _lost(self, id: str, failure: Exception | None) -> Effects:
        if failure is None:
            self.log.info("child ended", child=id)
        else:
            self.log.warning("child failed", child=id, failure=f"{type(failure).__name__}: {failure}")
        failed, draw = failure is not None, self._chance.random()
        counts = not isinstance(failure, ConnectionLost)  # A lost host takes all of its children along at once.
        effects = self._books.ended(id, failed=failed, now=self.clock.now(), draw=draw, counts=counts)
        self._forget(id)
        return effects

    def _forget(self, id: str) -> None:
        """Of a child that will not come back nothing is kept."""
        if id not in self._books.phases():
            self._specs.pop(id, None)
            timer = self._waiting.pop(id, None)
            if timer is not None:  # It is not for the next child of that id.
                timer.cancel()

    def _show(self, _: Request) -> Response:
        return Response.json(
            [
                {"id": id, "state": phase.value, "restart": self._specs[id].restart.value, "pid": self._pids.get(id)}
                for id, phase in self._books.phases().items()
            ]
        )

    def _waited(self, id: str) -> None:
        del self._waiting[id]
        self._perform(self._books.waited(id))
