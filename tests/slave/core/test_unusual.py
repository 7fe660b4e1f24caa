"""What rarely happens to an agent: late timers, messages about what is gone, and peers that leave things out."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from libprocess_py.message import Message
from mesos_py.protocol.ids import AgentId, ExecutorId, FrameworkId, TaskId
from mesos_py.protocol.messages.agent_executor import ExecutorMessage
from mesos_py.protocol.messages.master_agent import FrameworkShutdown, SchedulerMoved, TaskKill
from mesos_py.protocol.messages.master_framework import SchedulerToExecutor, StatusAcknowledgement
from mesos_py.protocol.task import TaskState
from slave.containerizer.container import LaunchOutcome
from slave.core.events import (
    ContainerEnded,
    ContainerLaunched,
    Event,
    ExecutorRegistrationTimeout,
    ExecutorShutdownTimeout,
    StatusUpdateRetryDue,
    StopRequested,
)
from slave.core.problems import BadTask, BadUpdate, WrongAgent
from slave.core.status_updates import PENDING_MAX
from tests.slave.builders import (
    AGENT_ID,
    EXITED,
    FRAMEWORK_ID,
    MASTER,
    SCHEDULER,
    RecordedAgent,
    a_command_launch,
    a_command_task,
    a_container_id,
    a_framework,
    a_launch,
    a_status,
    an_executor_info,
    executor_pid,
    launched,
    sent,
    updates,
)

GONE = a_container_id(9)
T1 = TaskId("t1")


@pytest.mark.parametrize(
    "event",
    [
        ContainerEnded(container_id=GONE, termination=EXITED),
        ContainerLaunched(container_id=GONE, outcome=LaunchOutcome.FAILED),
        ExecutorRegistrationTimeout(container_id=GONE),
        ExecutorShutdownTimeout(container_id=GONE),
        StatusUpdateRetryDue(framework_id=FRAMEWORK_ID, task_id=TaskId("gone"), uuid=b""),
    ],
)
def test_an_event_about_what_is_gone_means_nothing(event: Event) -> None:
    agent = RecordedAgent().running_task()

    assert agent.handle(event) == ()


@pytest.mark.parametrize(
    "message",
    [
        SchedulerMoved(framework_id=FrameworkId("gone"), scheduler=SCHEDULER),
        FrameworkShutdown(framework_id=FrameworkId("gone")),
        SchedulerToExecutor(
            framework_id=FRAMEWORK_ID, agent_id=AGENT_ID, executor_id=ExecutorId("gone"), data=b"hello"
        ),
        SchedulerToExecutor(
            framework_id=FRAMEWORK_ID, agent_id=AgentId("M-S9"), executor_id=ExecutorId("e1"), data=b"hello"
        ),
    ],
)
def test_a_message_about_what_is_gone_means_nothing(message: Message) -> None:
    agent = RecordedAgent().running_task()

    assert agent.receive(message) == ()


def test_an_acknowledgement_for_another_agent_is_refused() -> None:
    agent = RecordedAgent().running_task()
    status = a_status("t1", TaskState.RUNNING, number=1)
    agent.report(status)

    with pytest.raises(WrongAgent):
        agent.receive(
            StatusAcknowledgement(
                framework_id=FRAMEWORK_ID, agent_id=AgentId("M-S9"), task_id=T1, uuid=status.uuid or b""
            )
        )


def test_a_framework_without_an_id_is_refused() -> None:
    agent = RecordedAgent().register()

    with pytest.raises(BadTask, match=r"framework\.id"):
        agent.receive(a_command_launch(framework=replace(a_framework(), id=None)))


@pytest.mark.parametrize("has_both", [True, False])
def test_a_task_with_both_executor_and_command_or_neither_is_refused(has_both: bool) -> None:
    agent = RecordedAgent().register()
    launch = a_launch() if has_both else a_command_launch()
    task = replace(launch.task, command=a_command_task().command if has_both else None)

    with pytest.raises(BadTask, match="either an executor or a command"):
        agent.receive(replace(launch, task=task))


def test_a_message_to_a_scheduler_that_nobody_knows_is_dropped() -> None:
    agent = RecordedAgent().register()
    agent.receive(replace(a_launch(), scheduler=None))
    agent.register_executor()
    message = ExecutorMessage(
        framework_id=FRAMEWORK_ID, executor_id=ExecutorId("e1"), data=b"up", token=agent.executor().token
    )

    assert agent.receive(message, executor_pid("e1")) == ()


def test_an_executor_that_floods_its_agent_is_stopped_at_the_bound() -> None:
    agent = RecordedAgent().running_task()
    for number in range(PENDING_MAX):
        agent.report(a_status("t1", TaskState.RUNNING, number=number))

    with pytest.raises(BadUpdate, match=str(PENDING_MAX)):
        agent.report(a_status("t1", TaskState.RUNNING, number=PENDING_MAX))


def test_an_executors_own_grace_period_counts_before_the_agents() -> None:
    agent = RecordedAgent().register()
    info = replace(an_executor_info(), shutdown_grace_ns=30_000_000_000)
    (config,) = launched(agent.receive(a_launch(executor=info)))
    agent.register_executor()

    agent.receive(FrameworkShutdown(framework_id=FRAMEWORK_ID))

    assert dict(config.environment)["MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD"] == "30secs"
    assert agent.timers[f"executor-shutdown/{config.container_id}"].delay_ns == 30_000_000_000


def test_a_killed_task_leaves_the_others_of_its_queue_in_place() -> None:
    agent = RecordedAgent().register()
    for id in ("t1", "t2"):
        agent.receive(a_launch(id))

    agent.receive(TaskKill(framework_id=FRAMEWORK_ID, task_id=T1))

    assert list(agent.executor().tasks.queued) == ["t2"]
    assert [task.task_id for task in agent.executor().tasks.terminated.values()] == ["t1"]


def test_a_terminating_agent_takes_neither_tasks_nor_kills() -> None:
    agent = RecordedAgent().running_task()
    agent.handle(StopRequested())

    for message in (a_launch("t2"), TaskKill(framework_id=FRAMEWORK_ID, task_id=T1)):
        assert sent(agent.receive(message)) == []


def test_a_removed_frameworks_executor_may_still_report_that_a_task_runs() -> None:
    agent = RecordedAgent().running_task()
    agent.receive(FrameworkShutdown(framework_id=FRAMEWORK_ID))

    effects = agent.report(a_status("t1", TaskState.RUNNING, number=1))

    assert sent(effects, MASTER) == []
    assert updates(agent.end_container()) == []
