"""The agent's actor, whole, in a simulation: a small master on another node, simulated executors on its own."""

from __future__ import annotations

import json

import pytest

from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from mesos_py.protocol.ids import ExecutorId, TaskId
from mesos_py.protocol.messages.master_agent import (
    AgentRegistration,
    AgentReregistration,
    AgentShutdown,
    AgentUnregistration,
    ExecutorExited,
    FrameworkShutdown,
    Pong,
    TaskKill,
    TaskLaunch,
)
from mesos_py.protocol.messages.master_framework import StatusUpdate
from mesos_py.protocol.task import Reason, TaskState
from slave.slave import Slave
from tests.slave.builders import (
    FRAMEWORK_ID,
    SCHEDULER,
    a_command_task,
    a_framework,
    a_launch,
    an_executor_info,
)
from tests.slave.cluster import SECOND, SmallCluster, SmallMaster

STARTING, RUNNING, FINISHED = TaskState.STARTING, TaskState.RUNNING, TaskState.FINISHED
FAILED, KILLED, LOST = TaskState.FAILED, TaskState.KILLED, TaskState.LOST


def a_simulated(id: str, model: str) -> TaskLaunch:
    task = a_command_task(id, f"simulate {model}")
    return TaskLaunch(framework=a_framework(), scheduler=SCHEDULER, executor=None, task=task)


def kill(id: str) -> TaskKill:
    return TaskKill(framework_id=FRAMEWORK_ID, task_id=TaskId(id))


def get(cluster: SmallCluster, target: str) -> Response:
    answer = cluster.agent_node.request(Request.of("GET", f"/slave(1){target}", headers={}, body=b"", peer="10.0.0.9"))
    cluster.simulation.settle()
    return answer.get()


def test_an_agent_registers_and_answers_pings() -> None:
    cluster = SmallCluster().register()

    cluster.simulation.advance(40 * SECOND)

    assert len(cluster.master.of(AgentRegistration)) >= 1
    assert len(cluster.master.of(Pong)) == 2


def test_a_command_task_runs_and_its_executor_goes_when_its_end_is_acknowledged() -> None:
    cluster = SmallCluster().register()

    cluster.tell(a_simulated("t1", "duration=30secs"))
    cluster.until("t1", FINISHED)
    cluster.simulation.advance(SECOND)

    assert cluster.master.states("t1") == [STARTING, RUNNING, FINISHED]
    assert cluster.agent.books.frameworks == {}
    assert not [id for id in cluster.agent_node.kernel.mailboxes if id.startswith("executor")]


@pytest.mark.parametrize(
    ("model", "states"),
    [
        ("exit=0", [STARTING, RUNNING, FINISHED]),
        ("exit=3", [STARTING, RUNNING, FAILED]),
        ("fate=never", [FAILED]),
        ("fate=crashes", [STARTING, RUNNING, FAILED]),
        ("nonsense=1", [FAILED]),
    ],
)
def test_a_task_meets_the_fate_of_its_model(model: str, states: list[TaskState]) -> None:
    cluster = SmallCluster().register()

    cluster.tell(a_simulated("t1", model))
    cluster.until("t1", states[-1])

    assert cluster.master.states("t1") == states


def test_a_task_that_runs_for_ever_can_be_killed() -> None:
    cluster = SmallCluster().register()
    cluster.tell(a_simulated("t1", "fate=forever"))
    cluster.until("t1", RUNNING)

    cluster.tell(kill("t1"))
    cluster.until("t1", KILLED)

    assert cluster.master.states("t1") == [STARTING, RUNNING, KILLED]


def test_an_executor_is_shared_and_stays_for_more_tasks() -> None:
    cluster = SmallCluster().register()
    for id in ("t1", "t2", "t3"):
        cluster.tell(a_launch(id))
        cluster.until(id, FINISHED)

    executors = cluster.agent.books.frameworks[FRAMEWORK_ID].live

    assert list(executors) == ["e1"]
    assert len(executors[ExecutorId("e1")].tasks.completed) == 3


def test_updates_are_repeated_until_the_scheduler_acknowledges_them() -> None:
    cluster = SmallCluster().register()
    cluster.master.acknowledges = False
    cluster.tell(a_simulated("t1", "duration=1secs"))

    cluster.simulation.advance(35 * SECOND)
    assert cluster.master.states("t1") == [STARTING, STARTING, STARTING]
    assert {update.latest_state for update in cluster.master.of(StatusUpdate)[1:]} == {"TASK_FINISHED"}
    cluster.master.acknowledges = True
    cluster.until("t1", FINISHED)

    assert cluster.master.states("t1")[-2:] == [RUNNING, FINISHED]


def test_tasks_keep_running_while_the_master_is_replaced_and_are_reported_to_the_next() -> None:
    cluster = SmallCluster().register()
    cluster.tell(a_simulated("t1", "duration=20secs"))
    cluster.until("t1", RUNNING)
    cluster.simulation.advance(SECOND)

    master = cluster.new_master()
    assert cluster.simulation.run_until(lambda: master.of(AgentReregistration), limit_ns=30 * SECOND)
    cluster.until("t1", FINISHED)

    returned = master.of(AgentReregistration)[0]
    assert [(task.task_id, task.state) for task in returned.tasks] == [("t1", RUNNING)]
    assert master.states("t1") == [FINISHED]


def test_what_happens_without_a_master_is_told_to_the_next_one() -> None:
    cluster = SmallCluster().register()
    cluster.tell(a_simulated("t1", "duration=5secs"))
    cluster.until("t1", RUNNING)
    cluster.simulation.advance(SECOND)
    cluster.simulation.crash(cluster.master_node)
    cluster.simulation.advance(20 * SECOND)

    cluster.master_node = cluster.simulation.node("10.0.0.1")
    cluster.master = SmallMaster()
    cluster.master_node.spawn(cluster.master)
    cluster.until("t1", FINISHED, limit_ns=120 * SECOND)

    (returned, *_) = cluster.master.of(AgentReregistration)
    assert [(task.state, task.status_state) for task in returned.tasks] == [(FINISHED, FINISHED)]


def test_a_silent_master_is_left_and_found_again() -> None:
    cluster = SmallCluster().register()
    cluster.master.pings = False

    found = cluster.simulation.run_until(lambda: cluster.master.of(AgentReregistration), limit_ns=90 * SECOND)

    assert found


def test_a_partition_heals_into_a_reregistration() -> None:
    cluster = SmallCluster().register()
    cluster.tell(a_simulated("t1", "duration=200secs"))
    cluster.until("t1", RUNNING)
    cluster.simulation.network.partition(cluster.master_node, cluster.agent_node)
    cluster.simulation.advance(100 * SECOND)

    cluster.simulation.network.heal(cluster.master_node, cluster.agent_node)
    cluster.until("t1", FINISHED, limit_ns=300 * SECOND)

    assert cluster.master.of(AgentReregistration)


def test_a_crash_of_the_executor_loses_its_other_tasks_and_is_told_to_the_master() -> None:
    cluster = SmallCluster().register()
    info = an_executor_info()
    cluster.tell(a_launch("t1", executor=info, label="fate=forever"))
    cluster.until("t1", RUNNING)
    cluster.tell(a_launch("t2", executor=info, label="fate=crashes"))
    cluster.until("t1", LOST)

    lost = [update.status for update in cluster.master.of(StatusUpdate) if update.status.state is LOST]
    assert {status.task_id for status in lost} == {"t1", "t2"}
    assert {status.reason for status in lost} == {Reason.EXECUTOR_TERMINATED}
    assert [exited.exit_status for exited in cluster.master.of(ExecutorExited)] == [139]


def test_a_removed_frameworks_executors_end() -> None:
    cluster = SmallCluster().register()
    cluster.tell(a_launch("t1", label="fate=forever"))
    cluster.until("t1", RUNNING)

    cluster.tell(FrameworkShutdown(framework_id=FRAMEWORK_ID))
    cluster.simulation.advance(SECOND)

    assert cluster.agent.books.containers == {}
    assert KILLED not in cluster.master.states("t1")


@pytest.mark.parametrize("by_master", [True, False])
def test_an_agent_that_stops_ends_its_tasks_says_goodbye_and_leaves_nothing_behind(by_master: bool) -> None:
    cluster = SmallCluster().register()
    cluster.tell(a_simulated("t1", "fate=forever"))
    cluster.until("t1", RUNNING)
    ended = cluster.agent_node.wait(cluster.agent.pid)

    if by_master:
        cluster.tell(AgentShutdown(message="go"))
    else:
        cluster.agent_node.dispatch(cluster.agent.pid, Slave.stop)
    cluster.simulation.advance(SECOND)

    assert ended.is_ready
    assert cluster.master.states("t1")[-1] is KILLED
    assert len(cluster.master.of(AgentUnregistration)) == 1
    assert not [id for id in cluster.agent_node.kernel.mailboxes if "executor" in id or "container" in id]


def test_a_message_that_breaks_the_rules_changes_nothing_and_is_counted() -> None:
    cluster = SmallCluster().register()

    cluster.tell(a_simulated("../escape", "exit=0"))

    assert cluster.agent.books.frameworks == {}
    assert cluster.agent_node.metrics.counters()["libprocess/protocol_errors"] == 1


def test_equal_seeds_give_equal_runs_and_others_do_not() -> None:
    def run(seed: int) -> str:
        cluster = SmallCluster(seed).register()
        cluster.tell(a_simulated("t1", "duration=3secs"))
        cluster.until("t1", FINISHED)
        return cluster.simulation.digest()

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_the_state_shows_what_runs_without_secrets() -> None:
    cluster = SmallCluster().register()
    cluster.tell(a_launch("t1", executor=an_executor_info(data=b"secret key"), label="fate=forever"))
    cluster.until("t1", RUNNING)

    body = get(cluster, "/state").body

    state = json.loads(body)
    assert b"secret" not in body
    assert cluster.agent.books.executor(FRAMEWORK_ID, ExecutorId("e1")).token.encode() not in body
    assert state["id"] == "M-S0"
    (framework,) = state["frameworks"]
    (executor,) = framework["executors"]
    assert executor["tasks"][0]["state"] == "TASK_RUNNING"
    assert executor["resources"]["cpus"] == 1.5


def test_containers_and_their_statistics_are_listed() -> None:
    cluster = SmallCluster().register()
    assert json.loads(get(cluster, "/containers").body) == []
    cluster.tell(a_launch("t1", label="fate=forever"))
    cluster.until("t1", RUNNING)

    (container,) = json.loads(get(cluster, "/containers").body)
    (statistics,) = json.loads(get(cluster, "/monitor/statistics").body)

    assert container["executor_id"] == statistics["executor_id"] == "e1"
    assert container["statistics"]["cpus_limit"] == 1.5
    assert "container_id" not in statistics


@pytest.mark.parametrize(("target", "status"), [("/health", 200), ("/flags", 200), ("/files/browse?path=/", 404)])
def test_an_endpoint_answers(target: str, status: int) -> None:
    assert get(SmallCluster().register(), target).status == status


def test_metrics_follow_the_books() -> None:
    cluster = SmallCluster().register()
    cluster.tell(a_launch("t1", label="fate=forever"))
    cluster.tell(a_simulated("t2", "exit=1"))
    cluster.until("t2", FAILED)

    gauges = cluster.agent_node.metrics.gauges()

    values = {name: gauges[f"slave/{name}"]() for name in ("registered", "tasks_running", "tasks_failed", "cpus_used")}
    assert values == {"registered": 1.0, "tasks_running": 1, "tasks_failed": 1, "cpus_used": 1.5}
