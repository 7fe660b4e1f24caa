"""What waits is served in order, a flood stays outside, and nobody starves: pressure alone, and over real sockets."""

from __future__ import annotations

import asyncio

from libprocess_py.core.kernel import STEP_EVENTS
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.runtime.loop_node import LoopNode, start_node
from libprocess_py.runtime.pressure import INTAKE, SLICE, STEP_FIRST, Pressure
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Echo, Listener, Ping, RawClient, a_message


class Reader:
    """A connection that only notes what is served, in one list with others."""

    def __init__(self, name: str, served: list[tuple[str, bytes]]) -> None:
        self.name = name
        self.served = served
        self.held = False

    def take_read(self, data: bytes) -> None:
        self.served.append((self.name, data))

    def hold(self, *, held: bool) -> None:
        self.held = held


class Amplifier(Process):
    """Makes work for itself of every message: one read is more than a run."""

    def __init__(self) -> None:
        super().__init__("amplifier")
        self.told = 0
        self.longest = 0
        self.done = 0
        self.changed = asyncio.Event()

    def ping(self, sender: PID, ping: Ping) -> None:
        self.told += 1
        for _ in range(5):
            self.dispatch(self.pid, Amplifier.work)

    def work(self) -> None:
        self.done += 1
        self.longest = max(self.longest, 5 * self.told - self.done)
        self.changed.set()


def turn() -> asyncio.Future[None]:
    """Until everything that is scheduled now has been called."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    loop.call_soon(over.set_result, None)
    return over


@on_loop
async def test_what_waits_is_served_in_turns_and_in_the_order_of_each_connection() -> None:
    served: list[tuple[str, bytes]] = []
    first, second = Reader("first", served), Reader("second", served)
    pressure = Pressure(asyncio.get_running_loop(), [first, second])

    pressure.keep(first, b"a" * SLICE + b"b")
    pressure.keep(second, b"c")
    pressure.keep(first, b"d")
    held = (first.held, second.held)
    while pressure.keeps(first):
        await turn()

    assert held == (True, True)
    assert served == [("first", b"a" * SLICE), ("second", b"c"), ("first", b"b"), ("first", b"d")]
    assert (first.held, second.held) == (False, False)


@on_loop
async def test_with_a_backlog_a_turn_takes_in_no_more_than_a_part_and_never_nothing() -> None:
    served: list[tuple[str, bytes]] = []
    reader = Reader("reader", served)
    pressure = Pressure(asyncio.get_running_loop(), [reader])
    pressure.is_backlogged = True
    pressure.run(lambda _: True)

    pressure.keep(reader, bytes(20 * INTAKE))
    taken: list[int] = []
    asyncio.get_running_loop().call_soon(lambda: taken.append(sum(len(data) for _, data in served)))
    await turn()

    assert 0 < taken[0] <= INTAKE + SLICE
    assert reader.held


@on_loop
async def test_a_connection_that_is_gone_is_not_served_any_more() -> None:
    served: list[tuple[str, bytes]] = []
    reader = Reader("reader", served)
    pressure = Pressure(asyncio.get_running_loop(), [reader])

    pressure.keep(reader, b"a")
    pressure.forget(reader)
    await turn()

    assert served == []
    assert not pressure.keeps(reader)


@on_loop
async def test_the_kernel_is_run_until_nothing_is_left_or_its_time_is_over() -> None:
    pressure = Pressure(asyncio.get_running_loop(), [])
    budgets: list[int] = []

    def three_steps(budget: int) -> bool:
        budgets.append(budget)
        return len(budgets) < 3

    assert not pressure.run(three_steps)
    assert len(budgets) == 3
    assert budgets[0] == STEP_FIRST
    assert max(budgets) <= STEP_EVENTS
    assert pressure.run(lambda _: True)
    assert pressure.is_backlogged


@on_loop
async def test_messages_that_make_more_work_than_they_bring_do_not_pile_up() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(amplifier := Amplifier())
        sent = 100_000
        client.say(a_message("amplifier", "Ping") * sent)
        answers = asyncio.create_task(_answered(client, sent))

        while amplifier.done < 5 * sent:
            amplifier.changed.clear()
            await amplifier.changed.wait()
        await answers

        assert amplifier.told == sent
        assert amplifier.longest < 5 * sent // 4


@on_loop
async def test_a_flood_through_many_connections_keeps_others_alive_and_its_bytes_outside() -> None:
    async with await start_node() as node, await start_node() as other:
        node.spawn(amplifier := Amplifier())
        echo = node.spawn(Echo())
        other.spawn(listener := Listener())
        clients = [await RawClient.connect(node.address) for _ in range(20)]
        flood = a_message("amplifier", "Ping") * 2_000
        for client in clients:
            client.say(flood)
        readers = [asyncio.create_task(_answered(client, 2_000)) for client in clients]

        other.dispatch(listener.pid, Listener.tell, echo, list(range(50)))
        assert await listener.heard(50) == list(range(50))
        for reader in readers:
            await reader

        assert amplifier.told == 40_000
        for client in clients:
            client.writer.close()


@on_loop
async def test_a_peer_that_never_reads_and_clients_that_never_read_cost_a_bounded_amount() -> None:
    async with await start_node() as node:
        node.spawn(Echo())
        clients = [await RawClient.connect(node.address) for _ in range(20)]
        body = b"x" * 100_000
        request = b"POST /echo/path HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        for client in clients:
            client.reader._transport.pause_reading()  # type: ignore[attr-defined]  # The stream would read on its own.
            client.say(request * 200)
        async with await RawClient.connect(node.address) as honest:
            for _ in range(20):
                assert (await honest.ask(b"GET /echo/path HTTP/1.1\r\n\r\n")).status == 200

        assert _buffered(node) < len(clients) * 1_000_000
        for client in clients:
            client.writer.transport.abort()


async def _answered(client: RawClient, count: int) -> None:
    for _ in range(count):
        await client.reader.readuntil(b"\r\n\r\n")


def _buffered(node: LoopNode) -> int:
    transports = [connection._transport for connection in node.driver.connections]
    return sum(transport.get_write_buffer_size() for transport in transports if transport is not None)
