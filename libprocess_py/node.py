"""`Node`: one address, the actors that live there, and the driver underneath. An OS process may hold many.

Users spawn, dispatch and send through it; drivers call `step`, `deliver`, `request` and `connection_lost`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar, overload

from libprocess_py.core.bounded import bound, is_full
from libprocess_py.core.decision_log import DecisionLog
from libprocess_py.core.drops import MAILBOX_FULL, NO_SENDER, NO_SUCH_PROCESS, UNAUTHENTICATED, UNKNOWN_MESSAGE
from libprocess_py.core.failures import Policy
from libprocess_py.core.kernel import STEP_EVENTS, Kernel
from libprocess_py.core.mailbox import UNBORN, Mailbox
from libprocess_py.core.observer import Logged, Observer, combined
from libprocess_py.core.timers import Timer
from libprocess_py.core.tracing import TracedKernel, Tracer
from libprocess_py.dispatch import dispatch
from libprocess_py.driver import Delivery, Driver
from libprocess_py.errors import MalformedMessage, NoSuchProcess
from libprocess_py.events import EXITED, MESSAGE, NOBODY
from libprocess_py.future import Future, Promise, ready
from libprocess_py.host import NodeHost
from libprocess_py.http.authentication import Authenticators
from libprocess_py.http.client import Endpoint, HttpConnection
from libprocess_py.http.firewall import Rule
from libprocess_py.http.gateway import HELP_ID, Gateway, Reply
from libprocess_py.http.help_process import HelpProcess
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.logging_process import LOGGING_ID, LoggingProcess
from libprocess_py.message import Message, decode, encode
from libprocess_py.metrics.process import METRICS_ID, METRICS_RATE, MetricsProcess
from libprocess_py.pid import ID_LENGTH_MAX, PID, Address, numbered
from libprocess_py.process import Process
from libprocess_py.processes import PROCESSES_ID, ProcessesProcess
from libprocess_py.rate_limiter import Rate
from libprocess_py.routing import Authorize

if TYPE_CHECKING:
    from ssl import SSLContext

    from libprocess_py.deploy.remote_node import RemoteNode

A = TypeVar("A")
NOBODY_ID: Final = NOBODY.id
NO_FIELDS: Final = b"{}"  # What an empty body means: other implementations send messages without one.

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=Process)

# Spawned when they are first asked for, so that a node of a large simulation pays for neither.
BUILT_IN: Final[dict[str, type[Process]]] = {
    HELP_ID: HelpProcess,
    LOGGING_ID: LoggingProcess,
    METRICS_ID: MetricsProcess,
    PROCESSES_ID: ProcessesProcess,
}

REASONS: Final = {Delivery.NO_SUCH_PROCESS: NO_SUCH_PROCESS, Delivery.FULL: MAILBOX_FULL}  # As drops are counted by.

DELIVERED: Final = Delivery.DELIVERED  # A global is read faster than a member of an enum.

NOT_NOW: Final = -1  # A time before all others: nothing is armed for earlier.


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """What can be chosen for a node, whatever drives it."""

    policy: Policy = Policy.END_ACTOR
    encode_local: bool = False  # Encode and decode local messages too: finds what would not travel.
    delegate: str | None = None  # The id of the actor that answers for paths without one.
    log: DecisionLog | None = None
    metrics_rate: Rate | None = METRICS_RATE  # How often `/metrics/snapshot` is answered; None: whenever it is asked.
    tracer: Tracer | None = None  # Follows what one event causes; see `libprocess_py.introspection.spans`.


class Node:
    """An address with actors behind it."""

    def __init__(self, address: Address, driver: Driver, *, options: NodeOptions | None = None) -> None:
        options = options or NodeOptions()
        self.address = address
        self._delegate_id = options.delegate
        self.metrics_rate = options.metrics_rate
        self._driver = driver
        self._host = NodeHost(driver, address, forward=self.send)
        self.clock = self._host.clock
        self.log = self._host.log
        self.metrics = self._host.metrics
        self.routes = self._host.routes
        self._tracer = tracer = options.tracer
        self.kernel = (
            Kernel(self._host, address, policy=options.policy)
            if tracer is None
            else TracedKernel(self._host, address, policy=options.policy, tracer=tracer)
        )
        self._logged = () if options.log is None else (Logged(options.log, driver.now),)
        self._observers: tuple[Observer, ...] = () if tracer is None else (tracer,)
        self.kernel.observer = combined((*self._observers, *self._logged))
        self._encodes = options.encode_local
        if options.encode_local:
            self.kernel.by_reference = None
        self._numbers: dict[str, Iterator[int]] = {}  # The next ones for ids, by prefix.
        self._armed: int | None = None
        self._finalizing = False
        self.metrics.gauge("libprocess/processes", lambda: len(self.kernel.mailboxes))
        self.metrics.gauge("libprocess/longest_mailbox", lambda: self.kernel.crowds.longest)

    def __repr__(self) -> str:
        return f"<Node {self.address}, {len(self.kernel.mailboxes)} processes>"

    # For users: actors

    def spawn(self, process: S, policy: Policy | None = None, *, mailbox_max: int | None = None) -> PID[S]:
        """Start an actor. Raises ValueError if its id is taken by a live one, or it was spawned before.

        RuntimeError if the node is stopping. `policy` and `mailbox_max` take the place of the node's policy and of the
        class's bound.
        """
        if self._finalizing:
            raise RuntimeError(f"node {self.address} is stopping: nothing is spawned any more")
        kernel = self.kernel
        try:
            id, phase = process._process_id, process._process_phase
        except AttributeError:
            raise TypeError(f"{type(process).__qualname__}: its __init__ does not call super().__init__()") from None
        if phase is not UNBORN:
            if isinstance(process, type):
                raise TypeError(f"{process.__qualname__} is a class: expected an actor, {process.__qualname__}(...)")
            raise ValueError(f"{process._process_pid}: an actor is spawned once")
        pid: PID[S]
        if id is None:
            prefix = process._process_prefix
            numbers = self._numbers.get(prefix)
            id = "" if numbers is None else f"{prefix}({next(numbers)})"
            if not id or len(id) > ID_LENGTH_MAX or id in kernel.mailboxes:
                pid = self._numbered(prefix)
            else:  # As nearly every time: what is said there, with less ado.
                pid = numbered(id, self.address)
        elif id in kernel.mailboxes:
            raise ValueError(f"process id {id!r}: taken by a live actor of {self.address}")
        else:
            pid = PID(id, self.address)
        process._process_pid = pid
        process._process_node = self
        process._process_kernel = kernel
        if mailbox_max is None:
            mailbox_max = process.mailbox_max
        if mailbox_max is not None:
            bound(kernel, process, events_max=mailbox_max)
        kernel.spawn(process, policy)
        return pid

    def try_spawn(self, process: S, policy: Policy | None = None, *, mailbox_max: int | None = None) -> PID[S] | None:
        """Start an actor; None if its id is taken by a live one."""
        if process._process_id in self.kernel.mailboxes and not self._finalizing:
            return None
        return self.spawn(process, policy, mailbox_max=mailbox_max)

    def generate_id(self, prefix: str) -> str:
        """`prefix(1)`, `prefix(2)`, ...: the next one that no live actor has."""
        return self._numbered(prefix).id

    def terminate(self, pid: PID, *, inject: bool = True) -> None:
        """End an actor: next thing, or with `inject=False` after what is queued for it. A stranger's pid is counted."""
        reach = self.kernel.reach
        if pid.address == self.address:
            is_known = self.kernel.terminate(pid.id, inject=inject)
        else:
            is_known = reach is not None and reach.terminate(pid, inject=inject)
        if not is_known:
            self._host.count_drop(NO_SUCH_PROCESS, to=pid, kind="terminate", name="")

    def wait(self, pid: PID) -> Future[bool]:
        """True when the actor has ended and everybody was told; False at once if there is no such actor here."""
        return self.kernel.wait(pid.id) if pid.address == self.address else ready(False)

    def finalize(self) -> Future[None]:
        """Spawn nothing any more and end every actor. Ready when the last has ended."""
        self._finalizing = True
        done: Promise[None] = Promise()
        ids = list(self.kernel.mailboxes)
        missing = len(ids)

        def one_ended(_: bool) -> None:
            nonlocal missing
            missing -= 1
            if not missing:
                self.kernel.timers.clear()
                done.set(None)

        for id in ids:
            self.kernel.wait(id).on_ready(one_ended)
            self.kernel.terminate(id, inject=True)
        if not ids:
            done.set(None)
        return done

    # For users: events

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
        """Call a method of an actor, from outside any actor; see `Process.dispatch`."""
        return dispatch(self.kernel, to, method=method, args=args, kwargs=kwargs)

    def send(self, to: PID, message: Message, *, sender: PID | None = None) -> None:
        """Send a message, from outside any actor: its receiver sees NOBODY as the sender."""
        if to.address != self.address:
            if to.id == NOBODY_ID and to == NOBODY:
                self._host.count_drop(NO_SENDER, to=to, kind="message", name=message.wire_name)
            else:
                self.send_remote(to, message, sender=sender)
        elif self._encodes:
            outcome = self.deliver(to.id, sender, name=message.wire_name, body=encode(message), authenticated=True)
            if sender is not None and outcome in REASONS:
                self.kernel.tell_sender(sender, message, reason=REASONS[outcome], to=to.id)
        else:
            self.kernel.tell(to.id, (MESSAGE, sender or NOBODY, message, None))

    def send_remote(self, to: PID, message: Message, *, sender: PID | None) -> None:
        """Hand a message for another node to the driver. A simulation overrides this to carry it by reference."""
        trace = "" if self._tracer is None else self._tracer.header()
        dropped = self._driver.transmit(to, sender, name=message.wire_name, body=encode(message), trace=trace)
        if dropped is not None and sender is not None:
            self.kernel.tell_sender(sender, message, reason=dropped, to=to)

    def connect(self, address: Address | str) -> Future[RemoteNode]:
        """Reach another node for spawning, and its actors for `dispatch`, `terminate` and news of their end.

        That node has to be a `mesos-py node`, or one with a `Spawner`. The future fails with ConnectFailed.
        """
        from libprocess_py.deploy.remotes import Remotes  # Most nodes of a simulation never need it.

        remotes = Remotes.of(self)
        return remotes.connect_to(address) if isinstance(address, str) else remotes.connect(address)

    def delay(self, process: Process, ns: int, *, method: Callable[..., object], args: tuple[Any, ...]) -> Timer:
        """See `Process.delay`."""
        due = self._driver.now() + ns
        try:
            timer = self.kernel.timers.add(due, process, method=method, args=args)
        except TypeError:
            raise TypeError(f"delay of {ns!r}: expected nanoseconds, an int") from None
        if self._armed is None or due < self._armed:
            self._armed = due
            self._driver.arm(due)
        return timer

    def link(self, linker: PID, to: PID, *, reconnect: bool = False) -> None:
        """See `Process.link`. Of an actor that has ended: nothing, for nobody is left to be told."""
        if linker.id not in self.kernel.mailboxes:
            return
        if to.address == self.address:
            self.kernel.link(linker.id, to)
        elif to == NOBODY:
            self.kernel.tell(linker.id, (EXITED, to, NoSuchProcess(str(to)), None))
        elif self.kernel.links.add(linker.id, to, remote=True) or reconnect:
            self._driver.connect(to.address, anew=reconnect)
            if self.kernel.reach is not None:
                self.kernel.reach.linked(to)

    def delegate(self, pid: PID, name: str, *, to: PID) -> None:
        """See `Process.delegate`. Raises ValueError for a way that leads back to where it begins."""
        end: PID | None = to
        while end is not None and end.address == self.address:
            if end.id == pid.id:
                raise ValueError(f"delegate of {pid.id} for {name}: {to.id} would pass it back")
            end = self._host.delegate_of(end.id, name)
        self._host.delegates.setdefault(pid.id, {})[name] = to

    def random(self, pid: PID, stream: str) -> Random:
        """See `Process.random`."""
        return self._driver.random(f"{pid.id}/{stream}")

    def unique_id(self) -> str:
        return self._driver.unique_id()

    def reap(self, os_pid: int) -> Future[int | None]:
        """The exit status of a child process (negative: its signal); None when it is not ours. Never fails."""
        return self._driver.reap(os_pid)

    def connect_http(self, endpoint: Endpoint, *, tls: SSLContext | None = None) -> HttpConnection:
        """See `libprocess_py.http.client.HttpClient`."""
        return self._driver.connect_http(endpoint, tls=tls)

    @property
    def gateway(self) -> Gateway:
        """The way of HTTP requests to the actors. Made when it is first used: most simulated nodes serve none."""
        gateway = self._host.gateway
        if gateway is None:
            gateway = self._host.gateway = Gateway(
                self.kernel, self.routes, metrics=self.metrics, log=self.log, delay=self.delay
            )
            gateway.delegate_id = self._delegate_id
            gateway.summon = self._summon
            gateway.built_in = tuple(BUILT_IN)
        return gateway

    @property
    def firewall(self) -> list[Rule]:
        """Asked in order before anything else looks at a request; see `libprocess_py.http.firewall`."""
        return self.gateway.firewall

    @property
    def authenticators(self) -> Authenticators:
        """Who finds out who asks, by realm."""
        return self.gateway.authenticators

    @property
    def authorizers(self) -> dict[str, Authorize]:
        """Who may ask, by endpoint (`/metrics/snapshot`), on top of what the route itself asks for."""
        return self.gateway.authorizers

    def observe(self, observer: Observer) -> None:
        """Have it told of every event that an actor here is served, behind those that observe already."""
        self._set_observers((*self._observers, observer))

    def unobserve(self, observer: Observer) -> None:
        """Leave it in peace. Raises ValueError if it does not observe."""
        observers = list(self._observers)
        observers.remove(observer)
        self._set_observers(tuple(observers))

    # For drivers

    def step(self, budget: int = STEP_EVENTS) -> bool:
        """Run what is due and serve up to `budget` events. True if work is left; then the driver calls again soon."""
        kernel = self.kernel
        timers = kernel.timers
        due = timers.earliest()
        if due is not None:
            now = self._driver.now()
            if due <= now:
                self._armed = NOT_NOW  # What was armed has rung; what is to be armed now is known at the end.
                kernel.idle = False  # It runs next anyhow: nobody need be woken for it.
                kernel.fire(now)
        try:
            return kernel.run(budget)
        finally:
            due = timers.earliest()
            if due != self._armed:
                self._armed = due
                self._driver.arm(due)

    def deliver(
        self, to_id: str, sender: PID | None, *, name: str, body: bytes, authenticated: bool = False
    ) -> Delivery:
        """A message from outside. It is decoded here, as the type that the actor installed under that name.

        `authenticated`: the peer has proved that it is the node it speaks for.
        """
        mailbox = self.kernel.mailboxes.get(to_id)
        if mailbox is None:
            self._host.count_drop(NO_SUCH_PROCESS, to=to_id, kind="message", name=name)
            return Delivery.NO_SUCH_PROCESS
        if mailbox.authenticated_only and not authenticated:
            self._host.count_drop(UNAUTHENTICATED, to=to_id, kind="message", name=name)
            return Delivery.FORBIDDEN
        kind = mailbox._process_names.get(name)
        if kind is None:
            return self._deliver_unhandled(mailbox, sender, name=name, body=body, authenticated=authenticated)
        if mailbox._process_box is not None and is_full(mailbox):
            self._host.count_drop(MAILBOX_FULL, to=to_id, kind="message", name=name)
            return Delivery.FULL
        try:
            message = decode(kind, body or NO_FIELDS)
        except MalformedMessage as error:
            self.metrics.counter("libprocess/malformed_messages").add()
            self.log.warning("malformed message", to=to_id, sender=sender, name=name, error=error)
            return Delivery.MALFORMED
        self.kernel.post(mailbox, (MESSAGE, sender or NOBODY, message, None))
        return DELIVERED

    @contextmanager
    def caused_by(self, trace: str) -> Iterator[None]:
        """What is delivered meanwhile brought that header of a tracer along."""
        if self._tracer is None:
            yield
            return
        self._tracer.arriving(trace)
        try:
            yield
        finally:
            self._tracer.arriving("")

    def request(self, request: Request, *, authenticated: bool = False) -> Future[Response]:
        """An HTTP request from outside. The future always becomes ready, unless the node stops before the answer."""
        reply, answer = Reply(), Promise[Response]()
        answer.on_discard(lambda _: reply.discard())
        reply.on_ready(answer.set)
        self.gateway.serve(request, reply, authenticated=authenticated)
        return answer

    def connection_lost(self, address: Address) -> None:
        """The connection that `Driver.connect` asked for ended, or could not be made."""
        self.kernel.connection_lost(address)

    # Helpers

    def _numbered(self, prefix: str) -> PID[Any]:
        """See `generate_id`."""
        numbers = self._numbers.get(prefix)
        if numbers is None:
            numbers = self._numbers[prefix] = count(1)
        for number in numbers:
            id = f"{prefix}({number})"
            if id not in self.kernel.mailboxes:
                is_checked = number > 1 and len(id) <= ID_LENGTH_MAX
                return numbered(id, self.address) if is_checked else PID(id, self.address)
        raise AssertionError("numbers do not end")

    def _set_observers(self, observers: tuple[Observer, ...]) -> None:
        """From the next turn on. The decision log comes last: what another observer drops decided nothing."""
        self._observers = observers
        self.kernel.observer = combined((*observers, *self._logged))

    def _summon(self, id: str) -> None:
        """Somebody asks for an actor that is spawned only then."""
        if id in BUILT_IN and id not in self.kernel.mailboxes and not self._finalizing:
            self.spawn(BUILT_IN[id]())

    def _deliver_unhandled(
        self, mailbox: Mailbox, sender: PID | None, *, name: str, body: bytes, authenticated: bool
    ) -> Delivery:
        id = mailbox._process_pid.id
        to = self._host.delegate_of(id, name)
        if to is None or to.id == id:
            self._host.count_drop(UNKNOWN_MESSAGE, to=id, kind="message", name=name)
        elif to.address == self.address:
            return self.deliver(to.id, sender, name=name, body=body, authenticated=authenticated)
        else:
            self._driver.transmit(to, sender, name=name, body=body)
        return Delivery.DELIVERED
