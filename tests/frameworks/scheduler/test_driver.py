"""The scheduler driver as an actor: what a master and an agent say arrives in the callbacks."""

from __future__ import annotations

from msgspec.structs import replace

from libprocess_py.message import Message
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.sim.simulation import Simulation
from mesos_py.frameworks.scheduler.callbacks import Driver, Scheduler
from mesos_py.frameworks.scheduler.driver import SchedulerProcess
from mesos_py.protocol.agent import MasterInfo
from mesos_py.protocol.detector import StandaloneDetector
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import AgentId, ExecutorId, FrameworkId
from mesos_py.protocol.messages.master_framework import (
    AgentLost,
    ExecutorLost,
    ExecutorToScheduler,
    FrameworkSubscription,
    ResourceOffers,
    SchedulerToExecutor,
)
from tests.frameworks.scheduler.test_core import AGENT, WELCOME
from tests.support.offers import an_offer

SECOND_NS = 1_000_000_000  # Longer than any message is under way.
EXECUTOR = ExecutorId("e")
BYTES_OF_EXECUTOR = ExecutorToScheduler(agent_id=AGENT, executor_id=EXECUTOR, data=b"hello")


class Speaker(Process):
    """A master or an agent that says what a test wants."""

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.heard: list[Message] = []

    def say(self, to: PID, message: Message) -> None:
        self.send(to, message)

    def subscription(self, sender: PID, message: FrameworkSubscription) -> None:
        self.send(sender, WELCOME)

    def scheduler_to_executor(self, sender: PID, message: SchedulerToExecutor) -> None:
        self.heard.append(message)


class Diary(Scheduler):
    """Writes down what it is called with, and answers bytes with the same."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def registered(self, driver: Driver, framework_id: FrameworkId, *, master: MasterInfo) -> None:
        self.calls.append(("registered", framework_id, master))

    def framework_message(self, driver: Driver, agent_id: AgentId, *, executor_id: ExecutorId, data: bytes) -> None:
        self.calls.append(("framework_message", agent_id, executor_id, data))
        driver.send_to_executor(agent_id, executor_id, data=data)

    def agent_lost(self, driver: Driver, agent_id: AgentId) -> None:
        self.calls.append(("agent_lost", agent_id))

    def executor_lost(self, driver: Driver, agent_id: AgentId, *, executor_id: ExecutorId, exit_status: int) -> None:
        self.calls.append(("executor_lost", agent_id, executor_id, exit_status))


class Subscribed:
    """A driver that a master has welcomed and offered an agent of another host."""

    def __init__(self) -> None:
        self.simulation = Simulation(1)
        self.master, self.agent, self.stranger = Speaker("master"), Speaker("slave(1)"), Speaker("slave(1)")
        for number, speaker in enumerate((self.master, self.agent, self.stranger), 1):
            self.simulation.node(f"10.0.0.{number}", 5050).spawn(speaker)
        self.diary = Diary()
        detector = StandaloneDetector(self.master.pid)
        self.driver = SchedulerProcess(self.diary, FrameworkInfo(user="u", name="n"), detector=detector)
        self.simulation.node("10.0.0.9").spawn(self.driver)
        self.simulation.advance(SECOND_NS)
        self.say(self.master, ResourceOffers(offers=(replace(an_offer(), agent_pid=self.agent.pid),)))

    def say(self, speaker: Speaker, message: Message) -> None:
        speaker.node.dispatch(speaker.pid, Speaker.say, self.driver.pid, message)
        self.simulation.advance(SECOND_NS)

    def new(self) -> list[tuple[object, ...]]:
        """The calls since it was registered."""
        assert self.diary.calls[0] == ("registered", WELCOME.framework_id, WELCOME.master)
        return self.diary.calls[1:]


def test_the_bytes_of_an_executor_come_straight_from_its_agent_and_are_answered_through_the_master() -> None:
    subscribed = Subscribed()

    subscribed.say(subscribed.agent, BYTES_OF_EXECUTOR)

    assert subscribed.new() == [("framework_message", AGENT, EXECUTOR, b"hello")]
    (answer,) = subscribed.master.heard
    assert isinstance(answer, SchedulerToExecutor)
    assert (answer.agent_id, answer.executor_id, answer.data) == (AGENT, EXECUTOR, b"hello")


def test_bytes_from_elsewhere_are_refused_and_counted() -> None:
    subscribed = Subscribed()

    subscribed.say(subscribed.stranger, BYTES_OF_EXECUTOR)
    subscribed.say(subscribed.agent, replace(BYTES_OF_EXECUTOR, agent_id=AgentId("m-S7")))

    assert subscribed.new() == []
    assert subscribed.driver.metrics.counter("libprocess/protocol_errors").value == 2


def test_a_lost_agent_is_told_and_speaks_for_no_executor_any_more() -> None:
    subscribed = Subscribed()

    subscribed.say(subscribed.master, AgentLost(agent_id=AGENT))
    subscribed.say(subscribed.agent, BYTES_OF_EXECUTOR)

    assert subscribed.new() == [("agent_lost", AGENT)]


def test_a_lost_executor_is_told_with_its_exit_status() -> None:
    subscribed = Subscribed()

    subscribed.say(subscribed.master, ExecutorLost(agent_id=AGENT, executor_id=EXECUTOR, exit_status=-9))

    assert subscribed.new() == [("executor_lost", AGENT, EXECUTOR, -9)]


def test_only_the_master_says_what_is_lost() -> None:
    subscribed = Subscribed()

    subscribed.say(subscribed.agent, AgentLost(agent_id=AGENT))

    assert subscribed.new() == []
