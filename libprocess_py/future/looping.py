"""`loop`: over and over until a body says `Break`, with waits in between, on a constant stack.

An `async def` handler writes `while True:` instead. This is for plain handlers, whose methods return futures.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, overload

from libprocess_py.future.promise import Future, Promise

if TYPE_CHECKING:
    from libprocess_py.future.turns import Turns

T = TypeVar("T")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Continue:
    """What a body returns to go round once more."""


@dataclass(frozen=True, slots=True)
class Break(Generic[V]):
    """What a body returns to end the loop with a value."""

    value: V


Step: TypeAlias = Continue | Break[V] | Future[Continue] | Future[Break[V]] | Future[Continue | Break[V]]


@overload
def loop(iterate: Callable[[], Future[T]], body: Callable[[T], Step[V]], *, on: Turns | None = None) -> Future[V]: ...
@overload
def loop(iterate: Callable[[], T], body: Callable[[T], Step[V]], *, on: Turns | None = None) -> Future[V]: ...
def loop(iterate: Callable[[], Any], body: Callable[[Any], Step[V]], *, on: Turns | None = None) -> Future[V]:
    """Call `body` with what `iterate` brings, until it returns `Break(value)`: that value is the result's.

    What fails, is discarded or abandoned on the way, the result becomes. A discard requested of the result is passed
    on to what the loop waits for, and ends it before its next call. With `on` an actor, its calls are made as events of
    that actor after every wait, and its end abandons the result. A loop that never has to wait lets nobody else run.
    """
    looping: _Loop[V] = _Loop(_rounds(iterate, body), on=on)
    looping.begin()
    return looping.result


def _rounds(iterate: Callable[[], Any], body: Callable[[Any], Step[V]]) -> Generator[Any, Any, V]:
    """The loop as one reads it. What it yields comes back as a value, waited for if need be."""
    while True:
        item = yield iterate()
        flow: Continue | Break[V] = yield body(item)
        if isinstance(flow, Break):
            return flow.value


class _Loop(Generic[V]):
    """Drives the rounds, and waits where they yield a future that is not ready."""

    def __init__(self, rounds: Generator[Any, Any, V], *, on: Turns | None) -> None:
        self.result: Promise[V] = Promise()
        self._rounds = rounds
        self._awaited: Future[Any] | None = None
        self._on = on
        self.result.on_discard(self._discard)

    def begin(self) -> None:
        if self._on is None:
            self._go_on(None)
        else:
            self._deferred(None)

    def _go_on(self, value: object) -> None:
        self._awaited = None
        while not self.result.discard_requested:
            try:
                outcome = self._rounds.send(value)
            except StopIteration as stop:
                self.result.set(stop.value)
                return
            except Exception as error:
                self.result.fail(error)
                return
            if not isinstance(outcome, Future):
                value = outcome
            elif outcome.is_ready:
                value = outcome.get()
            else:
                self._wait(outcome)
                return
        self.result.set_discarded()

    def _wait(self, outcome: Future[Any]) -> None:
        self._awaited = outcome
        outcome.on_settled(self._waited)
        if self.result.discard_requested:  # By what was called just now, when nothing was waited for.
            outcome.discard()

    def _waited(self, outcome: Future[Any]) -> None:
        if not outcome.is_ready:
            self.result.associate(outcome)
        elif self._on is None:
            self._go_on(outcome.get())
        else:
            self._deferred(outcome.get())

    def _deferred(self, value: object) -> None:
        assert self._on is not None
        turn = self._on.defer(lambda _, value: self._go_on(value))
        turn(value).on_abandoned(lambda _: self.result.abandon())

    def _discard(self, _: Future[V]) -> None:
        if self._awaited is not None:
            self._awaited.discard()
