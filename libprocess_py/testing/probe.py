"""`Probe`: an actor for tests, to send from and to receive at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from libprocess_py.future import Future, Promise
from libprocess_py.message import Message
from libprocess_py.pid import PID
from libprocess_py.process import Process

M = TypeVar("M", bound=Message)


class Probe(Process):
    """Remembers every message and every end that it is told of, and does nothing by itself.

    Spawn it like any actor. It understands messages of all types. Those that come encoded are known by their wire name
    only: where several types share one, name the one that is meant in `understands`.
    """

    id_prefix = "probe"

    def __init__(self, id: str | None = None, *, understands: tuple[type[Message], ...] = ()) -> None:
        super().__init__(id)
        self.received: list[tuple[PID, Message]] = []
        self.exits: list[PID] = []
        self._expected: list[tuple[type[Message], Promise[Any]]] = []
        self._process_names = _Types({kind.wire_name: kind for kind in understands})  # type: ignore[misc]  # Its own.

    def messages(self, kind: type[M]) -> list[M]:
        """Those of that type, oldest first."""
        return [message for _, message in self.received if isinstance(message, kind)]

    def expect(self, kind: type[M]) -> Future[M]:
        """The next message of that type; each answers the oldest such expectation."""
        promise: Promise[M] = Promise()
        self._expected.append((kind, promise))
        return promise

    def ask(self, to: PID, message: Message, *, answer: type[M]) -> Future[M]:
        """Send, and expect an answer."""
        expected = self.expect(answer)
        self.send(to, message)
        return expected

    def exited(self, pid: PID) -> None:
        self.exits.append(pid)

    def finalize(self) -> None:
        for _, promise in self._expected:
            promise.abandon()

    def _receive(self, sender: PID, message: Message) -> None:
        self.received.append((sender, message))
        for index, (kind, promise) in enumerate(self._expected):
            if isinstance(message, kind):
                del self._expected[index]
                promise.set(message)
                return


class _Handlers(dict[type, Callable[..., object]]):
    """One handler for messages of every type."""

    def get(self, kind: type, default: Any = None) -> Any:
        return Probe._receive


class _Types(dict[str, type[Message]]):
    """By wire name the type of messages that was declared with it."""

    def get(self, name: str, default: Any = None) -> Any:
        known = super().get(name)
        if known is not None:
            return known
        kinds = {kind for kind in _declared(Message) if kind.wire_name == name}
        if len(kinds) > 1:
            modules = sorted(kind.__module__ for kind in kinds)
            raise ValueError(f"message {name!r}: declared in {modules}; name one in Probe(understands=...)")
        return kinds.pop() if kinds else default


def _declared(kind: type[Message]) -> Iterator[type[Message]]:
    for declared in kind.__subclasses__():
        yield declared
        yield from _declared(declared)


Probe._process_handlers = _Handlers()
