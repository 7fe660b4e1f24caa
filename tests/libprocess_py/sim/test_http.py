"""HTTP over a simulated network that fails."""

from __future__ import annotations

import pytest

from libprocess_py.duration import MILLISECOND, SECOND
from libprocess_py.future import Future
from libprocess_py.http.client import ExchangeFailed, HttpClient, Limits
from libprocess_py.http.pipe import End, Pipe, PipeBroken
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.process import Process
from libprocess_py.sim import Simulation
from libprocess_py.sim.network import DETECTION_NS


class Feed(Process):
    """Tells each subscriber a number every second."""

    def __init__(self) -> None:
        super().__init__("feed")
        self.pipes: list[Pipe] = []
        self.number = 0

    def initialize(self) -> None:
        self.route("/events", self.events, help="Numbers.")
        self.route("/now", lambda _: Response.text(200, "now"), help="At once.")
        self.delay(SECOND, self.tick)

    def events(self, _: Request) -> Response:
        self.pipes.append(Pipe())
        return Response.stream(self.pipes[-1])

    def tick(self) -> None:
        self.number += 1
        for pipe in self.pipes:
            pipe.writer.write(b"%d " % self.number)
        self.delay(SECOND, self.tick)


class World:
    """A feed, and somebody who asks."""

    def __init__(self, seed: int = 1) -> None:
        self.simulation = Simulation(seed=seed)
        self.there, self.here = self.simulation.node("10.0.0.1"), self.simulation.node("10.0.0.2")
        self.feed = Feed()
        self.there.spawn(self.feed)

    def ask(self, path: str, limits: Limits | None = None) -> Future[Response]:
        return HttpClient(self.here, limits or Limits()).get(f"http://{self.there.address}/feed{path}")

    def subscribe(self) -> Response:
        future = self.ask("/events", Limits(stream=True))
        self.simulation.advance(100 * MILLISECOND)
        return future.get()


def test_asking_takes_the_time_that_the_network_takes() -> None:
    world = World()
    world.simulation.network.latency_ns, world.simulation.network.jitter_ns = 20 * MILLISECOND, 0
    future = world.ask("/now")

    world.simulation.advance(40 * MILLISECOND - 1)
    assert future.is_pending
    world.simulation.advance(1)

    assert future.get().body == b"now"


@pytest.mark.parametrize("one_way", [False, True])
def test_a_stream_that_is_cut_off_is_noticed_at_both_ends(one_way: bool) -> None:
    world = World()
    response = world.subscribe()
    assert response.reader is not None

    world.simulation.network.partition(world.there, world.here, one_way=one_way)
    world.simulation.advance(DETECTION_NS + 2 * SECOND)

    assert world.feed.pipes[0].ended.get() is End.UNREAD
    response.reader.take()
    with pytest.raises(PipeBroken):
        response.reader.read().get()


def test_who_is_cut_off_cannot_be_asked() -> None:
    world = World()
    world.simulation.network.partition(world.here, world.there)
    future = world.ask("/now")

    world.simulation.advance(DETECTION_NS + SECOND)

    with pytest.raises(ExchangeFailed):
        future.get()


def test_what_is_held_up_comes_when_it_is_released() -> None:
    world = World()
    world.simulation.network.hold(world.there, world.here)
    future = world.ask("/now")
    world.simulation.advance(SECOND)
    assert future.is_pending

    world.simulation.network.release(world.there, world.here)
    world.simulation.advance(SECOND)

    assert future.get().body == b"now"


def test_a_stream_never_goes_on_behind_something_that_was_lost() -> None:
    world = World()
    response = world.subscribe()
    assert response.reader is not None
    world.simulation.network.drop(world.there, world.here, rate=0.3)

    world.simulation.advance(60 * SECOND)

    numbers = [int(text) for text in response.reader.take().split()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert response.reader.is_broken
    assert world.feed.pipes[0].ended.get() is End.UNREAD


def test_a_writer_notices_that_the_node_of_its_reader_crashed() -> None:
    world = World()
    world.subscribe()

    world.simulation.crash(world.here)
    world.simulation.advance(SECOND)

    assert world.feed.pipes[0].ended.get() is End.UNREAD


def test_a_node_that_starts_anew_does_not_answer_for_the_one_before_it() -> None:
    world = World()
    world.simulation.network.hold(world.here, world.there)
    future = world.ask("/now")
    world.simulation.crash(world.there)
    anew = world.simulation.node("10.0.0.1")
    anew.spawn(Feed())

    world.simulation.network.release(world.here, world.there)
    world.simulation.advance(DETECTION_NS + SECOND)

    with pytest.raises(ExchangeFailed):
        future.get()


def a_run(seed: int) -> str:
    world = World(seed)
    world.simulation.network.drop(world.there, world.here, rate=0.1)
    for _ in range(20):
        world.ask("/now")
        world.ask("/events", Limits(stream=True))
    world.simulation.advance(30 * SECOND)
    return world.simulation.digest()


def test_the_same_seed_makes_the_same_run() -> None:
    assert a_run(1) == a_run(1)
    assert a_run(1) != a_run(2)
