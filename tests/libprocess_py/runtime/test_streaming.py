"""Bodies that are written while they leave, over real sockets."""

from __future__ import annotations

import asyncio

import pytest

from libprocess_py.core.wire_head import BODY_MAX
from libprocess_py.future import Future, Promise
from libprocess_py.http.pipe import BOUND, ROOM, End, Pipe
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.process import Process
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.loop_node import start_node
from libprocess_py.runtime.settings import NodeSettings
from tests.support.event_loop import on_loop
from tests.support.wire_actors import RawClient

GET = b"GET /feed/events HTTP/1.1\r\nHost: a\r\n\r\n"
GET_10 = b"GET /feed/events HTTP/1.0\r\n\r\n"


class Feed(Process):
    """Tells each subscriber what the test says."""

    def __init__(self, *, length: int | None = None, status: int = 200) -> None:
        super().__init__("feed")
        self.length = length
        self.pipes: list[Pipe] = []
        self.subscribed = asyncio.Event()

    def initialize(self) -> None:
        self.route("/events", self.events, help="What happens, as it happens.")
        self.route("/now", lambda _: Response.text(200, "now"), help="At once.")

    def events(self, _: Request) -> Response:
        self.pipes.append(Pipe())
        self.subscribed.set()
        return Response.stream(self.pipes[-1], "text/plain", length=self.length)

    async def pipe(self) -> Pipe:
        await self.subscribed.wait()
        return self.pipes[-1]


async def chunk(client: RawClient) -> bytes:
    size = int(await client.reader.readuntil(b"\r\n"), 16)
    data = await client.reader.readexactly(size)
    assert await client.reader.readexactly(2) == b"\r\n"
    return data


async def subscribe(client: RawClient) -> None:
    """Ask, and read the head of the answer."""
    client.say(GET)
    await client.answer(with_body=False)


@on_loop
async def test_pieces_leave_as_they_are_written_and_the_connection_goes_on_afterwards() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(feed := Feed())
        client.say(GET + b"GET /feed/now HTTP/1.1\r\n\r\n")
        answer = await client.answer(with_body=False)
        pipe = await feed.pipe()

        pipe.writer.write(b"one")
        first = await chunk(client)
        pipe.writer.write(b"two")
        second = await chunk(client)
        pipe.writer.close()

        assert (answer.status, answer.headers["Transfer-Encoding"]) == (200, "chunked")
        assert (first, second, await chunk(client)) == (b"one", b"two", b"")
        assert (await client.answer()).body == b"now"


@on_loop
async def test_a_body_of_known_length_is_not_chunked() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(feed := Feed(length=6))
        client.say(GET)
        pipe = await feed.pipe()
        pipe.writer.write(b"one")
        pipe.writer.write(b"two")
        pipe.writer.close()

        assert (await client.answer()).body == b"onetwo"
        assert (await client.ask(b"GET /feed/now HTTP/1.1\r\n\r\n")).body == b"now"


@pytest.mark.parametrize("pieces", [[b"one"], [b"one", b"twothree"]])
def test_a_body_of_another_length_than_promised_ends_the_connection(pieces: list[bytes]) -> None:
    @on_loop
    async def ended() -> None:
        async with await start_node() as node, await RawClient.connect(node.address) as client:
            node.spawn(feed := Feed(length=6))
            client.say(GET)
            pipe = await feed.pipe()
            for piece in pieces:
                pipe.writer.write(piece)
            pipe.writer.close()

            await client.answer(with_body=False)
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await client.reader.readexactly(6)

    ended()


@on_loop
async def test_the_end_of_the_connection_ends_the_body_for_an_old_client() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(feed := Feed())
        client.say(GET_10)
        answer = await client.answer(with_body=False)
        pipe = await feed.pipe()
        pipe.writer.write(b"one")
        assert await client.reader.readexactly(3) == b"one"
        pipe.writer.write(b"two")
        pipe.writer.close()

        assert "Transfer-Encoding" not in answer.headers
        assert answer.headers["Connection"] == "close"
        assert await client.rest() == b"two"


@on_loop
async def test_head_of_a_stream_has_no_body_and_no_reader() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(feed := Feed())
        client.say(GET.replace(b"GET", b"HEAD"))

        answer = await client.answer(with_body=False)

        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert await result((await feed.pipe()).ended) is End.UNREAD
        assert (await client.ask(b"GET /feed/now HTTP/1.1\r\n\r\n")).body == b"now"


@on_loop
async def test_a_writer_learns_that_its_client_is_gone() -> None:
    async with await start_node() as node:
        node.spawn(feed := Feed())
        async with await RawClient.connect(node.address) as client:
            client.say(GET)
            pipe = await feed.pipe()

        assert await result(pipe.writer.ended) is End.UNREAD


@on_loop
async def test_a_stream_that_waits_for_its_turn_learns_that_its_client_is_gone() -> None:
    async with await start_node() as node:
        node.spawn(feed := Feed())
        async with await RawClient.connect(node.address) as client:
            client.say(GET * 2)
            while len(feed.pipes) < 2:
                await asyncio.sleep(0)

        assert await result(feed.pipes[1].writer.ended) is End.UNREAD


@on_loop
async def test_a_stream_ends_without_its_end_when_the_writer_fails_or_its_actor_ends() -> None:
    async with await start_node() as node:
        node.spawn(feed := Feed())
        async with await RawClient.connect(node.address) as one, await RawClient.connect(node.address) as other:
            await subscribe(one)
            await subscribe(other)
            feed.pipes[0].writer.write(b"one")
            assert await chunk(one) == b"one"
            feed.pipes[0].writer.fail()
            node.terminate(feed.pid)
            node.driver.wake()

            for client in (one, other):
                with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                    await chunk(client)
        assert feed.pipes[1].ended.get() is End.FAILED


@on_loop
async def test_a_client_that_does_not_read_is_cut_off_and_counted_and_others_are_not() -> None:
    async with await start_node() as node:
        node.spawn(feed := Feed())
        async with await RawClient.connect(node.address) as slow, await RawClient.connect(node.address) as quick:
            await subscribe(slow)
            await subscribe(quick)
            event, told = bytes(1_000_000), 0
            while not feed.pipes[0].ended.is_ready:
                for pipe in feed.pipes:
                    pipe.writer.write(event)
                told += len(event)
                received = 0
                while received < len(event):
                    received += len(await chunk(quick))

            assert feed.pipes[0].ended.get() is End.CUT_OFF
            assert feed.pipes[1].ended.is_pending
            assert node.metrics.counter("libprocess/http/streams_cut_off").value == 1
            assert told > BOUND
            slow.writer.transport.abort()


@on_loop
async def test_a_crowd_of_clients_that_do_not_read_costs_a_known_amount_of_memory() -> None:
    async with await start_node() as node:
        node.spawn(feed := Feed())
        meter, event = node.gateway.meter, bytes(100_000)
        meter.bound = 4_000_000
        crowd = [await RawClient.connect(node.address) for _ in range(20)]
        for client in crowd:
            await subscribe(client)
        highest = 0
        while any(pipe.ended.is_pending for pipe in feed.pipes):
            for pipe in feed.pipes:
                pipe.writer.write(event)
            highest = max(highest, meter.size)
            await asyncio.sleep(0)

        assert {pipe.ended.get() for pipe in feed.pipes} == {End.CUT_OFF}
        assert highest <= meter.bound + len(event) * len(crowd)
        assert meter.size == 0
        for client in crowd:
            client.writer.transport.abort()


@on_loop
async def test_what_clients_leave_unread_is_shown_and_gone_with_them() -> None:
    async with await start_node() as node:
        node.spawn(feed := Feed())
        gauges = node.metrics.gauges
        async with await RawClient.connect(node.address) as client:
            await subscribe(client)
            pipe = await feed.pipe()
            for _ in range(7):
                pipe.writer.write(bytes(1_000_000))
            assert (await result(node.request(Request("GET", "/metrics/snapshot")))).status == 200
            assert gauges()["libprocess/http/streams"]() == 1
            assert gauges()["libprocess/http/streams_bytes"]() > 1_000_000

        await result(pipe.ended)
        assert gauges()["libprocess/http/streams"]() == gauges()["libprocess/http/streams_bytes"]() == 0


@on_loop
async def test_a_producer_that_waits_for_room_is_read_to_the_end_by_a_slow_client() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(feed := Feed())
        client.say(GET)
        pipe, piece, pieces = await feed.pipe(), bytes(range(256)) * 256, 400

        async def produce() -> None:
            for _ in range(pieces):
                assert await result(pipe.writer.write(piece))
            pipe.writer.close()

        producer = asyncio.ensure_future(produce())
        await client.answer(with_body=False)
        body = bytearray()
        while data := await chunk(client):
            body += data
        await producer

        assert bytes(body) == piece * pieces
        assert node.metrics.counter("libprocess/http/streams_cut_off").value == 0


@on_loop
async def test_a_producer_that_writes_in_answer_to_room_keeps_its_order() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(feed := Feed())
        client.say(GET)
        pipe, numbers = await feed.pipe(), iter(range(2_000))

        def produce(room: bool) -> None:
            for number in numbers:
                space = pipe.writer.write(b"%09d\n" % number * 100)
                if space.is_pending:
                    space.on_ready(produce)
                    return
            pipe.writer.close()

        produce(True)
        await client.answer(with_body=False)
        body = bytearray()
        while data := await chunk(client):
            body += data

        assert bytes(body) == b"".join(b"%09d\n" % number * 100 for number in range(2_000))


class Upload(Process):
    """Reads bodies as they come."""

    def __init__(self) -> None:
        super().__init__("upload")
        self.requests: list[Request] = []
        self.ends: list[End] = []
        self.begun = asyncio.Event()

    def initialize(self) -> None:
        self.route("/all", self.all, help="Everything, when it is there.", stream=True)
        self.route("/echo", self.echo, help="Everything, as it comes.", stream=True)
        self.route("/held", self.held, help="Reads when the test says so.", stream=True)
        self.route("/refused", lambda _: Response.text(400, "no"), help="Reads nothing.", stream=True)

    def all(self, request: Request) -> Future[Response]:
        self.begun.set()
        assert request.reader is not None
        return request.reader.read_all(64 * BODY_MAX).then(lambda body: Response.text(200, f"{len(body)} bytes"))

    async def echo(self, request: Request) -> Response:
        assert request.reader is not None
        pipe, reader = Pipe(), request.reader

        def on(piece: bytes) -> None:
            if piece:
                pipe.writer.write(piece)
                reader.read().on_ready(on)
            else:
                pipe.writer.close()

        reader.read().on_ready(on).on_failed(lambda _: pipe.writer.fail())
        return Response.stream(pipe)

    def held(self, request: Request) -> Future[Response]:
        assert request.reader is not None
        self.requests.append(request)
        request.reader.ended.on_ready(self.ends.append)
        self.begun.set()
        return Promise()


POST = b"POST /upload/%b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("body", [b"", b"abc", b"abc" * 100_000])
@pytest.mark.parametrize("closes", [False, True])
def test_a_body_of_any_size_can_be_read_as_it_comes(body: bytes, closes: bool) -> None:
    @on_loop
    async def read() -> None:
        async with await start_node() as node, await RawClient.connect(node.address) as client:
            node.spawn(Upload())
            last = b"Connection: close\r\n" if closes else b""
            head = b"POST /upload/all HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n" % (last, len(body))

            for begin in range(0, len(head + body), 50_000):
                client.say((head + body)[begin : begin + 50_000])
                await asyncio.sleep(0)

            assert (await client.answer()).body == b"%d bytes" % len(body)

    read()


@on_loop
async def test_what_comes_is_answered_while_more_is_still_to_come() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Upload())
        client.say(POST % b"echo" + b"3\r\none\r\n")
        await client.answer(with_body=False)
        first = await chunk(client)
        client.say(b"3\r\ntwo\r\n")
        second = await chunk(client)
        client.say(b"0\r\n\r\n")

        assert (first, second, await chunk(client)) == (b"one", b"two", b"")
        assert (await client.ask(b"POST /upload/all HTTP/1.1\r\nContent-Length: 1\r\n\r\na")).body == b"1 bytes"


@on_loop
async def test_a_body_that_is_read_as_it_comes_may_take_its_time_and_any_size() -> None:
    settings = NodeSettings(request_timeout_s=0.01)
    async with await start_node(settings) as node, await RawClient.connect(node.address) as client:
        node.spawn(upload := Upload())
        client.say(POST % b"all")
        await upload.begun.wait()
        overdue = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.05, overdue.set_result, None)
        await overdue
        piece, pieces = b"100000\r\n" + bytes(0x100000) + b"\r\n", BODY_MAX // 0x100000 + 1
        for _ in range(pieces):
            client.say(piece)
            await client.writer.drain()
        client.say(b"0\r\n\r\n")

        assert (await client.answer()).body == b"%d bytes" % (pieces * 0x100000)


@on_loop
async def test_a_client_is_not_read_from_while_its_body_is_not() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(upload := Upload())
        size = 32 * ROOM
        client.say(POST % b"held" + b"%x\r\n" % size + bytes(size) + b"\r\n0\r\n\r\n")
        await upload.begun.wait()
        reader = upload.requests[0].reader
        assert reader is not None

        taken = 0
        while piece := await result(reader.read()):
            assert len(piece) <= 8 * ROOM
            taken += len(piece)

        assert taken == size


@on_loop
async def test_a_reader_learns_that_its_client_is_gone_or_wrote_nonsense() -> None:
    async with await start_node() as node:
        node.spawn(upload := Upload())
        async with await RawClient.connect(node.address) as client:
            client.say(POST % b"held" + b"3\r\none\r\n")
            await upload.begun.wait()
        async with await RawClient.connect(node.address) as client:
            client.say(POST % b"held" + b"3\r\none\r\nnonsense\r\n")
            while len(upload.requests) < 2:
                await asyncio.sleep(0)
            for request in upload.requests:
                assert request.reader is not None
                await result(request.reader.ended)

        assert upload.ends == [End.FAILED, End.FAILED]


@pytest.mark.parametrize("path", [b"refused", b"refused/and/more"])
def test_an_answer_ends_a_body_that_nobody_wants_and_then_the_connection(path: bytes) -> None:
    @on_loop
    async def ended() -> None:
        async with await start_node() as node, await RawClient.connect(node.address) as client:
            node.spawn(Upload())
            client.say(POST % path + b"3\r\none\r\n")
            answer = await client.answer()
            client.say(b"3\r\ntwo\r\n")

            assert (answer.status, await client.rest()) == (400, b"")

    ended()


@on_loop
async def test_a_client_that_asks_whether_to_send_its_stream_is_told_so_once() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Upload())
        client.say(b"POST /upload/all HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert (await client.answer()).status == 100
        client.say(b"ab")
        assert (await client.ask(b"c")).body == b"3 bytes"
