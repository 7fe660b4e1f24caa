"""Agents that return (MA-06, TS-08), also to a master that knows nothing yet (HA-04)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from master.core.errors import InvalidCall, StrangeSender
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import AgentId, ContainerId, FrameworkId, TaskId
from mesos_py.protocol.messages.master_agent import (
    AgentRegistration,
    AgentReregistered,
    AgentReregistration,
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
)
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import Reason, Source, Task, TaskState, TaskStatus
from tests.master.builders import (
    SECOND,
    a_framework_info,
    a_pid,
    a_uuid,
    an_agent_info,
    an_executor_info,
    an_update,
)
from tests.master.core.reports import AGENT, OLD, OLD_AGENT, SCHEDULER, a_report, a_task
from tests.master.core_cluster import CoreCluster

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

    cluster.send(AGENT, an_update(OLD, "t", state=TaskState.FAILED))
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
        (a_report(a_task(FrameworkId("x/y"))), "frameworks: framework.id must not"),
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


def test_of_the_past_only_what_has_ended_is_remembered_and_nothing_of_strangers() -> None:
    cluster = CoreCluster()
    past = (
        a_task(OLD, "running"),
        a_task(OLD, "t", state=TaskState.FINISHED),
        a_task(FrameworkId("idle-0000"), "u", state=TaskState.FINISHED),
        a_task(OLD, "v", state=TaskState.FINISHED),
        a_task(OLD, "v", state=TaskState.FINISHED),
    )

    cluster.send(AGENT, a_report(a_task(OLD, "t"), completed=past))

    assert [task.task_id for task in cluster.books.frameworks[OLD].completed] == ["v"]


PORTS = Resources.parse("ports:[1-100]")


@pytest.mark.parametrize("ports", ["ports:[1-100]", "ports:[100-200]"])
def test_a_report_in_which_two_use_the_same_ports_is_refused(ports: str) -> None:
    cluster = CoreCluster()
    first = replace(a_task(OLD, "t"), resources=PORTS)
    second = replace(a_task(OLD, "u"), resources=Resources.parse(ports).allocate("other"))

    with pytest.raises(InvalidCall, match="'u' uses what another uses"):
        cluster.send(AGENT, a_report(first, second))

    cluster.send(AGENT, a_report(first, replace(second, state=TaskState.FINISHED)))  # That one has given them back.
    assert len(cluster.books.frameworks[OLD].tasks) == 2


def test_a_report_in_which_a_task_uses_the_ports_of_an_executor_is_refused() -> None:
    cluster = CoreCluster()
    executor = replace(an_executor_info(), resources=PORTS)
    running = RunningExecutor(framework_id=OLD, executor=executor, container_id=ContainerId("c"))

    with pytest.raises(InvalidCall, match="'t' uses what another uses"):
        cluster.send(AGENT, a_report(replace(a_task(OLD), resources=PORTS), executors=(running,)))


def test_a_report_cannot_give_to_a_new_task_what_a_known_one_uses() -> None:
    cluster = CoreCluster()
    cluster.send(AGENT, a_report(replace(a_task(OLD, "t"), resources=PORTS)))

    with pytest.raises(InvalidCall, match="'u' uses what another uses"):
        cluster.send(AGENT, a_report(a_task(OLD, "t"), replace(a_task(OLD, "u"), resources=PORTS)))

    assert list(cluster.books.frameworks[OLD].tasks) == ["t"]
