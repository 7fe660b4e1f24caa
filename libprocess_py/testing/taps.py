"""Taps on the events of nodes: seen, dropped or delayed before an actor is served them.

```python
taps = Taps()
node.observe(taps)
granted = taps.expect(Granted, to=client)  # A future of the message.
taps.drop(Ping, sender=master, times=3)
```

Of the taps that drop or delay, the newest that fits takes the event; every expectation that fits sees what is served.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar, overload

from libprocess_py.core.mailbox import Mailbox
from libprocess_py.errors import ConnectionLost
from libprocess_py.events import EXITED, REQUEST, Event
from libprocess_py.future import Future
from libprocess_py.http.request import Request
from libprocess_py.message import Message
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.testing.pattern import Pattern, Where
from libprocess_py.testing.tap import Tap

M = TypeVar("M", bound=Message)

What = type[Message] | str | Callable[..., Any] | int


class Taps:
    """An observer: `node.observe(taps)`. One may observe many nodes."""

    def __init__(self) -> None:
        self._watching: list[Tap[Any]] = []
        self._taking: list[tuple[Tap[Any], int | None]] = []  # And by how much it delays; None: it drops.
        self._given_back: dict[int, Event] = {}  # By identity: delayed once, they are not delayed again.

    # What is seen

    @overload
    def watch(
        self, what: type[M], *, to: PID | None = ..., sender: PID | None = ..., where: Where | None = ...
    ) -> Tap[M]: ...
    @overload
    def watch(
        self, what: What, *, to: PID | None = ..., sender: PID | None = ..., where: Where | None = ...
    ) -> Tap[Any]: ...
    def watch(
        self, what: What, *, to: PID | None = None, sender: PID | None = None, where: Where | None = None
    ) -> Tap[Any]:
        """Remember every event that fits, as it is served: see `Pattern` for what can be said."""
        return self._add(Tap(Pattern(what, to, sender, where)))

    @overload
    def expect(
        self, what: type[M], *, to: PID | None = ..., sender: PID | None = ..., where: Where | None = ...
    ) -> Future[M]: ...
    @overload
    def expect(
        self, what: What, *, to: PID | None = ..., sender: PID | None = ..., where: Where | None = ...
    ) -> Future[Any]: ...
    def expect(
        self, what: What, *, to: PID | None = None, sender: PID | None = None, where: Where | None = None
    ) -> Future[Any]:
        """The next event that fits, as soon as it is about to be served."""
        return self._add(Tap(Pattern(what, to, sender, where), times=1)).first

    def expect_dispatch(self, to: PID, method: Callable[..., Any]) -> Future[tuple[Any, ...]]:
        """The arguments of the next call of that method."""
        return self.expect(method, to=to)

    def expect_exited(self, to: PID, *, of: PID | None = None) -> Future[PID]:
        """The next end that this actor is told of."""
        return self.expect(EXITED, to=to, sender=of)

    def expect_request(self, to: PID, path: str | None = None) -> Future[Request]:
        """The next HTTP request for that actor, with that path below it."""
        return self.expect(REQUEST, to=to, where=None if path is None else lambda request: request.path == path)

    @contextmanager
    def no_message(
        self, what: What = Message, *, to: PID | None = None, sender: PID | None = None, where: Where | None = None
    ) -> Generator[None]:
        """Nothing that fits is served inside of the `with`; otherwise it ends in an AssertionError that lists it."""
        with self.watch(what, to=to, sender=sender, where=where) as tap:
            yield
        assert not tap.taken, f"{tap.pattern}: expected none, there were {tap.taken}"

    @contextmanager
    def no_message_between(self, a: PID, b: PID) -> Generator[None]:
        """Neither of the two gets a message of the other inside of the `with`."""
        with self.no_message(sender=a, to=b), self.no_message(sender=b, to=a):
            yield

    # What does not come, or comes late

    def drop(
        self,
        what: What,
        *,
        to: PID | None = None,
        sender: PID | None = None,
        where: Where | None = None,
        times: int | None = None,
    ) -> Tap[Any]:
        """Keep what fits from its actor. It counts as dropped; the future of a call or a request is abandoned."""
        return self._add(Tap(Pattern(what, to, sender, where), times=times), takes=True)

    def delay(
        self, what: What, *, by_ns: int, to: PID | None = None, where: Where | None = None, times: int | None = None
    ) -> Tap[Any]:
        """Serve what fits that much later, in its order. Events that are not delayed overtake it."""
        return self._add(Tap(Pattern(what, to, None, where), times=times), takes=True, by_ns=by_ns)

    def inject_exited(self, to: Process, of: PID, *, reason: Exception | None = None) -> None:
        """Tell an actor of an end that did not happen; without a reason that the connection to its node was lost."""
        to.node.kernel.tell(to.pid.id, (EXITED, of, reason or ConnectionLost(str(of.address)), None))

    def close_all(self) -> None:
        """Take and see nothing any more. What was expected and did not come is abandoned."""
        for tap in (*self._watching, *(tap for tap, _ in self._taking)):
            tap.close()
        self._sweep()

    # Observer

    def before(self, mailbox: Mailbox, event: Event) -> bool | None:
        if self._given_back.pop(id(event), None) is None:
            for tap, by_ns in reversed(self._taking):
                if tap.take(mailbox, event):
                    self._sweep()
                    if by_ns is None:
                        return False
                    self._delay(mailbox, event, by_ns=by_ns)
                    return None
        for tap in tuple(self._watching):
            tap.take(mailbox, event)
        self._sweep()
        return True

    def after(self, mailbox: Mailbox, event: Event) -> None:
        """Taps look at what comes, not at what came of it."""

    # Helpers

    def _add(self, tap: Tap[Any], *, takes: bool = False, by_ns: int | None = None) -> Tap[Any]:
        if takes:
            self._taking.append((tap, by_ns))
        else:
            self._watching.append(tap)
        return tap

    def _sweep(self) -> None:
        if not all(tap.is_open for tap in self._watching):
            self._watching = [tap for tap in self._watching if tap.is_open]
        if not all(tap.is_open for tap, _ in self._taking):
            self._taking = [entry for entry in self._taking if entry[0].is_open]

    def _delay(self, mailbox: Mailbox, event: Event, *, by_ns: int) -> None:
        """Give the event back to its actor later, or drop it for good when the actor ends first."""
        assert isinstance(mailbox, Process)
        kernel, id = mailbox.node.kernel, mailbox.pid.id
        late = _Late(event)

        def ended(_: object) -> None:
            if not late.is_out:
                kernel.drop(event, reason="terminated", to=id)

        mailbox.node.delay(mailbox, by_ns, method=self._give_back, args=(mailbox, late))
        kernel.wait(id).on_any(ended)

    def _give_back(self, mailbox: Process, late: _Late) -> None:
        late.is_out = True
        self._given_back[id(late.event)] = late.event
        mailbox.node.kernel.post(mailbox, late.event)


class _Late:
    """An event that is kept back."""

    __slots__ = ("event", "is_out")

    def __init__(self, event: Event) -> None:
        self.event = event
        self.is_out = False
