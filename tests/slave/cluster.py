"""An agent with simulated containers in a simulation, and a small master to talk to it."""

from __future__ import annotations

from typing import TypeVar

from libprocess_py.message import Message
from libprocess_py.node import Node
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.sim.simulation import Simulation
from mesos_py.protocol.detector import StandaloneDetector
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.messages.master_agent import (
    AgentRegistered,
    AgentRegistration,
    AgentReregistered,
    AgentReregistration,
    AgentUnregistration,
    ExecutorExited,
    Ping,
    Pong,
)
from mesos_py.protocol.messages.master_framework import ExecutorToScheduler, StatusAcknowledgement, StatusUpdate
from mesos_py.protocol.task import TaskState
from slave.simulated_agent import spawn_simulated_agent
from slave.slave import Slave
from tests.slave.builders import AGENT_ID, PING_TIMEOUT_NS, settings

SECOND = 1_000_000_000
M = TypeVar("M", bound=Message)


class SmallMaster(Process):
    """Takes agents in, pings them, acknowledges updates, and remembers what it heard."""

    def __init__(self) -> None:
        super().__init__("master")
        self.heard: list[Message] = []
        self.agent: PID | None = None
        self.agent_id: AgentId = AGENT_ID
        self.pings = True
        self.acknowledges = True

    def initialize(self) -> None:
        self.delay(15 * SECOND, self._ping)

    def _ping(self) -> None:
        if self.pings and self.agent is not None:
            self.send(self.agent, Ping(connected=True))
        self.delay(15 * SECOND, self._ping)

    def tell(self, message: Message) -> None:
        """Send something to the agent that registered last."""
        assert self.agent is not None
        self.send(self.agent, message)

    def of(self, kind: type[M]) -> list[M]:
        return [message for message in self.heard if isinstance(message, kind)]

    def states(self, task: str) -> list[TaskState]:
        """What was reported of a task, repetitions included."""
        return [update.status.state for update in self.of(StatusUpdate) if update.status.task_id == task]

    def registration(self, sender: PID, message: AgentRegistration) -> None:
        self.heard.append(message)
        self.agent = sender
        self.link(sender)
        self.send(sender, AgentRegistered(agent_id=self.agent_id, ping_timeout_ns=PING_TIMEOUT_NS))

    def reregistration(self, sender: PID, message: AgentReregistration) -> None:
        self.heard.append(message)
        self.agent = sender
        self.link(sender)
        assert message.agent.id is not None
        self.send(sender, AgentReregistered(agent_id=message.agent.id, ping_timeout_ns=PING_TIMEOUT_NS))

    def status_update(self, sender: PID, update: StatusUpdate) -> None:
        self.heard.append(update)
        status = update.status
        if self.acknowledges and status.agent_id is not None and status.uuid is not None:
            acknowledgement = StatusAcknowledgement(
                framework_id=update.framework_id, agent_id=status.agent_id, task_id=status.task_id, uuid=status.uuid
            )
            self.send(sender, acknowledgement)

    def pong(self, sender: PID, message: Pong) -> None:
        self.heard.append(message)

    def executor_exited(self, sender: PID, message: ExecutorExited) -> None:
        self.heard.append(message)

    def unregistration(self, sender: PID, message: AgentUnregistration) -> None:
        self.heard.append(message)

    def executor_message(self, sender: PID, message: ExecutorToScheduler) -> None:
        self.heard.append(message)


class SmallCluster:
    """One master, one agent, each on a node of its own."""

    def __init__(self, seed: int = 1) -> None:
        self.simulation = Simulation(seed)
        self.master_node = self.simulation.node("10.0.0.1")
        self.master = SmallMaster()
        self.master_node.spawn(self.master)
        self.agent_node = self.simulation.node("10.0.0.2", 5051)
        self.agent = an_agent(self.agent_node, self.master.pid)

    def register(self) -> SmallCluster:
        assert self.simulation.run_until(lambda: self.agent.books.registration.is_running, limit_ns=30 * SECOND)
        return self

    def tell(self, message: Message) -> None:
        """Let the master say something, and wait until it has been heard."""
        self.master_node.dispatch(self.master.pid, SmallMaster.tell, message)
        self.simulation.advance(SECOND // 10)

    def until(self, task: str, state: TaskState, *, limit_ns: int = 60 * SECOND) -> None:
        assert self.simulation.run_until(lambda: state in self.master.states(task), limit_ns=limit_ns), (
            f"{task} is not {state.name}: {self.master.states(task)}"
        )

    def new_master(self) -> SmallMaster:
        """Another master, on the address of the first, which has crashed."""
        self.simulation.crash(self.master_node)
        self.simulation.advance(SECOND)
        self.master_node = self.simulation.node("10.0.0.1")
        self.master = SmallMaster()
        self.master_node.spawn(self.master)
        return self.master


def an_agent(node: Node, master: PID) -> Slave:
    """An agent with simulated containers on a node."""
    own = settings(pid=PID("slave(1)", node.address))
    return spawn_simulated_agent(node, own, detector=StandaloneDetector(master))
