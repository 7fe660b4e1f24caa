"""The agent's end of a container's supervisor (launcher.py): starts it, signals it, reads what it reports.

It is started with `posix_spawn`, which is safe in a process with threads, by the thread that runs the agent's node: the
kernel's parent-death signal is bound to that thread, and a helper thread would take the container along when it ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Final

from libprocess_py.runtime.command import handed_over
from slave.containerizer.launcher_spec import REPORT_FD, SPEC_FD, LaunchReport, LaunchSpec

# Isolated from the user's Python settings, and independent of whether and how this package is installed.
BOOT: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); from slave.containerizer.launcher import main; sys.exit(main())"
)
ROOT: Final = str(Path(__file__).resolve().parents[2])
REPORT_MAX: Final = 65_536  # What a pipe holds; a report is three short lines.
STDERR_MODE: Final = 0o644


class Supervisor:
    """A running supervisor. `pid` stays ours until it is reaped; `close` only gives up the handles."""

    def __init__(self, pid: int, report_fd: int) -> None:
        self.pid = pid
        self.report_fd = report_fd
        self._told = b""
        # Signals go through it, so that none can hit a stranger who got the pid after the end.
        self._handle = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None

    def send(self, what: signal.Signals) -> None:
        """Harmless if it has ended. A command of the same user may have stopped it, so it is told to go on, too."""
        with contextlib.suppress(ProcessLookupError):
            for number in (what, signal.SIGCONT):
                if self._handle is None:
                    os.kill(self.pid, number)
                else:
                    signal.pidfd_send_signal(self._handle, number)

    def read_report(self) -> LaunchReport:
        """All that it has reported until now. Never blocks."""
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self.report_fd, REPORT_MAX):
                self._told += chunk
        return LaunchReport.from_lines(self._told)

    def close(self) -> None:
        os.close(self.report_fd)
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def start_supervisor(spec: LaunchSpec, *, name: str) -> Supervisor:
    """Start a supervisor. `name` is for people who look at the process list. Raises OSError if it cannot be started."""
    report_read, report_write = os.pipe()
    os.set_blocking(report_read, False)
    try:
        with handed_over(spec.to_json()) as document:
            pid = _spawn(spec, name, document=document, report=report_write)
    except OSError:
        os.close(report_read)
        raise
    finally:
        os.close(report_write)
    return Supervisor(pid, report_read)


def _spawn(spec: LaunchSpec, name: str, *, document: int, report: int) -> int:
    """Its own complaints, which only a broken installation can cause, go where the user looks: the sandbox's stderr."""
    stderr = f"{spec.sandbox}/stderr"
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    return os.posix_spawn(
        sys.executable,
        [sys.executable, "-I", "-c", BOOT, ROOT, name],
        {},
        file_actions=[
            (os.POSIX_SPAWN_DUP2, document, SPEC_FD),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, stderr, flags, STDERR_MODE),
            (os.POSIX_SPAWN_DUP2, report, REPORT_FD),
        ],
        setsid=True,  # A terminal's Ctrl-C is for the agent alone.
    )
