"""A container's supervisor, started as the agent starts it, and waited for without sleeping."""

from __future__ import annotations

import os
import select
import signal
import sys
from pathlib import Path
from typing import Final

from slave.containerizer.launcher_spec import LaunchReport, LaunchSpec
from slave.containerizer.posix_supervisor import Supervisor, start_supervisor

PATIENCE_MS: Final = 30_000  # Only a broken build waits this long.


def a_spec(sandbox: Path, command: str, **changes: object) -> LaunchSpec:
    spec = LaunchSpec(
        program="/bin/sh",
        argv=["sh", "-c", command],
        environment={"PATH": os.environ["PATH"], "PYTHON": sys.executable},
        sandbox=str(sandbox),
        user=None,
        parent_pid=os.getpid(),
    )
    return spec._replace(**changes)  # type: ignore[arg-type]  # The caller names fields of the tuple.


def started(sandbox: Path, command: str, **changes: object) -> Supervisor:
    return start_supervisor(a_spec(sandbox, command, **changes), name="test")


def ended(supervisor: Supervisor) -> LaunchReport:
    """Wait for the end of the supervisor, reap it, and return all that it reported."""
    until_gone(supervisor.pid)
    os.waitpid(supervisor.pid, 0)
    report = supervisor.read_report()
    supervisor.close()
    return report


def until_reported(supervisor: Supervisor) -> LaunchReport:
    """Wait for the first line of the report."""
    poll = select.poll()
    poll.register(supervisor.report_fd, select.POLLIN)
    assert poll.poll(PATIENCE_MS), "the supervisor told nothing"
    return supervisor.read_report()


def until_gone(pid: int) -> None:
    """Wait until a process is no more than a zombie; at once if there is none of that pid."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([handle], [], [], PATIENCE_MS / 1000)[0], f"process {pid} is still alive"
    finally:
        os.close(handle)


def read_line(fifo: Path) -> str:
    """Wait for somebody to write a line into the FIFO."""
    with fifo.open() as file:
        return file.readline().strip()


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
