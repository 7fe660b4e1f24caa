"""The case: a whole cluster with thousands of tasks, the same in every OS process (RT-12)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from libprocess_py.sim.simulation import SimulationOptions
from mesos_py.simulation.case import Case, CaseSettings
from mesos_py.simulation.cluster import Cluster
from mesos_py.simulation.options import ClusterOptions
from tests.simulation.probe import MINUTE
from tests.tidy.source import ROOT

FULL = ("--agents", "100", "--frameworks", "10", "--tasks", "5000")
SMALL = ("--agents", "10", "--frameworks", "3", "--tasks", "200", "--faults", "6")


def start(*arguments: str, hash_seed: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "mesos_py.simulation", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def summary(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The one line on standard output, but for what depends on the machine."""
    out, err = process.communicate()
    assert process.returncode == 0, err
    (line,) = out.splitlines()
    told: dict[str, Any] = json.loads(line)
    assert told.pop("wall_s") > 0
    assert told.pop("events_per_s") > 0
    return told


def test_a_hundred_agents_ten_frameworks_and_five_thousand_tasks_are_the_same_in_two_processes() -> None:
    processes = [start("--seed", "1", *FULL, hash_seed=hash_seed) for hash_seed in ("1", "2")]

    first, second = [summary(process) for process in processes]

    assert first == second
    assert first["tasks"] == {"TASK_FINISHED": 5_000}


def test_a_case_with_faults_is_the_same_in_two_processes() -> None:
    processes = [start("--seed", "7", *SMALL, hash_seed=hash_seed) for hash_seed in ("3", "4")]

    first, second = [summary(process) for process in processes]

    assert first == second
    assert first["faults"] > 0
    assert first["tasks"]["TASK_FINISHED"] >= 200


def digest_of(seed: int) -> str:
    settings = CaseSettings(seed=seed, agents=2, frameworks=2, tasks=10, faults=2)
    return Case(settings, progress=lambda line: None).run().digest


def test_another_seed_is_another_run() -> None:
    digests = [digest_of(seed) for seed in (1, 2, 1)]

    assert digests[0] == digests[2]
    assert digests[0] != digests[1]


def test_the_decision_log_has_messages_timers_draws_and_faults() -> None:
    lines: list[str] = []
    cluster = Cluster(seed=1, options=ClusterOptions(simulation=SimulationOptions(sink=lines.append)))
    cluster.run_until_registered()
    cluster.partition(cluster.agents[0])
    cluster.crash_master()
    cluster.restart_master()
    cluster.advance(MINUTE)

    kinds = {line.split()[3] for line in lines}

    assert kinds >= {"start", "message", "timer", "dispatch", "random", "exited", "partition", "crash"}


def test_progress_is_told_while_it_goes_on() -> None:
    lines: list[str] = []

    Case(CaseSettings(seed=1, agents=2, frameworks=1, tasks=20), progress=lines.append).run()

    assert "0 of 20 finished" in lines[0]
    assert len(lines) > 1


def test_a_number_that_makes_no_sense_is_a_usage_error() -> None:
    process = start("--seed", "1", "--agents", "0", hash_seed="0")

    _, err = process.communicate()

    assert process.returncode == 2
    assert "--agents" in err
