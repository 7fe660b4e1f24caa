"""What must hold when a process is killed: an agent, a framework, the master (each with SIGKILL, each at work)."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mesos_py import ClusterExecutor
from tests.support import calls, leftovers
from tests.support.real_cluster import ROOT, RealCluster
from tests.support.waiting import PATIENCE_S, until

CALLS = 6


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[RealCluster]:
    """A cluster whose parts may be killed."""
    with RealCluster(tmp_path, agents=2, master_flags=("--agent-reregister-timeout", "10secs")) as cluster:
        yield cluster


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    return tmp_path / "gate"


def arrived(gate: Path) -> dict[str, set[int]]:
    """Who came to the gate: the OS processes that ran each call."""
    found: dict[str, set[int]] = {}
    for path in gate.parent.glob("gate.*.*"):
        _, name, pid = path.name.split(".")
        found.setdefault(name, set()).add(int(pid))
    return found


@contextlib.contextmanager
def a_framework(cluster: RealCluster, gate: Path, *, failover_s: float) -> Iterator[subprocess.Popen[str]]:
    """A framework as an OS process of its own, whose calls wait at the gate."""
    arguments = [cluster.address, str(gate), str(CALLS), str(failover_s)]
    program = [sys.executable, "-m", "tests.support.calls_program", *arguments]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_calls_of_a_killed_agent_run_again_elsewhere_and_the_result_is_right(fresh: RealCluster, gate: Path) -> None:
    names = [f"call{number}" for number in range(CALLS)]
    with ClusterExecutor(fresh.address, resources="cpus:0.5;mem:16") as executor:
        futures = [executor.submit(calls.pass_gate, str(gate), name) for name in names]
        until(lambda: len(arrived(gate)) == CALLS)
        victim = fresh.agents[0]
        of_victim = leftovers.living(victim.process.pid)
        rerun = {name for name, pids in arrived(gate).items() if pids & of_victim}
        assert 0 < len(rerun) < CALLS, "both agents are at work"

        fresh.kill(victim)
        until(lambda: executor.progress().lost == len(rerun))
        gate.touch()

        assert [future.result(PATIENCE_S) for future in futures] == names

    until(lambda: not leftovers.alive(of_victim))
    assert {name for name, pids in arrived(gate).items() if len(pids) == 2} == rerun
    fresh.until_clean()


@pytest.mark.parametrize("failover_s", [0.0, 3.0])
def test_a_killed_framework_is_cleaned_up_after_its_failover_timeout(
    fresh: RealCluster, gate: Path, failover_s: float
) -> None:
    with a_framework(fresh, gate, failover_s=failover_s) as program:
        until(lambda: len(arrived(gate)) == CALLS)
        running = set().union(*arrived(gate).values())
        framework = only_framework(fresh)
        program.kill()

    if failover_s:
        until(lambda: not only_framework(fresh)["connected"])
        assert leftovers.alive(running) == running, "until the timeout its tasks go on"
    fresh.until_clean()

    assert not leftovers.alive(running)
    completed = fresh.state()["completed_frameworks"]
    assert [one["id"] for one in completed] == [framework["id"]]
    assert not fresh.state()["frameworks"]
    assert {task["state"] for task in completed[0]["completed_tasks"]} == {"TASK_KILLED"}


def test_a_new_master_on_the_same_address_finds_everything_running(fresh: RealCluster, gate: Path) -> None:
    with a_framework(fresh, gate, failover_s=60) as program:
        until(lambda: len(arrived(gate)) == CALLS)
        before, framework, agents = arrived(gate), only_framework(fresh), agent_ids(fresh)

        fresh.restart_master()
        fresh.until_agents(2)
        until(lambda: fresh.state()["frameworks"] and only_framework(fresh)["connected"])

        assert agent_ids(fresh) == agents
        assert only_framework(fresh)["id"] == framework["id"]
        tasks = [(task["id"], task["slave_id"], task["state"]) for task in only_framework(fresh)["tasks"]]
        assert sorted(tasks) == sorted((task["id"], task["slave_id"], "TASK_RUNNING") for task in framework["tasks"])
        assert leftovers.alive(set().union(*before.values())) == set().union(*before.values())
        gate.touch()
        out, err = program.communicate(timeout=PATIENCE_S)

    assert out.split() == [f"call{number}" for number in range(CALLS)], err
    assert arrived(gate) == before, "every call ran once, in the process in which it had begun"
    fresh.until_clean()


def test_tasks_that_end_while_there_is_no_master_are_told_to_the_next_one(fresh: RealCluster, gate: Path) -> None:
    with a_framework(fresh, gate, failover_s=60) as program:
        until(lambda: len(arrived(gate)) == CALLS)
        running = set().union(*arrived(gate).values())
        fresh.kill(fresh.master)
        gate.touch()
        until(lambda: all_are_terminal_at_their_agents(fresh))
        fresh.start_master_again()

        out, err = program.communicate(timeout=PATIENCE_S)

    assert out.split() == [f"call{number}" for number in range(CALLS)], err
    assert set().union(*arrived(gate).values()) == running


def only_framework(cluster: RealCluster) -> Any:
    (framework,) = cluster.state()["frameworks"]
    return framework


def agent_ids(cluster: RealCluster) -> set[str]:
    return {agent["id"] for agent in cluster.state()["slaves"]}


def all_are_terminal_at_their_agents(cluster: RealCluster) -> bool:
    pages = [agent.get("/state")["frameworks"] for agent in cluster.agents]
    executors = [executor for frameworks in pages for framework in frameworks for executor in framework["executors"]]
    states = [task["state"] for executor in executors for task in executor["tasks"]]
    return bool(executors) and "TASK_RUNNING" not in states
