"""Forks, loops that are closed under live actors, several nodes and threads: what is defined, with real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from asyncio.subprocess import DEVNULL, PIPE

from libprocess_py.pid import PID
from libprocess_py.runtime.loop_node import start_node
from libprocess_py.runtime.program import new_event_loop
from tests.libprocess_py.runtime.test_program import ROOT, a_program
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Echo, tell


@on_loop
async def test_a_forked_child_does_not_keep_its_dead_parent_s_connections_alive() -> None:
    async with await start_node() as node, a_program("fork") as program:
        forker = PID("forker", program.echo.address)
        source = tell(node, forker, 1)
        await source.heard(1)
        child = int(await program.line())

        program.process.kill()
        lost = await source.lost()
        os.kill(child, 0)  # It lives.
        again = tell(node, program.echo, 1)
        refused = await again.lost()
        os.kill(child, signal.SIGKILL)

        assert lost == [forker]
        assert refused == [program.echo]


@on_loop
async def test_closing_a_loop_with_actors_alive_ends_its_connections_and_makes_the_node_useless() -> None:
    command = (sys.executable, "-m", "tests.support.wire_left_behind")
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
    assert process.stdin is not None
    assert process.stdout is not None
    async with await start_node() as node:
        echo = PID.parse((await process.stdout.readline()).decode().strip())
        source = tell(node, echo, 1)
        await source.heard(1)

        process.stdin.write(b"close\n")

        assert await source.lost() == [echo]
        assert process.returncode is None
        assert await process.stdout.readline() == b"abandoned\n"
    process.stdin.close()
    await process.wait()


@on_loop
async def test_two_nodes_of_one_loop_share_nothing_but_the_loop() -> None:
    async with await start_node() as here:
        async with await start_node() as there:
            echo = there.spawn(Echo())
            here.spawn(Echo())
            source = tell(here, echo, 1)
            assert await source.heard(1) == [1]
        assert await source.lost() == [echo]
        assert "echo" in here.kernel.mailboxes


@on_loop
async def test_each_thread_may_have_a_node_and_they_talk_like_strangers() -> None:
    ready: list[PID] = []
    started, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with await start_node() as node:
            ready.append(node.spawn(Echo()))
            started.set()
            await asyncio.to_thread(over.wait)

    def run() -> None:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    await asyncio.to_thread(started.wait)
    async with await start_node() as node:
        source = tell(node, ready[0], *range(1_000))

        assert await source.heard(1_000) == list(range(1_000))
        over.set()
        assert await source.lost() == [ready[0]]
    await asyncio.to_thread(thread.join)
