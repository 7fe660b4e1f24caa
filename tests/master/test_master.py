"""The master's actor, whole, in a simulation: with its allocator, over the wire."""

from __future__ import annotations

from libprocess_py.pid import PID
from mesos_py.protocol.ids import AgentId, ExecutorId, FrameworkId, TaskId
from mesos_py.protocol.messages import master_agent as ma
from mesos_py.protocol.messages import master_framework as mf
from mesos_py.protocol.messages.master_allocator import Allocation, ResourcesAllocated
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import Reason, Task, TaskState
from tests.master.builders import SECOND, a_framework_info, a_task_info, a_uuid, an_acceptance, an_agent_info, an_update
from tests.master.simulated_cluster import Agent, Peer, Scheduler, SimulatedCluster


def a_running_task(cluster: SimulatedCluster, **changes: object) -> tuple[Scheduler, Agent]:
    agent = cluster.agent()
    scheduler = cluster.scheduler(info=a_framework_info(**changes))
    cluster.advance(2 * SECOND)
    cluster.do(scheduler, Scheduler.tell, an_acceptance(scheduler.offers[-1], a_task_info("t", agent.id)))
    cluster.do(agent, Agent.tell, an_update(scheduler.id, "t", state=TaskState.RUNNING))
    return scheduler, agent


def test_a_task_goes_from_offer_to_acknowledged_end() -> None:
    cluster = SimulatedCluster()
    scheduler, agent = a_running_task(cluster)

    cluster.do(agent, Agent.tell, an_update(scheduler.id, "t", state=TaskState.FINISHED, uuid=a_uuid(2)))
    acknowledgement = mf.StatusAcknowledgement(
        framework_id=scheduler.id, agent_id=agent.id, task_id=TaskId("t"), uuid=a_uuid(2)
    )
    cluster.do(scheduler, Scheduler.tell, acknowledgement)

    states = [update.status.state for update in scheduler.of(mf.StatusUpdate)]
    assert states == [TaskState.RUNNING, TaskState.FINISHED]
    assert agent.of(mf.StatusAcknowledgement) == [acknowledgement]
    assert cluster.metric("master/tasks_finished") == 1
    assert cluster.metric("master/tasks_running") == 0


def test_what_a_task_leaves_of_an_offer_is_offered_again() -> None:
    cluster = SimulatedCluster()
    scheduler, _ = a_running_task(cluster)

    cluster.advance(10 * SECOND)

    assert scheduler.offers[-1].resources.cpus == 3
    assert cluster.metric("master/cpus_used") == 1
    assert cluster.metric("master/cpus_percent") == 0.25


def test_an_agent_whose_node_crashed_is_offered_no_more_and_then_lost() -> None:
    cluster = SimulatedCluster()
    scheduler, agent = a_running_task(cluster)

    cluster.simulation.crash(agent.node)
    cluster.advance(SECOND)
    assert scheduler.of(mf.StatusUpdate)[-1].status.state is TaskState.LOST
    assert cluster.metric("master/slaves_disconnected") == 1
    cluster.advance(90 * SECOND)

    assert [message.agent_id for message in scheduler.of(mf.AgentLost)] == [agent.id]
    assert cluster.metric("master/slaves_unreachable") == 1


def test_an_agent_that_answers_no_pings_is_lost() -> None:
    cluster = SimulatedCluster()
    agent = cluster.agent()
    agent.answers_pings = False  # It has answered the first one.

    cluster.advance(89 * SECOND)
    assert cluster.metric("master/slaves_active") == 1
    cluster.advance(2 * SECOND)

    assert cluster.metric("master/slave_removals/reason_unhealthy") == 1


def test_an_agent_that_answers_its_pings_stays() -> None:
    cluster = SimulatedCluster()
    agent = cluster.agent()

    cluster.advance(600 * SECOND)

    assert cluster.metric("master/slaves_active") == 1
    assert len(agent.of(ma.Ping)) == 41


def test_a_framework_whose_scheduler_crashed_ends_after_its_failover_timeout() -> None:
    cluster = SimulatedCluster()
    scheduler, agent = a_running_task(cluster, failover_timeout_ns=30 * SECOND)

    cluster.simulation.crash(scheduler.node)
    cluster.advance(29 * SECOND)
    assert not agent.of(ma.FrameworkShutdown)
    cluster.advance(2 * SECOND)

    assert agent.of(ma.FrameworkShutdown)
    assert cluster.metric("master/tasks_killed") == 1
    assert cluster.metric("master/frameworks_inactive") == 0


def test_tasks_run_on_when_the_master_is_started_again_at_its_address() -> None:
    cluster = SimulatedCluster()
    scheduler, agent = a_running_task(cluster)
    id, info = scheduler.id, a_framework_info(id=scheduler.id)
    running = Task(
        task_id=TaskId("t"),
        name="t",
        framework_id=id,
        agent_id=agent.id,
        executor_id=None,
        state=TaskState.RUNNING,
        resources=Resources.of(cpus=1),
    )

    cluster.crash_master()
    cluster.advance(SECOND)
    assert agent.exits
    assert scheduler.exits
    cluster.start_master()
    cluster.do(agent, Agent.return_with, running)
    assert not agent.of(ma.AgentReregistered)  # Its framework was not described: the report is refused.
    agent.node.dispatch(agent.pid, _return, running)
    cluster.advance(SECOND)
    cluster.do(scheduler, Scheduler.subscribe, info)
    cluster.advance(5 * SECOND)

    assert scheduler.id == id
    assert agent.of(ma.AgentReregistered)[-1].agent_id == agent.id
    assert cluster.metric("master/tasks_running") == 1
    assert scheduler.offers[-1].resources.cpus == 3
    assert [update.status.state for update in scheduler.of(mf.StatusUpdate)] == [TaskState.RUNNING]


def _return(agent: Agent, task: Task) -> None:
    agent.return_with(task, frameworks=(a_framework_info(id=task.framework_id),))


def test_a_stranger_changes_nothing_and_is_counted() -> None:
    cluster = SimulatedCluster()
    scheduler, agent = a_running_task(cluster)
    stranger = Peer("scheduler(1)", cluster.master)
    cluster.spawn(stranger, host=66)

    for message in (
        mf.FrameworkUnsubscription(framework_id=scheduler.id),
        ma.AgentUnregistration(agent_id=agent.id),
        an_update(scheduler.id, "t", state=TaskState.FAILED),
        mf.TaskKillRequest(framework_id=scheduler.id, task_id=TaskId("t")),
    ):
        cluster.do(stranger, Peer.tell, message)

    assert cluster.metric("master/dropped_messages") == 4
    assert cluster.metric("master/tasks_running") == 1
    assert not agent.of(ma.TaskKill)


def test_allocations_come_from_the_allocator_only() -> None:
    cluster = SimulatedCluster()
    scheduler, agent = a_running_task(cluster)
    cluster.advance(10 * SECOND)
    offers = len(scheduler.offers)
    forged = Allocation(
        framework_id=scheduler.id, agent_id=agent.id, role="*", resources=Resources.of(cpus=4).allocate("*")
    )

    cluster.do(agent, Agent.tell, ResourcesAllocated(allocations=(forged,)))

    assert len(scheduler.offers) == offers
    assert cluster.metric("libprocess/protocol_errors") == 1


def test_a_declined_offer_comes_back_when_its_refusal_is_over() -> None:
    cluster = SimulatedCluster()
    cluster.agent()
    scheduler = cluster.scheduler()
    cluster.advance(2 * SECOND)
    (offer,) = scheduler.offers

    cluster.do(scheduler, Scheduler.tell, mf.OfferDecline(framework_id=scheduler.id, offer_ids=(offer.id,)))
    cluster.advance(4 * SECOND)
    assert len(scheduler.offers) == 1
    cluster.advance(3 * SECOND)

    assert len(scheduler.offers) == 2


def test_a_master_takes_its_allocator_and_its_metrics_along_when_it_ends() -> None:
    cluster = SimulatedCluster()

    cluster.node.terminate(cluster.master)
    cluster.simulation.settle()

    assert not cluster.node.metrics.gauges().keys() & {"master/elected", "allocator/mesos/resources/cpus/total"}


def test_a_master_ends_with_its_allocator() -> None:
    cluster = SimulatedCluster()
    gone = cluster.node.wait(cluster.master)

    cluster.node.terminate(PID("allocator", cluster.node.address))
    cluster.simulation.settle()

    assert gone.get()


def test_equal_seeds_make_equal_runs_and_others_do_not() -> None:
    def digest(seed: int) -> str:
        cluster = SimulatedCluster(seed)
        a_running_task(cluster)
        cluster.advance(20 * SECOND)
        return cluster.simulation.digest()

    assert digest(1) == digest(1)
    assert digest(1) != digest(2)


def test_each_master_has_an_id_of_its_own() -> None:
    first, second = SimulatedCluster(1).scheduler(), SimulatedCluster(2).scheduler()

    ids = [scheduler.of(mf.FrameworkSubscribed)[0].master.id for scheduler in (first, second)]

    assert ids[0] != ids[1]
    assert first.id == FrameworkId(f"{ids[0]}-0000")


def test_registrations_under_way_survive_a_partition() -> None:
    cluster = SimulatedCluster()
    agent = cluster.agent()
    cluster.simulation.network.partition(agent.node, cluster.node)
    cluster.advance(10 * SECOND)
    assert cluster.metric("master/slaves_disconnected") == 1

    cluster.simulation.network.heal(agent.node, cluster.node)
    cluster.do(agent, Agent.return_with)

    assert cluster.metric("master/slaves_active") == 1
    assert agent.of(ma.AgentReregistered)[0].agent_id == AgentId(agent.id)


def test_suppressed_offers_stop_and_revived_ones_come_again() -> None:
    cluster = SimulatedCluster()
    scheduler = cluster.scheduler()
    cluster.do(scheduler, Scheduler.tell, mf.OfferSuppression(framework_id=scheduler.id))
    cluster.agent()
    cluster.advance(5 * SECOND)
    assert not scheduler.offers

    cluster.do(scheduler, Scheduler.tell, mf.OfferRevival(framework_id=scheduler.id))

    assert len(scheduler.offers) == 1


def test_an_agent_that_returns_with_more_is_offered_in_full() -> None:
    cluster = SimulatedCluster()
    scheduler, agent = cluster.scheduler(), cluster.agent()
    larger = an_agent_info(8, id=agent.id)

    cluster.do(agent, Agent.tell, ma.AgentReregistration(agent=larger, version="0.1.0"))
    cluster.advance(2 * SECOND)

    assert scheduler.offers[-1].resources.cpus == 8


def test_an_agent_leaves_when_it_says_so() -> None:
    cluster = SimulatedCluster()
    scheduler, agent = a_running_task(cluster)

    cluster.do(agent, Agent.tell, ma.AgentUnregistration(agent_id=agent.id))

    assert scheduler.of(mf.AgentLost)
    assert cluster.metric("master/slave_removals/reason_unregistered") == 1


def test_questions_and_bytes_pass_through_the_master() -> None:
    cluster = SimulatedCluster()
    scheduler, agent = a_running_task(cluster)
    executor_id = ExecutorId("t")

    cluster.do(scheduler, Scheduler.tell, mf.Reconciliation(framework_id=scheduler.id))
    cluster.do(
        scheduler,
        Scheduler.tell,
        mf.SchedulerToExecutor(framework_id=scheduler.id, agent_id=agent.id, executor_id=executor_id, data=b"x"),
    )
    exited = ma.ExecutorExited(agent_id=agent.id, framework_id=scheduler.id, executor_id=executor_id, exit_status=0)
    cluster.do(agent, Agent.tell, exited)

    assert scheduler.of(mf.StatusUpdate)[-1].status.reason is Reason.RECONCILIATION
    assert [message.data for message in agent.of(mf.SchedulerToExecutor)] == [b"x"]
    assert scheduler.of(mf.ExecutorLost)[-1].executor_id == executor_id
