"""The master's metrics: names that alerts rely on (MO-01), and that they begin at zero."""

from __future__ import annotations

from mesos_py.protocol.ids import FrameworkId, TaskId
from mesos_py.protocol.messages import master_framework as mf
from mesos_py.protocol.task import TaskState
from tests.master.builders import SECOND, a_framework_info, a_task_info, an_acceptance, an_update
from tests.master.simulated_cluster import Agent, Scheduler, SimulatedCluster

KNOWN = """uptime_secs elected slaves_active slaves_inactive slaves_connected slaves_disconnected slaves_unreachable
frameworks_active frameworks_inactive frameworks_connected frameworks_disconnected outstanding_offers tasks_staging
tasks_starting tasks_running tasks_killing tasks_unreachable tasks_finished tasks_failed tasks_killed tasks_lost
tasks_error tasks_dropped tasks_gone messages_register_framework messages_reregister_framework
messages_unregister_framework messages_kill_task messages_status_update messages_status_update_acknowledgement
messages_framework_to_executor messages_launch_tasks messages_decline_offers messages_revive_offers
messages_suppress_offers messages_reconcile_tasks messages_register_slave messages_reregister_slave
messages_unregister_slave messages_exited_executor dropped_messages invalid_status_updates valid_status_updates
slave_registrations slave_reregistrations slave_removals slave_removals/reason_unhealthy cpus_total cpus_used
cpus_percent mem_total mem_used mem_percent disk_total disk_used disk_percent gpus_total cpus_revocable_total"""


def test_every_metric_that_is_known_is_there_from_the_start() -> None:
    cluster = SimulatedCluster()

    values = {name: cluster.metric(f"master/{name}") for name in KNOWN.split()}

    assert values.pop("elected") == 1
    assert not any(values.values())


def test_messages_are_counted_by_what_they_are() -> None:
    cluster = SimulatedCluster()
    scheduler = cluster.scheduler()

    cluster.do(scheduler, Scheduler.subscribe, a_framework_info(id=scheduler.id))
    cluster.do(scheduler, Scheduler.tell, mf.TaskKillRequest(framework_id=FrameworkId("nobody"), task_id=TaskId("t")))

    assert cluster.metric("master/messages_register_framework") == 1
    assert cluster.metric("master/messages_reregister_framework") == 1
    assert cluster.metric("master/messages_kill_task") == 1
    assert cluster.metric("master/dropped_messages") == 1


def test_the_resources_in_use_follow_the_tasks() -> None:
    cluster = SimulatedCluster()
    agent, scheduler = cluster.agent(), cluster.scheduler()
    cluster.advance(2 * SECOND)
    before = cluster.metric("master/cpus_used")

    cluster.do(scheduler, Scheduler.tell, an_acceptance(scheduler.offers[0], a_task_info("t", agent.id)))

    assert before == 0
    assert (cluster.metric("master/cpus_used"), cluster.metric("master/cpus_total")) == (1, 4)
    assert cluster.metric("master/cpus_percent") == 0.25

    cluster.do(agent, Agent.tell, an_update(scheduler.id, "t", state=TaskState.FINISHED))

    assert cluster.metric("master/cpus_percent") == 0
