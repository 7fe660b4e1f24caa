"""Descriptors of real pipes and sockets: nothing blocks, nothing is lost, nothing is left open."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from libprocess_py import Future, FutureDiscarded
from libprocess_py.runtime import io
from libprocess_py.runtime.program import new_event_loop
from tests.support.event_loop import HUNG_S, on_loop

LARGE = bytes(range(256)) * 4_096  # A megabyte: many times what a pipe holds.


@asynccontextmanager
async def a_pipe() -> AsyncIterator[tuple[int, int]]:
    """Both ends non-blocking; afterwards nothing is open that was not before."""
    before = psutil.Process().num_fds()
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    try:
        yield ends
    finally:
        for end in ends:
            with suppress(OSError):  # The test closed it.
                os.close(end)
    assert psutil.Process().num_fds() <= before


@on_loop
async def test_a_read_brings_what_is_there_waits_for_what_is_not_and_tells_the_end() -> None:
    async with a_pipe() as (source, target):
        os.write(target, b"early")
        early = io.read(source)
        late = io.read(source)
        was_pending = late.is_pending
        os.write(target, b"late")

        assert early.get() == b"early"
        assert was_pending
        assert await late == b"late"
        os.close(target)
        assert await io.read(source) == b""


@on_loop
async def test_what_is_larger_than_the_pipe_is_written_as_it_is_read() -> None:
    async with a_pipe() as (source, target):
        written = io.write(target, LARGE)
        was_pending = written.is_pending
        written.on_settled(lambda _: os.close(target))

        assert was_pending
        assert await io.read_all(source, len(LARGE)) == LARGE
        await written


@on_loop
async def test_more_than_is_allowed_is_refused() -> None:
    async with a_pipe() as (source, target):
        os.write(target, b"12345")

        with pytest.raises(ValueError, match="at most 4 bytes"):
            await io.read_all(source, 4)


@pytest.mark.parametrize(
    "call", [io.read, io.readable, lambda fd: io.read_all(fd, 1), lambda fd: io.redirect(fd, None)]
)
def test_a_call_that_is_discarded_stops_and_takes_nothing(call: Callable[[int], Future[object]]) -> None:
    @on_loop
    async def discard() -> None:
        async with a_pipe() as (source, target):
            before_it_began, under_way = call(source), call(source)
            before_it_began.discard()
            await io.writable(target)
            under_way.discard()
            for future in (before_it_began, under_way):
                with pytest.raises(FutureDiscarded):
                    await future

            os.write(target, b"mine")
            assert await io.read(source) == b"mine"

    discard()


@on_loop
async def test_a_write_that_is_discarded_stops() -> None:
    async with a_pipe() as (source, target):
        written = io.write(target, LARGE)
        await io.readable(source)

        written.discard()

        with pytest.raises(FutureDiscarded):
            await written
        os.close(target)
        assert len(await io.read_all(source, len(LARGE))) < len(LARGE)


@on_loop
async def test_a_descriptor_may_be_closed_and_its_number_taken_while_a_call_waits() -> None:
    async with a_pipe() as (source, target):
        waits = io.read(source)
        os.close(source)
        other = os.open(os.devnull, os.O_RDONLY)  # Takes the number; reading it would tell the end.

        os.write(target, b"mine")

        assert other == source
        assert await waits == b"mine"


@on_loop
async def test_two_may_wait_for_one_descriptor() -> None:
    async with a_pipe() as (source, target):
        both = io.readable(source), io.readable(source)

        os.write(target, b"x")

        for one in both:
            await one


@on_loop
async def test_the_end_of_the_other_side_makes_ready_and_breaks_a_write() -> None:
    async with a_pipe() as (source, target):
        os.close(source)

        await io.writable(target)
        with pytest.raises(BrokenPipeError):
            await io.write(target, b"x")


@pytest.mark.parametrize("size", [0, 1, len(LARGE)])
def test_a_redirect_copies_until_the_end_and_counts(size: int) -> None:
    @on_loop
    async def copy() -> None:
        async with a_pipe() as (source, target), a_pipe() as (far_source, far_target):
            io.write(target, LARGE[:size]).on_settled(lambda _: os.close(target))
            copied = io.redirect(source, far_target)
            copied.on_settled(lambda _: os.close(far_target))

            assert await io.read_all(far_source, len(LARGE)) == LARGE[:size]
            assert await copied == size

    copy()


@on_loop
async def test_a_redirect_to_nowhere_drains_its_source() -> None:
    async with a_pipe() as (source, target):
        drained = io.redirect(source, None)
        await io.write(target, LARGE)
        os.close(target)

        assert await drained == len(LARGE)


@on_loop
async def test_regular_files_are_always_ready(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(LARGE)
    source, target = os.open(path, os.O_RDONLY), os.open(tmp_path / "copy", os.O_RDWR | os.O_CREAT)
    try:
        await io.readable(source)
        await io.writable(target)
        assert await io.read(source, 10) == LARGE[:10]
        assert await io.redirect(source, target) == len(LARGE) - 10
        assert (tmp_path / "copy").read_bytes() == LARGE[10:]
    finally:
        os.close(source)
        os.close(target)


@on_loop
async def test_a_source_that_is_always_ready_keeps_nobody_waiting() -> None:
    async with a_pipe() as (source, target):
        endless = os.open("/dev/zero", os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(endless, False)
        drained = io.redirect(endless, None)

        os.write(target, b"x")
        await io.readable(source)
        assert await io.read(source) == b"x"
        assert drained.is_pending
        drained.discard()
        with pytest.raises(FutureDiscarded):
            await drained
        os.close(endless)


@on_loop
async def test_what_is_peeked_at_is_still_there() -> None:
    here, there = socket.socketpair()
    with here, there:
        here.setblocking(False)
        peeked = io.peek(here.fileno(), 3)
        there.send(b"hello")

        assert await peeked == b"hel"
        assert io.peek(here.fileno(), 10).get() == b"hello"
        assert await io.read(here.fileno()) == b"hello"


@on_loop
async def test_what_cannot_be_peeked_at_fails() -> None:
    async with a_pipe() as (source, _):
        with pytest.raises(OSError, match="socket"):
            await io.peek(source, 1)


@on_loop
async def test_a_descriptor_that_blocks_is_refused_and_so_is_one_that_is_not_open() -> None:
    async with a_pipe() as (source, target):
        os.set_blocking(source, True)

        for future in (io.read(source), io.readable(source), io.redirect(target, source)):
            with pytest.raises(ValueError, match="non-blocking"):
                await future
        os.close(source)
        for future in (io.read(source), io.readable(source), io.redirect(target, source)):
            with pytest.raises(OSError, match="Bad file descriptor"):
                await future


def test_without_an_event_loop_there_is_no_such_thing() -> None:
    ends = os.pipe()
    try:
        with pytest.raises(RuntimeError, match="no running event loop"):
            io.readable(ends[0])
        with pytest.raises(RuntimeError, match="no running event loop"):
            io.redirect(ends[0], None)
    finally:
        for end in ends:
            os.close(end)


LOOPS: list[Callable[[], asyncio.AbstractEventLoop]] = [new_event_loop, asyncio.new_event_loop]


@contextmanager
def a_stuck_pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends; on the first one nothing can be read or written."""
    mine, other = socket.socketpair()
    with mine, other:
        mine.setblocking(False)
        other.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                mine.send(LARGE)
        yield mine, other


def let_go_on(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].send(b"x")
    with suppress(BlockingIOError):  # It may be the second time.
        pair[1].recv(len(LARGE))


@pytest.mark.parametrize("new_loop", LOOPS, ids=["of nodes", "stock"])
@pytest.mark.parametrize("is_discarded", [True, False], ids=["discarded", "ready"])
@pytest.mark.parametrize("ready", [io.readable, io.writable])
def test_a_wait_that_is_over_has_nothing_to_do_with_who_gets_its_number_next(
    new_loop: Callable[[], asyncio.AbstractEventLoop], is_discarded: bool, ready: Callable[[int], Future[None]]
) -> None:
    """Else the loop watches a duplicate that is closed, and the next call, whose duplicate has that number, hangs."""

    async def scenario() -> None:
        with a_stuck_pair() as old, a_stuck_pair() as new, a_stuck_pair() as other:
            first = ready(old[0].fileno())
            let_go_on(other)
            await ready(other[0].fileno())  # The loop watches by now.
            if is_discarded:
                first.discard()
            else:
                let_go_on(old)
            await first.recover(lambda _: None)

            second = ready(new[0].fileno())
            let_go_on(old)
            for _ in range(2):  # Each takes a turn of the loop.
                await ready(other[0].fileno())
            was_pending = second.is_pending
            let_go_on(new)
            await second

        assert was_pending

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(asyncio.wait_for(scenario(), HUNG_S))
