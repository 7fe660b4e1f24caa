"""A worker process as the function executor holds it, and the threaded actor that speaks to it.

The process belongs to the driver's turn: it is started, killed and reaped there. `Worker` only reads and writes its
pipes, which blocks while a function runs, and so has a thread. It watches the process besides the pipes, because the
children that a function leaves behind may hold a pipe open after the worker is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import sys
from collections.abc import Mapping
from typing import Final

from libprocess_py.runtime.threads import ThreadedProcess
from mesos_py.frameworks.executor.frames import (
    ANSWERS_FD,
    CALLS_FD,
    FRAME_MAX,
    HEAD_BYTES,
    Answer,
    Head,
)

CHUNK_MAX: Final = 1_048_576  # Bytes per read: large answers in few steps.
# Unbuffered, so that what a function printed before it crashed is in the sandbox; and nothing is imported from there,
# since the files that one function leaves must not become another one's modules.
COMMAND: Final = ("-u", "-P", "-m", "mesos_py.frameworks.executor.worker_main")


class WorkerProcess:
    """A started worker. Raises OSError if it cannot be started."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        calls_read, self.calls = os.pipe()
        self.answers, answers_write = os.pipe()
        try:
            self.os_pid = _spawn(environment, calls=calls_read, answers=answers_write)
        except OSError:
            self._close_pipes()
            raise
        finally:
            os.close(calls_read)
            os.close(answers_write)
        os.set_blocking(self.calls, False)
        os.set_blocking(self.answers, False)
        self._handle = os.pidfd_open(self.os_pid)
        self._is_reaped = False
        self._number = 0  # Of the latest call.

    def kill(self) -> None:
        """Kill the worker and what its function started in the same group. In the driver's turn, as `reaped`."""
        if not self._is_reaped:  # Afterwards its pid may be somebody else's.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.os_pid, signal.SIGKILL)

    def reaped(self) -> None:
        self._is_reaped = True

    def exchange(self, call: bytes) -> Answer | None:
        """Blocks until the answer is there. None: the worker ended, or what it said is no answer."""
        self._number += 1
        if not self._write(Head(len(call), self._number).to_bytes()) or not self._write(call):
            return None
        content = self._next_content()
        try:
            return Answer.from_bytes(content) if content is not None else None
        except ValueError:
            return None

    def _next_content(self) -> bytes | None:
        """The next frame that belongs to the present call. What an earlier one said too much is passed over."""
        while (start := self._read(HEAD_BYTES)) is not None:
            head = Head.from_bytes(start)
            if head.length > FRAME_MAX or head.number > self._number:
                return None
            content = self._read(head.length)
            if content is None or head.number == self._number:
                return content
        return None

    def close(self) -> None:
        """Give up the pipes: an idle worker exits. Not while `exchange` runs."""
        self._close_pipes()
        os.close(self._handle)

    def _close_pipes(self) -> None:
        os.close(self.calls)
        os.close(self.answers)

    def _write(self, content: bytes) -> bool:
        view = memoryview(content)
        while view:
            if not self._wait(self.calls, select.POLLOUT):
                return False
            try:
                view = view[os.write(self.calls, view) :]
            except BlockingIOError:
                continue  # Less room than poll promised.
            except BrokenPipeError:
                return False
        return True

    def _read(self, length: int) -> bytes | None:
        content = bytearray()
        while len(content) < length:
            if not self._wait(self.answers, select.POLLIN):
                return None
            chunk = os.read(self.answers, min(CHUNK_MAX, length - len(content)))
            if not chunk:
                return None
            content += chunk
        return bytes(content)

    def _wait(self, pipe: int, wanted: int) -> bool:
        """Wait for the pipe. False: the process has ended, and there is nothing left in the pipe."""
        poll = select.poll()
        poll.register(pipe, wanted)
        poll.register(self._handle, select.POLLIN)
        return any(ready == pipe for ready, _ in poll.poll())


class Worker(ThreadedProcess):
    """Speaks to one worker process on a thread of its own. Its end closes the pipes."""

    def __init__(self, process: WorkerProcess) -> None:
        super().__init__()
        self._process = process

    def run(self, call: bytes) -> Answer | None:
        return self._process.exchange(call)

    def on_stop(self) -> None:
        self._process.close()


def _spawn(environment: Mapping[str, str], *, calls: int, answers: int) -> int:
    """Its own session: a kill reaches what the function started, and a terminal's signals reach neither.

    The descriptors are moved out of the way first: a plain move to 3 and 4 could overwrite the one not yet moved.
    """
    high = [fcntl.fcntl(pipe, fcntl.F_DUPFD_CLOEXEC, ANSWERS_FD + 1) for pipe in (calls, answers)]
    try:
        return os.posix_spawn(
            sys.executable,
            [sys.executable, *COMMAND, str(os.getpid())],
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, high[0], CALLS_FD),
                (os.POSIX_SPAWN_DUP2, high[1], ANSWERS_FD),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=[signal.SIGTERM, signal.SIGINT],
        )
    finally:
        for descriptor in high:
            os.close(descriptor)
