"""The kernel: mailboxes, run queue and the life of actors, without a clock, a loop, a socket or a thread.

An actor with events is in the run queue once per list that it has: one for its box, one for a turn that was cut short.
An actor that was spawned is there once more, for its first turn.
A turn takes the box whole and serves event after event; whatever arrives meanwhile makes the next turn. So two actors
that feed one another cannot keep a step from ending, each pair of actors keeps its order, and the order of everything
is a function of the order of arrivals. A step has a budget of events, after which its driver sees to input and output.

How an actor ends is told in `endings`, what happens when a handler raises in `failures`, and what becomes of what it
returns in `coroutines`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from operator import length_hint
from types import CoroutineType
from typing import Any, Final, Protocol

from libprocess_py.core.at_once import AtOnce
from libprocess_py.core.bounded import BoundedBox
from libprocess_py.core.coroutines import Coroutines
from libprocess_py.core.crowds import Crowds, most_frequent
from libprocess_py.core.drops import FILTERED, NO_SUCH_PROCESS, PURGED, UNKNOWN_MESSAGE
from libprocess_py.core.endings import drop_all, unserved
from libprocess_py.core.failures import ActorFailed, Policy, fail, in_words, leave, refuse
from libprocess_py.core.links import Links
from libprocess_py.core.mailbox import BOTTOM, ENDED, INITIALIZED, READY, UNBORN, Mailbox
from libprocess_py.core.observer import Observer
from libprocess_py.core.reach import Reach
from libprocess_py.core.timers import Timer, Timers
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
    UNDELIVERED,
    Event,
)
from libprocess_py.future import Future, Promise
from libprocess_py.future.trampoline import of_thread
from libprocess_py.message import Message
from libprocess_py.pid import PID, Address

STEP_EVENTS: Final = (
    2_000  # A step is some two milliseconds of small handlers: input and output wait no longer than that.
)

_TERMINATE: Final[Event] = (TERMINATE, None, None, None)

_NOTHING_TO_BEGIN: Final = Mailbox.initialize  # Of a class that leaves it as it is: its actors need no turn for it.

# What an observer cannot keep from an actor: its life, and what it has begun.
_UNREFUSED: Final = (INITIALIZE, TERMINATE, RESUME)


class Host(Protocol):
    """What the kernel asks of the node around it."""

    def now(self) -> int: ...
    def wake(self) -> None:
        """The run queue is no longer empty."""

    def delegated(self, mailbox: Mailbox, message: Any, *, sender: PID) -> bool:
        """Pass on a message that the actor has no handler for. False if nobody was named for it."""

    def dropped(self, event: Event, *, reason: str, to: str) -> None: ...
    def refused(self, mailbox: Mailbox, error: ProtocolError, *, event: Event) -> None:
        """A handler found the sender at fault."""

    def failed(self, mailbox: Mailbox, error: Exception, *, event: Event) -> None: ...
    def crowded(self, mailbox: Mailbox, events: int, *, names: str) -> None:
        """That many wait for the actor, twice as many as when this was last said."""

    def abort(self, error: BaseException) -> None: ...
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
        self.observer: Observer | None = None
        self.reach: Reach | None = None
        self.crowds = Crowds()
        self.remarkable = 0  # A turn with more events than this is told to them.
        self.current: Mailbox | None = None
        self.turn_box: list[Event] = []  # Of the current turn, and what of it was not served yet.
        self.turn_events: Iterator[Event] = iter(())
        self.waiters: dict[str, dict[Promise[bool], None]] = {}
        self.coroutines = Coroutines(self.post)
        self.at_once = AtOnce(self)
        self._drive, self._resume = self.coroutines.drive, self.coroutines.resume

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
            self.drop(event, reason=NO_SUCH_PROCESS, to=to)
            return False
        self.post(mailbox, event)
        return True

    def fire(self, now: int) -> None:
        """Queue the timers that are due as events of the actors that made them."""
        self.queue(self.timers.pop_due(now))

    def queue(self, timers: list[Timer]) -> None:
        for timer in timers:
            if timer.owner._process_phase is not ENDED:
                self.post(timer.owner, (TIMER, timer, None, None))

    def drop(self, event: Event, *, reason: str, to: str, failure: Exception | None = None) -> None:
        """Nobody will serve this event. Says so, also to its sender, and to whoever holds its future.

        The future fails with `failure`, or is abandoned.
        """
        kind, what, payload, promise = event
        if kind in (TERMINATE, INITIALIZE) or (kind == TIMER and reason != FILTERED):
            return  # Nobody but the runtime and the actor itself knows of these.
        self.host.dropped(event, reason=reason, to=to)
        try:
            if kind == MESSAGE:
                self.tell_sender(what, payload, reason=reason, to=to)
            elif kind == RESUME:
                what.close()
        finally:
            if promise is not None:
                if failure is None:
                    promise.abandon()
                else:
                    promise.fail(failure)

    def tell_sender(self, sender: PID, message: Any, *, reason: str, to: str | PID) -> None:
        """A message was dropped. Whoever sent it hears of it, if it is an actor here that wants to."""
        mailbox = self.mailboxes.get(sender.id) if sender.address == self.address else None
        if mailbox is not None and type(mailbox).undelivered is not Mailbox.undelivered:
            receiver = PID(to, self.address) if isinstance(to, str) else to
            self.post(mailbox, (UNDELIVERED, receiver, (message, reason), None))

    # The life of actors

    def spawn(self, mailbox: Mailbox, policy: Policy | None) -> None:
        """Take an actor in whose id is free. Its `initialize` runs in its own turn."""
        id = mailbox._process_pid.id
        assert mailbox._process_phase is UNBORN, f"{id}: an actor is spawned once"
        self.mailboxes[id] = mailbox
        mailbox._process_phase = BOTTOM  # So its first turn begins with `initialize`: no box is made to say so.
        if policy is not None:
            self.policies[id] = policy
        self.runnable.append(mailbox)
        if self.idle:
            self.rouse()

    def terminate(self, id: str, *, inject: bool) -> bool:
        """End an actor: now, dropping what is queued, or after it. False if there is none."""
        mailbox = self.mailboxes.get(id)
        if mailbox is None:
            return False
        if not inject:
            self.post(mailbox, _TERMINATE)
            return True
        if mailbox._process_box is None and mailbox._process_rest is None and mailbox is not self.current:
            self.post(mailbox, _TERMINATE)  # Nothing is queued: as of nearly all that end.
            return True
        purged = unserved(self, mailbox)
        if mailbox is self.current:
            self.turn_box.append(_TERMINATE)  # The rest of the turn is gone: this is its next event.
        else:
            self.post(mailbox, _TERMINATE)
        drop_all(self, purged, reason=PURGED, to=id)  # Last, for callbacks of others may send it more.
        return True

    def wait(self, id: str) -> Future[bool]:
        """True once the actor has ended; False at once if there is none."""
        promise: Promise[bool] = Promise()
        if id in self.mailboxes:
            self.waiters.setdefault(id, {})[promise] = None
            promise.on_discard(lambda _: self._wait_no_more(id, promise))
        else:
            promise.set(False)
        return promise

    def _wait_no_more(self, id: str, promise: Promise[bool]) -> None:
        """Who waits again and again, each time for so long, must not leave a trail."""
        waiters = self.waiters.get(id)
        if waiters is not None and promise in waiters:
            del waiters[promise]
            if not waiters:
                del self.waiters[id]
            promise.set_discarded()

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

    def remote_ended(self, target: PID, failure: Exception | None) -> None:
        """An actor of another node is known to have ended: tell everybody who is linked to it."""
        linkers, is_last = self.links.remote_ended(target)
        if is_last:
            self.host.unlinked(target.address)
        for linker in linkers:
            self.tell(linker, (EXITED, target, failure, None))

    # Serving events

    def run(self, budget: int = STEP_EVENTS) -> bool:
        """Serve up to `budget` events. True if there is more to do: whoever called is then expected to call again."""
        runnable = self.runnable
        self.idle = False
        of_thread.kernels += 1
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
        finally:
            of_thread.kernels -= 1
        self.idle = True
        return False

    def ring(self, timer: Timer) -> bool:
        """Serve a timer at once, if nobody has anything else to do; False if that is not so. Then comes `run`.

        It does what `queue` and `run` do in more steps: most instants of a simulation are one timer of one actor.
        """
        mailbox = timer.owner
        if self.runnable or mailbox._process_box is not None or mailbox._process_phase is ENDED:
            return False
        if self.observer is None:
            self.idle = False
            self.at_once.ring(timer)
        else:
            self.serve(mailbox, [(TIMER, timer, None, None)])
        return True

    def serve(self, mailbox: Mailbox, box: list[Event]) -> None:
        """Serve events at once: a turn of an actor that nobody has queued.

        The end of `_turn`, written out: a function that both share would cost every turn of every actor one more call.
        """
        events = iter(box)
        self.idle = False
        self.current, self.turn_box, self.turn_events = mailbox, box, events
        of_thread.kernels += 1
        try:
            if self.observer is None:
                self._serve(mailbox, events)
            else:
                self._serve_observed(mailbox, events, observer=self.observer)
        except BaseException:
            self._cut_short(mailbox)
            if self.runnable:
                self.host.wake()
            else:
                self.idle = True
            raise
        finally:
            of_thread.kernels -= 1
        self.current = None

    def _turn(self, mailbox: Mailbox, budget: int) -> int:
        """Let one actor serve what it has, up to the budget. Returns how many events it was given."""
        rest = mailbox._process_rest
        if rest is not None:
            mailbox._process_rest = None
            box, events = rest
            given = length_hint(events)
        elif mailbox._process_phase is BOTTOM:
            if type(mailbox).initialize is _NOTHING_TO_BEGIN and self.observer is None:
                mailbox._process_phase = READY
                return 1
            box = [INITIALIZED]  # What it was told since it was spawned has a place of its own in the run queue.
            events = iter(box)
            given = 1
        else:
            taken = mailbox._process_box
            if type(taken) is list:
                mailbox._process_box = None
            else:
                mailbox._process_box = taken.successor() if isinstance(taken, BoundedBox) else None
            box = [] if taken is None else taken
            events = iter(box)
            given = len(box)
        if mailbox._process_phase is ENDED:
            return 0
        if given > self.remarkable:
            self._remark(mailbox, box[-given:])
        self.current, self.turn_box, self.turn_events = mailbox, box, events
        limited = events if given <= budget else islice(events, budget)
        try:
            if self.observer is None:
                self._serve(mailbox, limited)
            else:
                self._serve_observed(mailbox, limited, observer=self.observer)
        except BaseException:
            self._cut_short(mailbox)
            raise
        if given > budget:
            self._cut_short(mailbox)
        self.current = None
        return given

    def _cut_short(self, mailbox: Mailbox) -> None:
        """The turn is over before its events are."""
        self.current = None
        if length_hint(self.turn_events):
            mailbox._process_rest = (self.turn_box, self.turn_events)
            self.runnable.append(mailbox)

    def _serve(self, mailbox: Mailbox, events: Iterator[Event]) -> None:
        """The inner loop. An exception leaves the loop, not the iterator, which goes on behind the failed event."""
        handlers, methods = mailbox._process_handlers, mailbox._process_methods
        event: Event = (RESUME, None, None, None)
        while True:
            try:
                for event in events:
                    kind, what, payload, promise = event
                    if kind == MESSAGE:
                        handler = handlers.get(payload.__class__)
                        if handler is None:
                            self._unhandled(mailbox, event)
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
                    elif kind == RESUME:
                        self._resume(mailbox, what, promise=promise)
                    elif kind == TIMER:
                        value = what.run()
                        if value is not None and value.__class__ is CoroutineType:
                            self._drive(mailbox, value, promise=None)
                    elif kind == INITIALIZE:
                        mailbox._process_phase = READY
                        begin: Callable[[], Any] = mailbox.initialize
                        value = begin()
                        if value is not None:
                            self.coroutines.finish(mailbox, value, promise=None)
                    else:
                        self._serve_other(mailbox, event)
                return
            except ActorFailed:
                raise
            except ProtocolError as error:
                refuse(self, mailbox, error=error, event=event)
            except (Exception, SystemExit) as error:
                fail(self, mailbox, error=in_words(error), event=event)

    def _unhandled(self, mailbox: Mailbox, event: Event) -> None:
        _, sender, message, _ = event
        if not isinstance(message, Message):  # Looked at here, where it costs nothing to those who send messages.
            raise TypeError(f"{sender} sent {message!r}: expected a Message")
        if not self.host.delegated(mailbox, message, sender=sender):
            self.drop(event, reason=UNKNOWN_MESSAGE, to=mailbox._process_pid.id)

    def _remark(self, mailbox: Mailbox, events: list[Event]) -> None:
        if self.crowds.note(mailbox._process_pid.id, len(events)):
            self.host.crowded(mailbox, len(events), names=most_frequent(events))
        self.remarkable = self.crowds.remarkable

    def _serve_observed(self, mailbox: Mailbox, events: Iterator[Event], *, observer: Observer) -> None:
        for event in events:
            verdict = observer.before(mailbox, event)
            if not verdict and event[0] not in _UNREFUSED:
                if verdict is not None:
                    self.drop(event, reason=FILTERED, to=mailbox._process_pid.id)
                continue
            try:
                self._serve(mailbox, iter((event,)))
            finally:
                observer.after(mailbox, event)

    def _serve_other(self, mailbox: Mailbox, event: Event) -> None:
        """The event kinds that are not worth a place in the inner loop."""
        kind, what, payload, promise = event
        finish = self.coroutines.finish
        if kind == REQUEST:
            finish(mailbox, what(payload), promise=promise)
        elif kind == TERMINATE:
            leave(self, mailbox, event=event)
        elif kind == KEYWORDS:
            arguments, keywords = payload
            finish(mailbox, mailbox._process_methods[what](mailbox, *arguments, **keywords), promise=promise)
        elif kind == EXITED:
            told: Callable[[PID, Exception | None], Any] = mailbox.exited_with
            finish(mailbox, told(what, payload), promise=None)
        else:
            assert kind == UNDELIVERED
            message, reason = payload
            hear: Callable[..., Any] = mailbox.undelivered
            finish(mailbox, hear(what, message, reason=reason), promise=None)
