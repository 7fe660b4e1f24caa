"""The two sides of a future.

A future is PENDING, then once and for all READY, FAILED or DISCARDED. Two facts about a pending future matter as well:
`discard()` *asks* its producer to give up (who may or may not), and a future whose producer is gone is *abandoned*: it
stays pending for ever, and says so to `on_abandoned`, `recover` and whoever awaits it.

Callbacks run in the completing caller, or at once if there is nothing to wait for (see `trampoline`).

Promise and future are one object: half the memory, and no hop between them. So an owner that drops its promise cannot
be noticed by a destructor, since readers hold the same object; nor should it be, because a garbage collector has no
place in the order of a simulated run. An owner that gives up calls `abandon`; the runtime does for all that it drops.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Generator
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast, overload

from libprocess_py.errors import MailboxClosed
from libprocess_py.future.trampoline import of_thread, run

if TYPE_CHECKING:
    from libprocess_py.future.turns import Turns

T = TypeVar("T")
U = TypeVar("U")


class State(enum.Enum):
    """Where a future stands. Only PENDING changes, and only once."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"
    DISCARDED = "discarded"


class FutureDiscarded(Exception):
    """The producer gave up on request: there will be no value."""


class FutureFailed(Exception):
    """The producer failed with a reason in words."""


PENDING: Final = State.PENDING
READY: Final = State.READY
FAILED: Final = State.FAILED
DISCARDED: Final = State.DISCARDED

# What a callback waits for: one of the final states, any of them, or one of the two facts about a pending future.
_ANY: Final = "any"
_SETTLED: Final = "settled"
_DISCARD: Final = "discard requested"
_ABANDONED: Final = "abandoned"
_QUEUED: Final = "settled, for one that only queues an event"

_Waiting = list[tuple[object, Callable[[Any], object]]]


class Future(Generic[T]):
    """The reading side. Instances are made by `Promise`, by `dispatch` and by the combinators here."""

    __slots__ = ("_abandoned", "_discard_requested", "_result", "_traceback", "_waiting", "state")

    state: State
    _result: Any  # The value when READY, the exception when FAILED.
    _traceback: TracebackType | None  # When FAILED: of the failure, without the places where it was raised again.
    _waiting: _Waiting | None

    def __init__(self) -> None:
        self.state = PENDING
        self._waiting = None
        self._abandoned = self._discard_requested = False

    # Reading

    @property
    def is_pending(self) -> bool:
        return self.state is PENDING

    @property
    def is_ready(self) -> bool:
        return self.state is READY

    @property
    def is_failed(self) -> bool:
        return self.state is FAILED

    @property
    def is_discarded(self) -> bool:
        return self.state is DISCARDED

    @property
    def is_settled(self) -> bool:
        """Ready, failed, discarded or abandoned: waiting for it is over."""
        return self.state is not PENDING or self._abandoned

    @property
    def abandoned(self) -> bool:
        """Nobody is left who could complete it."""
        return self._abandoned and self.state is PENDING

    @property
    def discard_requested(self) -> bool:
        return self._discard_requested

    @property
    def is_awaited(self) -> bool:
        """Somebody wants to know what becomes of it."""
        return self._waiting is not None and any(what is not _DISCARD for what, _ in self._waiting)

    @property
    def failure(self) -> BaseException | None:
        return cast(BaseException, self._result) if self.state is FAILED else None

    def get(self) -> T:
        """The value; otherwise the failure, FutureDiscarded, MailboxClosed (abandoned) or RuntimeError (pending)."""
        if self.state is READY:
            return cast(T, self._result)
        if self.state is FAILED:
            raise cast(BaseException, self._result).with_traceback(self._traceback)
        if self.state is DISCARDED:
            raise FutureDiscarded("the future was discarded")
        if self._abandoned:
            raise MailboxClosed("the future was abandoned: the actor ended before it answered")
        raise RuntimeError("the future is pending: nothing here blocks, use then() or await")

    def __await__(self) -> Generator[Any, None, T]:
        """For `async def` handlers, which the kernel resumes, and for coroutines of the event loop; then as `get`."""
        if self.state is PENDING and not self._abandoned:
            if of_thread.kernels:
                try:
                    yield self
                except GeneratorExit:  # The actor ended: nobody waits here any more.
                    self.discard()
                    raise
            else:
                from libprocess_py.future.outside import settled  # Simulations do without an event loop.

                yield from settled(self).__await__()
        return self.get()

    # Waiting

    def on_ready(self, callback: Callable[[T], object]) -> Future[T]:
        return self._when(READY, callback, holds=self.state is READY)

    def on_failed(self, callback: Callable[[BaseException], object]) -> Future[T]:
        return self._when(FAILED, callback, holds=self.state is FAILED)

    def on_discarded(self, callback: Callable[[Future[T]], object]) -> Future[T]:
        return self._when(DISCARDED, callback, holds=self.state is DISCARDED)

    def on_any(self, callback: Callable[[Future[T]], object]) -> Future[T]:
        """Any of the three final states; not abandonment, which is not final in libprocess' terms."""
        return self._when(_ANY, callback, holds=self.state is not PENDING)

    def on_settled(self, callback: Callable[[Future[T]], object]) -> Future[T]:
        """Any of the three final states, or abandonment: whatever becomes of it, once."""
        return self._when(_SETTLED, callback, holds=self.is_settled)

    def queue_when_settled(self, callback: Callable[[Future[T]], object]) -> None:
        """For kernels: as `on_settled`, for what only queues an event.

        It runs no code of anybody else, so it needs no trampoline.
        """
        if self.state is not PENDING or self._abandoned:
            callback(self)
        elif self._waiting is None:
            self._waiting = [(_QUEUED, callback)]
        else:
            self._waiting.append((_QUEUED, callback))

    def forget(self, callback: Callable[..., object]) -> None:
        """Do not call it any more: for those who stop waiting for what may go on for long."""
        if self._waiting is not None:
            self._waiting = [entry for entry in self._waiting if entry[1] is not callback]

    def on_abandoned(self, callback: Callable[[Future[T]], object]) -> Future[T]:
        return self._when(_ABANDONED, callback, holds=self.abandoned)

    def on_discard(self, callback: Callable[[Future[T]], object]) -> Future[T]:
        """A discard was requested while the future was pending."""
        return self._when(_DISCARD, callback, holds=self._discard_requested and self.state is PENDING)

    def discard(self) -> bool:
        """Ask the producer to give up. True the first time, while pending; the producer decides what comes of it."""
        if self.state is not PENDING or self._discard_requested:
            return False
        self._discard_requested = True
        self._notify(_DISCARD)
        return True

    # Composing

    @overload
    def then(self, function: Callable[[T], Future[U]]) -> Future[U]: ...
    @overload
    def then(self, function: Callable[[T], U]) -> Future[U]: ...
    def then(self, function: Callable[[T], Any]) -> Future[Any]:
        """`function` of the value; failure, discard and abandonment pass through. What it raises fails the result."""
        result = self._before_result()

        def over(source: Future[T]) -> None:
            if source.state is not READY:
                _pass_on(source, result)
            elif result.discard_requested:  # No longer wanted: so the function is not called, either.
                result.set_discarded()
            else:
                _settle(result, function, argument=source._result)

        self.on_settled(over)
        return result

    def repair(self, function: Callable[[Future[T]], T | Future[T]]) -> Future[T]:
        """A failed future gets the value of `function`; every other outcome passes through."""
        result = self._before_result()

        def over(source: Future[T]) -> None:
            if source.state is not FAILED:
                _pass_on(source, result)
            elif result.discard_requested:
                result.set_discarded()
            else:
                _settle(result, function, argument=source)

        self.on_settled(over)
        return result

    def recover(self, function: Callable[[Future[T]], T | Future[T]]) -> Future[T]:
        """A failed, discarded or abandoned future gets the value of `function`, discard requests notwithstanding."""
        result = self._before_result()

        def over(source: Future[T]) -> None:
            if source.state is READY:
                result.set(source._result)
            else:
                _settle(result, function, argument=source)

        self.on_settled(over)
        return result

    def after(self, ns: int, function: Callable[[Future[T]], T | Future[T]] | None = None, *, on: Turns) -> Future[T]:
        """What `function` of this future brings, if it is still pending after `ns`; until then every outcome passes.

        Without a function this future is asked to be discarded, and the result fails with TimeoutError. The timer is
        one of the actor `on`, in whose turn the function is called; it ends with that actor.
        """
        result = self._before_result()

        def late() -> None:
            self.forget(over)
            _settle(result, function or _timed_out, argument=self)

        def over(source: Future[T]) -> None:
            if timer.cancel():
                _pass_on(source, result)

        timer = on.delay(ns, late)

        self.on_settled(over)
        return result

    def undiscardable(self) -> Future[T]:
        """The same outcome, without a way back: a discard requested of the result asks nobody for anything."""
        result: Promise[T] = Promise()
        self.on_settled(partial(_pass_on, result=result))
        return result

    # For the two classes here

    def _before_result(self) -> Promise[Any]:
        """A promise for what is made of this future, whose discard requests come here."""
        result: Promise[Any] = Promise()
        result._waiting = [(_DISCARD, self._pass_discard)]
        return result

    def _pass_discard(self, _: Future[Any]) -> None:
        self.discard()

    def _when(self, what: object, callback: Callable[[Any], object], *, holds: bool) -> Future[T]:
        if holds:
            callback(self._result if what in (READY, FAILED) else self)
        elif self.state is PENDING:
            if self._waiting is None:
                self._waiting = []
            self._waiting.append((what, callback))
        return self

    def _notify(self, what: object) -> None:
        """Run the callbacks for a fact about a pending future; the others go on waiting."""
        if self._waiting is None:
            return
        kinds = (_ABANDONED, _SETTLED, _QUEUED) if what is _ABANDONED else (what,)
        due = [(callback, self) for waits_for, callback in self._waiting if waits_for in kinds]
        self._waiting = [entry for entry in self._waiting if entry[0] not in kinds]
        run(due)

    def __repr__(self) -> str:
        if self.state is READY or self.state is FAILED:
            return f"<Future {self.state.value}: {self._result!r}>"
        return f"<Future {'abandoned' if self.abandoned else self.state.value}>"


class Promise(Future[T]):
    """The writing side, and itself the future: hand it out typed as `Future`. It has one owner.

    The three ways to complete it return whether they did: False means that it was complete already.
    """

    __slots__ = ()

    @property
    def future(self) -> Future[T]:
        return self

    def set(self, value: T) -> bool:
        return self._complete(READY, value)

    def fail(self, error: BaseException | str) -> bool:
        failure = FutureFailed(error) if isinstance(error, str) else error
        if self.state is PENDING:
            self._traceback = failure.__traceback__
        return self._complete(FAILED, failure)

    def set_discarded(self) -> bool:
        return self._complete(DISCARDED, None)

    def abandon(self) -> bool:
        """The owner goes and nobody takes its place. False if it is complete or abandoned already."""
        if self.state is not PENDING or self._abandoned:
            return False
        self._abandoned = True
        self._notify(_ABANDONED)
        return True

    def associate(self, source: Future[T]) -> None:
        """Become what `source` becomes; a discard requested here is passed on to it."""
        if self.state is not PENDING:
            return
        self._when(_DISCARD, source._pass_discard, holds=self._discard_requested)
        source.on_settled(partial(_pass_on, result=self))

    def _complete(self, state: State, result: object) -> bool:
        if self.state is not PENDING:
            return False
        self.state = state
        self._result = result
        waiting = self._waiting
        if waiting is not None:
            self._waiting = None
            if len(waiting) == 1 and waiting[0][0] is _QUEUED:
                waiting[0][1](self)
                return True
            argument = self if state is DISCARDED else result
            due: list[tuple[Callable[[Any], object], Any]] = []
            for what, callback in waiting:
                if what is state:
                    due.append((callback, argument))
                elif what is _SETTLED or what is _ANY or what is _QUEUED:
                    due.append((callback, self))
            run(due)
        return True


def ready(value: T) -> Future[T]:
    """A future that has its value already."""
    promise: Promise[T] = Promise()
    promise.set(value)
    return promise


def failed(error: BaseException | str) -> Future[Any]:
    """A future that has failed already."""
    promise: Promise[Any] = Promise()
    promise.fail(error)
    return promise


def _pass_on(source: Future[T], result: Promise[T]) -> None:
    """The result becomes what the source became."""
    if source.state is READY:
        result.set(source._result)
    elif source.state is FAILED:
        result.fail(source._result)
    elif source.state is DISCARDED:
        result.set_discarded()
    else:
        result.abandon()


def _settle(result: Promise[Any], function: Callable[[Any], Any], *, argument: object) -> None:
    try:
        value = function(argument)
    except Exception as error:
        result.fail(error)
        return
    if isinstance(value, Future):
        result.associate(value)
    else:
        result.set(value)


def _timed_out(future: Future[Any]) -> Any:
    future.discard()
    raise TimeoutError("the future was still pending when its time was up")
