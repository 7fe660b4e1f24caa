"""A master with its real allocator on one simulated node, and small peers on others that do what a test tells them."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.message import Message
from libprocess_py.node import Node
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.sim.simulation import Simulation
from master.flags import MasterFlags
from master.main import spawn_master
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.messages import master_agent as ma
from mesos_py.protocol.messages import master_framework as mf
from mesos_py.protocol.offer import Offer
from mesos_py.protocol.task import Task
from tests.master.builders import SECOND, a_framework_info, an_agent_info

M = TypeVar("M", bound=Message)


class Peer(Process):
    """Keeps what it gets, and links to the master, as real peers do."""

    def __init__(self, id: str, master: PID) -> None:
        super().__init__(id)
        self.master = master
        self.inbox: list[Message] = []
        self.exits: list[PID] = []

    def of(self, kind: type[M]) -> list[M]:
        return [message for message in self.inbox if isinstance(message, kind)]

    def _keep(self, sender: PID, message: Message) -> None:
        self.inbox.append(message)

    def exited(self, pid: PID) -> None:
        self.exits.append(pid)

    def tell(self, message: Message) -> None:
        """Send to the master, from a turn of its own."""
        self.link(self.master)
        self.send(self.master, message)


class Scheduler(Peer):
    """A framework that does nothing by itself."""

    def subscribe(self, info: FrameworkInfo | None = None) -> None:
        self.tell(mf.FrameworkSubscription(framework=info or a_framework_info()))

    @property
    def id(self) -> FrameworkId:
        return self.of(mf.FrameworkSubscribed)[-1].framework_id

    @property
    def offers(self) -> list[Offer]:
        return [offer for message in self.of(mf.ResourceOffers) for offer in message.offers]

    def subscribed(self, sender: PID, message: mf.FrameworkSubscribed) -> None:
        self._keep(sender, message)

    def error(self, sender: PID, message: mf.FrameworkError) -> None:
        self._keep(sender, message)

    def resource_offers(self, sender: PID, message: mf.ResourceOffers) -> None:
        self._keep(sender, message)

    def rescinded(self, sender: PID, message: mf.OfferRescinded) -> None:
        self._keep(sender, message)

    def status_update(self, sender: PID, message: mf.StatusUpdate) -> None:
        self._keep(sender, message)

    def executor_lost(self, sender: PID, message: mf.ExecutorLost) -> None:
        self._keep(sender, message)

    def agent_lost(self, sender: PID, message: mf.AgentLost) -> None:
        self._keep(sender, message)


class Agent(Peer):
    """An agent that answers pings as long as it is told to, and runs nothing."""

    answers_pings = True

    def register(self) -> None:
        self.tell(ma.AgentRegistration(agent=an_agent_info(), version="0.1.0", run_id="r"))

    def return_with(self, *tasks: Task, frameworks: tuple[FrameworkInfo, ...] = ()) -> None:
        self.tell(
            ma.AgentReregistration(agent=an_agent_info(id=self.id), version="0.1.0", frameworks=frameworks, tasks=tasks)
        )

    @property
    def id(self) -> AgentId:
        return self.of(ma.AgentRegistered)[-1].agent_id

    def registered(self, sender: PID, message: ma.AgentRegistered) -> None:
        self._keep(sender, message)

    def reregistered(self, sender: PID, message: ma.AgentReregistered) -> None:
        self._keep(sender, message)

    def ping(self, sender: PID, message: ma.Ping) -> None:
        self._keep(sender, message)
        if self.answers_pings:
            self.send(sender, ma.Pong())

    def launch(self, sender: PID, message: ma.TaskLaunch) -> None:
        self._keep(sender, message)

    def kill(self, sender: PID, message: ma.TaskKill) -> None:
        self._keep(sender, message)

    def framework_shutdown(self, sender: PID, message: ma.FrameworkShutdown) -> None:
        self._keep(sender, message)

    def message_to_executor(self, sender: PID, message: mf.SchedulerToExecutor) -> None:
        self._keep(sender, message)

    def acknowledged(self, sender: PID, message: mf.StatusAcknowledgement) -> None:
        self._keep(sender, message)


class SimulatedCluster:
    """The master's node, and whoever a test adds."""

    def __init__(self, seed: int = 1, **flags: Any) -> None:
        self.simulation = Simulation(seed)
        self.flags = dataclasses.replace(MasterFlags(), **flags)
        self.start_master()

    def start_master(self) -> None:
        self.node = self.simulation.node("10.0.0.1")
        self.master = spawn_master(self.node, self.flags, checked=True)
        self.simulation.settle()

    def crash_master(self) -> None:
        self.simulation.crash(self.node)

    def scheduler(self, host: int = 9, info: FrameworkInfo | None = None) -> Scheduler:
        scheduler = Scheduler("scheduler(1)", self.master)
        self.spawn(scheduler, host)
        self.do(scheduler, Scheduler.subscribe, info)
        return scheduler

    def agent(self, host: int = 2) -> Agent:
        agent = Agent("slave(1)", self.master)
        self.spawn(agent, host)
        self.do(agent, Agent.register)
        return agent

    def spawn(self, process: Process, host: int) -> Node:
        node = self.simulation.node(f"10.0.0.{host}")
        node.spawn(process)
        return node

    def do(self, process: Process, method: Any, *args: object) -> None:
        """A method of a peer in a turn of its own, and a moment for what follows."""
        process.node.dispatch(process.pid, method, *args)
        self.advance(SECOND // 100)

    def advance(self, ns: int) -> None:
        self.simulation.advance(ns)

    def http(self, method: str, target: str, *, body: bytes = b"") -> Response:
        answer = self.node.request(Request.of(method, target, headers={}, body=body, peer="10.0.0.9"))
        self.simulation.settle()
        return answer.get()

    def metric(self, name: str) -> float:
        gauges = self.node.metrics.gauges()
        return gauges[name]() if name in gauges else self.node.metrics.counters()[name]
