"""Several OS processes: what only shows between them, and how a program around a node ends."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from libprocess_py.pid import PID, Address
from libprocess_py.runtime.loop_node import start_node
from libprocess_py.runtime.program import COLLECTOR_THRESHOLDS
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Listener

ROOT = Path(__file__).parents[3]


class Program:
    """A running `wire_program`."""

    def __init__(self, process: asyncio.subprocess.Process, address: Address) -> None:
        self.process = process
        self.echo = PID("echo", address)

    async def line(self) -> str:
        assert self.process.stdout is not None
        return (await self.process.stdout.readline()).decode().strip()


@asynccontextmanager
async def a_program(*arguments: str) -> AsyncIterator[Program]:
    command = ("-m", "tests.support.wire_program", *arguments)
    process = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT, stdout=PIPE, stderr=PIPE)
    program = Program(process, Address("127.0.0.1", 0))
    try:
        program.echo = PID("echo", Address.parse(await program.line()))
        yield program
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@on_loop
async def test_messages_go_to_another_os_process_and_back_in_order() -> None:
    async with await start_node() as node, a_program("serve") as program:
        node.spawn(source := Listener("source"))

        node.dispatch(source.pid, Listener.tell, program.echo, list(range(2_000)))

        assert await source.heard(2_000) == list(range(2_000))


@on_loop
async def test_a_killed_os_process_is_noticed_by_whoever_is_linked_to_it() -> None:
    async with await start_node() as node, a_program("serve") as program:
        node.spawn(source := Listener("source"))
        node.dispatch(source.pid, Listener.link, program.echo)
        node.dispatch(source.pid, Listener.tell, program.echo, [1])
        await source.heard(1)

        program.process.kill()

        assert await source.lost() == [program.echo]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@on_loop
async def test_a_signal_ends_actors_and_flushes_what_they_say_last(number: signal.Signals) -> None:
    async with await start_node() as node:
        node.spawn(sink := Listener("sink"))
        async with a_program("leave", str(sink.pid)) as program:
            program.process.send_signal(number)

            assert await sink.heard(1) == [99]
            assert await program.process.wait() == 128 + number


@on_loop
async def test_a_second_signal_ends_a_program_that_will_not_stop() -> None:
    async with a_program("stay") as program:
        program.process.terminate()
        assert await program.line() == "stays"

        program.process.terminate()

        assert await program.process.wait() == 128 + signal.SIGTERM


@on_loop
async def test_the_status_is_what_main_returns() -> None:
    async with a_program("return") as program:
        assert await program.process.wait() == 3


@on_loop
async def test_a_main_that_fails_shows_its_error() -> None:
    async with a_program("raise") as program:
        _, errors = await program.process.communicate()

        assert program.process.returncode == 1
        assert b"LookupError: main failed" in errors


@on_loop
async def test_an_aborted_node_ends_its_program_with_a_status_of_its_own() -> None:
    async with a_program("fail") as program:
        _, errors = await program.process.communicate()

        assert program.process.returncode == 70
        assert b"ZeroDivisionError: our mistake" in errors


def test_a_program_s_garbage_collector_leaves_what_was_there_before_it_alone() -> None:
    program = """
import gc
from libprocess_py.runtime import run

async def main(node):
    print(gc.get_threshold(), gc.get_freeze_count() > 10_000)
    return 0

raise SystemExit(run(main))
"""

    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert ran.stdout == f"{COLLECTOR_THRESHOLDS} True\n"
