"""Builders for the agent's tests: settings, tasks, messages, and an agent whose effects are recorded."""

from __future__ import annotations

from typing import TypeVar

from msgspec.structs import replace

from libprocess_py.message import Message
from libprocess_py.pid import PID
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.ids import AgentId, ContainerId, ExecutorId, FrameworkId, TaskId
from mesos_py.protocol.messages.agent_executor import ExecutorRegistration, ExecutorStatusUpdate
from mesos_py.protocol.messages.master_agent import AgentRegistered, TaskLaunch
from mesos_py.protocol.messages.master_framework import StatusAcknowledgement, StatusUpdate
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import CommandInfo, ExecutorInfo, Source, TaskInfo, TaskState, TaskStatus
from slave.containerizer.container import ContainerConfig, Termination
from slave.core.effects import CancelTimer, Effect, Effects, LaunchContainer, Send, StartTimer
from slave.core.events import ContainerEnded, Event, MasterDetected, Received, Recovered, RegistrationDue
from slave.core.executors import Executor
from slave.core.settings import AgentSettings
from slave.core.state import AgentState

MASTER = PID.parse("master@10.0.0.1:5050")
AGENT = PID.parse("slave(1)@10.0.0.2:5051")
SCHEDULER = PID.parse("scheduler(1)@10.0.0.3:7000")
STRANGER = PID.parse("stranger@10.6.6.6:666")
AGENT_ID = AgentId("M-S0")
FRAMEWORK_ID = FrameworkId("M-0000")
PING_TIMEOUT_NS = 75_000_000_000
EXITED = Termination(exit_status=0)

E = TypeVar("E", bound=Effect)


class ListedChance:
    """Chance from a list: fractions in order, the last one for ever; ids are numbers in the form of a uuid."""

    def __init__(self, *fractions: float) -> None:
        self._fractions = list(fractions) or [0.5]
        self._ids = 0

    def fraction(self) -> float:
        return self._fractions.pop(0) if len(self._fractions) > 1 else self._fractions[0]

    def unique_id(self) -> str:
        self._ids += 1
        return f"00000000-0000-4000-8000-{self._ids:012x}"


def an_agent_info() -> AgentInfo:
    return AgentInfo(hostname="agent", port=5051, resources=Resources.of(cpus=4, mem=4096))


def settings(**others: object) -> AgentSettings:
    base: dict[str, object] = {
        "pid": AGENT,
        "info": an_agent_info(),
        "version": "0.1.0",
        "work_dir": "/work",
        "python": "/usr/bin/python3",
        "path": "/usr/bin:/bin",
        "executor_ip": "10.0.0.2",
    }
    return AgentSettings(**{**base, **others})  # type: ignore[arg-type]  # Each test names fields that exist.


def a_framework(*capabilities: Capability, id: FrameworkId = FRAMEWORK_ID) -> FrameworkInfo:
    return FrameworkInfo(user="nobody", name="framework", id=id, capabilities=capabilities)


def a_command_task(id: str = "t1", command: str = "true") -> TaskInfo:
    return TaskInfo(
        task_id=TaskId(id),
        name=id,
        agent_id=AGENT_ID,
        resources=Resources.of(cpus=1, mem=64),
        command=CommandInfo(value=command),
    )


def an_executor_info(id: str = "e1", *, command: CommandInfo | None = None, data: bytes = b"") -> ExecutorInfo:
    return ExecutorInfo(
        executor_id=ExecutorId(id),
        command=command or CommandInfo(value="run"),
        resources=Resources.of(cpus=0.5),
        data=data,
    )


def a_command_launch(id: str = "t1", *, framework: FrameworkInfo | None = None) -> TaskLaunch:
    return TaskLaunch(framework=framework or a_framework(), scheduler=SCHEDULER, executor=None, task=a_command_task(id))


def a_launch(
    id: str = "t1",
    *,
    executor: ExecutorInfo | None = None,
    framework: FrameworkInfo | None = None,
    label: str | None = None,
) -> TaskLaunch:
    """A task of a custom executor; `label` says how a simulated one is to behave."""
    labels = () if label is None else (("simulate", label),)
    return TaskLaunch(
        framework=framework or a_framework(),
        scheduler=SCHEDULER,
        executor=executor or an_executor_info(),
        task=replace(a_command_task(id), command=None, labels=labels),
    )


def a_status(id: str, state: TaskState, *, number: int) -> TaskStatus:
    return TaskStatus(
        task_id=TaskId(id), state=state, source=Source.EXECUTOR, timestamp_ns=number, uuid=number.to_bytes(16, "big")
    )


def executor_pid(name: str) -> PID:
    return PID.parse(f"executor({name})@10.0.0.2:9000")


class RecordedAgent:
    """An `AgentState` that is checked after every event, with its effects and the timers that run."""

    def __init__(self, chance: ListedChance | None = None, **others: object) -> None:
        self.state = AgentState(settings(**others), chance or ListedChance())
        self.books = self.state.books
        self.effects: list[Effect] = []  # All so far.
        self.timers: dict[str, StartTimer] = {}
        self.now = 1_000

    def handle(self, event: Event) -> Effects:
        effects = self.state.handle(event, self.now)
        self.state.check()
        self.effects.extend(effects)
        for effect in effects:
            if isinstance(effect, StartTimer):
                self.timers[effect.key] = effect
            elif isinstance(effect, CancelTimer):
                self.timers.pop(effect.key, None)
        return effects

    def receive(self, message: Message, sender: PID = MASTER) -> Effects:
        return self.handle(Received(sender=sender, message=message))  # type: ignore[arg-type]  # Any message may come.

    def fire(self, key: str) -> Effects:
        return self.handle(self.timers.pop(key).event)

    def all(self, kind: type[E]) -> list[E]:
        return [effect for effect in self.effects if isinstance(effect, kind)]

    # Shortcuts to states

    def register(self) -> RecordedAgent:
        self.handle(Recovered())
        self.handle(MasterDetected(master=MASTER))
        self.handle(RegistrationDue())
        self.receive(AgentRegistered(agent_id=AGENT_ID, ping_timeout_ns=PING_TIMEOUT_NS))
        return self

    def executor(self, id: str = "e1", framework_id: FrameworkId = FRAMEWORK_ID) -> Executor:
        return self.books.executor(framework_id, ExecutorId(id))

    def register_executor(self, id: str = "e1", framework_id: FrameworkId = FRAMEWORK_ID) -> Effects:
        executor = self.executor(id, framework_id)
        registration = ExecutorRegistration(framework_id=framework_id, executor_id=ExecutorId(id), token=executor.token)
        return self.receive(registration, executor_pid(id))

    def report(self, status: TaskStatus, executor_id: str = "e1") -> Effects:
        executor = self.executor(executor_id)
        update = ExecutorStatusUpdate(
            framework_id=FRAMEWORK_ID, executor_id=ExecutorId(executor_id), token=executor.token, status=status
        )
        return self.receive(update, executor_pid(executor_id))

    def acknowledge(self, status: TaskStatus) -> Effects:
        assert status.uuid is not None
        return self.receive(
            StatusAcknowledgement(
                framework_id=FRAMEWORK_ID, agent_id=AGENT_ID, task_id=status.task_id, uuid=status.uuid
            )
        )

    def end_container(self, id: str = "e1", termination: Termination = EXITED) -> Effects:
        return self.handle(ContainerEnded(container_id=self.executor(id).container_id, termination=termination))

    def running_task(self, id: str = "t1", executor: str = "e1") -> RecordedAgent:
        """Registered agent, registered executor, launched task."""
        self.register()
        self.receive(a_launch(id, executor=an_executor_info(executor)))
        self.register_executor(executor)
        return self


def sent(effects: Effects, to: PID | None = None) -> list[Message]:
    """The messages among effects."""
    return [effect.message for effect in effects if isinstance(effect, Send) and to in (None, effect.to)]


def updates(effects: Effects) -> list[TaskStatus]:
    """The statuses forwarded to the master among effects."""
    return [message.status for message in sent(effects, MASTER) if isinstance(message, StatusUpdate)]


def launched(effects: Effects) -> list[ContainerConfig]:
    return [effect.config for effect in effects if isinstance(effect, LaunchContainer)]


def a_container_id(number: int) -> ContainerId:
    return ContainerId(f"container-{number}")
