"""A master that crashes and comes back on its address with empty books (MA-03, HA-04)."""

from __future__ import annotations

from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import TaskId
from mesos_py.protocol.messages.master_framework import ReconciledTask
from mesos_py.protocol.task import TaskState
from mesos_py.simulation.cluster import Cluster
from tests.simulation.probe import CHECKED, HOUR, MINUTE, SECOND, Stage, a_framework, batch, finish, settle_down


def fail_over(cluster: Cluster, away_ns: int = 10 * SECOND) -> None:
    """Another master, and everybody has found it."""
    cluster.crash_master()
    cluster.advance(away_ns)
    cluster.restart_master()
    cluster.run_until_registered(limit_ns=2 * MINUTE)


def test_running_tasks_go_on_in_the_same_containers() -> None:
    cluster, work = Cluster(seed=7, agents=3, options=CHECKED), batch(12, HOUR)
    cluster.add_framework(work, a_framework(failover_timeout_ns=HOUR))
    assert cluster.run_until(lambda: list(work.states.values()) == [TaskState.RUNNING] * 12, limit_ns=MINUTE)
    containers = [list(agent.books.containers) for agent in cluster.agents]
    tasks = list(work.states)

    fail_over(cluster)
    cluster.advance(MINUTE)
    cluster.check_quiet()

    assert [list(agent.books.containers) for agent in cluster.agents] == containers
    assert list(work.states) == tasks
    assert work.subscriptions == 2


def test_agents_and_frameworks_keep_their_ids() -> None:
    stage = Stage(a_framework(failover_timeout_ns=HOUR))
    stage.run("t")
    ids = stage.agent_id, stage.framework.driver.framework_id
    old = stage.cluster.master.books.settings.master.id

    fail_over(stage.cluster)
    stage.wait(lambda: stage.probe.joins == 2)
    settle_down(stage.cluster)

    books = stage.cluster.master.books
    assert books.settings.master.id != old
    assert (next(iter(books.agents)), next(iter(books.frameworks))) == ids
    assert stage.probe.disconnects == 1


def test_offers_of_the_old_master_are_void_and_new_ones_are_made() -> None:
    stage = Stage(a_framework(failover_timeout_ns=HOUR))
    (old,) = stage.probe.offers

    fail_over(stage.cluster)
    stage.wait(lambda: stage.probe.offers)

    assert old not in stage.probe.offers
    settle_down(stage.cluster)


def test_a_batch_finishes_across_two_failovers() -> None:
    cluster, work = Cluster(seed=9, agents=3, options=CHECKED), batch(60, 20 * SECOND)
    cluster.add_framework(work, a_framework(Capability.PARTITION_AWARE, failover_timeout_ns=HOUR))

    assert cluster.run_until(lambda: work.finished >= 10, limit_ns=20 * MINUTE)
    fail_over(cluster)
    assert cluster.run_until(lambda: work.finished >= 30, limit_ns=20 * MINUTE)
    fail_over(cluster)

    finish(cluster, work)
    assert work.heard[TaskState.FINISHED] == 60


def test_a_task_that_ends_while_there_is_no_master_is_reported_to_the_next_one() -> None:
    stage = Stage(a_framework(failover_timeout_ns=HOUR))
    stage.launch("t", duration_ns=20 * SECOND)
    stage.wait(lambda: stage.probe.states("t")[-1:] == [TaskState.RUNNING])

    fail_over(stage.cluster, away_ns=MINUTE)
    stage.wait(lambda: stage.probe.states("t")[-1] is TaskState.FINISHED)

    settle_down(stage.cluster)


def test_a_new_master_says_nothing_of_tasks_whose_agent_may_still_come() -> None:
    stage = Stage(a_framework(failover_timeout_ns=HOUR))
    stage.run("t")
    agent_id = stage.agent_id
    stage.cluster.crash_master()
    stage.cluster.crash_agent(0)
    stage.cluster.restart_master()
    stage.wait(lambda: stage.probe.joins == 2, limit_ns=2 * MINUTE)
    asked = ReconciledTask(task_id=TaskId("t"), agent_id=agent_id)
    heard = len(stage.probe.updates)

    stage.framework.call(type(stage.framework.driver).reconcile, (asked,))
    stage.cluster.advance(MINUTE)
    silent = stage.probe.updates[heard:]
    stage.cluster.advance(10 * MINUTE)
    stage.framework.call(type(stage.framework.driver).reconcile, (asked,))
    stage.cluster.advance(SECOND)

    assert silent == []
    assert [status.state for status in stage.probe.updates[heard:]] == [TaskState.LOST]


def test_both_kinds_of_reconciliation_answer_after_a_failover() -> None:
    stage = Stage(a_framework(failover_timeout_ns=HOUR))
    stage.run("t", "u")

    fail_over(stage.cluster)
    stage.wait(lambda: stage.probe.joins == 2)

    assert [(s.task_id, s.state) for s in stage.reconcile("u")] == [("u", TaskState.RUNNING)]
    assert {s.task_id: s.state for s in stage.reconcile()} == {"t": TaskState.RUNNING, "u": TaskState.RUNNING}
