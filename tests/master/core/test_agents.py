"""Agents: registration, pings, disconnects and ends (MA-05, MA-07, MA-10, MA-11)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from master.core.errors import InvalidCall, StrangeSender
from master.core.events import AgentMarkedUnreachable, PingDue
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import AgentId, TaskId
from mesos_py.protocol.messages.master_agent import (
    AgentRegistered,
    AgentRegistration,
    AgentShutdown,
    AgentUnregistration,
    ExecutorExited,
    Ping,
    Pong,
)
from mesos_py.protocol.messages.master_framework import (
    AgentLost,
    ExecutorLost,
    FrameworkUnsubscription,
    OfferRescinded,
    SchedulerToExecutor,
)
from mesos_py.protocol.task import Reason, TaskState
from tests.master.builders import (
    SECOND,
    a_pid,
    a_task_info,
    an_acceptance,
    an_agent_info,
    an_executor_info,
    an_update,
)
from tests.master.core_cluster import CoreCluster

AWARE = Capability.PARTITION_AWARE
AGENT = a_pid("slave(1)")


def registration(run_id: str = "") -> AgentRegistration:
    return AgentRegistration(agent=an_agent_info(), version="0.1.0", run_id=run_id)


def test_an_agent_is_put_on_record_before_it_is_welcome() -> None:
    cluster = CoreCluster()
    cluster.holds_answers = True

    cluster.send(AGENT, registration())
    assert not cluster.inboxes
    cluster.answer()

    welcome = cluster.last(AGENT, AgentRegistered)
    assert (welcome.agent_id, welcome.ping_timeout_ns) == ("m-S0", 75 * SECOND)
    assert AGENT in cluster.links


def test_a_new_agent_does_not_choose_its_id() -> None:
    cluster = CoreCluster()

    cluster.send(AGENT, AgentRegistration(agent=an_agent_info(id=AgentId("chosen")), version=""))

    (agent,) = cluster.books.agents.values()
    assert (agent.id, agent.info.id) == ("m-S0", "m-S0")


def test_an_agent_that_asks_again_while_it_waits_is_admitted_once() -> None:
    cluster = CoreCluster()
    cluster.holds_answers = True

    cluster.send(AGENT, registration())
    cluster.send(AGENT, registration())
    cluster.answer()

    assert list(cluster.books.agents) == ["m-S0"]
    assert len(cluster.received(AGENT, AgentRegistered)) == 1


def test_an_agent_that_missed_its_welcome_gets_the_same_again() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent(run_id="x")

    assert cluster.an_agent(run_id="x") == (pid, id)

    assert cluster.counts["slave_registrations"] == 1


def test_an_agent_that_restarted_before_its_end_was_noticed_is_another() -> None:
    cluster = CoreCluster()
    pid, first = cluster.an_agent(run_id="x")
    scheduler, framework_id = cluster.a_framework()
    cluster.a_task(framework_id)

    _, second = cluster.an_agent(run_id="y")

    assert (first, second) == ("m-S0", "m-S1")
    assert list(cluster.books.agents) == [second]
    assert cluster.books.agent_by_pid == {pid: second}
    assert cluster.statuses(scheduler)[-1].state is TaskState.LOST


def test_a_disconnected_agent_is_removed_when_one_registers_at_its_pid() -> None:
    cluster = CoreCluster()
    pid, first = cluster.an_agent()
    cluster.exit(pid)

    _, second = cluster.an_agent()

    assert list(cluster.books.agents) == [second]
    assert first not in cluster.books.unreachable_agents
    assert cluster.counts["slave_removals/reason_registered"] == 1


def test_agents_of_one_node_are_told_apart() -> None:
    cluster = CoreCluster()

    cluster.an_agent("slave(1)")
    cluster.an_agent("slave(2)")

    assert list(cluster.books.agents) == ["m-S0", "m-S1"]


VALID = an_agent_info()


@pytest.mark.parametrize(
    ("agent", "version", "problem"),
    [
        (replace(VALID, hostname=""), "", "agent.hostname"),
        (replace(VALID, hostname="h" * 2_000), "", "agent.hostname"),
        (replace(VALID, port=-1), "", "agent.port"),
        (replace(VALID, port=70_000), "", "agent.port"),
        (VALID, "v" * 2_000, "version"),
        (replace(VALID, resources=VALID.resources.allocate("a")), "", "agent.resources"),
    ],
)
def test_an_invalid_agent_is_told_to_go_and_why(agent: AgentInfo, version: str, *, problem: str) -> None:
    cluster = CoreCluster()

    cluster.send(AGENT, AgentRegistration(agent=agent, version=version))

    assert problem in cluster.last(AGENT, AgentShutdown).message
    assert not cluster.books.agents


def test_an_agent_is_pinged_at_once_and_then_every_ping_timeout() -> None:
    cluster = CoreCluster()
    pid, _ = cluster.an_agent()

    for _ in range(4):
        cluster.send(pid, Pong())
        cluster.advance(15 * SECOND)

    assert cluster.received(pid, Ping) == [Ping(connected=True)] * 5


def test_an_agent_that_answers_no_ping_is_unreachable_after_five_misses_and_not_before() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()

    cluster.advance(75 * SECOND - 1)
    assert id in cluster.books.agents
    cluster.advance(1)

    assert id in cluster.books.unreachable_agents
    assert id not in cluster.books.agents
    assert not cluster.timers
    assert pid not in cluster.books.agent_by_pid


def test_one_answer_is_enough_to_begin_anew() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    cluster.advance(74 * SECOND)

    cluster.send(pid, Pong())
    cluster.advance(75 * SECOND)

    assert id in cluster.books.agents


def test_a_pong_saves_an_agent_that_is_being_marked_unreachable() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    cluster.holds_answers = True
    cluster.advance(75 * SECOND)
    assert cluster.books.agents[id].marking_unreachable

    cluster.send(pid, Pong())
    cluster.answer()

    assert id in cluster.books.agents
    assert cluster.counts["slave_unreachable_canceled"] == 1
    assert "slave_unreachable_completed" not in cluster.counts


def test_pings_of_an_earlier_stay_mean_nothing() -> None:
    cluster = CoreCluster()
    _, id = cluster.an_agent()
    cluster.forget()

    cluster.apply(PingDue(id, 99))
    cluster.apply(AgentMarkedUnreachable(id, 99))

    assert not cluster.inboxes
    assert id in cluster.books.agents


def test_a_disconnected_agent_is_pinged_and_learns_of_it() -> None:
    cluster = CoreCluster()
    pid, _ = cluster.an_agent()
    cluster.exit(pid)

    cluster.advance(15 * SECOND)

    assert cluster.last(pid, Ping) == Ping(connected=False)


def test_a_pong_of_a_stranger_is_refused() -> None:
    cluster = CoreCluster()

    with pytest.raises(StrangeSender):
        cluster.send(AGENT, Pong())


@pytest.mark.parametrize("capabilities", [(), (AWARE,)])
def test_without_checkpoints_tasks_are_lost_with_the_connection(capabilities: tuple[Capability, ...]) -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    scheduler, framework_id = cluster.a_framework("scheduler(1)", *capabilities)
    cluster.a_task(framework_id)
    offer = cluster.an_offer(framework_id)

    cluster.exit(pid)

    status = cluster.statuses(scheduler)[-1]
    assert (status.state, status.reason) == (TaskState.LOST, Reason.SLAVE_DISCONNECTED)
    assert cluster.last(scheduler, OfferRescinded).offer_id == offer.id
    assert id in cluster.books.agents
    assert not cluster.received(scheduler, AgentLost)


def test_with_checkpoints_tasks_wait_for_the_agent() -> None:
    cluster = CoreCluster()
    pid, _ = cluster.an_agent()
    scheduler, framework_id = cluster.a_framework(checkpoint=True)
    cluster.a_task(framework_id)

    cluster.exit(pid)

    assert cluster.task(framework_id, "t").state is TaskState.STAGING
    assert not cluster.statuses(scheduler)


@pytest.mark.parametrize(("capabilities", "state"), [((), TaskState.LOST), ((AWARE,), TaskState.UNREACHABLE)])
def test_tasks_of_an_unreachable_agent_may_come_back(capabilities: tuple[Capability, ...], state: TaskState) -> None:
    cluster = CoreCluster()
    cluster.an_agent()
    scheduler, framework_id = cluster.a_framework("scheduler(1)", *capabilities)
    cluster.a_task(framework_id)

    cluster.advance(75 * SECOND)

    status = cluster.statuses(scheduler)[-1]
    assert (status.state, status.reason) == (state, Reason.SLAVE_REMOVED)
    assert cluster.books.frameworks[framework_id].unreachable[TaskId("t")].state is state
    assert cluster.received(scheduler, AgentLost)


def test_a_task_that_ended_before_its_agent_was_unreachable_stays_ended() -> None:
    cluster = CoreCluster()
    pid, _ = cluster.an_agent()
    scheduler, framework_id = cluster.a_framework()
    cluster.a_task(framework_id)
    cluster.send(pid, an_update(framework_id, "t", state=TaskState.FINISHED))

    cluster.advance(75 * SECOND)

    assert [status.state for status in cluster.statuses(scheduler)] == [TaskState.FINISHED]
    assert [task.state for task in cluster.books.frameworks[framework_id].completed] == [TaskState.FINISHED]


def test_of_unreachable_tasks_only_the_last_are_remembered_and_the_others_are_completed() -> None:
    cluster = CoreCluster(max_unreachable_tasks_per_framework=1)
    cluster.an_agent()
    _, framework_id = cluster.a_framework()
    cluster.a_task(framework_id, "a")
    cluster.a_task(framework_id, "b")

    cluster.advance(75 * SECOND)

    framework = cluster.books.frameworks[framework_id]
    assert list(framework.unreachable) == ["b"]
    assert [task.task_id for task in framework.completed] == ["a"]


@pytest.mark.parametrize(("capabilities", "state"), [((), TaskState.LOST), ((AWARE,), TaskState.GONE)])
def test_tasks_of_an_agent_that_unregisters_are_over(capabilities: tuple[Capability, ...], state: TaskState) -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    scheduler, framework_id = cluster.a_framework("scheduler(1)", *capabilities)
    cluster.a_task(framework_id)

    cluster.send(pid, AgentUnregistration(agent_id=id))

    assert cluster.statuses(scheduler)[-1].state is state
    assert cluster.last(scheduler, AgentLost).agent_id == id
    assert not cluster.books.agents
    assert not cluster.timers


def test_an_agent_unregisters_itself_only() -> None:
    cluster = CoreCluster()
    pid, _ = cluster.an_agent()
    cluster.an_agent("slave(2)")

    with pytest.raises(InvalidCall, match="expected m-S0"):
        cluster.send(pid, AgentUnregistration(agent_id=AgentId("m-S1")))


def test_an_acceptance_that_waits_is_answered_when_its_agent_goes() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    scheduler, framework_id = cluster.a_framework("scheduler(1)", AWARE)
    offer = cluster.an_offer(framework_id)
    cluster.holds_answers = True
    cluster.send(scheduler, an_acceptance(offer, a_task_info("t", id)))

    cluster.send(pid, AgentUnregistration(agent_id=id))
    cluster.answer()

    status = cluster.statuses(scheduler)[-1]
    assert (status.state, status.reason) == (TaskState.DROPPED, Reason.SLAVE_REMOVED)
    assert not cluster.books.frameworks[framework_id].pending


def an_executor() -> tuple[CoreCluster, AgentId]:
    cluster = CoreCluster()
    _, id = cluster.an_agent()
    scheduler, framework_id = cluster.a_framework()
    offer = cluster.an_offer(framework_id)
    cluster.send(scheduler, an_acceptance(offer, a_task_info("t", id, executor=an_executor_info())))
    return cluster, id


SCHEDULER = a_pid("scheduler(1)", host=9)


def test_an_executor_that_exits_frees_its_resources_and_the_scheduler_hears_of_it() -> None:
    cluster, id = an_executor()
    (framework_id,) = cluster.books.frameworks
    exited = ExecutorExited(
        agent_id=id, framework_id=framework_id, executor_id=an_executor_info().executor_id, exit_status=-9
    )

    cluster.send(AGENT, exited)
    cluster.send(AGENT, exited)

    assert cluster.last(SCHEDULER, ExecutorLost).exit_status == -9
    assert cluster.allocator.free(id).cpus == 3  # Of four, one is the task's.


def test_an_executor_is_used_until_its_framework_ends() -> None:
    cluster, id = an_executor()
    (framework_id,) = cluster.books.frameworks
    cluster.send(AGENT, an_update(framework_id, "t", state=TaskState.FINISHED))
    assert cluster.allocator.free(id).cpus == 3.5

    cluster.send(SCHEDULER, FrameworkUnsubscription(framework_id=framework_id))

    assert cluster.allocator.free(id).cpus == 4


def test_an_agent_tells_of_its_own_executors_only() -> None:
    cluster, _ = an_executor()
    (framework_id,) = cluster.books.frameworks
    message = ExecutorExited(
        agent_id=AgentId("m-S9"),
        framework_id=framework_id,
        executor_id=an_executor_info().executor_id,
        exit_status=0,
    )

    with pytest.raises(InvalidCall, match="expected m-S0"):
        cluster.send(AGENT, message)


def test_bytes_for_an_executor_are_passed_on_while_its_agent_is_there() -> None:
    cluster, id = an_executor()
    (framework_id,) = cluster.books.frameworks
    message = SchedulerToExecutor(
        framework_id=framework_id, agent_id=id, executor_id=an_executor_info().executor_id, data=b"x"
    )

    cluster.send(SCHEDULER, message)
    cluster.exit(AGENT)
    cluster.send(SCHEDULER, message)

    assert cluster.received(AGENT, SchedulerToExecutor) == [message]
    assert cluster.counts["valid_framework_to_executor_messages"] == 1
    assert cluster.counts["invalid_framework_to_executor_messages"] == 1


def test_an_executor_of_a_framework_that_checkpoints_waits_for_its_agent() -> None:
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    scheduler, framework_id = cluster.a_framework(checkpoint=True)
    offer = cluster.an_offer(framework_id)
    cluster.send(scheduler, an_acceptance(offer, a_task_info("t", id, executor=an_executor_info())))

    cluster.exit(pid)

    assert list(cluster.books.agents[id].executors) == [(framework_id, "e")]


def test_an_agent_whose_connection_is_lost_cannot_lose_it_again() -> None:
    cluster = CoreCluster()
    pid, _ = cluster.an_agent()
    cluster.exit(pid)

    cluster.exit(pid)

    assert cluster.effects == []


def test_the_end_of_an_executor_is_told_to_nobody_while_there_is_no_scheduler() -> None:
    cluster, id = an_executor()
    cluster.exit(SCHEDULER)
    cluster.forget()
    (key,) = cluster.books.agents[id].executors

    cluster.send(AGENT, ExecutorExited(agent_id=id, framework_id=key[0], executor_id=key[1], exit_status=0))

    assert not cluster.inboxes
    assert not cluster.books.agents[id].executors
