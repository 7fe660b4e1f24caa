"""How a real node starts, listens, keeps time and stops."""

from __future__ import annotations

import asyncio
import gc
import threading
import time

import psutil
import pytest

from libprocess_py.core.failures import Policy
from libprocess_py.future import Future, Promise
from libprocess_py.pid import PID, Address
from libprocess_py.process import Process
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.listening import ListenError
from libprocess_py.runtime.loop_node import start_node
from libprocess_py.runtime.settings import NodeSettings
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Echo, Listener, Ping, RawClient


class Leaver(Process):
    """Says goodbye to another node."""

    def __init__(self, to: PID) -> None:
        super().__init__("leaver")
        self.to = to

    def finalize(self) -> None:
        self.send(self.to, Ping(number=99))


class Ticker(Process):
    """Notes when its timers fire."""

    def __init__(self) -> None:
        super().__init__("ticker")
        self.early_ns: list[int] = []
        self.done = asyncio.Event()

    def initialize(self) -> None:
        for delay_ns in (0, 100_000, 400_000, 1_000_000, 1_500_000, 20_000_000):
            self.delay(delay_ns, self.tick, self.clock.now() + delay_ns)

    def tick(self, due: int) -> None:
        self.early_ns.append(due - self.clock.now())
        if len(self.early_ns) == 6:
            self.done.set()


class Faulty(Process):
    def fail(self) -> None:
        raise ZeroDivisionError("our mistake")


@on_loop
async def test_a_port_in_use_is_named_in_the_error() -> None:
    async with await start_node() as node:
        with pytest.raises(ListenError, match=f"cannot listen on {node.address}: the address is in use"):
            await start_node(NodeSettings(port=node.address.port))


@on_loop
async def test_an_address_that_is_not_ours_is_named_in_the_error() -> None:
    with pytest.raises(ListenError, match=r"cannot listen on 192\.0\.2\.1:0: cannot assign requested address$"):
        await start_node(NodeSettings(ip="192.0.2.1"))


@on_loop
async def test_a_node_calls_itself_by_the_advertised_address() -> None:
    async with await start_node(NodeSettings(advertise_ip="10.1.2.3", advertise_port=7)) as node:
        assert node.spawn(Echo()) == PID("echo", Address("10.1.2.3", 7))


@on_loop
async def test_a_node_on_every_interface_does_not_advertise_that() -> None:
    async with await start_node(NodeSettings(ip="0.0.0.0")) as node:
        assert node.address.ip != "0.0.0.0"
        assert node.address.port != 0


@on_loop
async def test_a_node_listens_on_ipv6_too() -> None:
    async with await start_node(NodeSettings(ip="::1")) as node, await start_node() as other:
        node.spawn(sink := Listener("sink"))

        other.send(sink.pid, Ping(number=1))

        assert await sink.heard(1) == [1]
        assert str(node.address) == f"[::1]:{node.address.port}"


@on_loop
async def test_what_actors_send_when_they_end_still_leaves_the_node() -> None:
    async with await start_node() as there:
        there.spawn(sink := Listener("sink"))
        async with await start_node() as here:
            here.spawn(Leaver(sink.pid))

        assert await sink.heard(1) == [99]


@on_loop
async def test_a_stopped_node_can_be_stopped_again_and_its_port_used_again() -> None:
    node = await start_node()
    await asyncio.gather(node.stop(), node.stop())

    async with await start_node(NodeSettings(port=node.address.port)) as again:
        assert again.address == node.address
        assert not await result(node.wait(PID("echo", node.address)))


@on_loop
async def test_nodes_leave_no_sockets_and_no_threads_behind() -> None:
    async def a_life() -> None:
        async with await start_node() as here, await start_node() as there:
            echo = there.spawn(Echo())
            here.spawn(source := Listener("source"))
            here.dispatch(source.pid, Listener.link, echo)
            here.dispatch(source.pid, Listener.tell, echo, [1])
            await source.heard(1)
            async with await RawClient.connect(here.address) as client:
                await client.ask(b"GET /metrics/snapshot HTTP/1.1\r\n\r\n")

    me = psutil.Process()
    await a_life()
    gc.collect()
    before = me.num_fds(), threading.active_count()

    for _ in range(20):
        await a_life()
    gc.collect()

    assert (me.num_fds(), threading.active_count()) <= before


@on_loop
async def test_timers_are_never_early() -> None:
    async with await start_node() as node:
        node.spawn(ticker := Ticker())
        await ticker.done.wait()

    assert max(ticker.early_ns) <= 0


@on_loop
async def test_the_clock_is_wall_time() -> None:
    async with await start_node() as node:
        before, now, after = time.time_ns(), node.clock.now(), time.time_ns()

    slack = 1_000_000_000  # Somebody may set the wall clock while this runs; ours does not follow.
    assert before - slack <= now <= after + slack


@on_loop
async def test_a_seed_makes_ids_and_chance_repeatable() -> None:
    async def draw(seed: int | None) -> tuple[str, float]:
        async with await start_node(NodeSettings(seed=seed)) as node:
            echo = node.spawn(Echo())
            return node.unique_id(), node.random(echo, "dice").random()

    assert await draw(5) == await draw(5)
    assert await draw(5) != await draw(6)
    assert await draw(None) != await draw(None)


@on_loop
async def test_a_failing_actor_takes_its_node_along_under_abort_node() -> None:
    async with await start_node() as there:
        there.spawn(watcher := Listener("watcher"))
        node = await start_node(NodeSettings(policy=Policy.ABORT_NODE))
        faulty = node.spawn(Faulty())
        there.dispatch(watcher.pid, Listener.link, faulty)

        node.dispatch(faulty, Faulty.fail)

        assert await watcher.lost() == [faulty]
        assert isinstance(node.failure, ZeroDivisionError)
        await node.stop()


class Selfish(Process):
    """Gives itself work for ever, two events for each, so that its mailbox grows as well."""

    def __init__(self) -> None:
        super().__init__("selfish")
        self.served = 0

    def work(self) -> None:
        self.served += 1
        self.dispatch(self.pid, Selfish.work)
        if self.served % 100 == 0:
            self.dispatch(self.pid, Selfish.work)


class Beating(Process):
    def __init__(self) -> None:
        super().__init__("beating")
        self.beats: Promise[int] = Promise()

    def beat(self, left: int) -> Future[int]:
        if left:
            self.delay(1_000_000, self.beat, left - 1)
        else:
            self.beats.set(0)
        return self.beats


@on_loop
async def test_an_actor_that_feeds_itself_starves_neither_clients_nor_peers_nor_timers() -> None:
    async with await start_node() as busy, await start_node() as other:
        selfish, echo = Selfish(), busy.spawn(Echo())
        busy.dispatch(busy.spawn(selfish), Selfish.work)
        other.spawn(listener := Listener())

        other.dispatch(listener.pid, Listener.tell, echo, list(range(10)))
        assert await listener.heard(10) == list(range(10))
        async with await RawClient.connect(busy.address) as client:
            assert (await client.ask(b"GET /echo/path HTTP/1.1\r\n\r\n")).status == 200
        assert await result(busy.dispatch(busy.spawn(Beating()), Beating.beat, 5)) == 0

        assert selfish.served > 0
        assert busy.wait(selfish.pid).is_pending
