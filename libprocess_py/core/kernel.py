"""The kernel: mailboxes, run queue and the life of actors, without a clock, a loop, a socket or a thread.

An actor with events is in the run queue once per list that it has: one for its box, one for a turn that was cut short.
A turn takes the box whole and serves event after event; whatever arrives meanwhile makes the next turn. So two actors
that feed one another cannot keep a step from ending, each pair of actors keeps its order, and the order of everything
is a function of the order of arrivals. A step has a budget of events, after which its driver sees to input and output.

An actor that ends leaves in this order: `finalize`, removal, the drop of whatever is still queued (the future of a
dropped dispatch is abandoned), notices to linked actors, and then whoever waits for it.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from operator import length_hint
from types import CoroutineType
from typing import Any, Final, Protocol, TypeAlias

from libprocess_py.core.decision_log import DecisionLog
from libprocess_py.core.links import Links
from libprocess_py.core.mailbox import BOTTOM, ENDED, READY, TERMINATING, UNBORN, Mailbox
from libprocess_py.core.timers import Timers
from libprocess_py.errors import ConnectionLost, NoSuchProcess, ProtocolError
from libprocess_py.events import (
    DISPATCH,
    EXITED,
    INITIALIZE,
    KEYWORDS,
    MESSAGE,
    REQUEST,
    RESUME,
    TERMINATE,
    TIMER,
    Event,
    name_of,
)
from libprocess_py.future import Future, Promise
from libprocess_py.pid import PID, Address

STEP_EVENTS: Final = (
    2_000  # A step is some two milliseconds of small handlers: input and output wait no longer than that.
)

_INITIALIZE: Final[Event] = (INITIALIZE, None, None, None)
_TERMINATE: Final[Event] = (TERMINATE, None, None, None)

Coroutine: TypeAlias = "CoroutineType[Any, Any, Any]"


class Policy(enum.Enum):
    """What happens when a handler raises anything but a ProtocolError. In every case it is logged with its story."""

    END_ACTOR = "end the actor"  # Without `finalize`, since its state is in doubt; linked actors are told.
    ABORT_NODE = "abort the node"  # As in libprocess: somebody outside starts it anew.
    FAIL = "fail the run"  # The exception leaves `step`: simulations and tests.


class ActorFailed(Exception):
    """A handler raised under `Policy.FAIL`. The cause is what it raised."""


class Host(Protocol):
    """What the kernel asks of the node around it."""

    def now(self) -> int: ...
    def wake(self) -> None:
        """The run queue is no longer empty."""

    def unhandled(self, mailbox: Mailbox, message: Any, *, sender: PID) -> None:
        """No handler is installed for this message."""

    def dropped(self, event: Event, *, reason: str, to: str) -> None: ...
    def refused(self, mailbox: Mailbox, error: ProtocolError, *, event: Event) -> None:
        """A handler found the sender at fault."""

    def failed(self, mailbox: Mailbox, error: Exception, *, event: Event) -> None: ...
    def abort(self, error: Exception) -> None: ...
    def ended(self, pid: PID) -> None:
        """The actor is gone; whatever the node keeps for it can go too."""

    def unlinked(self, address: Address) -> None:
        """No actor here is linked to that node any more."""


class Kernel:
    """The actors of one node. Everything happens on one thread, at the pleasure of `run`."""

    def __init__(self, host: Host, address: Address, *, policy: Policy) -> None:
        self.host = host
        self.address = address
        self.by_reference: Address | None = address  # None: local messages take the slow path, which encodes them.
        self.policy = policy
        self.policies: dict[str, Policy] = {}  # Of actors that were spawned with one of their own.
        self.mailboxes: dict[str, Mailbox] = {}
        self.runnable: deque[Mailbox] = deque()
        self.idle = True  # The run queue is empty and nobody was woken for it.
        self.links = Links()
        self.timers = Timers()
        self.log: DecisionLog | None = None
        self.longest = 0  # The most events that an actor had waiting at the start of a turn: queues have no bound.
        self.current: Mailbox | None = None
        self._box: list[Event] = []  # Of the current turn, and what of it was not served yet.
        self._events: Iterator[Event] = iter(())
        self._waiters: dict[str, list[Promise[bool]]] = {}
        self._suspended: dict[str, dict[Coroutine, Promise[Any] | None]] = {}

    # Getting events in

    def post(self, mailbox: Mailbox, event: Event) -> None:
        """Queue an event for an actor that has not ended."""
        box = mailbox._process_box
        if box is not None:
            box.append(event)
            return
        mailbox._process_box = [event]
        self.runnable.append(mailbox)
        if self.idle:
            self.rouse()

    def rouse(self) -> None:
        self.idle = False
        self.host.wake()

    def tell(self, to: str, event: Event) -> bool:
        """Queue an event for the actor with that id, or drop it. False if there is none."""
        mailbox = self.mailboxes.get(to)
        if mailbox is None:
            self.drop(event, reason="no_such_process", to=to)
            return False
        self.post(mailbox, event)
        return True

    def fire(self, now: int) -> None:
        """Queue the timers that are due as events of the actors that made them."""
        for timer in self.timers.pop_due(now):
            if timer.owner._process_phase is not ENDED:
                self.post(timer.owner, (TIMER, timer, None, None))

    def drop(self, event: Event, *, reason: str, to: str) -> None:
        """Nobody will serve this event. Says so, to whoever holds its future too."""
        kind, what, _, promise = event
        if kind in (TERMINATE, INITIALIZE, TIMER):
            return  # Nobody but the runtime and the actor itself knows of these.
        self.host.dropped(event, reason=reason, to=to)
        try:
            if kind == RESUME:
                what.close()
        finally:
            if promise is not None:
                promise.abandon()

    # The life of actors

    def spawn(self, mailbox: Mailbox, policy: Policy | None) -> None:
        """Take an actor in whose id is free. Its `initialize` runs in its own turn."""
        id = mailbox._process_pid.id
        assert mailbox._process_phase is UNBORN, f"{id}: an actor is spawned once"
        assert id not in self.mailboxes, f"{id}: the id is taken"
        self.mailboxes[id] = mailbox
        mailbox._process_phase = BOTTOM
        if policy is not None:
            self.policies[id] = policy
        self.post(mailbox, _INITIALIZE)

    def terminate(self, id: str, *, inject: bool) -> bool:
        """End an actor: now, dropping what is queued, or after it. False if there is none."""
        mailbox = self.mailboxes.get(id)
        if mailbox is None:
            return False
        if not inject:
            self.post(mailbox, _TERMINATE)
            return True
        try:
            self._purge(mailbox, "purged")
        finally:
            if mailbox._process_phase is BOTTOM:
                self.post(mailbox, _INITIALIZE)  # An actor is initialized, however short its life.
            if mailbox is self.current:
                self._box.append(_TERMINATE)  # The rest of the turn was purged: this is its next event.
            else:
                self.post(mailbox, _TERMINATE)
        return True

    def wait(self, id: str) -> Future[bool]:
        """True once the actor has ended; False at once if there is none."""
        promise: Promise[bool] = Promise()
        if id in self.mailboxes:
            self._waiters.setdefault(id, []).append(promise)
        else:
            promise.set(False)
        return promise

    def link(self, linker: str, target: PID) -> None:
        """Tell `linker` when `target`, an actor of this node, ends; at once if it has."""
        if target.id in self.mailboxes:
            self.links.add(linker, target, remote=False)
        else:
            self.tell(linker, (EXITED, target, NoSuchProcess(str(target)), None))

    def connection_lost(self, address: Address) -> None:
        """Tell everybody who is linked to an actor of that node."""
        for linker, target in self.links.connection_lost(address):
            self.tell(linker, (EXITED, target, ConnectionLost(str(address)), None))

    # Serving events

    def run(self, budget: int = STEP_EVENTS) -> bool:
        """Serve up to `budget` events. True if there is more to do: whoever called is then expected to call again."""
        runnable = self.runnable
        self.idle = False
        try:
            while runnable:
                if budget <= 0:
                    return True
                budget -= self._turn(runnable.popleft(), budget)
        except BaseException:  # ActorFailed, or what no policy covers: KeyboardInterrupt in a handler.
            if runnable:
                self.host.wake()
            else:
                self.idle = True
            raise
        self.idle = True
        return False

    def _turn(self, mailbox: Mailbox, budget: int) -> int:
        """Let one actor serve what it has, up to the budget. Returns how many events it was given."""
        rest = mailbox._process_rest
        if rest is not None:
            mailbox._process_rest = None
            box, events = rest
        else:
            box = mailbox._process_box or []
            mailbox._process_box = None
            events = iter(box)
        given = length_hint(events)
        if mailbox._process_phase is ENDED:
            return 0
        if given > self.longest:  # noqa: PLR1730  # Once per turn: a call of max costs three times as much.
            self.longest = given
        self.current, self._box, self._events = mailbox, box, events
        limited = events if given <= budget else islice(events, budget)
        try:
            self._serve(mailbox, limited)
        finally:
            self.current = None
            if length_hint(events):
                mailbox._process_rest = (box, events)
                self.runnable.append(mailbox)
        return given

    def _serve(self, mailbox: Mailbox, events: Iterator[Event]) -> None:
        """The inner loop. An exception leaves the loop, not the iterator, which goes on behind the failed event."""
        handlers, methods, log = mailbox._process_handlers, mailbox._process_methods, self.log
        event: Event = (RESUME, None, None, None)
        while True:
            try:
                for event in events:
                    kind, what, payload, promise = event
                    if log is not None:
                        log.event(event, now=self.host.now(), pid=mailbox._process_pid)
                    if kind == MESSAGE:
                        handler = handlers.get(payload.__class__)
                        if handler is None:
                            self.host.unhandled(mailbox, payload, sender=what)
                            continue
                        value = handler(mailbox, what, payload)
                        if value is not None and value.__class__ is CoroutineType:
                            self._drive(mailbox, value, promise=None)
                    elif kind == DISPATCH:
                        value = methods[what](mailbox, *payload)
                        kind = value.__class__
                        if kind is Promise:
                            promise.associate(value)
                        elif kind is CoroutineType:
                            self._drive(mailbox, value, promise=promise)
                        else:
                            promise.set(value)
                    else:
                        self._serve_other(mailbox, event)
                return
            except ProtocolError as error:
                self._refuse(mailbox, error, event=event)
            except Exception as error:
                self._fail(mailbox, error, event=event)

    def _serve_other(self, mailbox: Mailbox, event: Event) -> None:
        """The event kinds that are not worth a place in the inner loop."""
        kind, what, payload, promise = event
        if kind == TIMER:
            self._finish(mailbox, what.run(), promise=None)
        elif kind == REQUEST:
            self._finish(mailbox, what(payload), promise=promise)
        elif kind == KEYWORDS:
            arguments, keywords = payload
            self._finish(mailbox, mailbox._process_methods[what](mailbox, *arguments, **keywords), promise=promise)
        elif kind == RESUME:
            self._suspended[mailbox._process_pid.id].pop(what)
            self._drive(mailbox, what, promise=promise)
        elif kind == EXITED:
            told: Callable[[PID, Exception | None], Any] = mailbox.exited_with
            self._finish(mailbox, told(what, payload), promise=None)
        elif kind == INITIALIZE:
            mailbox._process_phase = READY
            begin: Callable[[], Any] = mailbox.initialize
            self._finish(mailbox, begin(), promise=None)
        else:
            assert kind == TERMINATE
            mailbox._process_phase = TERMINATING
            try:
                finish: Callable[[], Any] = mailbox.finalize
                _refuse_to_wait(finish())
            finally:
                self._end(mailbox)

    def _finish(self, mailbox: Mailbox, value: Any, *, promise: Promise[Any] | None) -> None:
        """Pass on what a handler returned."""
        if value.__class__ is CoroutineType:
            self._drive(mailbox, value, promise=promise)
        elif promise is None:
            return
        elif value.__class__ is Promise:
            promise.associate(value)
        else:
            promise.set(value)

    def _drive(self, mailbox: Mailbox, coroutine: Coroutine, *, promise: Promise[Any] | None) -> None:
        """Run a handler's coroutine to its next wait. It goes on as an event of its actor, when the wait is over."""
        try:
            awaited = coroutine.send(None)
        except StopIteration as stop:
            self._finish(mailbox, stop.value, promise=promise)
            return
        if awaited.__class__ is not Promise:
            coroutine.close()
            raise TypeError(f"an actor can only await futures of libprocess_py, not {type(awaited).__name__}")
        self._suspended.setdefault(mailbox._process_pid.id, {})[coroutine] = promise

        def resume(_: object) -> None:
            if coroutine in self._suspended.get(mailbox._process_pid.id, ()):
                self.post(mailbox, (RESUME, coroutine, None, promise))

        awaited.on_any(resume)
        awaited.on_abandoned(resume)

    def _refuse(self, mailbox: Mailbox, error: ProtocolError, *, event: Event) -> None:
        if _is_complete(event):
            self._callback_failed(mailbox, error, event=event)
        else:
            self.host.refused(mailbox, error, event=event)
            self._fail_future(mailbox, error, event=event)

    def _fail(self, mailbox: Mailbox, error: Exception, *, event: Event) -> None:
        """Our own mistake: an actor is in a state that nobody foresaw."""
        if _is_complete(event):  # The handler did its part: what raised is a callback of whoever asked.
            self._callback_failed(mailbox, error, event=event)
            return
        policy = self.policies.get(mailbox._process_pid.id, self.policy)
        self.host.failed(mailbox, error, event=event)
        self._fail_future(mailbox, error, event=event)
        if policy is not Policy.END_ACTOR:
            self._stop(policy, mailbox, error=error, event=event)
        elif mailbox._process_phase is not ENDED:
            try:
                self._end(mailbox, error)
            except Exception as raised:
                self._callback_failed(mailbox, raised, event=event)

    def _fail_future(self, mailbox: Mailbox, error: Exception, *, event: Event) -> None:
        try:
            if event[3] is not None:
                event[3].fail(error)
        except Exception as raised:
            self._callback_failed(mailbox, raised, event=event)

    def _callback_failed(self, mailbox: Mailbox, error: Exception, *, event: Event) -> None:
        """A callback of a future raised in whoever completed it. That actor is innocent, so it is the node's policy."""
        self.host.failed(mailbox, error, event=event)
        if self.policy is not Policy.END_ACTOR:
            self._stop(self.policy, mailbox, error=error, event=event)

    def _stop(self, policy: Policy, mailbox: Mailbox, *, error: Exception, event: Event) -> None:
        if policy is Policy.ABORT_NODE:
            self.runnable.clear()
            try:
                self._purge(mailbox, "aborted")
            finally:
                self.host.abort(error)
        else:
            story = f"{mailbox._process_pid} failed in {name_of(event) or event[0]}: {type(error).__name__}: {error}"
            raise ActorFailed(story) from error

    def _end(self, mailbox: Mailbox, failure: Exception | None = None) -> None:
        """The actor leaves. Callbacks of others run meanwhile; whatever they raise, nothing here is left undone."""
        pid = mailbox._process_pid
        mailbox._process_phase = ENDED
        del self.mailboxes[pid.id]
        self.policies.pop(pid.id, None)
        try:
            suspended = self._suspended.pop(pid.id, None)
            if suspended:
                run_all(self._ends_of(suspended))
        finally:
            try:
                self._purge(mailbox, "terminated")
            finally:
                self._tell_of_end(pid, failure)

    def _ends_of(self, suspended: dict[Coroutine, Promise[Any] | None]) -> Iterator[Callable[[], object]]:
        for coroutine, promise in suspended.items():
            yield coroutine.close  # Raises if the coroutine waits once more, in a `finally` of its own.
            if promise is not None:
                yield promise.abandon

    def _tell_of_end(self, pid: PID, failure: Exception | None) -> None:
        try:
            self.host.ended(pid)
        finally:
            self._notify_of_end(pid, failure)

    def _notify_of_end(self, pid: PID, failure: Exception | None) -> None:
        for address in self.links.linker_ended(pid.id):
            self.host.unlinked(address)
        for linker in self.links.target_ended(pid):
            self.tell(linker, (EXITED, pid, failure, None))
        waiters = self._waiters.pop(pid.id, None)
        if waiters is not None:
            run_all(partial(waiter.set, True) for waiter in waiters)

    def _purge(self, mailbox: Mailbox, reason: str) -> None:
        """Drop what the actor has not served. The lists stay where the run queue expects them, only empty."""
        dropped: list[Event] = []
        if mailbox is self.current:
            dropped += _cut(self._box, self._events)
        elif mailbox._process_rest is not None:
            dropped += _cut(*mailbox._process_rest)
        if mailbox._process_box is not None:
            dropped += mailbox._process_box
            mailbox._process_box.clear()
        if dropped:
            run_all(partial(self.drop, event, reason=reason, to=mailbox._process_pid.id) for event in dropped)


def run_all(steps: Iterable[Callable[[], object]]) -> None:
    """Take every step even if one raises; the first exception leaves when all were taken."""
    first: Exception | None = None
    for step in steps:
        try:
            step()
        except Exception as error:
            first = first or error
    if first is not None:
        raise first


def _is_complete(event: Event) -> bool:
    """Whether the event has been answered already."""
    promise = event[3]
    return promise is not None and not promise.is_pending


def _refuse_to_wait(value: Any) -> None:
    """An actor that is leaving has no later turn in which a coroutine could go on."""
    if value.__class__ is CoroutineType:
        value.close()
        raise TypeError("finalize is a plain def: there is no later turn in which it could go on")


def _cut(box: list[Event], events: Iterator[Event]) -> list[Event]:
    """Take out of the list what its iterator has not come to."""
    left = length_hint(events)
    if not left:
        return []
    cut = box[-left:]
    del box[-left:]
    return cut
