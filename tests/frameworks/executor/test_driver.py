"""The driver as an actor, in simulation: an agent on one node, an executor on another."""

from __future__ import annotations

from typing import Any

from libprocess_py.pid import PID, Address
from libprocess_py.sim.simulation import Simulation
from mesos_py.frameworks.executor.callbacks import Driver, Executor
from mesos_py.frameworks.executor.core import Update
from mesos_py.frameworks.executor.driver import ExecutorProcess
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import ExecutorId, FrameworkId, TaskId
from mesos_py.protocol.messages.agent_executor import ExecutorMessage, ExecutorShutdown
from mesos_py.protocol.task import ExecutorInfo, TaskInfo, TaskState
from tests.frameworks.executor.agents import RecordingAgent
from tests.frameworks.executor.builders import (
    AGENT,
    GRACE_NS,
    SECOND_NS,
    TOKEN,
    a_kill,
    a_launch,
    a_welcome,
    an_environment,
)


class RecordingExecutor(Executor):
    """Keeps what it is told; runs each task until it is killed."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def registered(self, driver: Driver, executor: ExecutorInfo, *, framework: FrameworkInfo, agent: AgentInfo) -> None:
        self.told.append("registered")

    def reregistered(self, driver: Driver, agent: AgentInfo) -> None:
        self.told.append("reregistered")

    def disconnected(self, driver: Driver) -> None:
        self.told.append("disconnected")

    def launch_task(self, driver: Driver, task: TaskInfo) -> None:
        self.told.append(("launch", task.task_id))
        driver.update(Update(task_id=task.task_id, state=TaskState.RUNNING))

    def kill_task(self, driver: Driver, task_id: TaskId, *, grace_ns: int) -> None:
        self.told.append(("kill", task_id, grace_ns))
        driver.after(grace_ns, lambda: driver.update(Update(task_id=task_id, state=TaskState.KILLED)))

    def framework_message(self, driver: Driver, data: bytes) -> None:
        self.told.append(data)
        driver.send_framework_message(data[::-1])

    def shutdown(self, driver: Driver) -> None:
        self.told.append("shutdown")

    def ended(self) -> None:
        self.told.append("ended")


class World:
    """One agent, one executor, a network between them."""

    def __init__(self, agent: RecordingAgent) -> None:
        self.simulation = Simulation(seed=7)
        self.agent = agent
        self.agent_node = self.simulation.node(AGENT.address.ip, AGENT.address.port)
        self.agent_node.spawn(agent)
        self.executor = RecordingExecutor()
        self.node = self.simulation.node("10.0.0.2", 4000)
        self.pid: PID = self.node.spawn(ExecutorProcess(self.executor, an_environment()))
        self.simulation.advance(SECOND_NS // 2)

    def say(self, message: Any) -> None:
        self.agent.say(message)
        self.simulation.advance(SECOND_NS // 10)

    @property
    def is_over(self) -> bool:
        return self.pid.id not in self.node.kernel.mailboxes

    @property
    def states(self) -> list[TaskState]:
        return [status.state for status in self.agent.statuses]


def test_an_executor_registers_runs_and_kills_a_task() -> None:
    world = World(RecordingAgent(a_welcome()))

    world.say(a_launch())
    world.say(a_kill(grace_ns=SECOND_NS))
    world.simulation.advance(2 * SECOND_NS)

    assert world.executor.told == ["registered", ("launch", "task"), ("kill", "task", SECOND_NS)]
    assert world.states == [TaskState.RUNNING, TaskState.KILLED]
    assert len({status.uuid for status in world.agent.statuses}) == 2


def test_registrations_are_repeated_every_second_until_one_is_answered() -> None:
    agent = RecordingAgent(None)
    world = World(agent)

    world.simulation.advance(3 * SECOND_NS)
    assert len(agent.registrations) == 4
    agent.welcome = a_welcome()
    world.simulation.advance(10 * SECOND_NS)

    assert len(agent.registrations) == 5
    assert world.executor.told == ["registered"]


def test_an_agent_that_lost_its_executors_updates_is_told_again() -> None:
    world = World(RecordingAgent(a_welcome(), acknowledges=False))
    world.say(a_launch())

    world.say(a_welcome())

    assert world.states == [TaskState.RUNNING, TaskState.RUNNING]
    assert len({status.uuid for status in world.agent.statuses}) == 1
    assert world.executor.told[-1] == "reregistered"


def test_messages_pass_both_ways() -> None:
    world = World(RecordingAgent(a_welcome()))

    world.say(ExecutorMessage(framework_id=FrameworkId("f"), executor_id=ExecutorId("e"), data=b"abc", token=TOKEN))

    assert world.agent.messages == [b"cba"]


def test_an_executor_that_does_not_stop_is_ended_after_the_grace_period() -> None:
    world = World(RecordingAgent(a_welcome()))
    world.say(ExecutorShutdown(token=TOKEN))

    world.simulation.advance(GRACE_NS - SECOND_NS)
    early = world.is_over
    world.simulation.advance(2 * SECOND_NS)

    assert (early, world.is_over) == (False, True)
    assert world.executor.told == ["registered", "shutdown", "ended"]


def test_an_executor_whose_agent_died_shuts_down() -> None:
    world = World(RecordingAgent(a_welcome()))
    world.say(a_launch())

    world.simulation.crash(world.agent_node)
    world.simulation.advance(GRACE_NS + 60 * SECOND_NS)

    assert world.executor.told[-3:] == ["disconnected", "shutdown", "ended"]
    assert world.is_over


def test_a_stranger_with_a_wrong_token_changes_nothing_and_is_counted() -> None:
    world = World(RecordingAgent(a_welcome()))

    world.say(a_launch(token="guess"))

    assert world.executor.told == ["registered"]
    assert world.node.metrics.counter("libprocess/protocol_errors").value == 1


def test_an_executor_without_an_agent_ends() -> None:
    simulation = Simulation(seed=1)
    node = simulation.node("10.0.0.2", 4000)
    nowhere = an_environment(agent=PID("slave(1)", Address("10.0.0.9", 5051)))
    executor = RecordingExecutor()
    pid = node.spawn(ExecutorProcess(executor, nowhere))

    simulation.advance(60 * SECOND_NS)

    assert executor.told == ["ended"]
    assert pid.id not in node.kernel.mailboxes
