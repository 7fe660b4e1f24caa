"""`Spawner`: the actor that lets other nodes use this one. It spawns what they send, calls it, ends it and watches it.

Three doors stand between a stranger and an unpickled byte, in this order: the node allows it (`allow`), the peer has
proved who it is (`authenticated_only`, kept by the node before any handler runs), and the size. A spawner that does not
allow it still says hello and tells of ends, so that those who connect learn what is missing.
"""

from __future__ import annotations

import traceback
from collections import OrderedDict
from functools import partial
from typing import Any, ClassVar, Final

import msgspec

from libprocess_py.core.drops import PEER_QUEUE_FULL
from libprocess_py.core.failures import Policy
from libprocess_py.deploy.errors import TRACEBACK_MAX, SpawnFailed, kind_of
from libprocess_py.deploy.messages import (
    PAYLOAD_MAX,
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
from libprocess_py.deploy.shipping import Differs, as_actor, here, imported, unpack
from libprocess_py.duration import SECOND
from libprocess_py.errors import MailboxFull, NoSuchProcess
from libprocess_py.future import Future
from libprocess_py.message import Message, encode
from libprocess_py.pid import PID
from libprocess_py.process import Process

# Of actors spawned here: why the last ones failed, for those who ask too late. A start that fails is the usual case,
# and who spawned it asks at once. Each may have a traceback: at most 8 MiB in all.
FAILURES_MAX: Final = 256
OWN: Final = (SPAWNER_ID, REMOTES_ID)  # Without them nobody could use this node, or it nobody.
RETRY_NS: Final = SECOND  # Until answers are tried again that a node had no room for.
OWED_MAX: Final = 65_536  # Such answers, some 64 MiB: as many as one node that keeps its own bounds may wait for.
NO_ROOM: Final = "the result was dropped: this node had more to say to that one than it took"


class Spawner(Process):
    """One per node, spawned by whoever starts the node."""

    authenticated_only: ClassVar[bool] = True

    def __init__(self, *, allow: bool) -> None:
        super().__init__(SPAWNER_ID)
        self._allow = allow
        self._watchers: dict[str, dict[PID, None]] = {}  # By id, in the order in which they asked.
        self._peers: set[PID] = set()  # Who asked anything: linked, so that nothing is kept for the dead.
        self._spawned: set[str] = set()
        self._failures: OrderedDict[str, Failure] = OrderedDict()
        self._owed: list[tuple[PID, Message]] = []

    # Questions

    def hello(self, sender: PID, hello: Hello) -> None:
        self.send(sender, Welcome(call=hello.call, platform=here(), allows_spawn=self._allow))

    def spawn_here(self, sender: PID, spawn: Spawn) -> None:
        problem = self._problem(spawn.payload)
        if problem is None and not spawn.digest and spawn.python != here().python:
            problem = f"it comes by value from {spawn.python}, and this node runs {here().python}: install {spawn.kind}"
        if problem is not None:
            self._refuse(sender, spawn.call, why=problem)
            return
        try:
            process = _made(spawn)
            policy = None if spawn.policy is None else Policy[spawn.policy]
            pid = self.node.spawn(process, policy)
        except Differs as error:
            self.send(sender, Unknown(call=spawn.call, why=str(error)))
        except (Exception, SystemExit) as error:  # Whatever a module or a constructor raises is for the one who asked.
            self._fail(sender, spawn.call, error=error)
        else:
            self.log.info("spawned for another node", kind=spawn.kind, actor=pid.id, sender=sender)
            self._failures.pop(pid.id, None)
            self._spawned.add(pid.id)
            self.link(pid)
            self.send(sender, Spawned(call=spawn.call, pid=pid))

    def call(self, sender: PID, call: Call) -> None:
        problem = self._problem(call.payload)
        if problem is not None:
            self._refuse(sender, call.call, why=problem)
            return
        if call.id in OWN:
            self._refuse(sender, call.call, why=f"{call.id} is called by nobody: this node is used through it")
            return
        mailbox = self.node.kernel.mailboxes.get(call.id)
        if mailbox is None:
            self.send(sender, Abandoned(call=call.call))
            return
        try:
            function, args, kwargs = unpack(call.payload)
            method = function or mailbox.method_named(call.method)
            future: Future[Any] = self.node.dispatch(PID(call.id, self.node.address), method, *args, **kwargs)
        except (Exception, SystemExit) as error:
            self._fail(sender, call.call, error=error)
        else:
            future.on_settled(partial(self._answer, asker=sender, call=call.call))

    def find(self, sender: PID, find: Find) -> None:
        self.send(sender, Found(call=find.call, there=find.id in self.node.kernel.mailboxes))

    def watch(self, sender: PID, watch: Watch) -> None:
        if watch.id not in self.node.kernel.mailboxes:
            missing = Failure(kind=kind_of(NoSuchProcess()), text=f"{watch.id}@{self.node.address}")
            self.send(sender, Ended(id=watch.id, failure=self._failures.get(watch.id, missing)))
            return
        if sender not in self._peers:
            self._peers.add(sender)
            self.link(sender)
        self._watchers.setdefault(watch.id, {})[sender] = None
        self.link(PID(watch.id, self.node.address))

    def end(self, sender: PID, end: End) -> None:
        if self._allow and end.id in self.node.kernel.mailboxes and end.id not in OWN:
            self.terminate(PID(end.id, self.node.address), inject=end.inject)

    # Ends

    def exited_with(self, pid: PID, failure: Exception | None) -> None:
        if pid.address != self.node.address:
            self._peer_lost(pid)
            return
        told = None if failure is None else _failure(failure)
        if pid.id in self._spawned:
            self._spawned.discard(pid.id)
            if told is not None:
                self._failures[pid.id] = told
                if len(self._failures) > FAILURES_MAX:
                    self._failures.popitem(last=False)
        for watcher in self._watchers.pop(pid.id, ()):
            self.send(watcher, Ended(id=pid.id, failure=told))

    def undelivered(self, to: PID, message: Message, *, reason: str) -> None:
        """An answer had no room: what is said instead is small, and said until it has some, for somebody waits."""
        if reason != PEER_QUEUE_FULL or len(self._owed) >= OWED_MAX:
            return
        if isinstance(message, Answered | Failed):
            message = Failed(call=message.call, failure=Failure(kind=kind_of(MailboxFull()), text=NO_ROOM))
        elif isinstance(message, Ended) and message.failure is not None:
            message = Ended(id=message.id, failure=Failure(kind=message.failure.kind, text=message.failure.text))
        if not self._owed:
            self.delay(RETRY_NS, self._pay)
        self._owed.append((to, message))

    def _pay(self) -> None:
        owed, self._owed = self._owed, []
        for to, message in owed:
            self.send(to, message)

    def _peer_lost(self, peer: PID) -> None:
        self._peers.discard(peer)
        for id, watchers in list(self._watchers.items()):
            watchers.pop(peer, None)
            if not watchers:
                del self._watchers[id]

    # Answers

    def _problem(self, payload: bytes) -> str | None:
        """Why nothing is unpickled here, if so. That the peer has authenticated was looked at before."""
        if not self._allow:
            return "it does not allow that: start it with --allow-spawn"
        if len(payload) > PAYLOAD_MAX:
            return f"{len(payload)} bytes are too many, at most {PAYLOAD_MAX}"
        return None

    def _answer(self, future: Future[Any], *, asker: PID, call: str) -> None:
        if future.abandoned:
            self.send(asker, Abandoned(call=call))
            return
        try:
            value = encode(future.get())
            if len(value) > PAYLOAD_MAX:
                raise ValueError(f"the result takes {len(value)} bytes, at most {PAYLOAD_MAX}: send it in parts")
        except Exception as error:
            self._fail(asker, call, error=error)
        else:
            self.send(asker, Answered(call=call, value=msgspec.Raw(value)))

    def _refuse(self, asker: PID, call: str, *, why: str) -> None:
        self.metrics.counter("libprocess/deploy/refused").add()
        self.log.warning("refused", asker=asker, reason=why)
        failure = Failure(kind=kind_of(SpawnFailed()), text=why)
        self.send(asker, Failed(call=call, failure=failure, refused=True))

    def _fail(self, asker: PID, call: str, *, error: BaseException) -> None:
        self.send(asker, Failed(call=call, failure=_failure(error)))


def _made(spawn: Spawn) -> Process:
    """The actor that was asked for, not spawned yet. Raises whatever its constructor does."""
    kind = imported(spawn.kind, spawn.digest) if spawn.digest else None
    sent, args, kwargs = unpack(spawn.payload)
    process = as_actor(kind or sent, spawn.kind)(*args, **kwargs)
    if spawn.id is not None:
        process._process_id = spawn.id
    return process


def _failure(error: BaseException) -> Failure:
    text = "".join(traceback.format_exception(error))[-TRACEBACK_MAX:]
    return Failure(kind=kind_of(error), text=str(error)[:TRACEBACK_MAX], traceback=text)
