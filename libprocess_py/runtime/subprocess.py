"""`launch`: start a program, with hooks that have its pid before it runs, and know its end.

```python
process = await launch(self.node, Command(("cat",), stdin=Stdio.PIPE, stdout=Stdio.PIPE))
```

The new process is stopped until every hook is through. A hook that fails kills it, and so does whatever else keeps the
program from running: then the future fails with the reason, and nothing is left. A process that runs belongs to whoever
launched it, and outlives its node unless it is told not to (`Command.parent_death_signal`, `supervised`). Its status is
collected when it ends, so that none becomes a zombie; after the node has stopped, when the next one is launched.

Each launch costs one start of a Python interpreter, see `subprocess_child` for why.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Self

from libprocess_py.errors import MailboxClosed
from libprocess_py.exit_words import exit_words
from libprocess_py.future import Future
from libprocess_py.node import Node
from libprocess_py.runtime import io
from libprocess_py.runtime.awaiting import from_asyncio
from libprocess_py.runtime.command import Command, Streams, connected, handed_over, lifted
from libprocess_py.runtime.loop_node import LoopNode
from libprocess_py.runtime.subprocess_child import GO, PROBLEM_MAX, READY, Spec

# Isolated from the user's Python settings and quick to start: nothing but what is imported below is looked for.
BOOT: Final = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from libprocess_py.runtime.subprocess_child import main; main()"
)
ROOT: Final = str(Path(__file__).resolve().parents[2])

# Called with the pid; if it returns a future, or is an `async def`, that is waited for.
ParentHook = Callable[[int], Any]

# Children of this OS process whose node stopped before they ended: nobody waits for them any more.
_left: Final[set[int]] = set()


class LaunchError(Exception):
    """The program does not run; the text says why."""


class Subprocess:
    """A program that runs, or has run. Pipes are non-blocking, for `runtime.io`.

    As an asynchronous context it cleans up: at the end the program is killed if it still runs, and reaped.
    """

    def __init__(self, pid: int, status: Future[int | None], *, pipes: dict[int, int]) -> None:
        self.pid = pid
        self.status = status  # The exit code, or minus the signal that ended it.
        self._pipes = pipes
        status.on_abandoned(lambda _: _left.add(pid))

    @property
    def stdin(self) -> int | None:
        """Our end, to write to; None if it is no pipe, or closed."""
        return self._pipes.get(0)

    @property
    def stdout(self) -> int | None:
        return self._pipes.get(1)

    @property
    def stderr(self) -> int | None:
        return self._pipes.get(2)

    def signal(self, number: int) -> bool:
        """False if it has ended. It cannot hit a stranger: the pid is ours until the status is collected."""
        if not (self.status.is_pending and (not self.status.abandoned or self.pid in _left)):
            return False
        os.kill(self.pid, number)
        return True

    def terminate(self) -> bool:
        """Ask it to end (SIGTERM); a supervised one is killed with everything below it."""
        return self.signal(signal.SIGTERM)

    def kill(self) -> bool:
        return self.signal(signal.SIGKILL)

    def close(self, *numbers: int) -> None:
        """Our ends of its pipes: those with these numbers, or all. May be repeated."""
        for number in numbers or tuple(self._pipes):
            fd = self._pipes.pop(number, None)
            if fd is not None:
                os.close(fd)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close()
        if kind is GeneratorExit:  # A handler whose actor ended waits for nothing more; the reaper does.
            self.kill()
        else:
            await _gone(self)


def launch(node: Node, command: Command, *, parent_hooks: Sequence[ParentHook] = ()) -> Future[Subprocess]:
    """Ready when the program runs. Fails with LaunchError, with what a hook failed with, or with OSError.

    Hooks are called one by one, outside any actor. Discarding the future kills the process if its program does not run.
    """
    if not isinstance(node, LoopNode):
        raise RuntimeError("only a node on an event loop starts processes: a simulated host has none")
    return from_asyncio(_launch(node, command, parent_hooks=parent_hooks))


async def _launch(node: LoopNode, command: Command, *, parent_hooks: Sequence[ParentHook]) -> Subprocess:
    _collect_left()
    streams = connected(command)
    try:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            try:
                pid = _spawn(command, streams, control=theirs)
            finally:
                streams.close_theirs()
            theirs.close()
            process = Subprocess(pid, node.reap(pid), pipes=streams.ours)
            await _begin(process, ours, parent_hooks=parent_hooks)
    except BaseException:
        streams.close_ours()
        raise
    return process


async def _begin(process: Subprocess, control: socket.socket, *, parent_hooks: Sequence[ParentHook]) -> None:
    """See the program run, or the process gone."""
    try:
        for hook in parent_hooks:
            outcome = hook(process.pid)
            if inspect.isawaitable(outcome):
                await outcome
        with contextlib.suppress(BrokenPipeError):
            control.send(GO)
        told = await _answer(control)
        if told != READY:
            await _gone(process)
            problem = told.removeprefix(READY).decode(errors="replace")
            raise LaunchError(problem or f"before its program began it {exit_words(process.status.get())}")
    except asyncio.CancelledError:
        process.kill()
        raise
    except BaseException:
        await _gone(process)
        raise


async def _answer(control: socket.socket) -> bytes:
    try:
        return await io.read_all(control.fileno(), PROBLEM_MAX + len(READY))
    except ConnectionResetError:  # It ended without reading the go.
        return b""


async def _gone(process: Subprocess) -> None:
    process.kill()
    with contextlib.suppress(MailboxClosed):  # The node has stopped meanwhile.
        await process.status


def _spawn(command: Command, streams: Streams, *, control: socket.socket) -> int:
    """Start the interpreter that becomes the program, on the node's thread: parent-death signals are bound to it."""
    with handed_over(_spec(command).to_json()) as document:
        spec_fd = lifted(os.dup(document))
    control_fd = lifted(os.dup(control.fileno()))
    try:
        same = (spec_fd, control_fd, *command.pass_fds)
        return os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", "-c", BOOT, ROOT, str(spec_fd), str(control_fd)],
            {},
            file_actions=[(os.POSIX_SPAWN_DUP2, fd, number) for number, fd in streams.theirs.items()]
            + [(os.POSIX_SPAWN_DUP2, fd, fd) for fd in same],  # Which makes them inherited.
        )
    finally:
        os.close(spec_fd)
        os.close(control_fd)


def _spec(command: Command) -> Spec:
    return Spec(
        argv=list(command.argv),
        env=dict(os.environ if command.env is None else command.env),
        cwd=None if command.cwd is None else str(command.cwd),
        kept=list(command.pass_fds),
        import_path=[folder for folder in sys.path if folder],
        parent_pid=os.getpid(),
        session=command.session,
        parent_death_signal=command.parent_death_signal,
        no_new_privs=command.no_new_privs,
        supervised=command.supervised,
    )


def _collect_left() -> None:
    for pid in sorted(_left):
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG) == (0, 0):
                continue
        _left.discard(pid)
