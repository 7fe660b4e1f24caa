"""Asking another node by HTTP: what a client may rely on, over real sockets and in simulation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from libprocess_py.future import Future, Promise
from libprocess_py.http.client import ExchangeFailed, ExchangeTimedOut, HttpClient, HttpConnection, Limits, parse_url
from libprocess_py.http.pipe import End, Pipe, PipeBroken
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.node import Node
from libprocess_py.process import Process
from tests.conformance.runtime.harness import SECOND, Harness, SimulatedHarness
from tests.conformance.runtime.loop_harness import LoopHarness

STREAM = Limits(stream=True)


class Site(Process):
    """Answers in every way."""

    def __init__(self) -> None:
        super().__init__("site")
        self.seen: list[str] = []
        self.later: list[Promise[Response]] = []
        self.pipes: list[Pipe] = []

    def initialize(self) -> None:
        self.route("/echo", self.echo, help="What was asked.")
        self.route("/later", self.answer_later, help="Waits.")
        self.route("/feed", self.feed, help="Goes on.")
        self.route("/short", lambda _: Response.stream(self.pipe(), length=9), help="Promises nine bytes.")
        self.route("/upload", self.upload, help="Reads as it comes.", stream=True)
        self.route("/large", lambda _: Response(200, bytes(1_000_000)), help="A megabyte.")
        self.route("/bad", lambda _: Response(200, b"a", headers=(("A", "b\r\nC: d"),)), help="Smuggles.")
        self.route("/nothing", lambda _: Response(204), help="Nothing.")

    def echo(self, request: Request) -> Response:
        self.seen.append(request.target)
        text = f"{request.method} {request.query} {request.headers.get('x-name')} {request.body.decode()}"
        return Response(200, text.encode(), "text/plain", (("X-Seen", str(len(self.seen))),))

    def answer_later(self, _: Request) -> Future[Response]:
        self.later.append(Promise())
        return self.later[-1]

    def pipe(self) -> Pipe:
        self.pipes.append(Pipe())
        return self.pipes[-1]

    def feed(self, _: Request) -> Response:
        return Response.stream(self.pipe())

    def upload(self, request: Request) -> Future[Response]:
        assert request.reader is not None
        return request.reader.read_all(10_000_000).then(lambda body: Response.text(200, str(len(body))))


class Sites:
    """A node that asks and one that answers."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.here, self.there = harness.node(), harness.node()
        self.site = Site()
        self.there.spawn(self.site)
        harness.settle()

    def url(self, path: str) -> str:
        return f"http://{self.there.address}/site{path}"

    def client(self, limits: Limits | None = None) -> HttpClient:
        return HttpClient(self.here, limits or Limits())

    def connect(self) -> HttpConnection:
        return self.client().connect(self.url(""))

    def wait(self, future: Future[Response]) -> Response:
        self.harness.until(lambda: not future.is_pending)
        return future.get()

    def read(self, response: Response) -> bytes:
        """The next piece."""
        assert response.reader is not None
        piece = response.reader.read()
        self.harness.until(lambda: not piece.is_pending)
        return piece.get()


def get(path: str, method: str = "GET") -> Request:
    return Request.of(method, f"/site{path}", headers={}, body=b"", peer="")


@pytest.fixture(params=[SimulatedHarness, LoopHarness])
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """Without the one of several OS processes: these tests look into the actor that answers."""
    harness: Harness = request.param()
    yield harness
    harness.close()


@pytest.fixture
def sites(harness: Harness) -> Sites:
    return Sites(harness)


def test_a_question_is_answered_with_status_headers_and_body(sites: Sites) -> None:
    response = sites.wait(sites.client().get(sites.url("/echo?a=b%20c"), headers={"X-Name": "ada"}))

    assert (response.status, response.content_type) == (200, "text/plain")
    assert response.body == b"GET {'a': 'b c'} ada "
    assert response.header("x-seen") == "1"
    assert response.header("content-length") == str(len(response.body))
    assert sites.site.seen == ["/site/echo?a=b%20c"]


def test_what_is_posted_arrives(sites: Sites) -> None:
    assert sites.wait(sites.client().post(sites.url("/echo"), b"body")).body == b"POST {} None body"
    assert sites.wait(sites.client().delete(sites.url("/echo"))).body == b"DELETE {} None "


def test_answers_without_a_body_have_none_whatever_length_they_name(sites: Sites) -> None:
    connection = sites.connect()
    futures = [connection.send(get(path, "HEAD")) for path in ("/large", "/feed")]
    futures += [connection.send(get("/nothing")), connection.send(get("/none")), connection.send(get("/echo"))]

    responses = [sites.wait(future) for future in futures]

    assert [response.status for response in responses] == [200, 200, 204, 404, 200]
    assert [len(response.body) for response in responses[:3]] == [0, 0, 0]
    assert responses[0].header("content-length") == "1000000"
    assert sites.site.pipes[0].ended.get() is End.UNREAD


def test_answers_come_in_the_order_of_the_questions(sites: Sites) -> None:
    connection = sites.connect()
    slow, quick = connection.send(get("/later")), connection.send(get("/echo"))
    sites.harness.until(lambda: sites.site.seen)
    assert quick.is_pending

    sites.site.later[0].set(Response.text(200, "slow"))

    assert sites.wait(slow).body == b"slow"
    assert sites.wait(quick).status == 200
    assert connection.disconnected.is_pending


def test_an_answer_can_be_read_while_it_is_written(sites: Sites) -> None:
    response = sites.wait(sites.client(STREAM).get(sites.url("/feed")))
    sites.site.pipes[0].writer.write(b"one")
    first = sites.read(response)
    sites.site.pipes[0].writer.write(b"two")
    second = sites.read(response)
    sites.site.pipes[0].writer.close()

    assert (response.status, first, second, sites.read(response)) == (200, b"one", b"two", b"")


def test_an_answer_that_goes_on_is_given_whole_to_who_asks_for_that(sites: Sites) -> None:
    future = sites.client().get(sites.url("/feed"))
    sites.harness.until(lambda: sites.site.pipes)
    for piece in (b"one ", b"two"):
        sites.site.pipes[0].writer.write(piece)
    assert future.is_pending

    sites.site.pipes[0].writer.close()

    assert sites.wait(future).body == b"one two"


def test_the_next_answer_follows_one_that_went_on(sites: Sites) -> None:
    connection = sites.connect()
    feed, echo = connection.send(get("/feed"), STREAM), connection.send(get("/echo"))
    response = sites.wait(feed)
    sites.site.pipes[0].writer.write(b"one")
    assert sites.read(response) == b"one"
    assert echo.is_pending

    sites.site.pipes[0].writer.close()

    assert sites.wait(echo).status == 200


def test_a_writer_learns_that_its_reader_closed(sites: Sites) -> None:
    response = sites.wait(sites.client(STREAM).get(sites.url("/feed")))
    assert response.reader is not None

    response.reader.close()

    ended = sites.site.pipes[0].ended
    sites.harness.until(lambda: ended.is_ready)
    assert ended.get() is End.UNREAD


def test_a_handler_learns_that_its_client_gave_up(sites: Sites) -> None:
    future = sites.client().get(sites.url("/later"))
    sites.harness.until(lambda: sites.site.later)

    future.discard()

    sites.harness.until(lambda: sites.site.later[0].discard_requested)
    assert future.is_discarded


def test_a_reader_learns_that_its_writer_failed(sites: Sites) -> None:
    response = sites.wait(sites.client(STREAM).get(sites.url("/feed")))
    sites.site.pipes[0].writer.write(b"one")
    assert sites.read(response) == b"one"

    sites.site.pipes[0].writer.fail()

    with pytest.raises(PipeBroken):
        sites.read(response)


def test_an_answer_that_was_not_written_to_its_end_is_none(sites: Sites) -> None:
    whole, short = sites.client().get(sites.url("/feed")), sites.client().get(sites.url("/short"))
    sites.harness.until(lambda: len(sites.site.pipes) == 2)
    for pipe in sites.site.pipes:
        pipe.writer.write(b"one")
        pipe.writer.fail()

    for future in (whole, short):
        with pytest.raises(ExchangeFailed):
            sites.wait(future)


def test_a_slow_reader_slows_its_writer_down(sites: Sites) -> None:
    response = sites.wait(sites.client(STREAM).get(sites.url("/feed")))
    writer, written = sites.site.pipes[0].writer, 0
    for _ in range(200):
        room = writer.write(bytes(60_000))
        written += 60_000
        sites.harness.settle()
        if room.is_pending:
            break
    else:
        raise AssertionError("the writer is never told to wait")
    assert writer.write(bytes(6_000)).is_pending
    written += 6_000
    writer.close()

    read = 0
    while piece := sites.read(response):
        read += len(piece)

    assert read == written


def test_a_body_can_leave_while_it_is_written(sites: Sites) -> None:
    connection, pipe = sites.connect(), Pipe()
    upload = connection.send(get("/upload", "POST").streamed(pipe.reader))
    echo = connection.send(get("/echo"))
    pipe.writer.write(b"one")
    sites.harness.settle()
    pipe.writer.write(bytes(200_000))
    sites.harness.settle()
    assert upload.is_pending

    pipe.writer.close()

    assert sites.wait(upload).body == b"200003"
    assert sites.wait(echo).status == 200


def test_a_route_that_wants_a_whole_body_gets_one_that_leaves_in_pieces(sites: Sites) -> None:
    pipe = Pipe()
    future = sites.client().post(sites.url("/echo"), pipe.reader)
    pipe.writer.write(b"one ")
    sites.harness.settle()
    pipe.writer.write(b"two")
    pipe.writer.close()

    assert sites.wait(future).body == b"POST {} None one two"


def test_a_body_that_is_not_written_to_its_end_ends_the_connection(sites: Sites) -> None:
    connection, pipe = sites.connect(), Pipe()
    upload = connection.send(get("/upload", "POST").streamed(pipe.reader))
    pipe.writer.write(b"one")
    sites.harness.settle()

    pipe.writer.fail()

    with pytest.raises(ExchangeFailed, match="not written to its end"):
        sites.wait(upload)
    assert connection.disconnected.is_ready


def test_an_answer_that_does_not_come_in_time_ends_the_connection(sites: Sites) -> None:
    connection = sites.connect()
    late = connection.send(get("/later"), Limits(timeout_ns=SECOND // 20))
    behind = connection.send(get("/echo"))

    with pytest.raises(ExchangeTimedOut, match=r"no answer within 0\.05 s"):
        sites.wait(late)
    with pytest.raises(ExchangeFailed, match="before this one"):
        sites.wait(behind)
    assert connection.disconnected.is_ready
    sites.harness.until(lambda: all(later.discard_requested for later in sites.site.later))


def test_a_stream_may_take_longer_than_its_head(sites: Sites) -> None:
    response = sites.wait(sites.client(Limits(stream=True, timeout_ns=SECOND // 5)).get(sites.url("/feed")))
    sites.harness.pass_time(SECOND // 4)

    sites.site.pipes[0].writer.write(b"late")

    assert sites.read(response) == b"late"


def test_an_answer_that_is_too_long_is_none(sites: Sites) -> None:
    future = sites.client(Limits(body_max=999_999)).get(sites.url("/large"))

    with pytest.raises(ExchangeFailed, match="more than 999999 bytes"):
        sites.wait(future)
    assert len(sites.wait(sites.client(Limits(body_max=1_000_000)).get(sites.url("/large"))).body) == 1_000_000


def test_the_end_of_a_connection_is_told_and_nothing_can_be_asked_over_it_any_more(sites: Sites) -> None:
    connection = sites.connect()
    assert sites.wait(connection.send(get("/echo"))).status == 200
    waiting = connection.send(get("/later"))
    sites.harness.until(lambda: sites.site.later)

    sites.harness.crash(sites.there)
    sites.harness.until(lambda: connection.disconnected.is_ready)

    for future in (waiting, connection.send(get("/echo"))):
        with pytest.raises(ExchangeFailed):
            sites.wait(future)


def test_who_cannot_be_reached_is_not_asked(sites: Sites) -> None:
    sites.harness.crash(sites.there)
    connection = sites.connect()
    future = connection.send(get("/echo"))

    with pytest.raises(ExchangeFailed):
        sites.wait(future)
    assert connection.disconnected.is_ready


def test_a_closed_connection_gives_up_what_is_under_way(sites: Sites) -> None:
    connection = sites.connect()
    future = connection.send(get("/later"))
    sites.harness.until(lambda: sites.site.later)

    connection.close()

    with pytest.raises(ExchangeFailed, match="closed here"):
        sites.wait(future)
    sites.harness.until(lambda: sites.site.later[0].discard_requested)


@pytest.mark.parametrize(
    "request_", [Request("G ET", "/", target="/"), Request("GET", "/", target="/ HTTP/1.1\r\nA: b")]
)
def test_neither_can_its_method_or_target(sites: Sites, request_: Request) -> None:
    with pytest.raises(ValueError, match=r"method|target"):
        sites.wait(sites.connect().send(request_))


def test_neither_can_an_answer(sites: Sites) -> None:
    response = sites.wait(sites.client().get(sites.url("/bad")))

    assert (response.status, response.header("c")) == (500, None)


@pytest.mark.parametrize("header", ["a\r\nB: c", "a\nb", "a\0"])
def test_a_question_cannot_smuggle_another_one_in(sites: Sites, header: str) -> None:
    with pytest.raises(ValueError, match="expected one line"):
        sites.wait(sites.client().get(sites.url("/echo"), headers={"x": header}))


@pytest.mark.parametrize(
    "url", ["", "/site", "ftp://a/b", "http://", "http://a b/", "http://u:p@a/", "http://a:x/", "http://ä/"]
)
def test_what_is_no_url_is_refused(sites: Sites, url: str) -> None:
    with pytest.raises(ValueError, match=r"url|[Pp]ort"):
        sites.client().get(url)


def test_a_url_is_a_host_a_port_and_a_target() -> None:
    endpoint = parse_url("https://[::1]:8443?a=b")

    assert (endpoint.host, endpoint.port, endpoint.target, endpoint.secure) == ("::1", 8443, "/?a=b", True)
    assert endpoint.authority == "[::1]:8443"
    assert parse_url("http://example/x").authority == "example"


class Asker(Process):
    """Asks from within an actor."""

    def __init__(self, url: str) -> None:
        super().__init__("asker")
        self.url = url

    async def ask(self) -> bytes:
        return (await HttpClient(self.node).get(self.url)).body


def test_an_actor_awaits_an_answer_as_it_awaits_anything(sites: Sites) -> None:
    asker = Asker(sites.url("/echo"))
    sites.here.spawn(asker)

    body = sites.here.dispatch(asker.pid, Asker.ask)
    sites.harness.until(lambda: not body.is_pending)

    assert body.get() == b"GET {} None "


def test_a_node_asks_itself(harness: Harness) -> None:
    node: Node = harness.node()
    future = HttpClient(node).get(f"http://{node.address}/__processes__")
    harness.until(lambda: not future.is_pending)

    assert future.get().status == 200
