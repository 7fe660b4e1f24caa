"""A cluster of OS processes for tests: a master and agents as a user would start them, but quicker to notice things.

Every process dies with the one that runs the tests. `close` ends all and waits for them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.support.waiting import PATIENCE_S, until

ROOT: Final = Path(__file__).parents[2]
RESOURCES: Final = "cpus:2;mem:512;disk:512;ports:[31000-31099]"
MASTER: Final = ("--ip", "127.0.0.1", "--allocation-interval", "50ms")
AGENT: Final = ("--ip", "127.0.0.1", "--port", "0", "--registration-backoff-factor", "50ms")
STOP_S: Final = 15.0  # An agent gives its executors five seconds.
READ_S: Final = 10.0  # A page takes milliseconds.


def command_line(*arguments: str) -> list[str]:
    """`mesos-py ARGUMENTS`, tied to the life of this process."""
    return [sys.executable, "-m", "mesos_py.cli.demo.child", str(os.getpid()), *arguments]


def get(address: str, path: str) -> Any:
    """The JSON that a daemon answers."""
    with urllib.request.urlopen(f"http://{address}{path}", timeout=READ_S) as answer:
        return json.loads(answer.read())


class Daemon:
    """A master or an agent. Its log lines go to a file beside its folder."""

    def __init__(self, name: str, folder: Path, *, arguments: Sequence[str]) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command_line(*arguments), cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        word, _, self.pid = self.process.stdout.readline().strip().partition(" ")
        assert word == "listening", f"{name}: {self.log.read_text()}"

    @property
    def address(self) -> str:
        return self.pid.rpartition("@")[2]

    def get(self, path: str) -> Any:
        return get(self.address, path)

    def kill(self) -> None:
        """SIGKILL, and wait."""
        self.process.kill()
        self.wait()

    def stop(self) -> None:
        self.process.terminate()

    def wait(self) -> int:
        try:
            status = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"{self.name} did not end: {self.log.read_text()}") from None
        finally:
            assert self.process.stdout is not None
            self.process.stdout.close()
        return status


class RealCluster:
    """A master and some agents, registered when it is entered."""

    def __init__(self, folder: Path, *, agents: int = 1, master_flags: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self._master_flags = master_flags
        self.agents: list[Daemon] = []
        self.master = self._start_master(port="0")
        try:
            for _ in range(agents):
                self.add_agent()
            self.until_agents(agents)
        except BaseException:
            self.close()
            raise

    def _start_master(self, port: str) -> Daemon:
        return Daemon("master", self.folder, arguments=("master", *MASTER, "--port", port, *self._master_flags))

    def add_agent(self) -> Daemon:
        name = f"agent{len(self.agents) + 1}"
        variables = json.dumps({"PYTHONPATH": str(ROOT)})  # Functions of this test suite run as tasks.
        arguments = ["agent", *AGENT, "--master", self.address, "--hostname", name, "--resources", RESOURCES]
        arguments += ["--work-dir", str(self.folder / name), "--executor-environment-variables", variables]
        agent = Daemon(name, self.folder, arguments=arguments)
        self.agents.append(agent)
        return agent

    def restart_master(self) -> None:
        """SIGKILL the master, and start a new one on its address."""
        self.kill(self.master)
        self.start_master_again()

    def start_master_again(self) -> None:
        """A new master on the address of the one that was killed."""
        self.master = self._start_master(port=self.address.rpartition(":")[2])

    def kill(self, daemon: Daemon) -> None:
        """SIGKILL."""
        daemon.kill()
        if daemon in self.agents:
            self.agents.remove(daemon)

    @property
    def address(self) -> str:
        return self.master.address

    def state(self) -> Any:
        return self.master.get("/state")

    def metric(self, name: str) -> float:
        return float(self.master.get("/metrics/snapshot").get(name, 0.0))

    def active_agents(self) -> int:
        return sum(agent["active"] for agent in self.state()["slaves"])

    def until_agents(self, count: int) -> None:
        def agents_are_registered() -> bool:
            return self.active_agents() == count

        until(agents_are_registered)

    def until_clean(self) -> None:
        """Until no framework is left and all resources are free, by the master's word and each living agent's."""

        def everything_is_free() -> bool:
            state = self.state()
            used = [agent["used_resources"] for agent in state["slaves"] if agent["active"]]
            return not state["frameworks"] and all(not use["cpus"] and not use["mem"] for use in used)

        def agents_run_nothing() -> bool:
            living = [agent for agent in self.agents if agent.process.poll() is None]
            return not any(agent.get("/state")["frameworks"] for agent in living)

        until(everything_is_free)
        until(agents_run_nothing)

    def execute(self, *arguments: str) -> subprocess.Popen[str]:
        """A running `mesos-py execute`."""
        return subprocess.Popen(
            command_line("execute", "--master", self.address, *arguments),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`mesos-py execute` to its end."""
        with self.execute(*arguments) as process:
            out, err = process.communicate(timeout=PATIENCE_S)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def close(self) -> None:
        for agent in self.agents:
            agent.stop()
        for daemon in (*self.agents, self.master):
            if daemon is self.master:
                daemon.stop()
            daemon.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
