"""Exit statuses of child processes, by pidfd: the loop is told the moment a child ends, and nobody polls.

Several may wait for one child; the status is collected once. A process that is not our child ends with None, because
only its parent may know how it ended; so does one that does not exist. Where there are no pidfds, because the system
has none or this process no descriptor left, it is asked again and again, ever less often.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from typing import Final

from libprocess_py.future import Future, Promise, ready
from libprocess_py.future.trampoline import together

# What waitid calls a normal exit; every other code means that a signal ended the process.
CLD_EXITED: Final = 1
OS_PID_MAX: Final = 2**31 - 1  # What system calls can name at all.
POLL_MIN_S: Final = 0.1  # As libprocess does it, from the first to the last time of asking.
POLL_MAX_S: Final = 1.0


def open_pidfd(os_pid: int) -> int:
    if not hasattr(os, "pidfd_open"):
        raise OSError(errno.ENOSYS, "this system has no pidfds")
    return os.pidfd_open(os_pid)


class Reaper:
    """Waits for processes on one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, open_pidfd: Callable[[int], int] = open_pidfd) -> None:
        self._loop = loop
        self._open_pidfd = open_pidfd
        self._waiting: dict[int, tuple[Callable[[], object], Promise[int | None]]] = {}  # How to stop, and the answer.

    def reap(self, os_pid: int) -> Future[int | None]:
        """The exit code of a child, or minus the signal that ended it; None if it is not ours. Never fails."""
        known = self._waiting.get(os_pid)
        if known is not None:
            return known[1]
        if not 0 < os_pid <= OS_PID_MAX:
            return ready(None)
        try:
            pidfd = self._open_pidfd(os_pid)
        except ProcessLookupError:
            return ready(None)
        except OSError:
            return self._poll(os_pid, POLL_MIN_S, promise=Promise())
        promise: Promise[int | None] = Promise()
        self._waiting[os_pid] = (lambda: self._let_go(pidfd)), promise
        self._loop.add_reader(pidfd, self._ended, os_pid, pidfd)
        return promise

    def close(self) -> None:
        """Stop waiting. Who waited is told that nobody will answer."""
        together(lambda: [self._forget(os_pid).abandon() for os_pid in tuple(self._waiting)])

    def _ended(self, os_pid: int, pidfd: int) -> None:
        status = exit_status(pidfd)
        self._forget(os_pid).set(status)

    def _poll(self, os_pid: int, after_s: float, *, promise: Promise[int | None]) -> Promise[int | None]:
        self._waiting.pop(os_pid, None)
        is_over, status = _asked(os_pid)
        if is_over:
            promise.set(status)
        else:
            later = min(after_s * 2, POLL_MAX_S)
            timer = self._loop.call_later(after_s, lambda: self._poll(os_pid, later, promise=promise))
            self._waiting[os_pid] = timer.cancel, promise
        return promise

    def _forget(self, os_pid: int) -> Promise[int | None]:
        stop, promise = self._waiting.pop(os_pid)
        stop()
        return promise

    def _let_go(self, pidfd: int) -> None:
        self._loop.remove_reader(pidfd)
        os.close(pidfd)


def exit_status(pidfd: int) -> int | None:
    """Collect the status of an ended child, in the form of `os.waitstatus_to_exitcode`; None if it is not ours."""
    try:
        result = os.waitid(os.P_PIDFD, pidfd, os.WEXITED | os.WNOHANG)
    except ChildProcessError:
        return None
    if result is None:
        return None
    return result.si_status if result.si_code == CLD_EXITED else -result.si_status


def _asked(os_pid: int) -> tuple[bool, int | None]:
    """Whether the process is over, and with which status, without waiting."""
    try:
        ended, status = os.waitpid(os_pid, os.WNOHANG)
        return ended == os_pid, os.waitstatus_to_exitcode(status)
    except ChildProcessError:
        return _is_gone(os_pid), None


def _is_gone(os_pid: int) -> bool:
    try:
        os.kill(os_pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # It is there, and none of our business.
    return False
