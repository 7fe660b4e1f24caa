"""The demo's cluster: one master and some agents as OS processes of their own, on this host, in one temporary folder.

Whoever makes a `LocalCluster` leaves nothing behind: `close` ends every process it started, waits for it, and removes
the folder. Should this process die without a chance to do so, the kernel tells the children (`child`).
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Final, Self

from mesos_py.cli.daemon import READY_WORD
from mesos_py.cli.demo.interrupts import Interrupts

READY_TIMEOUT_S: Final = 20.0  # A daemon is up in well under a second; this is for a machine that swaps.
STOP_TIMEOUT_S: Final = 15.0  # An agent gives its executors five seconds, and itself some more.
AGENT_RESOURCES: Final = "cpus:2;mem:1024;disk:1024;ports:[31000-32000]"
# Ten cycles a second instead of one: what a short task leaves is offered again at once. Three agents are no load.
ALLOCATION_INTERVAL: Final = "100ms"

MASTER: Final = ["master", "--ip", "127.0.0.1", "--port", "0", "--allocation-interval", ALLOCATION_INTERVAL]


class ClusterFailed(Exception):
    """A daemon did not come up; the text has the end of its log."""


def program(*, outlives_us: bool) -> list[str]:
    """How to run `mesos-py` here: with this Python, and whatever the path says."""
    if outlives_us:
        return [sys.executable, "-m", "mesos_py.cli"]
    return [sys.executable, "-m", "mesos_py.cli.demo.child", str(os.getpid())]


class Daemon:
    """One OS process that was started and has to be ended."""

    def __init__(self, name: str, arguments: list[str], *, log: Path, outlives_us: bool) -> None:
        self.name = name
        self.log = log
        self.pid_text = ""
        with log.open("ab") as errors:
            self.process: subprocess.Popen[str] = subprocess.Popen(
                program(outlives_us=outlives_us) + arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,  # Ctrl-C is for the demo, which then ends its daemons in order.
            )

    def wait_until_ready(self) -> str:
        """The address `id@ip:port` it can be reached at. Raises ClusterFailed with its last words if it ends first."""
        assert self.process.stdout is not None
        line = _read_line(self.process.stdout, self.process)
        word, _, pid = line.strip().partition(" ")
        if word != READY_WORD:
            raise ClusterFailed(f"{self.name} did not start: {self.last_words()}")
        self.pid_text = pid
        return pid

    @property
    def address(self) -> str:
        return self.pid_text.rpartition("@")[2]

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait(self, deadline: float) -> None:
        """Wait for the end until `deadline` (monotonic seconds), then force it."""
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


class LocalCluster:
    """A master and `agents` agents. Whoever makes one calls `close()`, whether or not it ever started.

    With `outlives_us` they are not ended when this process dies; `close` ends them all the same.
    """

    def __init__(self, agents: int, *, interrupts: Interrupts, outlives_us: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mesos-py-demo-"))
        self.interrupts = interrupts
        self._outlives_us = outlives_us
        self.master: Daemon | None = None
        self.agents: list[Daemon] = []
        self._count = agents

    def start(self) -> Self:
        """Start the master, then all agents at once; returns when each of them listens."""
        with self.interrupts.deferred():
            self.master = self._daemon("master", MASTER)
        self.master.wait_until_ready()
        for number in range(1, self._count + 1):
            with self.interrupts.deferred():
                self.agents.append(self._agent(number))
        for agent in self.agents:
            agent.wait_until_ready()
        return self

    @property
    def address(self) -> str:
        """The master's `ip:port`."""
        assert self.master is not None, "the cluster was started"
        return self.master.address

    def printed(self, task_id: str) -> str:
        """What a command task has written to its standard output; its container is an executor of the task's name."""
        found = self.folder.glob(f"agent*/slaves/*/frameworks/*/executors/{task_id}/runs/latest/stdout")
        return "".join(path.read_text(errors="replace") for path in found)

    def close(self) -> None:
        """End everything: agents first, so that they can end their tasks and say goodbye."""
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for agent in self.agents:
            agent.stop()
        for agent in self.agents:
            agent.wait(deadline)
        if self.master is not None:
            self.master.stop()
            self.master.wait(deadline)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _agent(self, number: int) -> Daemon:
        arguments = ["agent", "--master", self.address, "--ip", "127.0.0.1", "--port", "0"]
        arguments += ["--hostname", f"agent{number}", "--resources", AGENT_RESOURCES]
        arguments += ["--work-dir", str(self.folder / f"agent{number}")]
        return self._daemon(f"agent{number}", arguments)

    def _daemon(self, name: str, arguments: list[str]) -> Daemon:
        return Daemon(name, arguments, log=self.folder / f"{name}.log", outlives_us=self._outlives_us)


def _read_line(stream: IO[str], process: subprocess.Popen[str]) -> str:
    """One line, or what there is of it when the process ends or READY_TIMEOUT_S is over."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        if not selector.select(READY_TIMEOUT_S):
            process.kill()
    return stream.readline()
