"""A pykka actor that exists already gets a PID: whoever has that can tell and ask it, from any node.

```python
counter = adopt(node, Counter.start(), messages=[Add])     # Counter is a pykka.ThreadingActor.
total = await node.dispatch(counter, Counter.total)        # Its methods are dispatched to like an actor's own,
node.send(counter, Add(number=1))                          # and its on_receive gets the messages.
```

What `on_receive` returns for a message, if it is a message itself, goes to the sender. The two ends are one: when the
pykka actor stops, the PID ends, and when that is terminated, or its node stops, the pykka actor is stopped. As with any
actor a message whose handling raises ends it, while a method's failure goes to the caller only, as pykka has it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, TypeVar, cast

import pykka
from pykka._envelope import Envelope
from pykka.messages import ProxyCall

from libprocess_py.future import Future, Promise
from libprocess_py.message import Message
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.runtime.driver import LoopDriver
from libprocess_py.runtime.loop_node import LoopNode

A = TypeVar("A", bound=pykka.Actor)

LOCALS: Final = "<locals>"


def adopt(
    node: LoopNode, ref: pykka.ActorRef[A], *, id: str | None = None, messages: Iterable[type[Message]] = ()
) -> PID[A]:
    """Give a running pykka actor a PID on that node, on whose thread this is called.

    `messages` are the types that it takes; methods need not be named. Raises ValueError if it has stopped, or the id is
    taken. Without an id it is numbered, after its class.
    """
    if not isinstance(node, LoopNode):
        raise TypeError(f"{node!r}: expected a node on an event loop; a simulated node has no place for a thread")
    if not isinstance(ref, pykka.ActorRef):
        raise TypeError(f"{ref!r}: expected the pykka.ActorRef of an actor that runs, as its start() returns it")
    kinds = tuple(messages)
    for kind in cast(tuple[object, ...], kinds):
        if not (isinstance(kind, type) and issubclass(kind, Message)):
            raise TypeError(f"messages: {kind!r}, expected classes of messages")
    if not ref.is_alive():
        raise ValueError(f"{ref}: expected an actor that runs")
    id = id or node.generate_id(ref.actor_class.__name__.lower())
    return cast(PID[A], node.spawn(Adopted(ref, id, kinds=kinds)))


class Adopted(Process):
    """Stands for a pykka actor."""

    def __init__(self, ref: pykka.ActorRef[Any], id: str, *, kinds: tuple[type[Message], ...]) -> None:
        super().__init__(id)
        self._ref = ref
        self._under_way: dict[Promise[Any], None] = {}
        # What a class declares by its handlers; here each actor has its own.
        handlers: dict[type, Callable[..., object]] = dict.fromkeys(kinds, Adopted._told)
        vars(self).update(_process_handlers=handlers, _process_names={kind.wire_name: kind for kind in kinds})

    @classmethod
    def resolve_method(cls, method: Callable[..., Any]) -> Callable[..., Any]:
        """A method of any other class is one of the pykka actor's."""
        resolved = super().resolve_method(method)
        *classes, name = getattr(method, "__qualname__", "").split(".")
        is_own = any(vars(base).get(name) is method for base in cls.__mro__)
        return resolved if is_own or not classes or classes[-1] == LOCALS else cls.method_named(name)

    @classmethod
    def method_named(cls, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(f"{name!r}: expected a public method")

        def call(self: Adopted, *args: Any, **kwargs: Any) -> Any:
            if callable(getattr(self._ref.actor_class, name, None)):
                return self._asked(ProxyCall((name,), args, kwargs))
            return getattr(super(), name)(*args, **kwargs)

        return call

    def initialize(self) -> None:
        assert isinstance(self.node, LoopNode), "a pykka actor has a thread, which a simulated node has no place for"
        self.node.wait(self.pid).on_ready(self._ended)  # Not `finalize`, which an actor that fails does not come to.
        end = partial(self.node.terminate, self.pid)
        watch = partial(_watch, self._ref, self.node.driver, end=end)
        threading.Thread(target=watch, name=f"{self.pid.id} watch", daemon=True).start()

    def _told(self, sender: PID, message: Message) -> None:
        self._asked(message).on_ready(partial(self._answer, sender)).on_failed(self._failed)

    def _answer(self, sender: PID, answer: object) -> None:
        if isinstance(answer, Message):
            self.send(sender, answer)

    def _failed(self, error: BaseException) -> None:
        self.log.error("handler failed on its thread", error=error)
        self.terminate()

    def _asked(self, message: object) -> Future[Any]:
        promise: Promise[Any] = Promise()
        self._under_way[promise] = None
        promise.on_settled(lambda _: self._under_way.pop(promise, None))
        assert isinstance(self.node, LoopNode)
        self._ref.actor_inbox.put(Envelope(message, reply_to=_Reply(self.node.driver, promise)))
        return promise

    def _ended(self, _: bool) -> None:
        self._ref.stop(block=False)
        for promise in list(self._under_way):
            promise.abandon()


class _Reply(pykka.Future[Any]):
    """Where pykka puts an answer: it completes a promise on the thread of the node."""

    def __init__(self, driver: LoopDriver, promise: Promise[Any]) -> None:
        super().__init__()
        self._driver = driver
        self._promise = promise

    def set(self, value: Any = None) -> None:
        self._driver.call_threadsafe(partial(self._promise.set, value))

    def set_exception(self, exc_info: Any = None) -> None:
        error = (exc_info or sys.exc_info())[1]
        if isinstance(error, pykka.ActorDeadError):
            self._driver.call_threadsafe(self._promise.abandon)
        else:
            self._driver.call_threadsafe(partial(self._promise.fail, error or "the pykka actor failed"))


def _watch(ref: pykka.ActorRef[Any], driver: LoopDriver, *, end: Callable[[], object]) -> None:
    """On a thread of its own: pykka tells of the end of an actor to nobody but those who wait for it."""
    ref.actor_stopped.wait()
    driver.call_threadsafe(end)
