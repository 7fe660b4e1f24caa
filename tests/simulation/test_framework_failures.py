"""Schedulers that crash, fail over and stop (MA-02 to MA-04, MA-23)."""

from __future__ import annotations

from mesos_py.protocol.task import TaskState
from mesos_py.simulation.cluster import Cluster
from tests.simulation.probe import CHECKED, HOUR, MINUTE, SECOND, Probe, Stage, a_framework, batch, finish, settle_down


def is_clean(cluster: Cluster) -> bool:
    """Nothing runs, nothing is held, no framework is left."""
    books = cluster.master.books
    idle = all(not agent.books.containers and not agent.books.frameworks for agent in cluster.agents)
    free = all(not agent.held for agent in cluster.master.allocator.books.agents.values())
    return idle and free and not books.frameworks and not books.offers


def test_without_a_failover_timeout_tasks_die_with_their_scheduler() -> None:
    stage = Stage(a_framework())
    stage.run("t", "u")

    stage.cluster.crash_framework(stage.framework)
    stage.cluster.advance(20 * SECOND)

    assert is_clean(stage.cluster)
    settle_down(stage.cluster)


def test_within_the_failover_timeout_tasks_go_on_and_after_it_they_are_killed() -> None:
    stage = Stage(a_framework(failover_timeout_ns=2 * MINUTE))
    stage.run("t")

    stage.cluster.crash_framework(stage.framework)
    stage.cluster.advance(MINUTE)
    running = len(stage.cluster.agents[0].books.containers)
    stage.cluster.advance(90 * SECOND)

    assert running == 1
    assert is_clean(stage.cluster)


def test_another_scheduler_takes_over_within_the_timeout_and_keeps_the_tasks() -> None:
    stage = Stage(a_framework(failover_timeout_ns=2 * MINUTE))
    stage.run("t")
    containers = list(stage.cluster.agents[0].books.containers)

    stage.cluster.crash_framework(stage.framework)
    stage.cluster.advance(MINUTE)
    successor = Probe()
    framework = stage.cluster.fail_over(stage.framework, successor)
    stage.cluster.advance(5 * MINUTE)
    settle_down(stage.cluster)

    assert successor.joins == 1
    assert framework.driver.framework_id == stage.framework.driver.framework_id
    assert list(stage.cluster.agents[0].books.containers) == containers


def test_a_scheduler_that_is_pushed_out_by_its_successor_is_told_and_ends_nothing() -> None:
    stage = Stage(a_framework(failover_timeout_ns=2 * MINUTE))
    stage.run("t")

    stage.cluster.fail_over(stage.framework, Probe())
    stage.cluster.advance(5 * MINUTE)

    assert stage.probe.errors == ["Framework failed over"]
    assert len(stage.cluster.agents[0].books.containers) == 1


def test_a_scheduler_that_comes_after_the_timeout_is_refused() -> None:
    stage = Stage(a_framework(failover_timeout_ns=MINUTE))
    stage.cluster.crash_framework(stage.framework)
    stage.cluster.advance(2 * MINUTE)

    late = Probe()
    stage.cluster.fail_over(stage.framework, late)
    stage.cluster.advance(10 * SECOND)

    assert late.errors == ["Framework has been removed"]
    assert late.joins == 0


def test_a_scheduler_that_stops_takes_its_tasks_along_at_once() -> None:
    stage = Stage(a_framework(failover_timeout_ns=HOUR))
    stage.run("t")

    stage.cluster.stop_framework(stage.framework)
    stage.cluster.advance(20 * SECOND)

    assert is_clean(stage.cluster)


def test_a_scheduler_that_stops_for_its_successor_leaves_its_tasks() -> None:
    stage = Stage(a_framework(failover_timeout_ns=HOUR))
    stage.run("t")

    stage.cluster.stop_framework(stage.framework, failover=True)
    stage.cluster.advance(20 * SECOND)

    assert len(stage.cluster.agents[0].books.containers) == 1


def test_updates_wait_for_the_successor_of_a_crashed_scheduler() -> None:
    stage = Stage(a_framework(failover_timeout_ns=HOUR))
    stage.launch("t", duration_ns=30 * SECOND)
    stage.wait(lambda: stage.probe.states("t")[-1:] == [TaskState.RUNNING])

    stage.cluster.crash_framework(stage.framework)
    stage.cluster.advance(MINUTE)
    successor = Probe()
    stage.cluster.fail_over(stage.framework, successor)
    stage.wait(lambda: successor.states("t") == [TaskState.FINISHED], limit_ns=20 * MINUTE)

    settle_down(stage.cluster)


def test_one_framework_ends_and_the_other_gets_what_it_held() -> None:
    cluster = Cluster(seed=4, agents=2, options=CHECKED)
    selfish, patient = batch(8, HOUR), batch(8, 10 * SECOND)
    first = cluster.add_framework(selfish)
    assert cluster.run_until(lambda: len(selfish.attempts) == 8, limit_ns=MINUTE)
    cluster.add_framework(patient)
    cluster.advance(MINUTE)
    waiting = patient.finished

    cluster.crash_framework(first)
    finish(cluster, patient)

    assert waiting == 0
