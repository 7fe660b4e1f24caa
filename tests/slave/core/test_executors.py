"""The phases of an executor, pair by pair, and the events that move it."""

from __future__ import annotations

import pytest

from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import ExecutorId, TaskId
from mesos_py.protocol.messages.agent_executor import (
    ExecutorRegistered,
    ExecutorRegistration,
    ExecutorShutdown,
    ExecutorStatusAcknowledgement,
    ExecutorTaskLaunch,
)
from mesos_py.protocol.messages.master_agent import ExecutorExited, FrameworkShutdown, TaskKill
from mesos_py.protocol.task import Reason, TaskState
from slave.containerizer.container import LaunchOutcome, Termination
from slave.core.effects import DestroyContainer, Link, RemoveContainer
from slave.core.events import (
    ContainerLaunched,
    ExecutorRegistrationTimeout,
    ExecutorShutdownTimeout,
    Exited,
    StopRequested,
)
from slave.core.executors import NEXT, Phase
from slave.core.problems import BadToken, UnknownExecutor
from tests.slave.builders import (
    AGENT_ID,
    FRAMEWORK_ID,
    MASTER,
    STRANGER,
    RecordedAgent,
    a_command_launch,
    a_framework,
    a_launch,
    a_status,
    an_executor_info,
    executor_pid,
    sent,
    updates,
)

# Which phases follow which, written a second time.
ALLOWED = {
    (Phase.REGISTERING, Phase.RUNNING),
    (Phase.REGISTERING, Phase.TERMINATING),
    (Phase.REGISTERING, Phase.TERMINATED),
    (Phase.RUNNING, Phase.TERMINATING),
    (Phase.RUNNING, Phase.TERMINATED),
    (Phase.TERMINATING, Phase.TERMINATED),
}
KILL = TaskKill(framework_id=FRAMEWORK_ID, task_id=TaskId("t1"))
SHUTDOWN = FrameworkShutdown(framework_id=FRAMEWORK_ID)


@pytest.mark.parametrize("before", Phase)
@pytest.mark.parametrize("after", Phase)
def test_a_phase_follows_another_exactly_if_the_table_says_so(before: Phase, after: Phase) -> None:
    assert (after in NEXT[before]) == ((before, after) in ALLOWED)


def an_agent_with_executor_in(phase: Phase) -> RecordedAgent:
    agent = RecordedAgent().register()
    agent.receive(a_launch())
    if phase in (Phase.RUNNING, Phase.TERMINATING):
        agent.register_executor()
    if phase is Phase.TERMINATING:
        agent.handle(Exited(pid=executor_pid("e1")))
    assert agent.executor().phase is phase
    return agent


LIVE = [Phase.REGISTERING, Phase.RUNNING, Phase.TERMINATING]


@pytest.mark.parametrize("phase", LIVE)
@pytest.mark.parametrize(
    ("happening", "moves"),
    [
        ("register", {Phase.REGISTERING: Phase.RUNNING}),
        ("registration timeout", {Phase.REGISTERING: Phase.TERMINATING}),
        ("shutdown timeout", {}),
        ("link lost", {Phase.RUNNING: Phase.TERMINATING}),
        ("framework removed", {Phase.REGISTERING: Phase.TERMINATING, Phase.RUNNING: Phase.TERMINATING}),
        ("agent stops", {Phase.REGISTERING: Phase.TERMINATING, Phase.RUNNING: Phase.TERMINATING}),
        ("kill", {Phase.REGISTERING: Phase.TERMINATING}),
        ("container ends", dict.fromkeys(LIVE, Phase.TERMINATED)),
    ],
)
def test_a_happening_moves_an_executor_to_one_phase_from_each(
    phase: Phase, happening: str, moves: dict[Phase, Phase]
) -> None:
    agent = an_agent_with_executor_in(phase)
    executor = agent.executor()
    container_id = executor.container_id

    match happening:
        case "register":
            agent.register_executor()
        case "registration timeout":
            agent.handle(ExecutorRegistrationTimeout(container_id=container_id))
        case "shutdown timeout":
            agent.handle(ExecutorShutdownTimeout(container_id=container_id))
        case "link lost":
            agent.handle(Exited(pid=executor_pid("e1")))
        case "framework removed":
            agent.receive(SHUTDOWN)
        case "agent stops":
            agent.handle(StopRequested())
        case "kill":
            agent.receive(KILL)
        case "container ends":
            agent.end_container()

    assert executor.phase is moves.get(phase, phase)


def test_a_registering_executor_is_linked_welcomed_and_given_its_tasks_in_order() -> None:
    agent = RecordedAgent().register()
    for id in ("t1", "t2", "t3"):
        agent.receive(a_launch(id))

    effects = agent.register_executor()

    assert Link(to=executor_pid("e1")) in effects
    welcome, *launches = sent(effects, executor_pid("e1"))
    assert isinstance(welcome, ExecutorRegistered)
    assert welcome.agent.id == AGENT_ID
    assert [launch.task.task_id for launch in launches if isinstance(launch, ExecutorTaskLaunch)] == ["t1", "t2", "t3"]


def test_a_repeated_registration_is_answered_without_tasks() -> None:
    agent = an_agent_with_executor_in(Phase.RUNNING)

    effects = agent.register_executor()

    assert [type(message) for message in sent(effects)] == [ExecutorRegistered]


def test_an_executor_that_registers_too_late_is_told_to_go() -> None:
    agent = an_agent_with_executor_in(Phase.REGISTERING)
    agent.handle(ExecutorRegistrationTimeout(container_id=agent.executor().container_id))

    effects = agent.register_executor()

    assert [type(message) for message in sent(effects)] == [ExecutorShutdown]


@pytest.mark.parametrize("phase", LIVE)
def test_a_registration_with_a_wrong_token_is_refused(phase: Phase) -> None:
    agent = an_agent_with_executor_in(phase)
    forged = ExecutorRegistration(framework_id=FRAMEWORK_ID, executor_id=ExecutorId("e1"), token="guess")

    with pytest.raises(BadToken):
        agent.receive(forged, STRANGER)

    assert agent.executor().phase is phase


def test_a_registration_from_elsewhere_does_not_take_a_running_executors_place() -> None:
    agent = an_agent_with_executor_in(Phase.RUNNING)
    stolen = ExecutorRegistration(framework_id=FRAMEWORK_ID, executor_id=ExecutorId("e1"), token=agent.executor().token)

    with pytest.raises(BadToken):
        agent.receive(stolen, STRANGER)

    assert agent.executor().pid == executor_pid("e1")


def test_one_actor_cannot_be_two_executors() -> None:
    agent = an_agent_with_executor_in(Phase.RUNNING)
    agent.receive(a_launch("t2", executor=an_executor_info("e2")))
    second = agent.executor("e2")
    registration = ExecutorRegistration(framework_id=FRAMEWORK_ID, executor_id=second.id, token=second.token)

    with pytest.raises(BadToken):
        agent.receive(registration, executor_pid("e1"))

    assert second.phase is Phase.REGISTERING


def test_an_executor_nobody_started_is_refused() -> None:
    agent = RecordedAgent().register()

    with pytest.raises(UnknownExecutor):
        agent.receive(ExecutorRegistration(framework_id=FRAMEWORK_ID, executor_id=ExecutorId("e1"), token=""), STRANGER)


def test_two_runs_of_an_executor_have_different_tokens_and_containers() -> None:
    agent = an_agent_with_executor_in(Phase.RUNNING)
    first = agent.executor()
    agent.end_container()

    agent.receive(a_launch("t2"))

    second = agent.executor()
    assert second.token != first.token
    assert second.container_id != first.container_id


def test_an_executor_that_does_not_register_is_destroyed_and_its_tasks_fail() -> None:
    agent = an_agent_with_executor_in(Phase.REGISTERING)
    container_id = agent.executor().container_id

    effects = agent.fire(f"executor-registration/{container_id}")
    assert DestroyContainer(container_id=container_id, grace_ns=0) in effects
    (status,) = updates(agent.end_container(termination=Termination(exit_status=-9)))

    assert status.state is TaskState.FAILED
    assert status.reason is Reason.EXECUTOR_REGISTRATION_TIMEOUT


def test_a_launch_that_fails_says_why_in_the_tasks_status() -> None:
    agent = an_agent_with_executor_in(Phase.REGISTERING)
    container_id = agent.executor().container_id

    agent.handle(ContainerLaunched(container_id=container_id, outcome=LaunchOutcome.FAILED))
    (status,) = updates(agent.end_container(termination=Termination(exit_status=None, message="no such user")))

    assert status.state is TaskState.FAILED
    assert status.reason is Reason.CONTAINER_LAUNCH_FAILED
    assert status.message == "no such user"
    assert agent.books.counters["container_launch_errors"] == 1


@pytest.mark.parametrize(
    ("command", "capabilities", "state"),
    [
        (True, (), TaskState.FAILED),
        (True, (Capability.PARTITION_AWARE,), TaskState.FAILED),
        (False, (), TaskState.LOST),
        (False, (Capability.PARTITION_AWARE,), TaskState.GONE),
    ],
)
def test_tasks_of_an_executor_that_ends_by_itself_have_failed_or_are_lost(
    command: bool, capabilities: tuple[Capability, ...], state: TaskState
) -> None:
    agent, framework = RecordedAgent().register(), a_framework(*capabilities)
    agent.receive(a_command_launch(framework=framework) if command else a_launch(framework=framework))
    executor_id = "t1" if command else "e1"
    agent.register_executor(executor_id)

    (status,) = updates(agent.end_container(executor_id, Termination(exit_status=-11)))

    assert status.state is state
    assert status.reason is Reason.EXECUTOR_TERMINATED
    assert "signal SIGSEGV" in status.message


def test_the_master_is_told_how_an_executor_exited() -> None:
    agent = an_agent_with_executor_in(Phase.RUNNING)

    messages = sent(agent.end_container(termination=Termination(exit_status=3)), MASTER)

    told = ExecutorExited(agent_id=AGENT_ID, framework_id=FRAMEWORK_ID, executor_id=ExecutorId("e1"), exit_status=3)
    assert told in messages


def test_the_master_is_not_told_of_command_executors() -> None:
    agent = RecordedAgent().register()
    agent.receive(a_command_launch())

    messages = sent(agent.end_container("t1"), MASTER)

    assert not [message for message in messages if isinstance(message, ExecutorExited)]


def test_an_ended_executor_stays_until_the_last_update_is_acknowledged() -> None:
    agent = an_agent_with_executor_in(Phase.RUNNING)
    effects = agent.end_container()
    (status,) = updates(effects)

    assert (
        RemoveContainer(container_id=agent.books.frameworks[FRAMEWORK_ID].tasks[TaskId("t1")].container_id) in effects
    )
    agent.acknowledge(status)

    assert agent.books.frameworks == {}
    assert FRAMEWORK_ID in agent.books.completed_frameworks


def test_shutdown_gives_a_registered_executor_its_grace_before_its_container_is_destroyed() -> None:
    agent = an_agent_with_executor_in(Phase.RUNNING)
    executor = agent.executor()

    effects = agent.receive(SHUTDOWN)

    assert sent(effects) == [ExecutorShutdown(token=executor.token)]
    assert agent.timers[f"executor-shutdown/{executor.container_id}"].delay_ns == 5_000_000_000
    assert agent.fire(f"executor-shutdown/{executor.container_id}") == (
        DestroyContainer(container_id=executor.container_id, grace_ns=0),
    )


def test_an_executor_whose_link_broke_gets_its_grace_without_being_asked() -> None:
    agent = an_agent_with_executor_in(Phase.RUNNING)
    executor = agent.executor()

    effects = agent.handle(Exited(pid=executor_pid("e1")))

    assert sent(effects) == []
    assert f"executor-shutdown/{executor.container_id}" in agent.timers


def test_a_removed_frameworks_tasks_end_without_a_word() -> None:
    agent = an_agent_with_executor_in(Phase.RUNNING)
    agent.report(a_status("t1", TaskState.RUNNING, number=1))

    effects = (*agent.receive(SHUTDOWN), *agent.end_container())

    assert sent(effects, MASTER) == []
    assert agent.books.frameworks == {}
    assert len(agent.books.updates) == 0


@pytest.mark.parametrize("ending", ["framework", "agent"])
def test_an_executor_that_is_to_go_need_not_wait_for_acknowledgements(ending: str) -> None:
    agent = an_agent_with_executor_in(Phase.RUNNING)
    before, after = a_status("t1", TaskState.RUNNING, number=1), a_status("t1", TaskState.KILLED, number=2)
    agent.report(before)

    first = agent.receive(SHUTDOWN) if ending == "framework" else agent.handle(StopRequested())
    second = agent.report(after)
    repeated = agent.report(after)

    token = agent.executor().token
    acknowledged = [
        ExecutorStatusAcknowledgement(task_id=TaskId("t1"), uuid=status.uuid or b"", token=token)
        for status in (before, after, after)
    ]
    assert sent(first, executor_pid("e1")) == [acknowledged[0], ExecutorShutdown(token=token)]
    assert sent(second, executor_pid("e1")) == [acknowledged[1]]
    assert sent(repeated, executor_pid("e1")) == [acknowledged[2]]


def test_a_task_of_a_framework_that_is_being_removed_is_dropped() -> None:
    agent = an_agent_with_executor_in(Phase.RUNNING)
    agent.receive(SHUTDOWN)

    effects = agent.receive(a_launch("t2"))

    assert sent(effects) == []
    assert TaskId("t2") not in agent.books.frameworks[FRAMEWORK_ID].tasks
