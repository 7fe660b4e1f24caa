"""`Process`: what actors are made of.

```python
class Pong(Process):
    def ping(self, sender: PID, ping: Ping) -> None:
        self.send(sender, Pong(number=ping.number))
```

An actor owns its attributes and touches nobody else's. It is told things one at a time: messages, dispatched
methods, its timers, HTTP requests for its routes, the end of those it is linked to. A handler is a plain `def` that
runs to completion, or an `async def` that may await futures of this package: the actor serves other events meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, ParamSpec, Self, TypeVar, Unpack, overload

from libprocess_py.clock import Clock
from libprocess_py.core.crowds import waiting
from libprocess_py.core.failures import Policy
from libprocess_py.core.kernel import Kernel
from libprocess_py.core.mailbox import UNBORN, Mailbox, MethodTable
from libprocess_py.core.timers import Timer
from libprocess_py.dispatch import dispatch, not_a_method
from libprocess_py.events import DISPATCH, KIND_NAMES, MESSAGE
from libprocess_py.future import Future, Promise
from libprocess_py.handlers import handled_by
from libprocess_py.log import EventLog
from libprocess_py.message import Message
from libprocess_py.metrics.registry import Metrics
from libprocess_py.pid import PID
from libprocess_py.routing import RouteOptions, route_of

if TYPE_CHECKING:
    from libprocess_py.http.help import Help
    from libprocess_py.http.request import Request
    from libprocess_py.http.response import Response
    from libprocess_py.node import Node

A = TypeVar("A")
P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="Process")


class Process(Mailbox):
    """An actor. Make it, `spawn` it on a node, and from then on know it by its PID only."""

    __slots__ = ("_process_kernel", "_process_node", "_process_randoms")

    _process_kernel: Kernel
    _process_node: Node
    _process_randoms: dict[str, Random] | None
    id_prefix: ClassVar[str | None] = None  # Before the number in an id that the node gives; None: the class's name.
    _process_prefix: ClassVar[str] = "process"  # What of the two it is.
    _process_handlers: ClassVar[dict[type, Callable[..., object]]] = {}
    _process_names: ClassVar[dict[str, type[Message]]] = {}

    def __init__(self, id: str | None = None) -> None:
        """Without an id the node gives one: `id_prefix` or the class's name in lower case, and a number."""
        self._process_id = id
        self._process_box = self._process_rest = self._process_randoms = None
        self._process_phase = UNBORN

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._process_prefix = cls.id_prefix or cls.__name__.lower()
        cls._process_methods = MethodTable(cls)
        cls._process_declared, handlers = handled_by(cls)
        cls._process_handlers = handlers
        cls._process_names = {kind.wire_name: kind for kind in handlers if issubclass(kind, Message)}

    # Who and where

    @property
    def pid(self) -> PID[Self]:
        assert self._process_phase is not UNBORN, f"{type(self).__name__}: not spawned, so it has no pid"
        return self._process_pid

    @property
    def node(self) -> Node:
        return self._process_node

    @property
    def clock(self) -> Clock:
        return self._process_node.clock

    @property
    def metrics(self) -> Metrics:
        """The node's. What is declared here goes when this actor ends, save counters."""
        return self._process_node.metrics.of(self._process_pid.id)

    @property
    def log(self) -> EventLog:
        return EventLog(self._process_node.clock, self._process_pid)

    # Talking to others

    def send(self, to: PID, message: Message) -> None:
        """Send a message: at most once, in order per receiver. A message to nobody is dropped and counted."""
        kernel = self._process_kernel
        if to.address == kernel.by_reference:
            # `Kernel.post`, written out: this is what actors do most.
            mailbox = kernel.mailboxes.get(to.id)
            if mailbox is not None:
                box = mailbox._process_box
                if box is None:
                    mailbox._process_box = [(MESSAGE, self._process_pid, message, None)]
                    kernel.runnable.append(mailbox)
                    if kernel.idle:
                        kernel.rouse()
                else:
                    box.append((MESSAGE, self._process_pid, message, None))
                return
        self._process_node.send(to, message, sender=self._process_pid)

    @overload
    def dispatch(
        self, to: PID[A], method: Callable[Concatenate[A, P], Future[R]], *args: P.args, **kwargs: P.kwargs
    ) -> Future[R]: ...
    @overload
    def dispatch(
        self, to: PID[A], method: Callable[Concatenate[A, P], Coroutine[Any, Any, R]], *args: P.args, **kwargs: P.kwargs
    ) -> Future[R]: ...
    @overload
    def dispatch(
        self, to: PID[A], method: Callable[Concatenate[A, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> Future[R]: ...
    def dispatch(self, to: PID[Any], method: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:
        """Call `method`, named through its class (`Master.offers`), in an actor of this node.

        A future that it returns is chained, and an `async def` awaited. The result is abandoned if the actor is gone.
        Raises TypeError for what cannot be called.
        """
        kernel = self._process_kernel
        mailbox = kernel.mailboxes.get(to.id)
        if mailbox is None or kwargs or to.address != kernel.by_reference or not callable(method):
            return dispatch(kernel, to, method=method, args=args, kwargs=kwargs)
        promise: Promise[Any] = Promise()
        box = mailbox._process_box
        if box is None:
            mailbox._process_box = [(DISPATCH, method, args, promise)]
            kernel.runnable.append(mailbox)
            if kernel.idle:
                kernel.rouse()
        else:
            box.append((DISPATCH, method, args, promise))
        return promise

    def defer(self, method: Callable[..., Any], *bound: Any) -> Callable[..., Future[Any]]:
        """A callable that makes the call `method(*bound, ...)`, of this actor, an event of it: for future callbacks."""
        pid, kernel = self.pid, self._process_kernel
        function = getattr(method, "__func__", method)
        if not callable(function):  # Said here, and not in whoever completes a future.
            raise not_a_method(function, pid)

        def deferred(*args: Any, **kwargs: Any) -> Future[Any]:
            return dispatch(kernel, pid, method=function, args=(*bound, *args), kwargs=kwargs)

        return deferred

    def delay(self, ns: int, method: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> Timer:
        """Call a method of this actor as an event of it, no earlier than after `ns`."""
        assert not kwargs, "a delayed call takes its arguments by position"
        return self._process_node.delay(self, ns, method=method, args=args)

    def link(self, to: PID, *, reconnect: bool = False) -> None:
        """Have `exited(to)` called once, when that actor ends or the connection to its node is lost.

        With `reconnect` over a new connection, which takes over for all who are linked there: a connection to a host
        that vanished can look alive for long.
        """
        self._process_node.link(self._process_pid, to, reconnect=reconnect)

    def delegate(self, name: str, to: PID) -> None:
        """Pass messages of that wire name, if no handler is installed for them, on to another actor of this node."""
        self._process_node.delegate(self._process_pid, name, to=to)

    # Life

    def spawn(self, process: S, policy: Policy | None = None, *, mailbox_max: int | None = None) -> PID[S]:
        """Start an actor on this node. Raises ValueError if its id is taken by a live one."""
        return self._process_node.spawn(process, policy, mailbox_max=mailbox_max)

    def terminate(self, pid: PID | None = None, *, inject: bool = True) -> None:
        """End an actor of this node, this one by default: next thing, or with `inject=False` after what is queued."""
        self._process_node.terminate(pid or self._process_pid, inject=inject)

    def route(
        self,
        path: str,
        handler: Callable[[Request], Response | Future[Response] | Coroutine[Any, Any, Response]],
        *,
        help: str | Help,
        **options: Unpack[RouteOptions],
    ) -> None:
        """Answer HTTP requests for `/<id><path>` and what is below it. The longest route that fits wins.

        `realm` and `authorize` guard it, and `stream=True` gives the handler the body as it comes: see `RouteOptions`.
        """
        self._process_node.routes.add(self._process_pid.id, route_of(path, handler, help=help, options=options))

    def end_of(self, pid: PID) -> Future[bool]:
        """True when that actor has ended; False at once if there is none. Await it: nothing here blocks."""
        if pid == self._process_pid:
            raise ValueError(f"{pid}: an actor that waits for its own end never comes to it")
        return self._process_node.wait(pid)

    def event_count(self, kind: str | None = None) -> int:
        """How many events wait for this actor: all, or those of a kind (`message`, `dispatch`, `http`, ...)."""
        if kind is not None and kind not in KIND_NAMES:
            raise ValueError(f"kind {kind!r}: expected one of {', '.join(sorted(set(KIND_NAMES)))}")
        events = waiting(self._process_kernel, self)
        return len(events) if kind is None else sum(KIND_NAMES[event[0]] == kind for event in events)

    def provide(self, path: str, where: Path, **options: Unpack[RouteOptions]) -> None:
        """Serve a file, or what is in a folder, at `/<id><path>`. Raises FileNotFoundError."""
        from libprocess_py.http.assets import asset_handler  # Few actors do, and none should pay for it.

        options.setdefault("below", True)
        help = f"The file {where.name}." if where.is_file() else f"The files in {where.name}."
        self.route(path, asset_handler(self._process_pid.id, path, where=where), help=help, **options)

    # Chance

    def random(self, stream: str) -> Random:
        """This actor's random numbers for one purpose; the same object for the same name."""
        if self._process_randoms is None:
            self._process_randoms = {}
        random = self._process_randoms.get(stream)
        if random is None:
            random = self._process_randoms[stream] = self._process_node.random(self._process_pid, stream)
        return random

    def unique_id(self) -> str:
        """A uuid4 in text form that no other call returns."""
        return self._process_node.unique_id()


Process._process_methods = MethodTable(Process)  # Subclasses get theirs as they are made.
