"""Agents that return (MA-06, TS-08), also to a master that knows nothing yet (HA-04)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from libprocess_py.pid import PID
from master.core.errors import InvalidCall, StrangeSender
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.ids import AgentId, ContainerId, FrameworkId, TaskId
from mesos_py.protocol.messages.master_agent import (
    AgentRegistration,
    AgentReregistered,
    AgentReregistration,
    AgentShutdown,
    FrameworkShutdown,
    RunningExecutor,
    SchedulerMoved,
    TaskKill,
)
from mesos_py.protocol.messages.master_framework import (
    FrameworkSubscribed,
    FrameworkSubscription,
    FrameworkUnsubscription,
    StatusAcknowledgement,
    TaskKillRequest,
)
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import Reason, Source, Task, TaskState, TaskStatus
from tests.master.builders import (
    SECOND,
    a_framework_info,
    a_pid,
    a_task_info,
    a_uuid,
    an_acceptance,
    an_agent_info,
    an_executor_info,
    an_update,
)
from tests.master.core_cluster import CoreCluster

AGENT = a_pid("slave(1)")
SCHEDULER = a_pid("scheduler(1)", host=9)
OLD, OLD_AGENT = FrameworkId("old-0000"), AgentId("old-S0")


def a_task(
    framework_id: FrameworkId,
    task_id: str = "t",
    state: TaskState = TaskState.RUNNING,
    *,
    agent_id: AgentId = OLD_AGENT,
) -> Task:
    return Task(
        task_id=TaskId(task_id),
        name=task_id,
        framework_id=framework_id,
        agent_id=agent_id,
        executor_id=None,
        state=state,
        resources=Resources.of(cpus=1),
    )


def a_report(
    *tasks: Task,
    id: AgentId | None = OLD_AGENT,
    executors: tuple[RunningExecutor, ...] = (),
    completed: tuple[Task, ...] = (),
    hostname: str = "h",
    cpus: float = 4,
) -> AgentReregistration:
    ids = dict.fromkeys(task.framework_id for task in (*tasks, *completed))
    frameworks: tuple[FrameworkInfo, ...] = tuple(a_framework_info(id=framework_id) for framework_id in ids)
    return AgentReregistration(
        agent=an_agent_info(cpus, id=id, hostname=hostname),
        version="0.1.0",
        frameworks=frameworks,
        executors=executors,
        tasks=tasks,
        completed_tasks=completed,
    )


# A new master.


def test_a_new_master_learns_from_agents_what_runs() -> None:
    cluster = CoreCluster()
    running = RunningExecutor(framework_id=OLD, executor=an_executor_info(), container_id=ContainerId("c"))

    cluster.send(AGENT, a_report(a_task(OLD), executors=(running,)))

    assert cluster.last(AGENT, AgentReregistered).agent_id == OLD_AGENT
    assert cluster.task(OLD, "t").state is TaskState.RUNNING
    assert cluster.books.frameworks[OLD].state.value == "RECOVERED"
    assert cluster.allocator.free(OLD_AGENT).cpus == 2.5


def test_a_recovered_framework_is_offered_nothing_until_its_scheduler_comes() -> None:
    cluster = CoreCluster()
    cluster.send(AGENT, a_report(a_task(OLD)))
    assert not cluster.allocator.active[OLD]

    cluster.send(SCHEDULER, FrameworkSubscription(framework=a_framework_info(id=OLD)))

    assert cluster.allocator.active[OLD]
    assert cluster.last(SCHEDULER, FrameworkSubscribed).framework_id == OLD
    assert cluster.last(AGENT, SchedulerMoved).scheduler == SCHEDULER
    assert cluster.task(OLD, "t").state is TaskState.RUNNING


def test_it_does_not_matter_whether_scheduler_or_agent_comes_first() -> None:
    cluster = CoreCluster()
    cluster.send(SCHEDULER, FrameworkSubscription(framework=a_framework_info(id=OLD)))

    cluster.send(AGENT, a_report(a_task(OLD)))

    assert cluster.task(OLD, "t").state is TaskState.RUNNING
    assert cluster.last(AGENT, SchedulerMoved).scheduler == SCHEDULER
    assert not cluster.statuses(SCHEDULER)


def test_a_task_that_has_ended_is_taken_over_until_it_is_acknowledged() -> None:
    cluster = CoreCluster()
    cluster.send(SCHEDULER, FrameworkSubscription(framework=a_framework_info(id=OLD)))
    cluster.send(AGENT, a_report(a_task(OLD, state=TaskState.FAILED)))
    assert cluster.allocator.free(OLD_AGENT).cpus == 4

    cluster.send(AGENT, an_update(OLD, "t", TaskState.FAILED))
    acknowledgement = StatusAcknowledgement(framework_id=OLD, agent_id=OLD_AGENT, task_id=TaskId("t"), uuid=a_uuid())
    cluster.send(SCHEDULER, acknowledgement)

    assert not cluster.books.frameworks[OLD].tasks


def test_the_past_is_shown_again_without_what_statuses_carried() -> None:
    cluster = CoreCluster()
    status = TaskStatus(
        task_id=TaskId("p"), state=TaskState.FINISHED, source=Source.EXECUTOR, timestamp_ns=0, data=b"result"
    )
    past = Task(
        task_id=TaskId("p"),
        name="p",
        framework_id=OLD,
        agent_id=OLD_AGENT,
        executor_id=None,
        state=TaskState.FINISHED,
        resources=Resources.of(cpus=1),
        statuses=(status,),
    )

    cluster.send(AGENT, a_report(a_task(OLD), completed=(past, past)))

    remembered = cluster.books.frameworks[OLD].completed
    assert [task.task_id for task in remembered] == ["p"]
    assert remembered[0].statuses[0].data == b""


def test_an_agent_that_asks_twice_while_it_waits_is_admitted_once() -> None:
    cluster = CoreCluster()
    cluster.holds_answers = True

    cluster.send(AGENT, a_report())
    cluster.send(AGENT, a_report())
    cluster.answer()

    assert len(cluster.received(AGENT, AgentReregistered)) == 1


def test_nobody_else_may_take_the_id_of_an_agent_that_waits() -> None:
    cluster = CoreCluster()
    cluster.holds_answers = True
    cluster.send(AGENT, a_report())

    with pytest.raises(StrangeSender):
        cluster.send(a_pid("slave(1)", host=3), a_report())


def test_an_agent_with_another_id_takes_the_place_at_a_pid() -> None:
    cluster = CoreCluster()
    _, id = cluster.an_agent()

    cluster.send(AGENT, a_report())

    assert list(cluster.books.agents) == [OLD_AGENT]
    assert id not in cluster.books.agents


# An agent that was unreachable.


def an_unreachable_agent(*capabilities: Capability) -> tuple[CoreCluster, AgentId, FrameworkId]:
    cluster = CoreCluster()
    _, id = cluster.an_agent()
    _, framework_id = cluster.a_framework("scheduler(1)", *capabilities)
    cluster.a_task(framework_id)
    cluster.advance(75 * SECOND)
    assert id in cluster.books.unreachable_agents
    cluster.forget()
    return cluster, id, framework_id


@pytest.mark.parametrize("capabilities", [(), (Capability.PARTITION_AWARE,)])
def test_tasks_of_an_agent_that_was_unreachable_run_on(capabilities: tuple[Capability, ...]) -> None:
    cluster, id, framework_id = an_unreachable_agent(*capabilities)

    cluster.send(AGENT, a_report(a_task(framework_id, agent_id=id), id=id))

    status = cluster.statuses(SCHEDULER)[0]
    assert (status.state, status.reason) == (TaskState.RUNNING, Reason.SLAVE_REREGISTERED)
    assert not cluster.received(AGENT, TaskKill)
    assert not cluster.books.frameworks[framework_id].unreachable
    assert not cluster.books.unreachable_agents


def test_tasks_that_do_not_come_back_with_their_agent_stay_unreachable() -> None:
    cluster, id, framework_id = an_unreachable_agent()

    cluster.send(AGENT, a_report(id=id))

    assert list(cluster.books.frameworks[framework_id].unreachable) == ["t"]


def test_a_framework_that_ended_meanwhile_is_shut_down_and_not_brought_back() -> None:
    cluster, id, framework_id = an_unreachable_agent()
    cluster.send(SCHEDULER, FrameworkUnsubscription(framework_id=framework_id))

    cluster.send(AGENT, a_report(a_task(framework_id, agent_id=id), id=id))

    assert cluster.received(AGENT, FrameworkShutdown) == [FrameworkShutdown(framework_id=framework_id)]
    assert framework_id not in cluster.books.frameworks
    assert cluster.allocator.free(id).cpus == 4


# An agent that is registered.


def test_an_agent_whose_connection_broke_is_offered_again() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    _, framework_id = cluster.a_framework()
    cluster.exit(pid)

    cluster.send(pid, a_report(id=id))

    assert cluster.an_offer(framework_id).agent_id == id
    assert cluster.books.agents[id].connected


def test_tasks_that_were_given_up_with_the_connection_are_taken_back() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    _, framework_id = cluster.a_framework()
    cluster.a_task(framework_id)
    cluster.exit(pid)
    assert not cluster.books.frameworks[framework_id].tasks

    cluster.send(pid, a_report(a_task(framework_id, agent_id=id), id=id))

    assert cluster.task(framework_id, "t").state is TaskState.RUNNING
    assert cluster.allocator.free(id).cpus == 3


def test_allocations_from_before_an_agent_was_booked_again_do_not_bind() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    scheduler, framework_id = cluster.a_framework()
    cluster.holds_allocator = True
    cluster.allocator.run(framework_id)
    cluster.exit(pid)

    cluster.send(pid, a_report(a_task(framework_id, agent_id=id), id=id))
    cluster.let_allocator_speak()

    assert not cluster.books.offers
    assert scheduler not in cluster.timers
    assert cluster.allocator.free(id).cpus == 3


@pytest.mark.parametrize(
    ("capabilities", "state"), [((), TaskState.LOST), ((Capability.PARTITION_AWARE,), TaskState.GONE)]
)
def test_a_task_that_a_returning_agent_does_not_know_has_ended(
    capabilities: tuple[Capability, ...], state: TaskState
) -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    scheduler, framework_id = cluster.a_framework("scheduler(1)", *capabilities)
    cluster.a_task(framework_id)

    cluster.send(pid, a_report(id=id))

    status = cluster.statuses(scheduler)[-1]
    assert (status.state, status.reason) == (state, Reason.RECONCILIATION)
    assert cluster.last(pid, TaskKill).task_id == "t"
    assert cluster.allocator.free(id).cpus == 4


def test_an_executor_that_a_returning_agent_does_not_know_has_ended() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    scheduler, framework_id = cluster.a_framework()
    offer = cluster.an_offer(framework_id)
    cluster.send(scheduler, an_acceptance(offer, a_task_info("t", id, executor=an_executor_info())))

    cluster.send(pid, a_report(id=id))

    assert cluster.allocator.free(id).cpus == 4


def test_a_repeated_report_of_what_is_known_changes_nothing() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    scheduler, framework_id = cluster.a_framework()
    cluster.a_task(framework_id)
    offer = cluster.an_offer(framework_id)

    cluster.send(pid, a_report(a_task(framework_id, agent_id=id), id=id))

    assert list(cluster.books.offers) == [offer.id]
    assert not cluster.statuses(scheduler)


def test_a_terminal_task_that_is_not_known_any_more_is_not_taken_back() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    _, framework_id = cluster.a_framework()

    cluster.send(pid, a_report(a_task(framework_id, state=TaskState.FINISHED, agent_id=id), id=id))

    assert not cluster.books.frameworks[framework_id].tasks


def test_a_task_id_that_is_in_use_elsewhere_is_killed_where_it_returns() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    _, framework_id = cluster.a_framework()
    cluster.a_task(framework_id)
    other = a_pid("slave(1)", host=3)

    cluster.send(other, a_report(a_task(framework_id)))

    assert cluster.last(other, TaskKill).task_id == "t"
    assert cluster.task(framework_id, "t").agent_id == id
    assert not cluster.received(pid, TaskKill)


def test_a_kill_that_an_agent_missed_reaches_it_when_it_is_back() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    scheduler, framework_id = cluster.a_framework(checkpoint=True)
    cluster.a_task(framework_id)
    cluster.exit(pid)
    cluster.send(scheduler, TaskKillRequest(framework_id=framework_id, task_id=TaskId("t")))
    assert not cluster.received(pid, TaskKill)

    cluster.send(pid, a_report(a_task(framework_id, agent_id=id), id=id))

    assert cluster.last(pid, TaskKill).task_id == "t"


def test_new_facts_about_an_agent_void_its_offers() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    _, framework_id = cluster.a_framework()
    cluster.an_offer(framework_id)

    cluster.send(pid, a_report(id=id, cpus=8))

    assert not cluster.books.offers
    assert cluster.allocator.total[id].cpus == 8


@pytest.mark.parametrize(
    ("sender", "hostname"), [(a_pid("slave(1)", host=3), "h"), (a_pid("slave(1)", port=1), "h"), (AGENT, "other")]
)
def test_an_agent_does_not_move(sender: PID, hostname: str) -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()

    cluster.send(sender, a_report(id=id, hostname=hostname))

    assert "does not move" in cluster.last(sender, AgentShutdown).message
    assert cluster.books.agents[id].pid == pid


def test_a_neighbour_cannot_take_the_id_of_a_connected_agent() -> None:
    cluster = CoreCluster()
    _, id = cluster.an_agent()

    with pytest.raises(StrangeSender):
        cluster.send(a_pid("slave(2)"), a_report(id=id))


def test_an_agent_may_come_back_under_another_pid_of_its_node() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    cluster.exit(pid)

    cluster.send(a_pid("slave(2)"), a_report(id=id))

    assert cluster.books.agent_by_pid == {a_pid("slave(2)"): id}


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (a_report(id=None), "agent.id must be set"),
        (a_report(id=AgentId("a/b")), "agent.id must not"),
        (a_report(id=AgentId("m-S7")), "gave no such id"),
        (a_report(id=AgentId("m-S²")), "gave no such id"),
        (a_report(hostname=""), "agent.hostname"),
        (a_report(a_task(OLD, agent_id=AgentId("other"))), "is of agent 'other'"),
        (a_report(a_task(OLD), a_task(OLD)), "reported twice"),
        (a_report(a_task(OLD, state=TaskState.UNKNOWN)), "which no agent can know"),
        (a_report(a_task(OLD, "..")), "tasks: task_id"),
        (a_report(a_task(FrameworkId("x/y"))), "frameworks: each must have"),
        (
            AgentReregistration(agent=an_agent_info(id=OLD_AGENT), version="", tasks=(a_task(OLD),)),
            "framework 'old-0000' of 't' is not described",
        ),
        (
            AgentReregistration(
                agent=an_agent_info(id=OLD_AGENT),
                version="",
                executors=(
                    RunningExecutor(framework_id=OLD, executor=an_executor_info(), container_id=ContainerId("c")),
                ),
            ),
            "executors: framework 'old-0000' is not described",
        ),
    ],
)
def test_a_report_that_cannot_be_is_refused_as_a_whole(message: AgentReregistration, problem: str) -> None:
    cluster = CoreCluster()

    with pytest.raises(InvalidCall, match=problem):
        cluster.send(AGENT, message)

    assert not cluster.books.agents
    assert not cluster.books.frameworks


def test_a_fresh_registration_after_a_return_is_a_restart() -> None:
    cluster = CoreCluster()
    cluster.send(AGENT, a_report(a_task(OLD)))

    cluster.send(AGENT, AgentRegistration(agent=an_agent_info(), version="0.1.0", run_id="x"))

    assert list(cluster.books.agents) == ["m-S0"]
    assert not cluster.books.frameworks[OLD].tasks


def test_what_is_reported_under_its_role_stays_under_it() -> None:
    cluster = CoreCluster()
    task = a_task(OLD)
    reported = replace(task, resources=task.resources.allocate("eng"))

    cluster.send(AGENT, a_report(reported))

    assert cluster.task(OLD, "t").resources.allocations_by_role().keys() == {"eng"}


def test_executors_of_a_framework_that_has_ended_are_not_taken_over() -> None:
    cluster = CoreCluster()
    cluster.send(SCHEDULER, FrameworkSubscription(framework=a_framework_info(id=OLD)))
    cluster.send(SCHEDULER, FrameworkUnsubscription(framework_id=OLD))
    running = RunningExecutor(framework_id=OLD, executor=an_executor_info(), container_id=ContainerId("c"))

    cluster.send(AGENT, a_report(executors=(running,)))

    assert not cluster.books.agents[OLD_AGENT].executors
    assert cluster.last(AGENT, FrameworkShutdown).framework_id == OLD


def test_a_kill_of_a_task_that_is_gone_when_the_agent_returns_is_forgotten() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    scheduler, framework_id = cluster.a_framework(checkpoint=True)
    cluster.a_task(framework_id)
    cluster.exit(pid)
    cluster.send(scheduler, TaskKillRequest(framework_id=framework_id, task_id=TaskId("t")))

    cluster.send(pid, a_report(id=id))

    assert len(cluster.received(pid, TaskKill)) == 1  # The one that follows a launch that may be on its way.
    assert not cluster.books.agents[id].kills


def test_an_end_that_a_returning_agent_has_forgotten_is_not_told_twice() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    scheduler, framework_id = cluster.a_framework()
    cluster.a_task(framework_id)
    cluster.send(pid, an_update(framework_id, "t", TaskState.FINISHED))

    cluster.send(pid, a_report(id=id))

    assert [status.state for status in cluster.statuses(scheduler)] == [TaskState.FINISHED]
    assert not cluster.received(pid, TaskKill)
    assert not cluster.books.frameworks[framework_id].tasks
