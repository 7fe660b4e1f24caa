"""Exit statuses of real child processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil

from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.loop_node import start_node
from tests.support.event_loop import on_loop

PID_MAX = 2**22  # No Linux gives out a larger one.


def a_child(code: str = "input()") -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-S", "-c", code], stdin=subprocess.PIPE)


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
        assert node.reap(PID_MAX + 1).get() is None


@on_loop
async def test_a_stranger_is_waited_for_and_then_has_no_status() -> None:
    async with await start_node() as node:
        spawn = "child = subprocess.Popen([sys.executable, '-S', '-c', 'input()'], stdin=0)"
        code = f"import subprocess, sys; {spawn}; print(child.pid, flush=True); child.wait()"
        child = subprocess.Popen([sys.executable, "-S", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert child.stdout is not None
        status = node.reap(int(child.stdout.readline()))
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
