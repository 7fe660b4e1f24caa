"""Real programs: what they are connected to, what happens before they run, and that nothing is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from libprocess_py import Future, FutureDiscarded, FutureFailed, Process, Promise
from libprocess_py.future import failed
from libprocess_py.runtime import BackgroundNode, Command, LaunchError, LoopNode, Stdio, Subprocess, io, launch
from libprocess_py.runtime.loop_node import start_node
from libprocess_py.sim import Simulation
from tests.support.event_loop import on_loop
from tests.tidy.source import ROOT

OUTPUT_MAX = 100_000


def a_script(text: str, **options: Any) -> Command:
    return Command(("sh", "-c", text), **options)


async def output_of(node: LoopNode, command: Command) -> str:
    """What it writes to its standard output, which must be a pipe, until it ends well."""
    async with await launch(node, command) as process:
        assert process.stdout is not None
        text = await io.read_all(process.stdout, OUTPUT_MAX)
        assert await process.status == 0
    return text.decode()


def is_reaped(pid: int) -> bool:
    """Neither running nor a zombie of ours."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE  # Of whoever inherited it.
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize(("text", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", -9)])
def test_the_status_tells_how_a_program_ended(text: str, status: int) -> None:
    @on_loop
    async def run() -> None:
        async with await start_node() as node:
            process = await launch(node, a_script(text))

            assert await process.status == status
            assert not process.terminate()
            assert is_reaped(process.pid)

    run()


@on_loop
async def test_pipes_carry_what_is_written_and_read_and_leave_no_descriptor_behind() -> None:
    async with await start_node() as node:
        before = psutil.Process().num_fds()
        command = a_script("cat; echo err >&2", stdin=Stdio.PIPE, stdout=Stdio.PIPE, stderr=Stdio.PIPE)
        async with await launch(node, command) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stderr is not None
            io.write(process.stdin, b"out" * 50_000).on_settled(lambda _: process.close(0))

            assert await io.read_all(process.stdout, 150_000) == b"out" * 50_000
            assert await io.read_all(process.stderr, 10) == b"err\n"
        assert psutil.Process().num_fds() <= before


@on_loop
async def test_paths_are_read_and_appended_to(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_text("new")
    target.write_text("old ")
    async with await start_node() as node:
        process = await launch(node, Command(("cat",), stdin=source, stdout=target, stderr=Stdio.NULL))

        assert await process.status == 0
        assert target.read_text() == "old new"


@on_loop
async def test_descriptors_are_given_even_if_their_numbers_are_those_of_other_streams(tmp_path: Path) -> None:
    async with await start_node() as node:
        with (tmp_path / "one").open("wb") as one, (tmp_path / "two").open("wb") as two:
            saved = os.dup(1), os.dup(2)
            os.dup2(one.fileno(), 1)
            os.dup2(two.fileno(), 2)
            try:
                command = a_script("echo out; echo err >&2", stdin=Stdio.NULL, stdout=2, stderr=1)
                assert await (await launch(node, command)).status == 0
            finally:
                for number, fd in enumerate(saved, start=1):
                    os.dup2(fd, number)
                    os.close(fd)

        assert (tmp_path / "two").read_text() == "out\n"
        assert (tmp_path / "one").read_text() == "err\n"


WITHOUT_STANDARD_STREAMS = """
import os, sys
from pathlib import Path
from libprocess_py.runtime import Command, Stdio, io, launch, run

async def main(node):
    report = os.dup(1)
    for fd in (0, 1):
        os.close(fd)
    command = Command(("sh", "-c", "cat; echo err >&2"), stdin=Stdio.PIPE, stdout=report, stderr=Stdio.PIPE)
    process = await launch(node, command)
    await io.write(process.stdin, b"out ")
    process.close(0)
    os.write(report, await io.read_all(process.stderr, 10))
    os.open(os.devnull, os.O_RDONLY)  # Takes 0, and the next file 1: a number that is given away before the file is.
    command = Command(("sh", "-c", "echo more; echo wrong >&2"), stdout=report, stderr=Path(os.devnull))
    return await process.status or await (await launch(node, command)).status

sys.exit(run(main))
"""


def test_streams_are_connected_even_if_this_process_has_no_standard_ones() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_STANDARD_STREAMS], check=False, capture_output=True, timeout=30, cwd=ROOT
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"out err\nmore\n", b"")


@on_loop
async def test_a_program_gets_the_descriptors_it_was_meant_to_get_and_no_other() -> None:
    async with await start_node() as node:
        kept, leaked = os.pipe()
        try:
            os.set_inheritable(leaked, True)
            listing = "import os; print(*(fd for fd in map(int, os.listdir('/proc/self/fd')) if fd > 2))"
            command = Command((sys.executable, "-S", "-c", listing), stdout=Stdio.PIPE, pass_fds=(kept,))

            numbers = (await output_of(node, command)).split()
        finally:
            os.close(kept)
            os.close(leaked)

        assert str(kept) in numbers
        assert len(numbers) == 2  # And the one that listed them.


@on_loop
async def test_the_environment_and_the_working_directory_are_those_of_the_command(tmp_path: Path) -> None:
    async with await start_node() as node:
        env = {"PATH": os.environ["PATH"], "NAME": "Grüße"}

        text = await output_of(node, a_script("env | sort; pwd", stdout=Stdio.PIPE, env=env, cwd=tmp_path))

        assert [line for line in text.splitlines() if not line.startswith(("PWD=", "_=", "SHLVL=", "OLDPWD="))] == [
            "NAME=Grüße",
            f"PATH={env['PATH']}",
            str(tmp_path),
        ]
        inherited = await output_of(node, a_script("echo $PATH", stdout=Stdio.PIPE))
        assert inherited.strip() == env["PATH"]


@on_loop
async def test_signals_are_neither_blocked_nor_ignored_in_a_program() -> None:
    async with await start_node() as node:
        text = await output_of(node, a_script("grep -E '^Sig(Blk|Ign)' /proc/self/status", stdout=Stdio.PIPE))

        # The C library keeps the first two real-time signals to itself.
        assert [int(line.split()[1], 16) % (1 << 31) for line in text.splitlines()] == [0, 0]


@on_loop
async def test_a_program_may_have_a_session_and_no_new_privileges() -> None:
    async with await start_node() as node:
        text = "cut -d' ' -f6 /proc/$$/stat; grep NoNewPrivs /proc/self/status; echo $$"

        plain = (await output_of(node, a_script(text, stdout=Stdio.PIPE))).split()
        bound = (await output_of(node, a_script(text, stdout=Stdio.PIPE, session=True, no_new_privs=True))).split()

        assert plain == [str(os.getsid(0)), "NoNewPrivs:", "0", plain[3]]
        assert bound == [bound[3], "NoNewPrivs:", "1", bound[3]]


# Hooks


@on_loop
async def test_hooks_run_in_order_and_the_program_not_before_the_last_is_through(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    async with await start_node() as node:
        seen: list[tuple[str, int]] = []
        gate: Promise[None] = Promise()
        begun: Promise[None] = Promise()

        def first(pid: int) -> None:
            seen.append(("first", pid))

        def second(pid: int) -> Future[None]:
            seen.append(("second", pid))
            begun.set(None)
            return gate

        launching = launch(node, Command(("touch", str(marker))), parent_hooks=[first, second])
        await begun
        early = marker.exists() or not launching.is_pending
        gate.set(None)
        process = await launching

        assert not early
        assert await process.status == 0
        assert marker.exists()
        assert seen == [("first", process.pid), ("second", process.pid)]


@pytest.mark.parametrize("how", ["raises", "fails", "waits"])
def test_a_hook_that_fails_kills_the_process_and_fails_the_launch(how: str, tmp_path: Path) -> None:
    @on_loop
    async def run() -> None:
        pids: list[int] = []

        def hook(pid: int) -> Future[None]:
            pids.append(pid)
            if how == "raises":
                raise ValueError("no room")
            return failed(ValueError("no room"))

        async def waits(pid: int) -> None:
            await hook(pid)

        async with await start_node() as node:
            command = Command(("touch", str(tmp_path / "marker")), stdin=Stdio.PIPE)
            before = psutil.Process().num_fds()
            with pytest.raises(ValueError, match="no room"):
                await launch(node, command, parent_hooks=[waits if how == "waits" else hook])

            assert is_reaped(pids[0])
            assert not (tmp_path / "marker").exists()
            assert psutil.Process().num_fds() <= before

    run()


@on_loop
async def test_a_process_that_dies_before_its_program_began_is_told_as_such() -> None:
    async with await start_node() as node:
        with pytest.raises(LaunchError, match="before its program began it terminated with signal SIGKILL"):
            await launch(node, a_script("exit 0"), parent_hooks=[lambda pid: os.kill(pid, signal.SIGKILL)])


@on_loop
async def test_a_process_that_is_gone_when_it_would_get_its_go_is_told_as_such_too() -> None:
    async with await start_node() as node:

        async def end(pid: int) -> None:
            os.kill(pid, signal.SIGKILL)
            await node.reap(pid)

        with pytest.raises(LaunchError, match="before its program began it terminated with signal SIGKILL"):
            await launch(node, a_script("exit 0"), parent_hooks=[end])


@on_loop
async def test_discarding_a_launch_kills_what_has_not_begun(tmp_path: Path) -> None:
    async with await start_node() as node:
        pids: Promise[int] = Promise()

        def hook(pid: int) -> Future[None]:
            pids.set(pid)
            return Promise()

        launching = launch(node, Command(("touch", str(tmp_path / "marker"))), parent_hooks=[hook])
        status = node.reap(await pids)
        launching.discard()

        with pytest.raises(FutureDiscarded):
            await launching
        assert await status == -signal.SIGKILL
        assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize("supervised", [False, True])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"argv": ("/no/such/program",)}, "program /no/such/program: No such file"),
        ({"argv": ("true",), "cwd": Path("/no/such/folder")}, "working directory /no/such/folder: No such file"),
        ({"argv": ("true",), "cwd": Path("a\0b")}, "working directory a.b: embedded null"),
        ({"argv": ("tr\0ue",)}, "program tr.ue: .*embedded null"),
        ({"argv": ("true", "a\0b")}, "program true: .*embedded null"),
        ({"argv": ("true",), "env": {"A=": "b"}}, "program true: illegal environment variable name"),
        ({"argv": ("\ud800",)}, "program .: .*surrogates not allowed"),
    ],
)
def test_what_cannot_be_done_fails_the_launch_with_a_sentence(
    options: dict[str, Any], words: str, supervised: bool
) -> None:
    @on_loop
    async def run() -> None:
        async with await start_node() as node:
            with pytest.raises(LaunchError, match=words):
                await launch(node, Command(**options, supervised=supervised))

    run()


@pytest.mark.parametrize(
    "command",
    [
        a_script("exit", stdin=Path("/no/such/file")),
        a_script("exit", stdin=Stdio.PIPE, stdout=1_000_000),
        a_script("exit", stdin=Stdio.PIPE, pass_fds=(1_000_000,)),
    ],
    ids=["path", "descriptor", "passed descriptor"],
)
def test_a_stream_that_is_not_there_fails_the_launch_and_leaves_nothing_open(command: Command) -> None:
    @on_loop
    async def run() -> None:
        async with await start_node() as node:
            before = psutil.Process().num_fds()
            with pytest.raises(OSError, match=r"No such file|Bad file descriptor"):
                await launch(node, command)
            assert psutil.Process().num_fds() <= before

    run()


@pytest.mark.parametrize(
    ("make", "field"), [(lambda: Command(()), "argv"), (lambda: Command(("true",), pass_fds=(2,)), "pass_fds")]
)
def test_a_command_that_makes_no_sense_is_refused(make: Callable[[], Command], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        make()


# Ends


@on_loop
async def test_a_context_kills_and_reaps_what_still_runs() -> None:
    async with await start_node() as node:
        async with await launch(node, a_script("exec sleep 1000")) as process:
            assert process.status.is_pending

        assert await process.status == -signal.SIGKILL
        assert is_reaped(process.pid)


class Keeper(Process):
    """Launches a program in a handler, and keeps it as long as it lives itself."""

    def __init__(self) -> None:
        super().__init__()
        self.launched: Promise[Subprocess] = Promise()

    async def keep(self, command: Command) -> int | None:
        async with await launch(self.node, command) as process:
            self.launched.set(process)
            return await process.status


@on_loop
async def test_a_handler_waits_for_a_program_and_the_end_of_its_actor_ends_the_program() -> None:
    async with await start_node() as node:
        assert await node.dispatch(node.spawn(Keeper()), Keeper.keep, a_script("exit 4")) == 4

        keeper = Keeper()
        kept = node.dispatch(node.spawn(keeper), Keeper.keep, a_script("exec sleep 1000"))
        process = await keeper.launched
        node.terminate(keeper.pid)

        assert await process.status == -signal.SIGKILL
        assert kept.abandoned
        assert node.metrics.counters().get("libprocess/failures", 0) == 0


@on_loop
async def test_many_programs_end_without_a_zombie() -> None:
    async with await start_node() as node:
        launching = [launch(node, a_script(f"exit {number}")) for number in range(8)]

        processes = [await future for future in launching]

        assert [await process.status for process in processes] == list(range(8))
        assert all(is_reaped(process.pid) for process in processes)


@on_loop
async def test_what_outlives_its_node_is_still_signalled_and_is_collected_by_the_next_launch() -> None:
    node = await start_node()
    process = await launch(node, a_script("exec sleep 1000"))
    await node.stop()

    assert process.status.abandoned
    assert process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # It has ended, and is a zombie.
    async with await start_node() as other:
        await launch(other, a_script("exit 0"))

        assert is_reaped(process.pid)
        assert not process.kill()


@on_loop
async def test_a_node_that_stops_meanwhile_lets_no_program_begin(tmp_path: Path) -> None:
    node = await start_node()
    pids: Promise[int] = Promise()
    gate: Promise[None] = Promise()

    def hook(pid: int) -> Future[None]:
        pids.set(pid)
        return gate

    launching = launch(node, Command(("touch", str(tmp_path / "marker"))), parent_hooks=[hook])
    pid = await pids
    await node.stop()
    gate.fail("stopped")

    with pytest.raises(FutureFailed, match="stopped"):
        await launching
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert not (tmp_path / "marker").exists()
    async with await start_node() as other:
        await launch(other, a_script("exit 0"))
        assert is_reaped(pid)


def test_a_program_follows_the_thread_that_launched_it_if_it_is_told_to() -> None:
    launched: list[Subprocess] = []
    with BackgroundNode() as background:
        command = a_script("exec sleep 1000", parent_death_signal=signal.SIGKILL)
        launched.append(background.call(launch, background.node, command).result())

    _, status = os.waitpid(launched[0].pid, 0)

    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def test_a_simulated_node_starts_no_process() -> None:
    with pytest.raises(RuntimeError, match="simulated"):
        launch(Simulation(seed=1).node("10.0.0.1"), a_script("exit 0"))
