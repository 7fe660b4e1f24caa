"""An agent under any order of events keeps its books, and every task that it takes ends exactly once."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from libprocess_py.errors import ProtocolError
from mesos_py.protocol.ids import ExecutorId, TaskId
from mesos_py.protocol.messages.agent_executor import ExecutorTaskLaunch
from mesos_py.protocol.messages.master_agent import (
    AgentRegistered,
    AgentReregistered,
    AgentReregistration,
    FrameworkShutdown,
    Ping,
    TaskKill,
)
from mesos_py.protocol.messages.master_framework import StatusAcknowledgement, StatusUpdate
from mesos_py.protocol.task import TaskState, TaskStatus
from slave.containerizer.container import LaunchOutcome, Termination
from slave.core.effects import DestroyContainer, Effects, LaunchContainer, RemoveContainer, Send
from slave.core.events import ContainerEnded, ContainerLaunched, Exited, MasterDetected, Recovered, StopRequested
from slave.core.executors import Phase
from slave.core.registration import Phase as AgentPhase
from tests.slave.builders import (
    AGENT_ID,
    FRAMEWORK_ID,
    MASTER,
    PING_TIMEOUT_NS,
    RecordedAgent,
    a_command_launch,
    a_launch,
    a_status,
    an_executor_info,
    executor_pid,
)

EXECUTORS = st.sampled_from(["e1", "e2"])
STATES = st.sampled_from([TaskState.STARTING, TaskState.RUNNING, TaskState.FINISHED, TaskState.FAILED])


class AgentMachine(RuleBasedStateMachine):
    """Master, scheduler, executors and containerizer, all of them arbitrary."""

    def __init__(self) -> None:
        super().__init__()
        self.agent = RecordedAgent()
        self.tasks = 0
        self.uuids = 0
        self.running: dict[str, None] = {}  # Containers launched and not ended.
        self.delivered: dict[str, int] = {}
        self.ends: dict[str, set[bytes]] = {}  # The different terminal updates of a task.
        self.forwarded: list[TaskStatus] = []
        self.removed = False

    def perform(self, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case LaunchContainer(config=config):
                    assert config.container_id not in self.running
                    self.running[config.container_id] = None
                case DestroyContainer(container_id=container_id):
                    assert container_id in self.running
                case RemoveContainer(container_id=container_id):
                    assert container_id not in self.running
                case Send(message=ExecutorTaskLaunch(task=task)):
                    self.delivered[task.task_id] = self.delivered.get(task.task_id, 0) + 1
                case Send(message=StatusUpdate(status=status)):
                    assert not self.agent.books.updates.is_paused
                    self.forwarded.append(status)
                    if status.state.is_terminal:
                        self.ends.setdefault(status.task_id, set()).add(status.uuid or b"")

    @initialize(is_registered=st.booleans(), tasks=st.integers(0, 4), executor_registers=st.booleans())
    def start(self, is_registered: bool, tasks: int, executor_registers: bool) -> None:
        """Begin anywhere on the way to a running task, so that short runs, too, get far."""
        self.perform(self.agent.handle(Recovered()))
        self.perform(self.agent.handle(MasterDetected(master=MASTER)))
        if not is_registered:
            return
        self.the_master_answers()
        for number in range(tasks):
            self.a_task_comes(executor="e1", command=number == 3)
        if tasks and executor_registers:
            self.perform(self.agent.register_executor("e1"))

    @rule(data=st.data())
    def a_timer_fires(self, data: st.DataObject) -> None:
        if not self.agent.timers:
            return
        key = data.draw(st.sampled_from(sorted(self.agent.timers)))
        effects = self.agent.fire(key)
        self.perform(effects)
        for effect in effects:
            if isinstance(effect, Send) and isinstance(effect.message, AgentReregistration):
                held = {task.task_id for task in effect.message.tasks}
                assert held == set(self._tasks()), "an agent reports all that it has not seen acknowledged"

    def _tasks(self) -> list[TaskId]:
        return [
            task_id
            for framework in self.agent.books.frameworks.values()
            if not framework.is_terminating
            for task_id in framework.tasks
        ]

    @rule()
    def the_master_answers(self) -> None:
        kind = AgentRegistered if self.agent.books.registration.agent_id is None else AgentReregistered
        self.perform(self.agent.receive(kind(agent_id=AGENT_ID, ping_timeout_ns=PING_TIMEOUT_NS)))

    @rule(connected=st.booleans())
    def the_master_pings(self, connected: bool) -> None:
        self.perform(self.agent.receive(Ping(connected=connected)))

    @rule()
    def the_master_is_lost(self) -> None:
        self.perform(self.agent.handle(Exited(pid=MASTER)))

    @precondition(lambda self: self.agent.books.registration.agent_id is not None)
    @rule(executor=EXECUTORS, command=st.booleans())
    def a_task_comes(self, executor: str, command: bool) -> None:
        self.tasks += 1
        id = f"t{self.tasks}"
        launch = a_command_launch(id) if command else a_launch(id, executor=an_executor_info(executor))
        self.perform(self.agent.receive(launch))

    @precondition(lambda self: self.agent.books.registration.agent_id is not None)
    @rule(back=st.integers(0, 3))
    def a_task_is_killed(self, back: int) -> None:
        kill = TaskKill(framework_id=FRAMEWORK_ID, task_id=TaskId(f"t{max(1, self.tasks - back)}"))
        if kill.task_id in self._tasks():
            self.perform(self.agent.receive(kill))

    def _executor(self, data: st.DataObject) -> ExecutorId | None:
        framework = self.agent.books.frameworks.get(FRAMEWORK_ID)
        live = list(framework.live) if framework is not None else []
        return data.draw(st.sampled_from(live)) if live else None

    @rule(data=st.data())
    def an_executor_registers(self, data: st.DataObject) -> None:
        if executor := self._executor(data):
            self.perform(self.agent.register_executor(executor))

    @rule(data=st.data(), state=STATES)
    def an_executor_reports(self, data: st.DataObject, state: TaskState) -> None:
        executor = self._executor(data)
        if executor is None:
            return
        tasks = list(self.agent.executor(executor).tasks.launched)
        if not tasks:
            return
        self.uuids += 1
        status = a_status(data.draw(st.sampled_from(tasks)), state, number=self.uuids)
        with suppress(ProtocolError):
            self.perform(self.agent.report(status, executor))

    @rule(data=st.data())
    def an_executors_link_breaks(self, data: st.DataObject) -> None:
        if executor := self._executor(data):
            self.perform(self.agent.handle(Exited(pid=executor_pid(executor))))

    @rule(data=st.data(), status=st.sampled_from([0, 1, -9, None]))
    def a_container_ends(self, data: st.DataObject, status: int | None) -> None:
        if not self.running:
            return
        container_id = data.draw(st.sampled_from(list(self.running)))
        del self.running[container_id]
        executor = self.agent.books.containers[container_id]  # type: ignore[index]  # A container id.
        if status is None:
            self.perform(
                self.agent.handle(ContainerLaunched(container_id=executor.container_id, outcome=LaunchOutcome.FAILED))
            )
        end = ContainerEnded(container_id=executor.container_id, termination=Termination(exit_status=status))
        self.perform(self.agent.handle(end))

    @rule(data=st.data())
    def a_status_is_acknowledged(self, data: st.DataObject) -> None:
        if not self.forwarded:
            return
        status = data.draw(st.sampled_from(self.forwarded))
        self.perform(
            self.agent.receive(
                StatusAcknowledgement(
                    framework_id=FRAMEWORK_ID, agent_id=AGENT_ID, task_id=status.task_id, uuid=status.uuid or b""
                )
            )
        )

    @precondition(lambda self: self.tasks > 8)
    @rule()
    def the_framework_is_removed(self) -> None:
        self.removed = True
        self.perform(self.agent.receive(FrameworkShutdown(framework_id=FRAMEWORK_ID)))

    @precondition(lambda self: self.tasks > 12)
    @rule()
    def the_agent_stops(self) -> None:
        self.perform(self.agent.handle(StopRequested()))

    @invariant()
    def a_task_is_delivered_at_most_once(self) -> None:
        assert all(times == 1 for times in self.delivered.values())

    @invariant()
    def a_task_ends_at_most_once(self) -> None:
        assert all(len(uuids) == 1 for uuids in self.ends.values())

    @invariant()
    def the_agent_knows_the_containers_that_run(self) -> None:
        assert list(self.agent.books.containers) == list(self.running)

    @invariant()
    def a_terminating_executor_will_end(self) -> None:
        for executor in self.agent.books.containers.values():
            if executor.phase is Phase.REGISTERING:
                assert executor.timer("registration") in self.agent.timers

    def teardown(self) -> None:
        """Whatever happened, when all containers have ended and a master acknowledges everything, nothing is left."""
        if self.agent.books.registration.phase is AgentPhase.RECOVERING:
            return
        for container_id in tuple(self.running):
            executor = self.agent.books.containers.get(container_id)  # type: ignore[call-overload]  # As above.
            assert executor is not None
            self.agent.handle(
                ContainerEnded(container_id=executor.container_id, termination=Termination(exit_status=0))
            )
        for _ in range(10_000):
            heads = [
                (task_id, head)
                for task_id in self._tasks()
                if (head := self.agent.books.updates.head(FRAMEWORK_ID, task_id)) is not None
            ]
            if not heads:
                break
            for task_id, head in heads:
                self.agent.receive(
                    StatusAcknowledgement(
                        framework_id=FRAMEWORK_ID, agent_id=AGENT_ID, task_id=task_id, uuid=head.uuid or b""
                    )
                )
        assert self.agent.books.frameworks == {}
        assert self.agent.books.containers == {}


AgentMachine.TestCase.settings = hypothesis_settings(max_examples=120, stateful_step_count=50, deadline=None)
TestAgentMachine = AgentMachine.TestCase
