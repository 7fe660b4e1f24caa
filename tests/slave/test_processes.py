"""An agent with real containers: command tasks, an orderly stop, and an agent that is killed."""

from __future__ import annotations

import getpass
import json
import os
import select
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec.structs import replace

from libprocess_py.message import Message
from libprocess_py.pid import PID
from libprocess_py.runtime.background import BackgroundNode
from mesos_py.protocol.messages.master_agent import (
    AgentRegistration,
    AgentUnregistration,
    TaskKill,
    TaskLaunch,
)
from mesos_py.protocol.messages.master_framework import StatusUpdate
from mesos_py.protocol.task import TaskState
from tests.slave.builders import FRAMEWORK_ID, a_command_task, a_framework
from tests.slave.cluster import SmallMaster

ROOT: Final = Path(__file__).parents[2]
PATIENCE_S: Final = 60.0  # Only a broken build waits this long.
RESOURCES: Final = "cpus:2;mem:512;disk:512;ports:[31000-31010]"


class WatchedMaster(SmallMaster):
    """A small master that other threads can wait for."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()

    def until(self, holds: Callable[[], object]) -> None:
        with self._changed:
            assert self._changed.wait_for(holds, PATIENCE_S), f"heard only {self.heard}"

    def _heard(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def registration(self, sender: PID, message: AgentRegistration) -> None:
        super().registration(sender, message)
        self._heard()

    def status_update(self, sender: PID, update: StatusUpdate) -> None:
        super().status_update(sender, update)
        self._heard()

    def unregistration(self, sender: PID, message: AgentUnregistration) -> None:
        super().unregistration(sender, message)
        self._heard()


class RealAgent:
    """An agent as an OS process of its own, registered with a small master in this one."""

    def __init__(self, background: BackgroundNode, work_dir: Path) -> None:
        self.background = background
        self.work_dir = work_dir
        self.master = WatchedMaster()
        background.call(background.node.spawn, self.master).result(PATIENCE_S)
        arguments = ["--master", str(self.master.pid.address), "--ip", "127.0.0.1", "--port", "0"]
        arguments += ["--work-dir", str(work_dir), "--resources", RESOURCES, "--remove-work-dir-on-exit"]
        arguments += ["--registration-backoff-factor", "10ms"]
        arguments += ["--executor-environment-variables", json.dumps({"PYTHONPATH": str(ROOT)})]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mesos_py.cli", "agent", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        self.master.until(lambda: self.master.agent)

    def tell(self, message: Message) -> None:
        node = self.background.node
        self.background.call(node.dispatch, self.master.pid, SmallMaster.tell, message).result(PATIENCE_S)

    def launch(self, id: str, command: str) -> None:
        framework = replace(a_framework(), user=getpass.getuser())
        task = a_command_task(id, command)
        self.tell(TaskLaunch(framework=framework, scheduler=None, executor=None, task=task))

    def until(self, id: str, state: TaskState) -> None:
        self.master.until(lambda: state in self.master.states(id))

    def get(self, target: str) -> Any:
        with urllib.request.urlopen(f"http://{self.master.agent.address}{target}", timeout=PATIENCE_S) as answer:  # type: ignore[union-attr]  # Registered.
            return json.loads(answer.read())

    def sandbox(self, id: str) -> Path:
        return next(self.work_dir.glob(f"slaves/*/frameworks/*/executors/{id}/runs/latest"))


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[RealAgent]:
    with BackgroundNode() as background:
        real = RealAgent(background, tmp_path / "work")
        yield real
        real.process.kill()
        real.process.wait(PATIENCE_S)


def a_pid_file(path: Path) -> str:
    """A command that writes its pid down, then waits to be ended."""
    return f"echo $$ > {path}.new && mv {path}.new {path} && exec tail -f /dev/null"


def until_gone(pid: int) -> None:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([handle], [], [], PATIENCE_S)[0], f"process {pid} is still alive"
    finally:
        os.close(handle)


def test_a_command_runs_in_a_sandbox_that_can_be_read_over_http(agent: RealAgent) -> None:
    agent.launch("t1", "echo hello from $MESOS_TASK_ID; exit 3")
    agent.until("t1", TaskState.FAILED)

    path = f"/frameworks/{FRAMEWORK_ID}/executors/t1/runs/latest/stdout"
    read = agent.get(f"/files/read?path={path}&offset=0")

    assert agent.master.states("t1") == [TaskState.STARTING, TaskState.RUNNING, TaskState.FAILED]
    assert "hello from t1" in read["data"]


def test_a_running_command_can_be_killed(agent: RealAgent, tmp_path: Path) -> None:
    agent.launch("t1", a_pid_file(tmp_path / "pid"))
    agent.until("t1", TaskState.RUNNING)

    agent.tell(TaskKill(framework_id=FRAMEWORK_ID, task_id=a_command_task("t1").task_id))

    agent.until("t1", TaskState.KILLED)


def a_running_pid(agent: RealAgent, tmp_path: Path) -> int:
    """Start a task that runs for ever, and find its process: it has written its pid by the time a second task ends."""
    pid_file = tmp_path / "pid"
    agent.launch("t1", a_pid_file(pid_file))
    agent.until("t1", TaskState.RUNNING)
    agent.launch("t2", f"until test -e {pid_file}; do sleep 0.01; done")
    agent.until("t2", TaskState.FINISHED)
    return int(pid_file.read_text())


def test_an_agent_that_is_told_to_stop_ends_its_tasks_says_goodbye_and_cleans_up(
    agent: RealAgent, tmp_path: Path
) -> None:
    pid = a_running_pid(agent, tmp_path)

    agent.process.send_signal(signal.SIGTERM)
    agent.master.until(lambda: agent.master.of(AgentUnregistration))
    agent.process.wait(PATIENCE_S)

    assert agent.master.states("t1")[-1] is TaskState.KILLED
    assert not agent.work_dir.exists()
    until_gone(pid)


def test_a_killed_agent_takes_its_tasks_along(agent: RealAgent, tmp_path: Path) -> None:
    pid = a_running_pid(agent, tmp_path)

    agent.process.kill()

    until_gone(pid)
