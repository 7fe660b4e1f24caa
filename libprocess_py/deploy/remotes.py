"""`Remotes`: the actor through which this node uses others. `Node.connect` spawns it, and sets the kernel's `Reach`.

It holds the promises of questions that are under way. A lost connection settles those of that node: connects and spawns
fail, calls are abandoned, as those of an actor that ended are. Nothing here unpickles; see `messages`.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, get_args, get_origin

from libprocess_py.core.drops import PEER_QUEUE_FULL
from libprocess_py.core.timers import Timer
from libprocess_py.core.wire_head import BODY_MAX
from libprocess_py.deploy.errors import ConnectFailed, RemoteError, SpawnFailed
from libprocess_py.deploy.messages import (
    PROTOCOL,
    REMOTES_ID,
    SPAWNER_ID,
    Abandoned,
    Answered,
    Call,
    End,
    Ended,
    Failed,
    Failure,
    Find,
    Found,
    Hello,
    Spawn,
    Spawned,
    Unknown,
    Watch,
    Welcome,
)
from libprocess_py.deploy.remote_node import RemoteNode
from libprocess_py.deploy.shipping import digest_of_module, here, is_importable, name_of, pack
from libprocess_py.duration import SECOND, format_duration
from libprocess_py.errors import ConnectionLost, MailboxFull, MalformedMessage, ProtocolError
from libprocess_py.future import Future, Promise, failed, ready
from libprocess_py.message import Message, decode
from libprocess_py.pid import PID, Address
from libprocess_py.process import Process
from libprocess_py.runtime.addresses import resolved
from libprocess_py.runtime.executor import run_async

if TYPE_CHECKING:
    from libprocess_py.node import Node

CONNECT_NS: Final = 5 * SECOND  # For an answer to hello. A node that is up and agrees answers within milliseconds.
# Of questions to one node that were not answered yet. Half of what a connection may hold back: what it has no room for
# is dropped, and a dropped question would never be answered.
UNDER_WAY_MAX: Final = BODY_MAX
LOCALS: Final = "<locals>"  # In the name of what is defined in a function.
RETRY_NS: Final = SECOND  # Until that is said again which a node had no room for.
QUESTION_BYTES: Final = 512  # What a question costs beside its payload.
METHODS_MAX: Final = 4_096  # Whose results are remembered; a program names far fewer.


@dataclass(frozen=True, slots=True)
class Order:
    """An actor to be spawned elsewhere."""

    kind: type[Process]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    id: str | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    """A promise under way."""

    promise: Promise[Any]
    address: Address
    result: Any = None  # Of a call: the type to decode.
    order: Order | None = None  # Of a spawn.
    timer: Timer | None = None  # Of a hello.
    size: int = QUESTION_BYTES


class Remotes(Process):
    """One per node that has connected to others."""

    authenticated_only: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(REMOTES_ID)
        self._under_way: dict[str, _Question] = {}
        self._bytes: dict[Address, int] = {}  # Of those, by whom they were put to.
        self._connecting: dict[Address, Promise[RemoteNode]] = {}
        self._nodes: dict[Address, Welcome] = {}  # Those that said welcome, and were not lost since.
        self._asked = 0
        self._session = ""  # Tells late answers to a former node at this address from ours.

    @classmethod
    def of(cls, node: Node) -> Remotes:
        """The one of that node, spawned when it is first asked for."""
        if not isinstance(node.kernel.reach, _Abroad):
            remotes = cls()
            node.spawn(remotes)
            remotes._session = node.unique_id()
            node.kernel.reach = _Abroad(remotes)
            node.wait(remotes.pid).on_ready(lambda _: remotes._gone(node))
        return node.kernel.reach.remotes

    # For nodes: not events, they happen at once.

    def connect_to(self, text: str) -> Future[RemoteNode]:
        """Say hello to `ip:port` or `host:port`, whose name is looked up on a thread. Fails with ConnectFailed."""
        try:
            return self.connect(Address.parse(text))
        except ValueError:
            address: Future[Address] = run_async(self.node, lambda: Address.parse(resolved(text)))
            known = address.repair(lambda unknown: failed(ConnectFailed(str(unknown.failure))))
            return known.then(self.connect)

    def connect(self, address: Address) -> Future[RemoteNode]:
        """Say hello. The future fails with ConnectFailed."""
        if address == self.node.address:
            return failed(ConnectFailed(f"{address} is this node: spawn on it as it is"))
        if address in self._nodes:
            return ready(RemoteNode(address, self, allows_spawn=self._nodes[address].allows_spawn))
        if address in self._connecting:
            return self._connecting[address]
        promise: Promise[RemoteNode] = Promise()
        self._connecting[address] = promise
        promise.on_any(lambda _: self._connecting.pop(address))
        self.link(PID(SPAWNER_ID, address))
        hello = Hello(call=self._next_call(), platform=here())
        timer = self.delay(CONNECT_NS, self._no_welcome, hello.call)
        self._ask(_Question(promise, address, timer=timer), hello)
        return promise

    def order(self, address: Address, order: Order, *, by_value: bool = False) -> Future[PID]:
        """Have an actor spawned on a node that was connected to. The future fails with SpawnFailed or RemoteError."""
        promise: Promise[PID] = Promise()
        self._order(promise, address, order=order, by_value=by_value)
        return promise

    def is_reached(self, address: Address) -> bool:
        """Whether it has said welcome, and was not lost since."""
        return address in self._nodes

    def call(
        self, to: PID, method: Callable[..., Any], *, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Promise[Any]:
        """Call a method of an actor on a node that is reached."""
        platform = self._nodes[to.address].platform
        promise: Promise[Any] = Promise()
        try:
            sent = (None if is_method(method) else method, args, kwargs)
            payload = pack(sent, same_platform=platform == here())
        except SpawnFailed as error:
            promise.fail(error)
            return promise
        call = Call(call=self._next_call(), id=to.id, method=getattr(method, "__name__", ""), payload=payload)
        size = len(payload) + QUESTION_BYTES
        self._ask(_Question(promise, to.address, result=result_of(method), size=size), call)
        return promise

    def find(self, to: PID) -> Future[bool]:
        """Whether there is such an actor, on a node that was connected to. Fails with ConnectionLost."""
        promise: Promise[bool] = Promise()
        if self.is_reached(to.address):
            self._ask(_Question(promise, to.address), Find(call=self._next_call(), id=to.id))
        else:
            promise.fail(ConnectionLost(str(to.address)))
        return promise

    def watch_there(self, to: PID) -> None:
        """Hear of the end of an actor, and not only of the loss of its node: now if that is reached, or once it is."""
        if to.id == SPAWNER_ID:
            return
        if self.is_reached(to.address):
            self.tell(to.address, Watch(id=to.id))
        else:
            self.connect(to.address)

    def tell(self, address: Address, message: Hello | Spawn | Call | Find | Watch | End) -> None:
        self.send(PID(SPAWNER_ID, address), message)

    # Answers

    def welcome(self, sender: PID, welcome: Welcome) -> None:
        question = self._settled(welcome.call, sender)
        if question is None:
            return
        if welcome.platform.protocol != PROTOCOL:
            self._unlink(sender.address)
            text = f"{sender.address} speaks version {welcome.platform.protocol} of this, this node {PROTOCOL}"
            question.promise.fail(ConnectFailed(f"{text}: update the older one"))
            return
        self._nodes[sender.address] = welcome
        for target in self.node.kernel.links.targets_at(sender.address):
            self.watch_there(target)  # Links from before this.
        question.promise.set(RemoteNode(sender.address, self, allows_spawn=welcome.allows_spawn))

    def spawned(self, sender: PID, spawned: Spawned) -> None:
        question = self._settled(spawned.call, sender)
        if question is not None:
            question.promise.set(spawned.pid)

    def found(self, sender: PID, found: Found) -> None:
        question = self._settled(found.call, sender)
        if question is not None:
            question.promise.set(found.there)

    def unknown(self, sender: PID, unknown: Unknown) -> None:
        question = self._settled(unknown.call, sender)
        if question is not None and question.order is not None:
            self.log.debug("sent by value", kind=name_of(question.order.kind), to=sender.address, reason=unknown.why)
            self._order(question.promise, sender.address, order=question.order, by_value=True)

    def answered(self, sender: PID, answered: Answered) -> None:
        question = self._settled(answered.call, sender)
        if question is None:
            return
        try:
            question.promise.set(decode(question.result, bytes(answered.value)))
        except MalformedMessage as error:
            question.promise.fail(error)

    def abandoned(self, sender: PID, abandoned: Abandoned) -> None:
        question = self._settled(abandoned.call, sender)
        if question is not None:
            question.promise.abandon()

    def failed(self, sender: PID, failed: Failed) -> None:
        question = self._settled(failed.call, sender)
        if question is None:
            return
        if failed.refused:
            question.promise.fail(SpawnFailed(f"{sender.address} refuses it: {failed.failure.text}"))
        else:
            question.promise.fail(_error(failed.failure, sender.address))

    def ended(self, sender: PID, ended: Ended) -> None:
        failure = None if ended.failure is None else _error(ended.failure, sender.address)
        try:
            pid: PID = PID(ended.id, sender.address)
        except ValueError as error:
            raise ProtocolError(str(error)) from error
        self.node.kernel.remote_ended(pid, failure)

    def exited(self, pid: PID) -> None:
        """The connection to a node was lost, or its spawner ended, or there is none."""
        address = pid.address
        self._nodes.pop(address, None)
        for call, question in list(self._under_way.items()):
            if question.address == address:
                self._settled(call, pid)
                self._lose(question)

    # Ends

    def undelivered(self, to: PID, message: Message, *, reason: str) -> None:
        """A question had no room behind what others here say to that node: nobody will answer it."""
        if isinstance(message, Watch | End):  # Nobody waits, and everybody relies on it.
            if reason == PEER_QUEUE_FULL:
                self.delay(RETRY_NS, self.send, to, message)
            return
        question = self._settled(getattr(message, "call", ""), to)
        if question is not None:
            text = f"{to.address}: a question was dropped: this node has more to say to that one than it takes"
            question.promise.fail(ConnectFailed(text) if question.timer is not None else MailboxFull(text))

    def _gone(self, node: Node) -> None:
        """This actor ended, with its node or by somebody's mistake: nobody waits for it in vain."""
        node.kernel.reach = None
        under_way, self._under_way = self._under_way, {}
        for question in under_way.values():
            self._lose(question)

    def _lose(self, question: _Question) -> None:
        """Nobody will answer any more."""
        address = question.address
        if question.timer is not None:
            text = f"{address}: no connection. Is a node there, under that very address, with the same secret?"
            question.promise.fail(ConnectFailed(text))
        elif question.order is not None:
            question.promise.fail(ConnectionLost(str(address)))
        else:
            question.promise.abandon()

    # Questions

    def _order(self, promise: Promise[PID], address: Address, *, order: Order, by_value: bool) -> None:
        if address not in self._nodes:
            promise.fail(ConnectionLost(str(address)))
            return
        platform = self._nodes[address].platform
        digest = digest_of_module(order.kind.__module__) if not by_value and is_importable(order.kind) else ""
        same = platform == here()
        if not (digest or same):
            theirs, ours = (f"{each.python} with cloudpickle {each.cloudpickle}" for each in (platform, here()))
            text = f"{name_of(order.kind)} cannot be sent to {address} by value: {theirs} there, {ours} here"
            promise.fail(SpawnFailed(text))
            return
        sent = (None if digest else order.kind, order.args, order.kwargs)
        try:
            payload = pack(sent, module=None if digest else order.kind.__module__, same_platform=same)
        except SpawnFailed as error:
            promise.fail(error)
            return
        spawn = Spawn(
            call=self._next_call(),
            kind=name_of(order.kind),
            digest=digest,
            id=order.id,
            policy=order.policy,
            python=here().python,
            payload=payload,
        )
        self._ask(_Question(promise, address, order=order, size=len(payload) + QUESTION_BYTES), spawn)

    def _next_call(self) -> str:
        self._asked += 1
        return f"{self._session}/{self._asked}"

    def _ask(self, question: _Question, message: Hello | Spawn | Call | Find) -> None:
        address, size = question.address, self._bytes.get(question.address, 0) + question.size
        if size > UNDER_WAY_MAX:
            text = f"{address} has not answered {size - question.size} bytes of questions yet, at most {UNDER_WAY_MAX}"
            question.promise.fail(SpawnFailed(f"{text}: wait for answers before you ask for more"))
            return
        self._under_way[message.call], self._bytes[address] = question, size
        self.tell(address, message)

    def _settled(self, call: str, sender: PID) -> _Question | None:
        """Take the question that this answers, unless somebody else answers it than was asked."""
        question = self._under_way.get(call)
        if question is None or question.address != sender.address:
            return None
        del self._under_way[call]
        self._bytes[question.address] -= question.size
        if not self._bytes[question.address]:
            del self._bytes[question.address]
        if question.timer is not None:
            question.timer.cancel()
        return question

    def _no_welcome(self, call: str) -> None:
        question = self._under_way.get(call)
        if question is not None:
            self._settled(call, PID(SPAWNER_ID, question.address))
            self._unlink(question.address)
            text = f"{question.address} does not answer within {format_duration(CONNECT_NS)}"
            question.promise.fail(ConnectFailed(f"{text}: is it a `mesos-py node`, with the same secret as this one?"))

    def _unlink(self, address: Address) -> None:
        """That node is of no use to us: its connection stays only if others here are linked to actors there."""
        kernel = self.node.kernel
        if kernel.links.remove(REMOTES_ID, PID(SPAWNER_ID, address)):
            kernel.host.unlinked(address)


@dataclass(frozen=True, slots=True)
class _Abroad:
    """The kernel's view of this."""

    remotes: Remotes

    def linked(self, to: PID) -> None:
        self.remotes.watch_there(to)

    def dispatch(
        self, to: PID, method: Callable[..., Any], *, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Promise[Any] | None:
        return self.remotes.call(to, method, args=args, kwargs=kwargs) if self.remotes.is_reached(to.address) else None

    def terminate(self, to: PID, *, inject: bool) -> bool:
        if not self.remotes.is_reached(to.address):
            return False
        self.remotes.tell(to.address, End(id=to.id, inject=inject))
        return True


def is_method(method: Callable[..., Any]) -> bool:
    """Whether it belongs to a class, by which it is called: overrides apply. Any other function is sent along."""
    *owners, _ = getattr(method, "__qualname__", "").split(".")
    return bool(owners) and owners[-1] != LOCALS


@lru_cache(maxsize=METHODS_MAX)
def result_of(method: Callable[..., Any]) -> Any:
    """The type of what a method returns in the end, from its annotation; Any where that says nothing."""
    try:
        told = typing.get_type_hints(method).get("return", Any)
    except Exception:  # Whatever an annotation raises: it may name what only type checkers import.
        return Any
    if get_origin(told) in (Future, Promise, Coroutine) and get_args(told):
        return get_args(told)[-1]
    return None if told is type(None) else told


def _error(failure: Failure, where: Address) -> RemoteError:
    return RemoteError(failure.kind, failure.text, where=str(where), traceback=failure.traceback)
