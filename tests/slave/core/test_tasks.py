"""Tasks on an agent: launched, reported, killed, acknowledged, remembered."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import AgentId, ExecutorId, FrameworkId, TaskId
from mesos_py.protocol.messages.agent_executor import (
    ExecutorMessage,
    ExecutorStatusAcknowledgement,
    ExecutorStatusUpdate,
    ExecutorTaskKill,
    ExecutorTaskLaunch,
)
from mesos_py.protocol.messages.master_agent import (
    AgentReregistered,
    AgentReregistration,
    AgentUnregistration,
    SchedulerMoved,
    TaskKill,
    TaskLaunch,
)
from mesos_py.protocol.messages.master_framework import (
    ExecutorToScheduler,
    SchedulerToExecutor,
    StatusAcknowledgement,
)
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import CommandInfo, Reason, Source, TaskState
from slave.core.effects import DestroyContainer, Exit, UpdateContainer
from slave.core.events import ContainerEnded, Exited, MasterDetected, Recovered, StopRequested
from slave.core.problems import BadTask, BadToken, BadUpdate, NotTheLeader, WrongAgent
from slave.core.registration import REGISTRATION_TIMER
from slave.core.reports import COMPLETED_MAX
from tests.slave.builders import (
    AGENT_ID,
    EXITED,
    FRAMEWORK_ID,
    MASTER,
    SCHEDULER,
    STRANGER,
    RecordedAgent,
    a_command_launch,
    a_command_task,
    a_framework,
    a_launch,
    a_status,
    an_executor_info,
    executor_pid,
    launched,
    sent,
    updates,
)

T1 = TaskId("t1")
KILL = TaskKill(framework_id=FRAMEWORK_ID, task_id=T1)


def test_a_command_task_gets_a_command_executor_of_its_own_on_top_of_its_resources() -> None:
    agent = RecordedAgent().register()

    (config,) = launched(agent.receive(a_command_launch()))

    executor = agent.executor("t1")
    assert executor.is_command_executor
    assert executor.info.name == "Command Executor (Task: t1) (Command: sh -c 'true')"
    assert config.resources == Resources.of(cpus=1.1, mem=96)
    assert "command_main" in config.command.value


def test_the_environment_of_an_executor_is_complete_and_holds_its_token() -> None:
    agent = RecordedAgent().register()
    info = an_executor_info(command=CommandInfo(value="run", environment=(("A", "b"), ("PATH", "/own"))))

    (config,) = launched(agent.receive(a_launch(executor=info)))

    executor = agent.executor()
    sandbox = f"/work/slaves/{AGENT_ID}/frameworks/{FRAMEWORK_ID}/executors/e1/runs/{executor.container_id}"
    assert config.sandbox == sandbox
    assert dict(config.environment) == {
        "A": "b",
        "PATH": "/own",
        "LIBPROCESS_IP": "10.0.0.2",
        "LIBPROCESS_PORT": "0",
        "MESOS_AGENT_ENDPOINT": "10.0.0.2:5051",
        "MESOS_CHECKPOINT": "0",
        "MESOS_CONTAINER_ID": executor.container_id,
        "MESOS_DIRECTORY": sandbox,
        "MESOS_EXECUTOR_AUTHENTICATION_TOKEN": executor.token,
        "MESOS_EXECUTOR_ID": "e1",
        "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD": "5secs",
        "MESOS_FRAMEWORK_ID": FRAMEWORK_ID,
        "MESOS_PYTHON": "/usr/bin/python3",
        "MESOS_SANDBOX": sandbox,
        "MESOS_SLAVE_ID": AGENT_ID,
        "MESOS_SLAVE_PID": "slave(1)@10.0.0.2:5051",
    }


@pytest.mark.parametrize(
    ("switch_user", "command_user", "user"), [(True, None, "nobody"), (True, "alice", "alice"), (False, "alice", None)]
)
def test_a_container_runs_as_the_commands_user_or_else_the_frameworks(
    switch_user: bool, command_user: str | None, user: str | None
) -> None:
    agent = RecordedAgent(switch_user=switch_user).register()
    info = an_executor_info(command=CommandInfo(value="run", user=command_user))

    (config,) = launched(agent.receive(a_launch(executor=info)))

    assert config.user == user


def test_tasks_with_one_executor_share_its_container() -> None:
    agent = RecordedAgent().running_task()

    effects = agent.receive(a_launch("t2"))

    assert launched(effects) == []
    assert [type(message) for message in sent(effects, executor_pid("e1"))] == [ExecutorTaskLaunch]
    resources = Resources.of(cpus=2.5, mem=128)
    assert UpdateContainer(container_id=agent.executor().container_id, resources=resources) in effects


def test_a_task_for_another_executor_of_the_same_id_is_an_error() -> None:
    agent = RecordedAgent().running_task()

    (status,) = updates(agent.receive(a_launch("t2", executor=an_executor_info(data=b"other"))))

    assert (status.state, status.reason) == (TaskState.ERROR, Reason.TASK_INVALID)


@pytest.mark.parametrize(
    ("capabilities", "state"), [((), TaskState.LOST), ((Capability.PARTITION_AWARE,), TaskState.DROPPED)]
)
def test_a_task_for_an_executor_that_is_ending_is_lost_or_dropped(
    capabilities: tuple[Capability, ...], state: TaskState
) -> None:
    agent, framework = RecordedAgent().register(), a_framework(*capabilities)
    agent.receive(a_launch(framework=framework))
    agent.register_executor()
    agent.handle(Exited(pid=executor_pid("e1")))

    (status,) = updates(agent.receive(a_launch("t2", framework=framework)))

    assert (status.state, status.reason) == (state, Reason.EXECUTOR_TERMINATED)


@pytest.mark.parametrize("id", ["", "..", "a/b", "x" * 300, "a\nb"])
def test_a_task_whose_id_cannot_be_a_file_name_is_refused(id: str) -> None:
    agent = RecordedAgent().register()

    with pytest.raises(BadTask):
        agent.receive(a_command_launch(id))

    assert agent.books.frameworks == {}


def test_a_task_id_that_is_in_use_is_refused() -> None:
    agent = RecordedAgent().running_task()

    with pytest.raises(BadTask):
        agent.receive(a_launch("t1"))


def test_a_refused_task_is_not_taken_again_before_its_end_is_acknowledged() -> None:
    agent = RecordedAgent().running_task()
    agent.receive(a_launch("t2", executor=an_executor_info(data=b"other")))

    with pytest.raises(BadTask):
        agent.receive(a_launch("t2"))


def test_a_task_for_another_agent_is_refused() -> None:
    agent = RecordedAgent().register()
    task = replace(a_command_task(), agent_id=AgentId("M-S9"))
    stray = TaskLaunch(framework=a_framework(), scheduler=SCHEDULER, executor=None, task=task)

    with pytest.raises(WrongAgent):
        agent.receive(stray)


def test_a_launch_that_crosses_a_reregistration_is_dropped() -> None:
    agent = RecordedAgent().register()
    agent.handle(Exited(pid=MASTER))

    effects = agent.receive(a_command_launch())

    assert launched(effects) == []
    assert agent.books.frameworks == {}


def test_a_status_is_signed_by_the_agent_and_forwarded() -> None:
    agent = RecordedAgent().running_task()

    (status,) = updates(agent.report(a_status("t1", TaskState.RUNNING, number=1)))

    assert status.source is Source.EXECUTOR
    assert status.agent_id == AGENT_ID
    assert status.executor_id == "e1"
    assert status.container_id == agent.executor().container_id


def test_an_acknowledgement_goes_on_to_the_executor() -> None:
    agent = RecordedAgent().running_task()
    status = a_status("t1", TaskState.RUNNING, number=1)
    agent.report(status)

    effects = agent.acknowledge(status)

    acknowledged = ExecutorStatusAcknowledgement(task_id=T1, uuid=status.uuid or b"", token=agent.executor().token)
    assert sent(effects, executor_pid("e1")) == [acknowledged]


def test_the_acknowledgement_of_a_terminal_status_makes_the_task_history() -> None:
    agent = RecordedAgent().running_task()
    status = a_status("t1", TaskState.FINISHED, number=1)
    agent.report(status)
    assert T1 in agent.executor().tasks.terminated

    agent.acknowledge(status)

    assert [task.task_id for task in agent.executor().tasks.completed] == [T1]
    assert agent.books.frameworks[FRAMEWORK_ID].tasks == {}
    assert agent.books.counters["tasks_finished"] == 1


def test_history_is_bounded() -> None:
    agent = RecordedAgent(completed_tasks_max=2).running_task("t0")
    for number in range(4):
        status = a_status(f"t{number}", TaskState.FINISHED, number=number)
        agent.report(status)
        agent.acknowledge(status)
        agent.receive(a_launch(f"t{number + 1}"))

    assert [task.task_id for task in agent.executor().tasks.completed] == ["t2", "t3"]


def test_completed_frameworks_are_bounded_and_the_oldest_go() -> None:
    agent = RecordedAgent(completed_frameworks_max=2).register()
    for number in range(3):
        framework_id = FrameworkId(f"f{number}")
        agent.receive(a_launch(framework=a_framework(id=framework_id)))
        agent.receive(TaskKill(framework_id=framework_id, task_id=T1))
        executor = agent.executor("e1", framework_id)
        head = agent.books.updates.head(framework_id, T1)
        assert head is not None
        agent.handle(ContainerEnded(container_id=executor.container_id, termination=EXITED))
        agent.receive(
            StatusAcknowledgement(framework_id=framework_id, agent_id=AGENT_ID, task_id=T1, uuid=head.uuid or b"")
        )

    assert list(agent.books.completed_frameworks) == ["f1", "f2"]


def test_a_framework_that_returns_keeps_its_history() -> None:
    agent = RecordedAgent().running_task()
    (status,) = updates(agent.end_container())
    agent.acknowledge(status)

    agent.receive(a_launch("t2"))

    assert len(agent.books.frameworks[FRAMEWORK_ID].completed_executors) == 1
    assert agent.books.completed_frameworks == {}


def test_what_an_executor_repeats_before_it_is_acknowledged_is_not_forwarded_again() -> None:
    agent = RecordedAgent().running_task()
    status = a_status("t1", TaskState.RUNNING, number=1)
    agent.report(status)

    assert agent.report(status) == ()


@pytest.mark.parametrize("state", [TaskState.RUNNING, TaskState.FINISHED])
def test_what_an_executor_repeats_after_it_is_acknowledged_is_acknowledged_again(state: TaskState) -> None:
    agent = RecordedAgent().running_task()
    status = a_status("t1", state, number=1)
    agent.report(status)
    agent.acknowledge(status)

    effects = agent.report(status)

    assert [type(message) for message in sent(effects)] == [ExecutorStatusAcknowledgement]


def test_a_status_after_the_terminal_one_changes_nothing() -> None:
    agent = RecordedAgent().running_task()
    agent.report(a_status("t1", TaskState.FINISHED, number=1))

    effects = agent.report(a_status("t1", TaskState.RUNNING, number=2))

    assert updates(effects) == []
    assert agent.executor().tasks.terminated[T1].state is TaskState.FINISHED


def test_a_status_of_a_task_that_the_executor_does_not_have_is_refused() -> None:
    agent = RecordedAgent().running_task()

    with pytest.raises(BadUpdate):
        agent.report(a_status("t9", TaskState.RUNNING, number=1))

    assert agent.books.counters["invalid_status_updates"] == 1


@pytest.mark.parametrize(("sender", "token"), [(executor_pid("e1"), "guess"), (STRANGER, None)])
def test_a_status_from_a_stranger_is_refused(sender: object, token: str | None) -> None:
    agent = RecordedAgent().running_task()
    update = ExecutorStatusUpdate(
        framework_id=FRAMEWORK_ID,
        executor_id=ExecutorId("e1"),
        token=token or agent.executor().token,
        status=a_status("t1", TaskState.FINISHED, number=1),
    )

    with pytest.raises(BadToken):
        agent.receive(update, sender)  # type: ignore[arg-type]  # A PID.

    assert agent.books.frameworks[FRAMEWORK_ID].tasks[T1].tasks.launched[T1].task.state is TaskState.STAGING


def test_a_queued_task_that_is_killed_is_never_launched() -> None:
    agent = RecordedAgent().register()
    agent.receive(a_launch("t1"))
    agent.receive(a_launch("t2"))

    (status,) = updates(agent.receive(KILL))
    launches = [message for message in sent(agent.register_executor()) if isinstance(message, ExecutorTaskLaunch)]

    assert (status.state, status.reason) == (TaskState.KILLED, Reason.TASK_KILLED_DURING_LAUNCH)
    assert [launch.task.task_id for launch in launches] == ["t2"]


def test_an_executor_whose_only_queued_task_is_killed_is_destroyed() -> None:
    agent = RecordedAgent().register()
    agent.receive(a_command_launch())

    effects = agent.receive(KILL)

    assert DestroyContainer(container_id=agent.executor("t1").container_id, grace_ns=0) in effects


def test_a_running_task_is_killed_by_its_executor_with_its_own_grace() -> None:
    agent = RecordedAgent().running_task()

    effects = agent.receive(KILL)

    order = ExecutorTaskKill(task_id=T1, grace_ns=3_000_000_000, token=agent.executor().token)
    assert sent(effects) == [order]


def test_killing_a_task_that_has_ended_does_nothing() -> None:
    agent = RecordedAgent().running_task()
    agent.report(a_status("t1", TaskState.FINISHED, number=1))

    assert agent.receive(KILL) == ()


def test_killing_an_unknown_task_reports_it_lost_once() -> None:
    agent = RecordedAgent().register()

    (status,) = updates(agent.receive(KILL))

    assert (status.state, status.reason) == (TaskState.LOST, Reason.TASK_UNKNOWN)
    assert agent.receive(KILL) == ()


def test_a_kill_before_the_first_registration_is_ignored() -> None:
    agent = RecordedAgent()
    agent.handle(Recovered())
    agent.handle(MasterDetected(master=MASTER))

    assert sent(agent.receive(KILL)) == []


def test_an_agent_that_returns_reports_everything_it_runs() -> None:
    agent = RecordedAgent().running_task()
    agent.report(a_status("t1", TaskState.RUNNING, number=1))
    agent.receive(a_command_launch("c1"))
    ended = a_status("t2", TaskState.FINISHED, number=2)
    agent.receive(a_launch("t2"))
    agent.report(ended)
    agent.handle(Exited(pid=MASTER))

    (request,) = sent(agent.fire(REGISTRATION_TIMER))

    assert isinstance(request, AgentReregistration)
    assert [framework.id for framework in request.frameworks] == [FRAMEWORK_ID]
    assert [executor.executor.executor_id for executor in request.executors] == ["e1"]
    assert {(task.task_id, task.state, task.status_state) for task in request.tasks} == {
        ("t1", TaskState.RUNNING, TaskState.RUNNING),
        ("t2", TaskState.FINISHED, TaskState.FINISHED),
        ("c1", TaskState.STAGING, None),
    }
    assert {task.task_id: task.executor_id for task in request.tasks}[TaskId("c1")] is None


def ended_command_task(agent: RecordedAgent, id: str) -> None:
    """Killed before it ran, and over: its executor is history."""
    agent.receive(a_command_launch(id))
    (end,) = updates(agent.receive(TaskKill(framework_id=FRAMEWORK_ID, task_id=TaskId(id))))
    agent.end_container(id)
    agent.acknowledge(end)


def test_an_agent_that_returns_reports_the_past_of_executors_that_are_over_too() -> None:
    agent = RecordedAgent().running_task()
    ended_command_task(agent, "c1")
    ended = a_status("t1", TaskState.FINISHED, number=1)
    agent.report(ended)
    agent.acknowledge(ended)
    agent.handle(Exited(pid=MASTER))

    (request,) = sent(agent.fire(REGISTRATION_TIMER))

    assert isinstance(request, AgentReregistration)
    assert [(task.task_id, task.state) for task in request.completed_tasks] == [
        ("c1", TaskState.KILLED),
        ("t1", TaskState.FINISHED),
    ]


def test_a_report_of_the_past_is_bounded_and_the_newest_are_in_it() -> None:
    agent = RecordedAgent(completed_executors_max=COMPLETED_MAX + 10).running_task()
    for number in range(COMPLETED_MAX + 2):
        ended_command_task(agent, f"c{number}")
    agent.handle(Exited(pid=MASTER))

    (request,) = sent(agent.fire(REGISTRATION_TIMER))

    assert isinstance(request, AgentReregistration)
    reported = [task.task_id for task in request.completed_tasks]
    assert (reported[0], reported[-1], len(reported)) == ("c2", f"c{COMPLETED_MAX + 1}", COMPLETED_MAX)


def test_updates_wait_for_a_master_and_go_to_the_next_one() -> None:
    agent = RecordedAgent().running_task()
    agent.handle(Exited(pid=MASTER))

    assert updates(agent.report(a_status("t1", TaskState.RUNNING, number=1))) == []
    agent.fire(REGISTRATION_TIMER)
    effects = agent.receive(AgentReregistered(agent_id=AGENT_ID, ping_timeout_ns=1))

    assert [status.state for status in updates(effects)] == [TaskState.RUNNING]


def test_a_stopping_agent_reports_what_became_of_its_tasks_before_it_says_goodbye() -> None:
    agent = RecordedAgent().running_task()
    agent.handle(StopRequested())

    effects = agent.end_container()

    (status,) = updates(effects)
    assert status.state is TaskState.LOST
    assert isinstance(sent(effects, MASTER)[-1], AgentUnregistration)
    assert isinstance(effects[-1], Exit)


def test_messages_pass_between_executor_and_scheduler() -> None:
    agent = RecordedAgent().running_task()
    token, e1 = agent.executor().token, ExecutorId("e1")
    up = ExecutorMessage(framework_id=FRAMEWORK_ID, executor_id=e1, data=b"up", token=token)
    down = SchedulerToExecutor(framework_id=FRAMEWORK_ID, agent_id=AGENT_ID, executor_id=e1, data=b"down")

    upward = agent.receive(up, executor_pid("e1"))
    downward = [agent.receive(down, sender) for sender in (MASTER, SCHEDULER)]

    assert sent(upward, SCHEDULER) == [ExecutorToScheduler(agent_id=AGENT_ID, executor_id=e1, data=b"up")]
    for effects in downward:
        relayed = ExecutorMessage(framework_id=FRAMEWORK_ID, executor_id=e1, data=b"down", token=token)
        assert sent(effects, executor_pid("e1")) == [relayed]


def test_a_stranger_cannot_speak_to_an_executor() -> None:
    agent = RecordedAgent().running_task()
    down = SchedulerToExecutor(framework_id=FRAMEWORK_ID, agent_id=AGENT_ID, executor_id=ExecutorId("e1"), data=b"down")

    with pytest.raises(NotTheLeader):
        agent.receive(down, STRANGER)


def test_messages_follow_a_scheduler_that_moved() -> None:
    agent = RecordedAgent().running_task()
    up = ExecutorMessage(
        framework_id=FRAMEWORK_ID, executor_id=ExecutorId("e1"), data=b"up", token=agent.executor().token
    )

    agent.receive(SchedulerMoved(framework_id=FRAMEWORK_ID, scheduler=STRANGER))

    assert len(sent(agent.receive(up, executor_pid("e1")), STRANGER)) == 1
