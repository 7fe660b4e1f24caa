"""The level of the log, changed while the program runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from libprocess_py.duration import HOUR, MINUTE
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.sim import Simulation

LOGGER = logging.getLogger("libprocess_py")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    before = LOGGER.level
    LOGGER.setLevel(logging.WARNING)
    yield
    LOGGER.setLevel(before)


class World:
    """A node, and time to pass."""

    def __init__(self) -> None:
        self.simulation = Simulation(seed=1)
        self.node = self.simulation.node("10.0.0.1")

    def toggle(self, **query: str) -> Response:
        future = self.node.request(Request("GET", "/logging/toggle", query=query))
        self.simulation.settle()
        return future.get()


def test_a_level_is_set_for_a_while_and_then_what_it_was_before() -> None:
    world = World()

    assert world.toggle(level="debug", duration="10mins").body == b"debug for 10mins"
    world.simulation.advance(10 * MINUTE - 1)
    assert LOGGER.level == logging.DEBUG
    world.simulation.advance(1)

    assert LOGGER.level == logging.WARNING


def test_a_second_change_takes_the_place_of_the_first() -> None:
    world = World()
    world.toggle(level="1", duration="1secs")

    world.toggle(level="error", duration="1days")
    world.simulation.advance(HOUR)

    assert world.toggle().body == b"error"
    world.simulation.stop(world.node)
    assert LOGGER.level == logging.WARNING


def test_the_level_is_shown_to_whoever_does_not_change_it() -> None:
    assert World().toggle().body == b"warning"


@pytest.mark.parametrize(
    ("level", "duration"),
    [("loud", "1secs"), ("", "1secs"), ("debug", ""), ("debug", "0secs"), ("debug", "2days"), ("debug", "-1secs")],
)
def test_a_level_or_duration_that_is_none_is_refused(level: str, duration: str) -> None:
    assert World().toggle(level=level, duration=duration).status == 400
    assert LOGGER.level == logging.WARNING
