"""Supervised programs: whatever they start ends with them."""

from __future__ import annotations

import signal
import subprocess
import sys

import psutil
import pytest

from libprocess_py.runtime import Command, Stdio, io, launch
from libprocess_py.runtime.loop_node import start_node
from tests.libprocess_py.runtime.test_subprocess import a_script, is_gone
from tests.support.event_loop import on_loop

# Starts a daemon that leaves the session and the process group and is nobody's child, and tells its pid when it is.
DAEMON = "echo $(setsid sleep 1000 >&- 2>&- & echo $!)"


@pytest.mark.parametrize(("then", "status"), [("exit 3", 3), ("kill -9 $$", 128 + 9)])
def test_a_supervised_program_takes_along_whatever_it_started(then: str, status: int) -> None:
    @on_loop
    async def run() -> None:
        async with await start_node() as node:
            async with await launch(node, a_script(f"{DAEMON}; {then}", stdout=Stdio.PIPE, supervised=True)) as process:
                assert process.stdout is not None
                daemon = int(await io.read_all(process.stdout, 100))

                assert await process.status == status
                assert is_gone(daemon)

    run()


@on_loop
async def test_terminating_a_supervised_program_kills_everything_below_it() -> None:
    async with await start_node() as node:
        script = f"trap '' TERM; {DAEMON}; exec sleep 1000"
        process = await launch(node, a_script(script, stdout=Stdio.PIPE, supervised=True))
        assert process.stdout is not None
        daemon = int(await io.read(process.stdout))
        below = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]

        process.terminate()

        assert await process.status == 128 + signal.SIGTERM
        assert daemon in below
        assert all(is_gone(pid) for pid in below)
        process.close()


@on_loop
async def test_a_supervisor_holds_no_end_of_the_streams_of_its_program() -> None:
    async with await start_node() as node:
        command = a_script("exec sleep 1000 >&-", stdout=Stdio.PIPE, supervised=True)
        async with await launch(node, command) as process:
            assert process.stdout is not None

            assert await io.read(process.stdout) == b""
            assert process.status.is_pending


@on_loop
async def test_the_program_follows_a_supervisor_that_is_killed() -> None:
    async with await start_node() as node:
        process = await launch(node, a_script("echo $$; exec sleep 1000", stdout=Stdio.PIPE, supervised=True))
        assert process.stdout is not None
        program = int(await io.read(process.stdout))

        process.kill()

        assert await io.read(process.stdout) == b""  # Its last descriptor is closed: it has ended.
        assert await process.status == -signal.SIGKILL
        assert program != process.pid
        process.close()


@pytest.mark.parametrize("supervised", [True, False])
@on_loop
async def test_a_program_is_deaf_to_no_signal_whatever_its_launcher_does_not_hear(supervised: bool) -> None:
    async with await start_node() as node:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGTERM})
        try:
            # No shell: some of them hear everything again by themselves.
            command = Command(("grep", "SigBlk", "/proc/self/status"), stdout=Stdio.PIPE, supervised=supervised)
            async with await launch(node, command) as process:
                assert process.stdout is not None
                told = await io.read_all(process.stdout, 100)
                assert await process.status == 0
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    assert int(told.split()[1], 16) == 0


@pytest.mark.parametrize(("parent", "status", "words"), [("os.getppid()", 0, "lives\n"), ("1 + os.getppid()", 127, "")])
def test_who_is_to_follow_a_parent_that_has_ended_already_ends(parent: str, status: int, words: str) -> None:
    follow = "import os; from libprocess_py.runtime.subprocess_child import follow"
    program = f"{follow}; follow({parent}, 15); print('lives')"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (status, words)
