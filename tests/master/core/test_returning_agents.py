"""Agents that return to a master that has them registered (MA-06).

The others are in test_reregistration.py.
"""

from __future__ import annotations

import pytest

from libprocess_py.pid import PID
from master.core.entities import Agent
from master.core.errors import StrangeSender
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import TaskId
from mesos_py.protocol.messages.master_agent import (
    AgentShutdown,
    TaskKill,
)
from mesos_py.protocol.messages.master_framework import (
    TaskKillRequest,
)
from mesos_py.protocol.task import Reason, TaskState
from tests.master.builders import (
    a_pid,
    a_task_info,
    an_acceptance,
    an_executor_info,
    an_update,
)
from tests.master.core.reports import AGENT, a_report, a_task
from tests.master.core_cluster import CoreCluster

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


def a_busy_agent(*, checkpoint: bool) -> tuple[CoreCluster, PID, Agent]:
    """It has one task, on an executor."""
    cluster = CoreCluster()
    pid, id = cluster.an_agent()
    scheduler, framework_id = cluster.a_framework(checkpoint=checkpoint)
    offer = cluster.an_offer(framework_id)
    cluster.send(scheduler, an_acceptance(offer, a_task_info("t", id, executor=an_executor_info())))
    return cluster, pid, cluster.books.agents[id]


def test_an_executor_that_a_returning_agent_does_not_know_has_ended() -> None:
    cluster, pid, agent = a_busy_agent(checkpoint=False)

    cluster.send(pid, a_report(id=agent.id))

    assert cluster.allocator.free(agent.id).cpus == 4


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
    cluster.send(pid, an_update(framework_id, "t", state=TaskState.FINISHED))

    cluster.send(pid, a_report(id=id))

    assert [status.state for status in cluster.statuses(scheduler)] == [TaskState.FINISHED]
    assert not cluster.received(pid, TaskKill)
    assert not cluster.books.frameworks[framework_id].tasks


def test_an_executor_that_a_returning_agent_reports_stays() -> None:
    cluster, pid, agent = a_busy_agent(checkpoint=True)
    ((key, running),) = agent.executors.items()
    task = a_task(running.framework_id, agent_id=agent.id)

    cluster.send(pid, a_report(task, id=agent.id, executors=(running,)))

    assert list(agent.executors) == [key]
