"""`mesos-py execute` against real daemons: fates, exit statuses, outputs, and mistakes in one line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess

import pytest

from tests.support.real_cluster import Daemon, RealCluster, command_line
from tests.support.waiting import PATIENCE_S


def test_a_command_that_succeeds_has_status_0_and_its_states_are_told(cluster: RealCluster) -> None:
    done = cluster.run("--command", "true", "--name", "good")

    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split(maxsplit=1)[1] for line in done.stdout.splitlines() if " TASK_" in line] == [
        "task good TASK_STARTING",
        "task good TASK_RUNNING",
        "task good TASK_FINISHED (Command exited with status 0)",
    ]


def test_a_command_that_fails_has_status_1_and_the_reason_is_told(cluster: RealCluster) -> None:
    done = cluster.run("--command", "exit 7")

    assert done.returncode == 1
    assert "TASK_FAILED (Command exited with status 7)" in done.stdout


def test_every_instance_runs_once(cluster: RealCluster) -> None:
    done = cluster.run("--command", "true", "--instances", "5", "--name", "many", "--resources", "cpus:0.1;mem:16")

    assert done.returncode == 0
    finished = [line.split()[2] for line in done.stdout.splitlines() if "TASK_FINISHED" in line]
    assert sorted(finished) == [f"many-{number}" for number in range(1, 6)]


def test_the_worst_instance_decides(cluster: RealCluster) -> None:
    done = cluster.run("--command", 'test "$MESOS_TASK_ID" = some-1', "--instances", "2", "--name", "some")

    assert done.returncode == 1
    assert "some-1 TASK_FINISHED" in done.stdout
    assert "some-2 TASK_FAILED" in done.stdout


def test_what_a_task_printed_is_read_through_its_agent(cluster: RealCluster) -> None:
    done = cluster.run("--command", "echo hello from $MESOS_TASK_ID", "--name", "talker")

    assert done.returncode == 0
    agent, path = sandbox(cluster, "talker")
    page = agent.get(f"/files/read?path={path}/stdout&offset=0")
    assert page["data"] == "hello from talker\n"


def test_ctrl_c_kills_the_tasks_and_has_status_130(cluster: RealCluster) -> None:
    with cluster.execute("--command", "exec tail -f /dev/null", "--name", "endless") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "TASK_RUNNING" in line:
                break
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130

    cluster.until_clean()


def test_a_role_that_is_none_is_refused_with_status_2(cluster: RealCluster) -> None:
    done = cluster.run("--command", "true", "--role", "no such role")

    assert done.returncode == 2
    assert "role" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_user_whom_the_agent_does_not_know_fails_with_the_reason(cluster: RealCluster) -> None:
    done = cluster.run("--command", "no-such-program-here")

    assert done.returncode == 1
    assert "status 127" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--master", "nowhere", "--command", "true"), "nowhere"),
        (("--master", "127.0.0.1:99999", "--command", "true"), "99999"),
        (("--master", "127.0.0.1:5050", "--command", "true", "--resources", "cpus=1"), "cpus=1"),
        (("--master", "127.0.0.1:5050", "--command", "true", "--resources", ""), "--resources"),
        (("--master", "127.0.0.1:5050", "--command", "true", "--instances", "0"), "--instances"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(arguments: tuple[str, ...], complaint: str) -> None:
    done = subprocess.run(
        command_line("execute", *arguments), capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )

    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith("Error: ")
    assert complaint in last


def test_a_master_that_is_not_there_is_told_once_and_waited_for(cluster: RealCluster) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    arguments = command_line("execute", "--master", address, "--command", "true")
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        assert address in process.stdout.readline()
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 143
        assert process.stdout.read() == ""


def test_an_occupied_port_is_one_line_and_status_1(cluster: RealCluster) -> None:
    port = cluster.address.rpartition(":")[2]

    done = subprocess.run(
        command_line("master", "--ip", "127.0.0.1", "--port", port),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"127.0.0.1:{port}" in done.stderr


def sandbox(cluster: RealCluster, executor_id: str) -> tuple[Daemon, str]:
    """The agent on which an executor ran, and the sandbox of its last run."""
    for agent in cluster.agents:
        state = agent.get("/state")
        for framework in (*state["frameworks"], *state["completed_frameworks"]):
            for executor in (*framework["executors"], *framework["completed_executors"]):
                if executor["id"] == executor_id:
                    return agent, executor["directory"]
    raise AssertionError(f"no agent knows {executor_id}")
