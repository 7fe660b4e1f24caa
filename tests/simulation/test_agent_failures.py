"""Agents that crash, stop, fall silent and come back (MA-05 to MA-07, MA-11, TS-08)."""

from __future__ import annotations

from mesos_py.protocol.framework import Capability
from mesos_py.protocol.task import Reason, TaskState
from mesos_py.simulation.cluster import Cluster
from tests.simulation.probe import CHECKED, MINUTE, SECOND, Stage, a_framework, batch, finish, settle_down

UNREACHABLE_NS = 5 * 15 * SECOND  # Five pings that are not answered, one every fifteen seconds.


def test_what_a_crashed_agent_ran_is_lost_and_run_elsewhere() -> None:
    cluster, work = Cluster(seed=3, agents=3, options=CHECKED), batch(20, 20 * SECOND)
    cluster.add_framework(work)
    assert cluster.run_until(lambda: work.finished >= 4, limit_ns=5 * MINUTE)

    cluster.crash_agent(0)
    finish(cluster, work)

    assert work.heard[TaskState.LOST] > 0
    assert work.heard[TaskState.FINISHED] == 20


def test_an_agent_that_starts_again_is_a_new_agent_and_what_it_ran_is_lost_at_once() -> None:
    stage = Stage()
    stage.run("t")
    old = stage.agent_id

    stage.cluster.crash_agent(0)
    stage.cluster.restart_agent(0)
    stage.wait(lambda: stage.probe.states("t")[-1] is TaskState.LOST, limit_ns=30 * SECOND)
    settle_down(stage.cluster)

    assert stage.probe.lost_agents == [old]
    assert stage.agent_id != old
    assert [offer.agent_id for offer in stage.probe.offers.values()] == [stage.agent_id]


def test_an_agent_that_is_stopped_in_good_order_kills_its_tasks_and_leaves() -> None:
    stage = Stage()
    stage.run("t")

    stage.cluster.stop_agent(0)
    stage.cluster.advance(SECOND)

    assert stage.probe.states("t")[-1].is_terminal
    assert not stage.cluster.master.books.agents
    assert not stage.probe.offers


def test_tasks_of_a_silent_agent_are_unreachable_and_run_again_when_it_is_back() -> None:
    stage = Stage(a_framework(Capability.PARTITION_AWARE))
    stage.run("t")
    containers = list(stage.cluster.agents[0].books.containers)

    stage.cluster.partition(stage.cluster.agents[0])
    stage.wait(lambda: stage.probe.states("t")[-1] is TaskState.UNREACHABLE, limit_ns=2 * UNREACHABLE_NS)
    stage.cluster.heal(stage.cluster.agents[0])
    stage.wait(lambda: stage.probe.states("t")[-1] is TaskState.RUNNING, limit_ns=5 * MINUTE)
    settle_down(stage.cluster)

    assert stage.probe.updates[-1].reason is Reason.SLAVE_REREGISTERED
    assert list(stage.cluster.agents[0].books.containers) == containers
    assert list(stage.cluster.master.books.agents) == [stage.agent_id]


def test_a_framework_that_knows_no_partitions_is_told_lost_and_hears_of_the_return_all_the_same() -> None:
    stage = Stage(a_framework())
    stage.run("t")

    stage.cluster.partition(stage.cluster.agents[0])
    stage.wait(lambda: stage.probe.states("t")[-1] is TaskState.LOST, limit_ns=2 * UNREACHABLE_NS)
    stage.cluster.heal(stage.cluster.agents[0])
    stage.wait(lambda: stage.probe.states("t")[-1] is TaskState.RUNNING, limit_ns=5 * MINUTE)

    settle_down(stage.cluster)


def test_a_partition_shorter_than_the_pings_allow_is_no_loss() -> None:
    stage = Stage(a_framework(Capability.PARTITION_AWARE))
    stage.run("t")

    stage.cluster.partition(stage.cluster.agents[0])
    stage.cluster.advance(30 * SECOND)
    stage.cluster.heal(stage.cluster.agents[0])
    stage.cluster.advance(2 * MINUTE)
    settle_down(stage.cluster)

    assert stage.probe.states("t")[-1] is TaskState.RUNNING
    assert TaskState.UNREACHABLE not in stage.probe.states("t")
    assert not stage.probe.lost_agents


def test_without_checkpointing_tasks_are_lost_with_the_connection_of_their_agent() -> None:
    stage = Stage(a_framework(Capability.PARTITION_AWARE, checkpoint=False))
    stage.run("t")

    stage.cluster.partition(stage.cluster.agents[0])
    stage.wait(lambda: stage.probe.states("t")[-1] is TaskState.LOST, limit_ns=10 * SECOND)

    assert stage.probe.updates[-1].reason is Reason.SLAVE_DISCONNECTED


def test_offers_of_a_disconnected_agent_are_rescinded() -> None:
    stage = Stage(agents=2)

    stage.cluster.crash_agent(0)
    stage.cluster.advance(SECOND)

    assert [offer.agent_id for offer in stage.probe.offers.values()] == [stage.cluster.agents[1].books.agent_id]


def test_a_killed_task_of_an_agent_that_is_away_is_killed_when_it_is_back() -> None:
    stage = Stage(a_framework(Capability.PARTITION_AWARE))
    stage.run("t")
    driver = type(stage.framework.driver)

    stage.cluster.partition(stage.cluster.agents[0])
    stage.cluster.advance(20 * SECOND)
    stage.framework.call(driver.kill, stage.probe.updates[0].task_id)
    stage.cluster.heal(stage.cluster.agents[0])
    stage.wait(lambda: stage.probe.states("t")[-1] is TaskState.KILLED, limit_ns=5 * MINUTE)

    settle_down(stage.cluster)


def test_updates_that_are_lost_on_the_way_come_again() -> None:
    cluster, work = Cluster(seed=5, agents=2, options=CHECKED), batch(20, 5 * SECOND)
    cluster.run_until_registered()
    for agent in cluster.agents:
        cluster.drop(agent, rate=0.3)

    cluster.add_framework(work)
    assert cluster.run_until(lambda: work.is_finished, limit_ns=20 * MINUTE)
    for agent in cluster.agents:
        cluster.drop(agent, rate=0)
    cluster.advance(20 * MINUTE)
    cluster.check_quiet()

    assert cluster.network.metrics.counter("network/lost/dropped").value > 0
    assert work.heard[TaskState.FINISHED] >= 20
