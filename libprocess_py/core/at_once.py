"""The short way to an actor that has nothing else to do: a call without an event, a queue and a run of the kernel.

Only what ends as nearly every call does takes it to its end. Whatever else a handler does (it raises, returns a future
or a coroutine, ends its actor) becomes the event that it would have been, whose outcome is known already, and the
kernel serves that: so policies, links and coroutines need not be told of here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from libprocess_py.core.mailbox import READY, Mailbox
from libprocess_py.core.timers import Timer
from libprocess_py.events import REQUEST, TIMER, Event
from libprocess_py.future import Promise

if TYPE_CHECKING:
    from libprocess_py.core.kernel import Kernel

LATER: Final = b""  # Instead of an answer: it was promised.


class Rung(NamedTuple):
    """A timer whose call was made already."""

    name: str
    run: Callable[[], object]  # Does what came of it.


class AtOnce:
    """Calls actors of one node, from outside any actor."""

    __slots__ = ("_box", "_events", "_kernel")

    _box: list[Event]  # The turn of the call: what its handler adds to the turn (its actor's end) comes behind it.
    _events: Iterator[Event]

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._renew()

    def call(
        self,
        mailbox: Mailbox,
        handler: Callable[[Any], Any],
        *,
        argument: Any,
        accept: Callable[[Any], bytes | None],
        otherwise: Callable[[object], Promise[Any]],
    ) -> bytes | None:
        """What `accept` makes of the handler's value. None: nothing was called.

        LATER, where it makes None of it or the handler raises: the promise that `otherwise` makes for the value gets
        the outcome.
        """
        kernel = self._kernel
        if (
            kernel.runnable
            or mailbox._process_box is not None
            or mailbox._process_phase is not READY
            or kernel.observer is not None
            or kernel.current is not None
        ):
            return None  # It would not be the very next thing to happen, or somebody wants to see how it does.
        kernel.current, kernel.turn_box, kernel.turn_events = mailbox, self._box, self._events
        outcome: Callable[[Any], Any] | None = None
        value = accepted = None
        try:
            value = handler(argument)
        except BaseException as error:
            outcome = partial(_raise, error)
        else:
            accepted = accept(value)
            if accepted is None:
                outcome = partial(_return, value)
        if outcome is not None:
            self._go_on(mailbox, [(REQUEST, outcome, argument, otherwise(value))])
            return LATER
        if len(self._box) > 1:
            self._go_on(mailbox, [])
        else:
            kernel.current = None
        return accepted

    def ring(self, timer: Timer) -> None:
        """Make the call of a timer that is due."""
        kernel, mailbox = self._kernel, timer.owner
        kernel.current, kernel.turn_box, kernel.turn_events = mailbox, self._box, self._events
        outcome: Callable[[Any], Any] | None = None
        try:
            value = timer.run()
        except BaseException as error:
            outcome = partial(_raise, error)
        else:
            if value is not None and value.__class__ is CoroutineType:
                outcome = partial(_return, value)
        if outcome is not None:
            self._go_on(mailbox, [(TIMER, Rung(timer.name, partial(outcome, None)), None, None)])
        elif len(self._box) > 1:
            self._go_on(mailbox, [])
        else:
            kernel.current = None

    def _go_on(self, mailbox: Mailbox, events: list[Event]) -> None:
        """Serve what came of the call, and what its handler has added to the turn."""
        events += self._box[1:]
        self._renew()
        self._kernel.serve(mailbox, events)

    def _renew(self) -> None:
        """A list of which the only event is served, and an iterator that does not know yet that it is at the end."""
        self._box = [(REQUEST, None, None, None)]
        self._events = iter(self._box)
        next(self._events)


def _raise(error: BaseException, _: object) -> NoReturn:
    raise error


def _return(value: object, _: object) -> object:
    return value
