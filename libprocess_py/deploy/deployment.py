"""The actors of a topology as children of a supervisor: on this node, or spawned from here on all of its hosts."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from libprocess_py.core.failures import Policy
from libprocess_py.deploy.errors import ConnectFailed
from libprocess_py.deploy.remote_node import RemoteNode
from libprocess_py.deploy.shipping import attribute
from libprocess_py.deploy.topology import ACTORS, Actor, Topology, TopologyError
from libprocess_py.duration import MILLISECOND
from libprocess_py.errors import RemoteDispatch
from libprocess_py.future import Future, after, ready
from libprocess_py.node import Node
from libprocess_py.pid import PID, Address
from libprocess_py.process import Process
from libprocess_py.supervisor import Child, Supervisor

DEPLOYMENT_ID: Final = "__deployment__"
LINKER_ID: Final = "__linker__"
RETRY_NS: Final = 500 * MILLISECOND  # Between looks at whether a host can be reached, or an actor runs there.


def deployment(node: Node, topology: Topology, *, host: str | None) -> Supervisor:
    """A supervisor of the actors of one host, started on this node; of all hosts, spawned there, if `host` is None.

    Raises TopologyError for a class that cannot be imported here.
    """
    deployer = _Deployer(node, topology, node.spawn(Linker()))
    children = []
    for actor in topology.actors if host is None else topology.on(host):
        start = deployer.start_there if host is None else deployer.start_here
        children.append(Child(actor.name, partial(start, actor, actor_class(actor)), actor.restart))
    return Supervisor(children, DEPLOYMENT_ID, rules=topology.rules)


def actor_class(actor: Actor) -> type[Process]:
    """Import it. Raises TopologyError."""
    where = f"{ACTORS}.{actor.name}.class"
    module, _, qualname = actor.kind.partition(":")
    try:
        kind: object = attribute(importlib.import_module(module), qualname)
    except ImportError as error:
        raise TopologyError(f"{where}: cannot import {module}: {error}") from error
    except AttributeError as error:
        raise TopologyError(f"{where}: {error}") from error
    if not (isinstance(kind, type) and issubclass(kind, Process)):
        raise TopologyError(f"{where}: expected a class derived from Process, got {actor.kind}")
    return kind


@dataclass(frozen=True, slots=True)
class _Deployer:
    """Starts one actor of a topology, and sees to its links."""

    node: Node
    topology: Topology
    linker: PID[Linker]

    def start_here(self, actor: Actor, kind: type[Process]) -> Future[PID]:
        process = kind(*actor.args, **actor.kwargs)
        process._process_id = actor.name
        pid: PID[Any] = self.node.spawn(process, Policy.END_ACTOR)
        self._bind(actor, pid)
        return ready(pid)

    def start_there(self, actor: Actor, kind: type[Process]) -> Future[PID]:
        """Spawn it on its host; one that runs there already was left by a former controller or a lost connection."""
        pid = self.topology.pid(actor.name)
        if pid.address == self.node.address:  # The controller runs on one of the hosts.
            return self.start_here(actor, kind)

        def reached(remote: RemoteNode) -> Future[PID]:
            return remote.find(actor.name).then(partial(spawned, remote))

        def spawned(remote: RemoteNode, is_there: bool) -> Future[PID]:
            if is_there:
                return ready(pid)
            return remote.using(id=actor.name, policy=Policy.END_ACTOR).spawn(kind, *actor.args, **actor.kwargs)

        started: Future[PID] = self.node.dispatch(self.linker, Linker.reach, pid.address).then(reached)
        return started.on_ready(partial(self._bind, actor))

    def _bind(self, actor: Actor, pid: PID) -> None:
        for name in actor.links:
            self.node.dispatch(self.linker, Linker.bind, pid, self.topology.pid(name))


class Linker(Process):
    """Waits for hosts and actors, which start in any order, and links actors to others as soon as those run."""

    def __init__(self) -> None:
        super().__init__(LINKER_ID)
        self._wanted: dict[PID, dict[PID, None]] = {}  # By linker: links that are still to be made.

    def bind(self, pid: PID, to: PID) -> None:
        """Have `pid` linked to `to`, unless it ends before that one runs."""
        self.link(pid)
        self._wanted.setdefault(pid, {})[to] = None
        self._look(pid, to)

    async def reach(self, address: Address) -> RemoteNode:
        """That node, once it is there. That it is not yet is no failure of its actors, and uses up no restarts."""
        told = self.log.info  # Once: a host may be away for days.
        while True:
            try:
                return await self.node.connect(address)
            except ConnectFailed as error:
                told("host not reached", host=address, reason=error)
            told = self.log.debug
            await after(RETRY_NS, on=self)

    def exited(self, pid: PID) -> None:
        self._wanted.pop(pid, None)

    def _look(self, pid: PID, to: PID) -> None:
        if to in self._wanted.get(pid, ()):
            self._is_there(to).on_settled(self.defer(Linker._looked, (pid, to)))

    def _looked(self, link: tuple[PID, PID], there: Future[bool]) -> None:
        pid, to = link
        if to not in self._wanted.get(pid, ()):
            return
        if there.is_ready and there.get() and self._is_linked(pid, to):
            del self._wanted[pid][to]
        else:
            self.delay(RETRY_NS, self._look, pid, to)

    def _is_linked(self, pid: PID, to: PID) -> bool:
        try:
            self.dispatch(pid, Process.link, to)
        except RemoteDispatch:  # Its node was lost just now: we shall hear of that, or of its being back.
            return False
        return True

    def _is_there(self, to: PID) -> Future[bool]:
        if to.address == self.node.address:
            return ready(to.id in self.node.kernel.mailboxes)
        return self.node.connect(to.address).then(lambda remote: remote.find(to.id))
