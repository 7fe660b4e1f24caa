"""Exit statuses of real child processes."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import cast

import psutil
import pytest

from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.loop_node import start_node
from libprocess_py.runtime.reaper import Reaper
from tests.support.event_loop import on_loop

PID_MAX = 2**22  # No Linux gives out a larger one.


def a_child(code: str = "input()") -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-S", "-c", code], stdin=subprocess.PIPE)


def a_stranger() -> tuple[subprocess.Popen[bytes], int]:
    """A child, and its own child; a line of input ends both."""
    spawn = "child = subprocess.Popen([sys.executable, '-S', '-c', 'input()'], stdin=0)"
    code = f"import subprocess, sys; {spawn}; print(child.pid, flush=True); child.wait()"
    child = subprocess.Popen([sys.executable, "-S", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    return child, int(child.stdout.readline())


def let_go(child: subprocess.Popen[bytes]) -> None:
    assert child.stdin is not None
    child.stdin.close()
    child.returncode = 0  # Reaped already: keeps Popen from looking for it.


@on_loop
async def test_everybody_who_waits_learns_the_exit_code() -> None:
    async with await start_node() as node:
        child = a_child("input(); raise SystemExit(7)")

        waiting = [node.reap(child.pid), node.reap(child.pid)]
        assert child.stdin is not None
        child.stdin.write(b"\n")
        child.stdin.flush()

        assert [await result(future) for future in waiting] == [7, 7]
        let_go(child)


@on_loop
async def test_a_killed_child_is_told_by_its_signal() -> None:
    async with await start_node() as node:
        child = a_child()
        status = node.reap(child.pid)

        os.kill(child.pid, signal.SIGKILL)

        assert await result(status) == -signal.SIGKILL
        let_go(child)


@on_loop
async def test_a_process_that_does_not_exist_has_no_status_at_once() -> None:
    async with await start_node() as node:
        for os_pid in (PID_MAX + 1, 2**31 - 1, 2**40, 0, -1):
            assert node.reap(os_pid).get() is None


def _no_pidfd(_: int) -> int:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


class Later:
    """As much of a loop as asking needs: it notes what is to be done later, and nothing happens by itself."""

    def __init__(self) -> None:
        self.noted: list[tuple[float, Callable[[], object]]] = []
        self.cancelled = 0

    def call_later(self, after_s: float, ask: Callable[[], object]) -> Later:
        self.noted.append((after_s, ask))
        return self

    def cancel(self) -> None:
        self.cancelled += 1


def test_without_a_pidfd_a_process_is_asked_ever_less_often_up_to_once_a_second() -> None:
    later = Later()
    reaper = Reaper(cast(asyncio.AbstractEventLoop, later), open_pidfd=_no_pidfd)

    status = reaper.reap(os.getpid())
    for _ in range(5):
        later.noted[-1][1]()

    assert [after_s for after_s, _ in later.noted] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert status.is_pending
    reaper.close()
    assert later.cancelled == 1


@pytest.mark.parametrize(("code", "status"), [("import sys; sys.stdin.read(); sys.exit(7)", 7), ("pass", 0)])
def test_without_a_pidfd_a_child_is_asked_until_it_has_ended(code: str, status: int) -> None:
    @on_loop
    async def ask() -> None:
        reaper = Reaper(asyncio.get_running_loop(), open_pidfd=_no_pidfd)
        child = a_child(code)
        waiting = [reaper.reap(child.pid), reaper.reap(child.pid)]

        let_go(child)

        assert [await future for future in waiting] == [status, status]
        assert await reaper.reap(child.pid) is None  # It is collected, and nobody knows any more.

    ask()


@on_loop
async def test_without_a_pidfd_a_stranger_is_waited_for_and_then_has_no_status() -> None:
    reaper = Reaper(asyncio.get_running_loop(), open_pidfd=_no_pidfd)
    child, stranger = a_stranger()
    status = reaper.reap(stranger)
    was_pending = status.is_pending

    child.communicate(b"\n")

    assert was_pending
    assert await status is None


@on_loop
async def test_closing_abandons_whoever_waits_with_a_pidfd_or_without() -> None:
    child = a_child()
    for reaper in (Reaper(asyncio.get_running_loop()), Reaper(asyncio.get_running_loop(), open_pidfd=_no_pidfd)):
        status = reaper.reap(child.pid)
        reaper.close()
        assert status.abandoned
    let_go(child)
    os.waitpid(child.pid, 0)


@on_loop
async def test_closing_abandons_everybody_although_a_callback_of_one_raises() -> None:
    reaper = Reaper(asyncio.get_running_loop())
    children = [a_child(), a_child()]
    first, second = (reaper.reap(child.pid) for child in children)
    first.on_abandoned(lambda _: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        reaper.close()

    assert second.abandoned
    for child in children:
        let_go(child)
        os.waitpid(child.pid, 0)


@on_loop
async def test_a_stranger_is_waited_for_and_then_has_no_status() -> None:
    async with await start_node() as node:
        child, stranger = a_stranger()
        status = node.reap(stranger)
        was_pending = status.is_pending

        child.communicate(b"\n")

        assert was_pending
        assert await result(status) is None


@on_loop
async def test_stopping_the_node_leaves_no_descriptor_behind() -> None:
    await (await start_node()).stop()  # The loop keeps a descriptor of its own from the first listening on.
    before = psutil.Process().num_fds()
    child = a_child()
    node = await start_node()
    status = node.reap(child.pid)
    await node.stop()

    assert status.abandoned
    child.kill()
    child.wait()
    assert child.stdin is not None
    child.stdin.close()
    assert psutil.Process().num_fds() <= before
