"""Reconciliation: what the master says of tasks when it is asked (TS-06, TS-07)."""

from __future__ import annotations

import pytest

from master.core.errors import InvalidCall
from master.core.limits import Limits
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import AgentId, FrameworkId, TaskId
from mesos_py.protocol.messages.master_agent import AgentRegistration
from mesos_py.protocol.messages.master_framework import FrameworkSubscription, ReconciledTask, Reconciliation
from mesos_py.protocol.task import Reason, TaskState
from tests.master.builders import SECOND, a_framework_info, a_pid, a_task_info, an_acceptance, an_agent_info, an_update
from tests.master.core_cluster import CoreCluster

AWARE = Capability.PARTITION_AWARE
AGENT, AGENT_ID = a_pid("slave(1)"), AgentId("m-S0")
SCHEDULER, ID = a_pid("scheduler(1)", host=9), FrameworkId("m-0000")
BOTH = pytest.mark.parametrize("capabilities", [(), (AWARE,)])
LATER = 600 * SECOND


def a_cluster(*capabilities: Capability) -> CoreCluster:
    cluster = CoreCluster()
    cluster.an_agent()
    cluster.a_framework("scheduler(1)", *capabilities)
    return cluster


def ask(cluster: CoreCluster, *tasks: tuple[str, str | None], id: FrameworkId = ID) -> list[tuple[str, TaskState]]:
    cluster.forget()
    asked = tuple(
        ReconciledTask(task_id=TaskId(task_id), agent_id=AgentId(agent_id) if agent_id else None)
        for task_id, agent_id in tasks
    )
    cluster.send(SCHEDULER, Reconciliation(framework_id=id, tasks=asked))
    statuses = cluster.statuses(SCHEDULER)
    assert all(status.reason is Reason.RECONCILIATION and status.uuid is None for status in statuses)
    return [(status.task_id, status.state) for status in statuses]


def test_a_known_task_is_in_the_state_that_was_forwarded_last() -> None:
    cluster = a_cluster()
    cluster.a_task(ID)
    cluster.send(AGENT, an_update(ID, "t", state=TaskState.RUNNING, latest=TaskState.FINISHED))

    assert ask(cluster, ("t", None)) == [("t", TaskState.RUNNING)]


def test_a_task_that_is_being_launched_is_staging() -> None:
    cluster = a_cluster()
    offer = cluster.an_offer(ID)
    cluster.holds_answers = True
    cluster.send(SCHEDULER, an_acceptance(offer, a_task_info("t", AGENT_ID)))

    assert ask(cluster, ("t", None)) == [("t", TaskState.STAGING)]
    assert ask(cluster) == [("t", TaskState.STAGING)]


def test_asking_for_nothing_asks_for_all_that_have_not_ended() -> None:
    cluster = a_cluster()
    for name in ("a", "b", "c"):
        cluster.a_task(ID, name)
    cluster.send(AGENT, an_update(ID, "a", state=TaskState.FINISHED))
    cluster.send(AGENT, an_update(ID, "b", state=TaskState.RUNNING))

    assert ask(cluster) == [("b", TaskState.RUNNING), ("c", TaskState.STAGING)]


@pytest.mark.parametrize(("capabilities", "state"), [((), TaskState.LOST), ((AWARE,), TaskState.GONE)])
def test_a_task_that_its_registered_agent_does_not_have_is_gone(
    capabilities: tuple[Capability, ...], state: TaskState
) -> None:
    assert ask(a_cluster(*capabilities), ("x", "m-S0")) == [("x", state)]


@pytest.mark.parametrize(("capabilities", "state"), [((), TaskState.LOST), ((AWARE,), TaskState.UNREACHABLE)])
def test_a_task_of_an_unreachable_agent_is_unreachable_known_or_not(
    capabilities: tuple[Capability, ...], state: TaskState
) -> None:
    cluster = a_cluster(*capabilities)
    cluster.a_task(ID)
    cluster.advance(75 * SECOND)

    assert ask(cluster, ("t", "m-S0"), ("x", "m-S0")) == [("t", state), ("x", state)]


@pytest.mark.parametrize(("capabilities", "state"), [((), TaskState.LOST), ((AWARE,), TaskState.UNKNOWN)])
@pytest.mark.parametrize("agent_id", [None, "old-S0", "m-S9"])
def test_of_an_unknown_agent_nothing_is_known(
    agent_id: str | None, capabilities: tuple[Capability, ...], *, state: TaskState
) -> None:
    cluster = a_cluster(*capabilities)
    cluster.now = LATER

    assert ask(cluster, ("x", agent_id)) == [("x", state)]


@BOTH
@pytest.mark.parametrize(("agent_id", "silent"), [(None, True), ("old-S0", True), ("m-S0", False), ("m-S9", False)])
def test_nothing_is_said_of_old_agents_that_may_still_find_the_new_master(
    agent_id: str | None, silent: bool, *, capabilities: tuple[Capability, ...]
) -> None:
    cluster = CoreCluster()
    cluster.an_agent()
    info = a_framework_info(*capabilities, id=FrameworkId("old-0000"))
    cluster.send(SCHEDULER, FrameworkSubscription(framework=info))
    cluster.now = LATER - 1

    assert (ask(cluster, ("x", agent_id), id=FrameworkId("old-0000")) == []) == silent


@pytest.mark.parametrize("agent_id", [None, "old-S0"])
def test_a_framework_that_is_no_older_than_the_master_has_nothing_to_wait_for(agent_id: str | None) -> None:
    assert ask(a_cluster(), ("x", agent_id)) == [("x", TaskState.LOST)]


@pytest.mark.parametrize("agent_id", [None, "m-S1"])
def test_nothing_is_said_while_an_agent_is_being_admitted(agent_id: str | None) -> None:
    cluster = a_cluster()
    cluster.now = LATER
    cluster.holds_answers = True
    cluster.send(a_pid("slave(2)"), AgentRegistration(agent=an_agent_info(), version="0.1.0"))

    assert ask(cluster, ("x", agent_id)) == []


def test_more_questions_than_anybody_has_are_refused() -> None:
    cluster = CoreCluster(limits=Limits(reconciled_tasks=2))
    cluster.a_framework()
    tasks = (ReconciledTask(task_id=TaskId("x")),) * 3

    with pytest.raises(InvalidCall, match="expected at most"):
        cluster.send(SCHEDULER, Reconciliation(framework_id=ID, tasks=tasks))
