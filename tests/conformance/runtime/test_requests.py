"""HTTP requests, from the node inwards: which route answers, and what answers when none does."""

from __future__ import annotations

import json
from functools import partial

import pytest

from libprocess_py import PID, Future, MalformedMessage, Node, NodeOptions, Process, Promise, Rate
from libprocess_py.duration import HOUR, MILLISECOND
from libprocess_py.http.pipe import End, Pipe, PipeBroken
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.rate_limiter import WAITING_MAX
from tests.conformance.runtime.actors import Note, Recorder
from tests.conformance.runtime.harness import Harness


class Site(Process):
    """Routes of every kind."""

    def __init__(self, id: str = "site") -> None:
        super().__init__(id)
        self.later: Promise[Response] = Promise()

    def initialize(self) -> None:
        self.route("/", lambda _: Response.text(200, "root"), help="The root.")
        self.route("/files", lambda request: Response.text(200, f"files {request.path}"), help="Files.")
        self.route("/files/read", lambda _: Response.text(200, "read"), help="One file.")
        self.route("/later", self.answer_later, help="Waits.")
        self.route("/bad", self.answer_badly, help="Refuses.")
        self.route("/broken", self.fail, help="Fails.")

    def answer_later(self, request: Request) -> Future[Response]:
        return self.later

    def answer_badly(self, request: Request) -> Response:
        raise MalformedMessage("limit: expected a number")

    def fail(self, request: Request) -> Response:
        raise RuntimeError("a mistake of ours, with details that are nobody's business")


def _get(harness: Harness, node: Node, *, target: str) -> tuple[int, str]:
    future = node.request(Request.of("GET", target, headers={}, body=b"", peer="127.0.0.1"))
    harness.until(lambda: not future.is_pending)
    return future.get().status, future.get().body.decode()


@pytest.mark.parametrize(
    ("target", "status", "body"),
    [
        ("/site", 200, "root"),
        ("/site/", 200, "root"),
        ("/site/files", 200, "files /files"),
        ("/site/files/", 200, "files /files/"),
        ("/site/files/browse/a%20b", 200, "files /files/browse/a b"),
        ("/site/files/read", 200, "read"),
        ("/site/files/read/more", 200, "read"),
        ("/site/filesystem", 404, "404 Not Found."),
        ("/site/missing", 404, "404 Not Found."),
        ("/missing/files", 404, "404 Not Found."),
        ("/site/bad", 400, "limit: expected a number"),
        ("/site/broken", 500, "500 Internal Server Error."),
    ],
)
def test_a_request_is_answered_by_the_longest_route_that_fits(
    harness: Harness, target: str, status: int, body: str
) -> None:
    node = harness.node()
    node.spawn(Site())

    assert _get(harness, node, target=target) == (status, body)


def test_an_encoded_id_names_its_actor(harness: Harness) -> None:
    node = harness.node()
    node.spawn(Site("a/b (1)"))

    assert _get(harness, node, target="/a%2Fb%20(1)/files/x") == (200, "files /files/x")


def test_the_delegate_answers_for_paths_that_name_no_actor(harness: Harness) -> None:
    node = harness.node(NodeOptions(delegate="site"))
    node.spawn(Site())
    node.spawn(Recorder("recorder"))

    assert _get(harness, node, target="/files/x") == (200, "files /files/x")
    assert _get(harness, node, target="/site/files/x") == (200, "files /files/x")
    assert _get(harness, node, target="/") == (200, "root")
    assert _get(harness, node, target="/recorder/files") == (404, "404 Not Found.")


def test_a_handler_may_answer_later(harness: Harness) -> None:
    node = harness.node()
    site = Site()
    node.spawn(site)
    future = node.request(Request("GET", "/site/later"))
    harness.settle()
    assert future.is_pending

    site.later.set(Response.text(200, "at last"))

    assert future.get().body == b"at last"


def test_a_request_to_an_actor_that_ends_is_answered_all_the_same(harness: Harness) -> None:
    node = harness.node()
    pid = node.spawn(Site())
    harness.settle()

    future = node.request(Request("GET", "/site/files"))
    node.terminate(pid)
    harness.until(lambda: not future.is_pending)

    assert future.get().status == 404


class Careless(Site):
    """Was written without types."""

    def initialize(self) -> None:
        super().initialize()
        self.route("/now", lambda _: "text", help="Text.")  # type: ignore[arg-type, return-value]  # That is the point.
        self.route("/soon", self.soon, help="Nothing.")  # type: ignore[arg-type]  # As above.

    async def soon(self, request: Request) -> None:
        pass


@pytest.mark.parametrize("route", ["now", "soon", "later"])
def test_whoever_asks_is_answered_though_the_handler_returns_no_response(harness: Harness, route: str) -> None:
    node = harness.node()
    careless = Careless()
    node.spawn(careless)
    careless.later.set({"status": 200})  # type: ignore[arg-type]  # As above.

    assert _get(harness, node, target=f"/site/{route}") == (500, "500 Internal Server Error.")
    assert _get(harness, node, target="/site/files/read") == (200, "read")


def test_routes_end_with_their_actor(harness: Harness) -> None:
    node = harness.node()
    pid = node.spawn(Site())
    harness.settle()
    node.terminate(pid)
    harness.settle()

    assert node.routes.all() == []


def test_the_snapshot_of_metrics_is_one_flat_object(harness: Harness) -> None:
    node = harness.node()
    node.metrics.counter("site/visits").add(3)
    node.metrics.gauge("site/load", lambda: 0.5)
    node.metrics.gauge("site/broken", lambda: 1 / 0)

    status, body = _get(harness, node, target="/metrics/snapshot?timeout=5secs")

    assert status == 200
    snapshot = json.loads(body)
    assert (snapshot["site/visits"], snapshot["site/load"]) == (3, 0.5)
    assert "site/broken" not in snapshot
    assert list(snapshot) == sorted(snapshot)


def test_a_snapshot_with_a_timeout_that_is_no_duration_is_refused(harness: Harness) -> None:
    status, body = _get(harness, harness.node(), target="/metrics/snapshot?timeout=soon")

    assert status == 400
    assert "soon" in body


def test_snapshots_in_excess_of_the_rate_wait_their_turn_in_order(harness: Harness) -> None:
    node = harness.node(NodeOptions(metrics_rate=Rate(100)))
    begun, answered = node.clock.now(), list[tuple[int, int]]()

    def note(number: int) -> None:
        answered.append((number, node.clock.now() - begun))

    for number in range(4):
        node.request(Request("GET", "/metrics/snapshot")).on_any(partial(lambda number, _: note(number), number))
    harness.until(lambda: len(answered) == 4)

    assert [number for number, _ in answered] == [0, 1, 2, 3]
    assert all(waited >= number * 10 * MILLISECOND for number, waited in answered)


def test_snapshots_are_sent_away_when_too_many_wait(harness: Harness) -> None:
    node = harness.node(NodeOptions(metrics_rate=Rate(1, HOUR)))

    futures = [node.request(Request("GET", "/metrics/snapshot")) for _ in range(WAITING_MAX + 2)]
    harness.settle()

    statuses = [future.get().status if future.is_ready else 0 for future in futures]
    assert statuses == [200] + [0] * WAITING_MAX + [429]


def test_a_client_that_gives_up_leaves_its_place_to_the_next(harness: Harness) -> None:
    node = harness.node(NodeOptions(metrics_rate=Rate(1, HOUR)))
    futures = [node.request(Request("GET", "/metrics/snapshot")) for _ in range(WAITING_MAX + 1)]
    harness.settle()

    futures[1].discard()
    last = node.request(Request("GET", "/metrics/snapshot"))
    harness.settle()

    assert not futures[1].is_pending
    assert last.is_pending


def test_an_answer_that_its_actor_does_not_live_to_give_is_given_by_the_node(harness: Harness) -> None:
    node = harness.node()
    site = Site()
    node.spawn(site)
    future = node.request(Request("GET", "/site/later"))
    harness.settle()
    assert future.is_pending

    node.terminate(site.pid)
    harness.until(lambda: not future.is_pending)

    assert future.get().status == 503
    assert site.later.discard_requested


def test_a_stream_that_comes_after_its_actor_ended_is_nobodys(harness: Harness) -> None:
    node, site, pipe = harness.node(), Site(), Pipe()
    node.spawn(site)
    future = node.request(Request("GET", "/site/later"))
    harness.settle()
    node.terminate(site.pid)
    harness.until(lambda: not future.is_pending)

    site.later.set(Response.stream(pipe))

    assert future.get().status == 503
    assert pipe.ended.get() is End.UNREAD


def test_a_stream_is_cut_short_when_its_actor_ends(harness: Harness) -> None:
    node, site, pipe = harness.node(), Site(), Pipe()
    node.spawn(site)
    future = node.request(Request("GET", "/site/later"))
    harness.settle()
    site.later.set(Response.stream(pipe))
    pipe.writer.write(b"half")
    reader = future.get().reader
    assert reader is not None

    node.terminate(site.pid)
    harness.until(lambda: pipe.ended.is_ready)

    assert reader.read().get() == b"half"
    with pytest.raises(PipeBroken):
        reader.read().get()


class Inbox(Process):
    """Takes what comes as it comes, as most would write it."""

    def initialize(self) -> None:
        self.route("/", self.take, help="Bytes.", stream=True)

    async def take(self, request: Request) -> Response:
        assert request.reader is not None
        size = 0
        while piece := await request.reader.read():
            size += len(piece)
        return Response.text(200, str(size))


def test_a_client_that_leaves_before_it_has_said_everything_does_not_end_the_actor(harness: Harness) -> None:
    node, gone, whole = harness.node(), Pipe(), Pipe()
    node.spawn(Inbox("inbox"))
    unfinished = node.request(Request("POST", "/inbox", reader=gone.reader))
    gone.writer.write(b"half of")
    harness.settle()

    gone.writer.fail()
    harness.until(lambda: not unfinished.is_pending)
    finished = node.request(Request("POST", "/inbox", reader=whole.reader))
    whole.writer.write(b"all")
    whole.writer.close()
    harness.until(lambda: not finished.is_pending)

    assert finished.get().body == b"3"
    assert node.metrics.counter("libprocess/failures").value == 0


def test_processes_shows_what_is_queued(harness: Harness) -> None:
    node = harness.node()
    pid = node.spawn(Recorder("recorder"))
    harness.settle()

    future = node.request(Request("GET", "/__processes__"))
    node.send(pid, Note(number=1))
    node.dispatch(pid, Recorder.add, 1)
    harness.until(lambda: not future.is_pending)

    shown = {process["id"]: process["events"] for process in json.loads(future.get().body)}
    assert [(event["type"], event["name"]) for event in shown["recorder"]] == [
        ("MESSAGE", "Note"),
        ("DISPATCH", "Recorder.add"),
    ]
    assert "__processes__" in shown


@pytest.mark.parametrize("path", ["", "files", "/files/", "//"])
def test_a_route_that_no_request_could_have_is_refused(harness: Harness, path: str) -> None:
    site = Site()
    harness.node().spawn(site)

    with pytest.raises(ValueError, match="route"):
        site.route(path, site.answer_badly, help="None.")


@pytest.mark.parametrize(
    "target",
    [
        "/site/../recorder/files",
        "/site%2Ffiles",
        "/%00",
        "/site/%00",
        "/%",
        "/%zz/%",
        "/..",
        "/site/%2e%2e/files",
        "/__processes__/x",
        "/metrics",
        "/metrics/snapshot%00",
        "/%ff%fe",
    ],
)
def test_tricks_in_a_path_lead_nowhere(harness: Harness, target: str) -> None:
    node = harness.node()
    node.spawn(Site())

    assert _get(harness, node, target=target)[0] == 404


def test_messages_to_the_actors_of_the_runtime_do_nothing(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    assert _get(harness, there, target="/metrics/snapshot")[0] == 200
    for id in ("metrics", "__processes__", "__nobody__"):
        here.send(PID(id, there.address), Note(number=1))
        there.send(PID(id, there.address), Note(number=1))

    dropped = ("unknown_message", "no_such_process")
    harness.until(lambda: sum(there.metrics.counter(f"libprocess/dropped/{reason}").value for reason in dropped) == 6)

    assert _get(harness, there, target="/__processes__")[0] == 200
