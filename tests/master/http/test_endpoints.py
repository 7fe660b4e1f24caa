"""The master's endpoints: shapes that readers rely on, and nothing that is nobody's business."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import ContainerId, TaskId
from mesos_py.protocol.messages import master_agent as ma
from mesos_py.protocol.messages import master_framework as mf
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import CommandInfo, ExecutorInfo, TaskState
from tests.master.builders import (
    SECOND,
    a_framework_info,
    a_task_info,
    a_uuid,
    an_acceptance,
    an_agent_info,
    an_executor_info,
    an_update,
)
from tests.master.simulated_cluster import Agent, Scheduler, SimulatedCluster

SECRET = "hunter2"
STATE_KEYS = """version git_sha git_tag build_date build_time build_user start_time elected_time id pid hostname
capabilities activated_slaves deactivated_slaves unreachable_slaves leader leader_info flags slaves recovered_slaves
frameworks completed_frameworks orphan_tasks unregistered_frameworks cluster"""
FRAMEWORK_KEYS = """id name used_resources offered_resources capabilities hostname webui_url active connected recovered
user failover_timeout checkpoint registered_time unregistered_time resources role tasks unreachable_tasks
completed_tasks offers executors pid"""
TASK_KEYS = "id name framework_id executor_id slave_id state resources role statuses"
SLAVE_KEYS = """id hostname port attributes pid registered_time resources used_resources offered_resources
reserved_resources unreserved_resources active deactivated version capabilities"""


def a_busy_cluster() -> tuple[SimulatedCluster, Scheduler, Agent]:
    """One agent; task `t` runs under an executor with secrets, task `u` has ended, the rest is offered."""
    cluster = SimulatedCluster(cluster="demo")
    agent = cluster.agent()
    scheduler = cluster.scheduler()
    cluster.advance(2 * SECOND)
    command = CommandInfo(value="run", environment=(("PASSWORD", SECRET),))
    executor: ExecutorInfo = replace(an_executor_info(data=SECRET.encode()), command=command)
    tasks = (
        a_task_info("t", agent.id, executor=executor),
        replace(a_task_info("u", agent.id), command=command, data=SECRET.encode(), labels=(("a", "b"),)),
    )
    cluster.do(scheduler, Scheduler.tell, an_acceptance(scheduler.offers[-1], *tasks))
    cluster.do(agent, Agent.tell, an_update(scheduler.id, "t", state=TaskState.RUNNING))
    cluster.do(agent, Agent.tell, an_update(scheduler.id, "u", state=TaskState.FINISHED))
    cluster.do(
        scheduler,
        Scheduler.tell,
        mf.StatusAcknowledgement(framework_id=scheduler.id, agent_id=agent.id, task_id=TaskId("u"), uuid=a_uuid()),
    )
    cluster.advance(10 * SECOND)
    return cluster, scheduler, agent


def get(cluster: SimulatedCluster, target: str) -> Any:
    response = cluster.http("GET", f"/master{target}")
    assert response.status == 200
    return json.loads(response.body)


def test_the_state_has_every_key_that_readers_know() -> None:
    cluster, scheduler, agent = a_busy_cluster()

    state = get(cluster, "/state")

    assert state.keys() == set(STATE_KEYS.split())
    (framework,), (slave,) = state["frameworks"], state["slaves"]
    assert framework.keys() == {*FRAMEWORK_KEYS.split(), "labels"}
    assert slave.keys() == set(SLAVE_KEYS.split())
    assert framework["tasks"][0].keys() == set(TASK_KEYS.split())
    assert (framework["id"], slave["id"], state["cluster"]) == (scheduler.id, agent.id, "demo")
    assert (state["activated_slaves"], state["pid"]) == (1, "master@10.0.0.1:5050")


def test_the_state_adds_up() -> None:
    cluster, _, _ = a_busy_cluster()

    (slave,) = get(cluster, "/state")["slaves"]
    (framework,) = get(cluster, "/state")["frameworks"]

    assert slave["resources"]["cpus"] == 4
    assert slave["used_resources"]["cpus"] == framework["used_resources"]["cpus"] == 1.5
    assert slave["offered_resources"]["cpus"] == framework["offered_resources"]["cpus"] == 2.5
    assert framework["resources"]["cpus"] == 4


@pytest.mark.parametrize("target", ["/state", "/slaves", "/frameworks", "/tasks", "/roles", "/flags"])
def test_no_endpoint_shows_a_secret(target: str) -> None:
    cluster, _, _ = a_busy_cluster()

    body = cluster.http("GET", f"/master{target}").body.decode()

    assert SECRET not in body
    assert "aHVudGVyMg" not in body  # The same in Base64.


def test_tasks_that_have_ended_are_shown_with_their_fate() -> None:
    cluster, _, _ = a_busy_cluster()

    (framework,) = get(cluster, "/frameworks")["frameworks"]

    (ended,) = framework["completed_tasks"]
    assert (ended["id"], ended["state"], ended["labels"]) == ("u", "TASK_FINISHED", [{"key": "a", "value": "b"}])
    assert [status["state"] for status in ended["statuses"]] == ["TASK_FINISHED"]
    assert ended["executor_id"] == ""


def test_slaves_show_resources_one_by_one() -> None:
    cluster, _, agent = a_busy_cluster()

    view = get(cluster, f"/slaves?slave_id={agent.id}")

    assert [each["name"] for each in view["slaves"][0]["used_resources_full"]] == ["cpus"]
    assert get(cluster, "/slaves?slave_id=nobody")["slaves"] == []


def test_frameworks_are_found_by_id() -> None:
    cluster, scheduler, _ = a_busy_cluster()

    assert len(get(cluster, f"/frameworks?framework_id={scheduler.id}")["frameworks"]) == 1
    assert get(cluster, "/frameworks?framework_id=nobody")["frameworks"] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("?limit=1", 1),
        ("?limit=-1", 2),
        ("?offset=1", 1),
        ("?task_id=t", 1),
        ("?task_id=x", 0),
        ("?framework_id=x", 0),
        ("?order=asc", 2),
    ],
)
def test_tasks_are_paged_and_filtered(query: str, found: int) -> None:
    cluster, _, _ = a_busy_cluster()

    assert len(get(cluster, f"/tasks{query}")["tasks"]) == found


@pytest.mark.parametrize("query", ["limit=x", "offset=-1", "order=sideways"])
def test_questions_about_tasks_that_make_no_sense_are_bad_requests(query: str) -> None:
    assert SimulatedCluster().http("GET", f"/master/tasks?{query}").status == 400


def test_roles_show_what_they_hold_and_weigh() -> None:
    cluster = SimulatedCluster(weights=(("eng", 2.0),))
    cluster.agent()
    cluster.scheduler(info=a_framework_info(roles=("dev",)))
    cluster.advance(2 * SECOND)

    roles = {role["name"]: role for role in get(cluster, "/roles")["roles"]}

    assert roles["eng"]["weight"] == 2.0
    assert (roles["dev"]["offered"]["cpus"], len(roles["dev"]["frameworks"])) == (4, 1)


def test_small_endpoints_answer() -> None:
    cluster = SimulatedCluster()

    assert cluster.http("GET", "/master/health").status == 200
    assert get(cluster, "/version") == {"version": "0.1.0"}
    assert get(cluster, "/flags")["flags"]["agent_ping_timeout"] == "15secs"


def test_the_leader_redirects_to_itself() -> None:
    response = SimulatedCluster(hostname="leader.example").http("GET", "/master/redirect")

    assert (response.status, dict(response.headers)["Location"]) == (307, "//leader.example:5050")


@pytest.mark.parametrize(
    ("asked", "sent_to"),
    [
        ("/state?a=1&b=%20", "/state?a=1&b=%20"),
        ("/x%0d%0aSet-Cookie:%20a", "/x%0D%0ASet-Cookie%3A%20a"),
        ("/%E2%82%AC", "/%E2%82%AC"),
        ("/a%3Fb%23c", "/a%3Fb%23c"),
    ],
)
def test_a_redirect_leads_to_what_was_asked_for_and_to_nothing_else(asked: str, sent_to: str) -> None:
    response = SimulatedCluster(hostname="leader.example").http("GET", f"/master/redirect{asked}")

    assert dict(response.headers)["Location"] == f"//leader.example:5050{sent_to}"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_views_are_only_read(method: str) -> None:
    response = SimulatedCluster().http(method, "/master/state")

    assert (response.status, dict(response.headers)["Allow"]) == (405, "GET, HEAD")


def test_teardown_ends_a_framework() -> None:
    cluster, scheduler, _ = a_busy_cluster()

    response = cluster.http("POST", "/master/teardown", body=f"frameworkId={scheduler.id}".encode())

    assert response.status == 200
    state = get(cluster, "/state")
    assert (state["frameworks"], len(state["completed_frameworks"])) == ([], 1)
    cluster.advance(SECOND)
    assert scheduler.of(mf.FrameworkError)[0].message == "Framework has been removed"


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [
        ("POST", b"frameworkId=nobody", 400),
        ("POST", b"", 400),
        ("POST", b"frameworkId=a&frameworkId=b", 400),
        ("POST", b"\xff\xfe", 400),
        ("POST", b"a=b&" * 1_000, 400),
        ("GET", b"frameworkId=nobody", 405),
    ],
)
def test_teardown_of_nothing_is_a_bad_request(method: str, body: bytes, *, status: int) -> None:
    assert SimulatedCluster().http(method, "/master/teardown", body=body).status == status


def test_what_frameworks_and_statuses_may_have_is_shown_if_it_is_there() -> None:
    cluster = SimulatedCluster()
    agent = cluster.agent()
    info = a_framework_info(Capability.MULTI_ROLE, roles=("a", "b"), principal="p")
    scheduler = cluster.scheduler(info=info)
    cluster.do(scheduler, Scheduler.subscribe, replace(info, id=scheduler.id))
    cluster.advance(2 * SECOND)
    task = replace(a_task_info("t", agent.id), command=CommandInfo(value="true", user="nobody"))
    cluster.do(scheduler, Scheduler.tell, an_acceptance(scheduler.offers[-1], task))
    update = an_update(scheduler.id, "t", state=TaskState.RUNNING)
    status = replace(update.status, container_id=ContainerId("c"), healthy=True)
    cluster.do(agent, Agent.tell, replace(update, status=status))

    (framework,) = get(cluster, "/frameworks")["frameworks"]

    assert (framework["roles"], framework["principal"], "role" in framework) == (["a", "b"], "p", False)
    assert framework["tasks"][0]["user"] == "nobody"
    shown = framework["tasks"][0]["statuses"][0]
    assert (shown["container_status"], shown["healthy"]) == ({"container_id": {"value": "c"}}, True)


def test_a_framework_that_was_taken_over_and_an_agent_that_returned_say_since_when() -> None:
    cluster, scheduler, agent = a_busy_cluster()
    cluster.simulation.crash(scheduler.node)
    cluster.scheduler(host=10, info=a_framework_info(id=scheduler.id))
    cluster.do(agent, Agent.return_with)

    state = get(cluster, "/state")

    assert state["frameworks"][0]["reregistered_time"] > state["frameworks"][0]["registered_time"]
    assert state["slaves"][0]["reregistered_time"] > state["slaves"][0]["registered_time"]


def test_roles_show_what_is_reserved_for_them() -> None:
    cluster = SimulatedCluster()
    agent = Agent("slave(1)", cluster.master)
    cluster.spawn(agent, 3)
    info = replace(an_agent_info(), resources=Resources.parse("cpus(eng):1.5;cpus(*):1;mem:64"))
    cluster.do(agent, Agent.tell, ma.AgentRegistration(agent=info, version="0.1.0"))
    cluster.scheduler(info=a_framework_info(roles=("eng",)))

    (role,) = get(cluster, "/roles")["roles"]

    assert (role["name"], role["reserved"]["cpus"], role["reserved"]["mem"]) == ("eng", 1.5, 0.0)
