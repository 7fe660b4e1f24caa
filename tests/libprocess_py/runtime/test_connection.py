"""What a client of a node may do, over real sockets."""

from __future__ import annotations

import asyncio

from libprocess_py.core.wire_head import BODY_MAX, HEAD_MAX
from libprocess_py.future import Future, Promise
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.process import Process
from libprocess_py.runtime.connection import COLLECTED_MAX, PIPELINE_MAX
from libprocess_py.runtime.loop_node import LoopNode, start_node
from libprocess_py.runtime.settings import NodeSettings
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Echo, Listener, RawClient, a_message

GET_PATH = b"GET /echo/path HTTP/1.1\r\nHost: a\r\n\r\n"
POST_PATH = b"POST /echo/path HTTP/1.1\r\nContent-Length: 3\r\n"


class Late(Process):
    """Answers its second request before its first."""

    def __init__(self) -> None:
        super().__init__("late")
        self.waiting: list[Promise[Response]] = []
        self.arrived = asyncio.Event()

    def initialize(self) -> None:
        self.route("/slow", self.slow, help="Waits.")
        self.route("/fast", self.fast, help="Does not wait, and ends the wait of the slow one.")
        self.route("/broken", self.broken, help="Fails.")
        self.route("/text", lambda _: Response(200, "text"), help="Fails.")  # type: ignore[arg-type]  # No bytes.

    def slow(self, _: Request) -> Future[Response]:
        self.waiting.append(Promise())
        self.arrived.set()
        return self.waiting[-1]

    def fast(self, _: Request) -> Response:
        if self.waiting:
            self.delay(0, self.finish)
        return Response.text(200, "fast")

    def broken(self, _: Request) -> Response:
        return Response(200, headers=(("A", "b\r\nSmuggled: yes"),))

    def finish(self) -> None:
        self.waiting[0].set(Response.text(200, "slow"))


class Large(Process):
    """Counts the requests that it took up."""

    def __init__(self) -> None:
        super().__init__("large")
        self.begun = 0

    def initialize(self) -> None:
        self.route("/answer", self.answer, help="A megabyte.")

    def answer(self, _: Request) -> Response:
        self.begun += 1
        return Response(200, bytes(1_000_000))


def count_of(node: LoopNode, name: str) -> int:
    return node.metrics.counter(f"libprocess/http/{name}").value


@on_loop
async def test_a_message_is_answered_202_and_delivered_with_its_sender() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(listener := Listener())

        answer = await client.ask(a_message("listener", "Ping"))

        assert (answer.status, answer.headers, answer.body) == (202, {"Content-Length": "0"}, b"")
        assert await listener.heard(1) == [1]
        assert str(listener.senders[0]) == "tester@127.0.0.1:9"
        assert count_of(node, "messages") == 1


@on_loop
async def test_a_message_that_nobody_handles_is_accepted_too() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Listener())

        assert (await client.ask(a_message("listener", "mesos.internal.Unheard"))).status == 202


@on_loop
async def test_messages_that_cannot_be_delivered_are_counted_and_say_why() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Listener())

        missing = await client.ask(a_message("nobody", "Ping"))
        malformed = await client.ask(a_message("listener", "Ping", body=b'{"number":"one"}'))
        nameless = await client.ask(a_message("listener", ""))
        stranger = await client.ask(a_message("listener", "Ping", sender="no pid"))

        assert [missing.status, malformed.status, nameless.status, stranger.status] == [404, 400, 400, 400]
        assert count_of(node, "messages_not_found") == count_of(node, "messages_malformed") == 1
        assert count_of(node, "bad_requests") == 2
        assert b"Ping" in malformed.body
        assert b"expected id@ip:port" in stranger.body


@on_loop
async def test_a_claimed_sender_from_another_address_is_refused_when_asked() -> None:
    settings = NodeSettings(require_peer_address_ip_match=True)
    async with await start_node(settings) as node, await RawClient.connect(node.address) as client:
        node.spawn(listener := Listener())

        spoofed = await client.ask(a_message("listener", "Ping", sender="master@10.9.8.7:5050"))
        honest = await client.ask(a_message("listener", "Ping"))

        assert (spoofed.status, honest.status) == (400, 202)
        assert await listener.heard(1) == [1]
        assert count_of(node, "messages_spoofed") == 1


@on_loop
async def test_a_claimed_sender_of_this_very_node_is_refused_always() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(listener := Listener())

        honest = await client.ask(a_message("listener", "Ping"))
        spoofed = await client.ask(a_message("listener", "Ping", sender=f"allocator@{node.address}"))
        again = await client.ask(a_message("listener", "Ping"))

        assert (honest.status, spoofed.status, again.status) == (202, 400, 202)
        assert b"does not write through a socket" in spoofed.body
        assert await listener.heard(2) == [1, 1]
        assert count_of(node, "messages_spoofed") == 1


@on_loop
async def test_malformed_http_is_answered_400_and_the_connection_closed() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Echo())

        client.say(GET_PATH + b"NONSENSE\r\n\r\n" + GET_PATH)
        first, second = await client.answer(), await client.answer()

        assert (first.status, second.status) == (200, 400)
        assert second.headers["Connection"] == "close"
        assert await client.rest() == b""
        assert count_of(node, "bad_requests") == 1


@on_loop
async def test_too_large_heads_and_bodies_get_their_answer_while_they_are_still_being_sent() -> None:
    async with await start_node() as node:
        async with await RawClient.connect(node.address) as client:
            assert (await client.ask(b"GET / HTTP/1.1\r\nA: " + b"a" * 2 * HEAD_MAX)).status == 431
        async with await RawClient.connect(node.address) as client:
            client.say(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_MAX + 1))
            client.say(b"a" * 1_000_000)
            assert (await client.answer()).status == 413


@on_loop
async def test_a_request_that_is_not_whole_in_time_is_refused_and_a_resting_connection_is_not() -> None:
    settings = NodeSettings(request_timeout_s=0.05)
    async with await start_node(settings) as node:
        node.spawn(Echo())
        async with await RawClient.connect(node.address) as resting, await RawClient.connect(node.address) as slow:
            await resting.ask(GET_PATH)

            refused = await slow.ask(POST_PATH + b"\r\na")

            assert (refused.status, await slow.rest()) == (408, b"")
            assert (await resting.ask(GET_PATH)).status == 200


@on_loop
async def test_a_large_body_in_many_pieces_arrives_whole() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Echo())
        body = b"abcdefgh" * 100_000

        answer = await client.ask(b"POST /echo/path HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

        assert answer.body == b"/path" + body


@on_loop
async def test_large_bodies_under_way_have_a_bound_in_common() -> None:
    async with await start_node() as node:
        node.spawn(Echo())
        crowd = [await RawClient.connect(node.address) for _ in range(COLLECTED_MAX // BODY_MAX)]
        head, almost = b"POST /echo/path HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % BODY_MAX, bytes(BODY_MAX - 1)
        for client in crowd:
            client.say(head + almost)
        while node.driver.collected < len(crowd) * len(almost):
            await asyncio.sleep(0)
        last = await RawClient.connect(node.address)

        assert (await last.ask(head + almost)).status == 503
        small = await RawClient.connect(node.address)
        assert (await small.ask(POST_PATH + b"\r\nabc")).status == 200
        for client in (*crowd, last, small):
            client.writer.transport.abort()
        await node.stop()
        assert node.driver.collected == 0


@on_loop
async def test_answers_leave_in_the_order_of_the_requests() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Late())
        node.spawn(Listener())

        client.say(b"GET /late/slow HTTP/1.1\r\n\r\n" + a_message("listener", "Ping"))
        client.say(b"GET /late/fast HTTP/1.1\r\n\r\nGET /late/none HTTP/1.1\r\n\r\n")
        answers = [await client.answer() for _ in range(4)]

        assert [answer.status for answer in answers] == [200, 202, 200, 404]
        assert [answer.body for answer in answers] == [b"slow", b"", b"fast", b"404 Not Found."]


@on_loop
async def test_a_client_may_pipeline_more_than_is_served_at_a_time() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Late())
        count = 2 * PIPELINE_MAX

        client.say(b"GET /late/slow HTTP/1.1\r\n\r\n" + b"GET /late/fast HTTP/1.1\r\n\r\n" * count)
        answers = [await client.answer() for _ in range(count + 1)]

        assert [answer.body for answer in answers] == [b"slow"] + [b"fast"] * count


@on_loop
async def test_a_client_that_does_not_read_its_answers_is_not_read_from_until_it_does() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Echo())
        body, count = b"a" * 200_000, 100

        client.say((b"POST /echo/path HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)) * count)
        first = await client.answer()
        served_without_reading = count_of(node, "requests")
        others = [await client.answer() for _ in range(count - 1)]

        assert served_without_reading < count
        assert {len(answer.body) for answer in (first, *others)} == {len(body) + 5}


@on_loop
async def test_small_requests_for_large_answers_are_begun_as_their_answers_are_read() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(large := Large())
        count = 10 * PIPELINE_MAX

        client.say(b"GET /large/answer HTTP/1.1\r\n\r\n" * count + a_message("large", "Ping"))
        await client.answer()
        begun_without_reading = large.begun
        answers = [await client.answer() for _ in range(count)]

        assert begun_without_reading <= 2 * PIPELINE_MAX
        assert [answer.status for answer in answers] == [200] * (count - 1) + [202]
        assert large.begun == count


@on_loop
async def test_what_follows_a_request_to_close_is_never_begun() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(large := Large())
        get, last = b"GET /large/answer HTTP/1.1\r\n\r\n", b"GET /large/answer HTTP/1.0\r\n\r\n"

        client.say(get * PIPELINE_MAX + last + get * 5)
        answers = [await client.answer() for _ in range(PIPELINE_MAX + 1)]

        assert {answer.status for answer in answers} == {200}
        assert await client.rest() == b""
        assert large.begun == PIPELINE_MAX + 1


@on_loop
async def test_a_response_that_would_smuggle_a_header_becomes_an_error() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Late())

        for path in (b"broken", b"text"):
            assert (await client.ask(b"GET /late/%b HTTP/1.1\r\n\r\n" % path)).status == 500


@on_loop
async def test_a_handler_learns_that_nobody_reads_its_answer_any_more() -> None:
    async with await start_node() as node:
        node.spawn(late := Late())
        async with await RawClient.connect(node.address) as client:
            client.say(b"GET /late/slow HTTP/1.1\r\n\r\n")
            await late.arrived.wait()
            unwanted = asyncio.Event()
            late.waiting[0].on_discard(lambda _: unwanted.set())

        await unwanted.wait()


@on_loop
async def test_a_client_that_stops_sending_gets_the_answers_that_were_ready() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Echo())

        client.say(GET_PATH * 2)
        client.writer.write_eof()

        assert [(await client.answer()).body, (await client.answer()).body] == [b"/path", b"/path"]
        assert await client.rest() == b""


@on_loop
async def test_connections_stay_open_until_the_client_asks_for_the_end() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Echo())

        first = await client.ask(GET_PATH)
        second = await client.ask(GET_PATH.replace(b"Host: a", b"Connection: close") + GET_PATH)

        assert (first.status, second.status) == (200, 200)
        assert second.headers["Connection"] == "close"
        assert await client.rest() == b""


@on_loop
async def test_head_gives_the_length_and_no_body() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Echo())

        client.say(GET_PATH.replace(b"GET", b"HEAD"))
        answer = await client.answer(with_body=False)

        assert answer.headers["Content-Length"] == "5"
        assert (await client.ask(GET_PATH)).body == b"/path"


@on_loop
async def test_a_client_that_asks_whether_to_continue_is_told_so_once() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Echo())

        interim = await client.ask(POST_PATH + b"Expect: 100-continue\r\n\r\n")
        client.say(b"a")
        answer = await client.ask(b"bc")

        assert (interim.status, interim.headers) == (100, {})
        assert (answer.status, answer.body) == (200, b"/pathabc")
        assert (await client.ask(GET_PATH)).status == 200


@on_loop
async def test_a_process_id_may_come_percent_encoded() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(listener := Listener("listener(1)"))

        assert (await client.ask(a_message("listener(1)", "Ping"))).status == 202
        assert (await client.ask(a_message("listener%281%29", "Ping"))).status == 202
        assert await listener.heard(2) == [1, 1]


@on_loop
async def test_a_path_without_process_goes_to_the_delegate() -> None:
    settings = NodeSettings(delegate="echo")
    async with await start_node(settings) as node, await RawClient.connect(node.address) as client:
        node.spawn(Echo())

        assert (await client.ask(b"GET /path HTTP/1.1\r\n\r\n")).body == b"/path"


@on_loop
async def test_a_node_that_stops_still_gives_the_answers_it_has() -> None:
    node = await start_node()
    node.spawn(Echo())
    async with await RawClient.connect(node.address) as client:
        client.say(b"POST /echo/path HTTP/1.1\r\nContent-Length: 500000\r\n\r\n" + b"a" * 500_000)
        await client.reader.readuntil(b"\r\n\r\n")

        await node.stop()

        assert len(await client.rest()) == 500_005


@on_loop
async def test_bad_targets_and_endless_queries_are_refused_and_the_connection_goes_on() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Echo())

        star = await client.ask(b"OPTIONS * HTTP/1.1\r\n\r\n")
        endless = await client.ask(b"GET /echo/path?" + b"a=b&" * 1_000 + b" HTTP/1.1\r\n\r\n")

        assert (star.status, endless.status) == (400, 400)
        assert (await client.ask(GET_PATH)).status == 200
