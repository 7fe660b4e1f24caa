"""Exit statuses of child processes, by pidfd: the loop is told the moment a child ends, and nobody polls.

Several may wait for one child; the status is collected once. A process that is not our child ends with None, because
only its parent may know how it ended; so does one that does not exist.
"""

from __future__ import annotations

import asyncio
import os
from typing import Final

from libprocess_py.future import Future, Promise, ready

# What waitid calls a normal exit; every other code means that a signal ended the process.
CLD_EXITED: Final = 1


class Reaper:
    """Waits for processes on one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: dict[int, tuple[int, Promise[int | None]]] = {}  # By process id: its pidfd, and the answer.

    def reap(self, os_pid: int) -> Future[int | None]:
        """The exit code of a child, or minus the signal that ended it; None if it is not ours. Never fails."""
        known = self._waiting.get(os_pid)
        if known is not None:
            return known[1]
        try:
            pidfd = os.pidfd_open(os_pid)
        except OSError:  # No such process, or none of our business.
            return ready(None)
        promise: Promise[int | None] = Promise()
        self._waiting[os_pid] = pidfd, promise
        self._loop.add_reader(pidfd, self._ended, os_pid)
        return promise

    def close(self) -> None:
        """Stop waiting. Who waited is told that nobody will answer."""
        for os_pid in tuple(self._waiting):
            self._forget(os_pid).abandon()

    def _ended(self, os_pid: int) -> None:
        status = exit_status(self._waiting[os_pid][0])
        self._forget(os_pid).set(status)

    def _forget(self, os_pid: int) -> Promise[int | None]:
        pidfd, promise = self._waiting.pop(os_pid)
        self._loop.remove_reader(pidfd)
        os.close(pidfd)
        return promise


def exit_status(pidfd: int) -> int | None:
    """Collect the status of an ended child, in the form of `os.waitstatus_to_exitcode`; None if it is not ours."""
    try:
        result = os.waitid(os.P_PIDFD, pidfd, os.WEXITED | os.WNOHANG)
    except ChildProcessError:
        return None
    if result is None:
        return None
    return result.si_status if result.si_code == CLD_EXITED else -result.si_status
