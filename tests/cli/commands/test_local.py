"""`mesos-py local`: a cluster in one OS process, with real tasks, that leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from mesos_py.cli.commands.local import PORTS, command, share
from mesos_py.frameworks.cluster_executor.executor import ClusterExecutor
from mesos_py.protocol.resources import Resources
from tests.tidy.source import ROOT

SIGNALLED = 128


class Local:
    """The command in a process of its own, which makes its temporary folders in `folder`."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mesos_py.cli", "local", "--port", "0", *arguments],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        word, _, self.master = self.process.stdout.readline().strip().partition(" ")
        assert word == "listening"

    @property
    def address(self) -> str:
        return self.master.partition("@")[2]

    def agents(self) -> list[str]:
        """The ids of those that are registered."""
        with urllib.request.urlopen(f"http://{self.address}/state") as answer:
            return sorted(agent["pid"].partition("@")[0] for agent in json.load(answer)["slaves"])

    def execute(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "mesos_py.cli", "execute", "--master", self.address, *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """The exit status, and what was logged."""
        self.process.send_signal(number)
        _, err = self.process.communicate()
        return self.process.returncode, err


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    started = Local(tmp_path, "--agents", "2", "--resources", "cpus:2;mem:256")
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.communicate()


def test_commands_run_on_its_agents_and_ctrl_c_leaves_nothing_behind(local: Local) -> None:
    done = local.execute("--command", "true", "--instances", "3")
    done.communicate()
    folders = os.listdir(local.folder)
    agents = local.agents()
    while len(agents) < 2:  # The other one registers in a moment.
        agents = local.agents()

    status, err = local.end(signal.SIGINT)

    assert done.returncode == 0
    assert len(folders) == 1
    assert agents == ["slave(1)", "slave(2)"]
    assert status == SIGNALLED + signal.SIGINT, err
    assert os.listdir(local.folder) == []


def test_functions_run_on_its_agents(local: Local) -> None:
    with ClusterExecutor(local.address) as executor:
        answers = list(executor.map(pow, range(10), [2] * 10))

    status, err = local.end(signal.SIGINT)

    assert answers == [number**2 for number in range(10)]
    assert status == SIGNALLED + signal.SIGINT, err
    assert os.listdir(local.folder) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_tasks_that_run_when_it_ends_end_with_it(local: Local, number: signal.Signals) -> None:
    client = local.execute("--command", "sleep 1000")
    assert client.stdout is not None
    for line in client.stdout:
        if "TASK_RUNNING" in line:
            break
    started = psutil.Process(local.process.pid).children(recursive=True)
    assert started

    status, err = local.end(number)
    client.send_signal(signal.SIGINT)
    client.communicate()

    assert status == SIGNALLED + number, err
    assert not any(process.is_running() for process in started)
    assert os.listdir(local.folder) == []


def test_a_work_directory_that_was_named_is_kept(tmp_path: Path) -> None:
    local = Local(tmp_path, "--work-dir", str(tmp_path / "work"))

    local.end(signal.SIGTERM)

    assert os.listdir(tmp_path / "work") == ["agent-1"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--agents", "0"), "--agents"),
        (("--resources", "cpus:many"), "cpus"),
        (("--ip", "here"), "expected an IP address"),
        (("--port", "70000"), "--port"),
    ],
)
def test_bad_usage_is_told_and_ends_with_status_two(arguments: tuple[str, ...], problem: str) -> None:
    result = CliRunner().invoke(command, arguments)

    assert result.exit_code == 2
    assert problem in result.output


def test_a_port_that_is_taken_is_an_error_of_one_line(local: Local, tmp_path: Path) -> None:
    port = local.address.rpartition(":")[2]

    done = subprocess.run(
        [sys.executable, "-m", "mesos_py.cli", "local", "--port", port],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"Error: cannot listen on 127.0.0.1:{port}: the address is in use"
    assert len(os.listdir(tmp_path)) == 1  # That of the one which runs.


def test_shares_have_ports_of_their_own(tmp_path: Path) -> None:
    shares = [share(Resources(), number, agents=3, work_dir=str(tmp_path)) for number in range(3)]

    together = Resources.sum(each.get("ports") for each in shares)

    assert sum(each.get("ports").quantities["ports"] for each in shares) == together.quantities["ports"]
    assert together.quantities["ports"] <= len(PORTS) * 1000


def test_what_is_given_is_not_shared(tmp_path: Path) -> None:
    resources = share(Resources.parse("cpus:7;gpus:1"), 0, agents=2, work_dir=str(tmp_path))

    assert resources.cpus == 7
    assert resources.gpus == 1
    assert resources.mem > 0


def test_every_agent_has_room_for_a_task_and_its_executor(tmp_path: Path) -> None:
    assert share(Resources(), 99, agents=100, work_dir=str(tmp_path)).cpus >= 2
