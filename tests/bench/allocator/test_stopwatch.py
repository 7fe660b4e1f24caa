"""Samples, on a clock that ticks when it is read."""

from __future__ import annotations

from itertools import count

from bench.allocator.stopwatch import NS_PER_S, Series, Stopwatch


def a_stopwatch() -> Stopwatch:
    """Between two readings of its clock a second passes."""
    ticks = count(0, NS_PER_S)
    return Stopwatch(lambda: next(ticks))


def test_a_run_is_timed_and_its_offers_are_counted() -> None:
    watch = a_stopwatch()

    outcomes = [watch.run("run", lambda: (1, 2)), watch.run("run", lambda: ())]

    assert outcomes == [(1, 2), ()]
    assert watch.series == {"run": Series("s", [1.0, 1.0], [2, 0])}


def test_a_phase_is_timed_as_a_whole_and_events_each() -> None:
    watch = a_stopwatch()

    assert watch.phase("phase", lambda: "outcome") == "outcome"
    watch.events("event", lambda: None, count=4)

    assert watch.series == {"phase": Series("s", [1.0], [0]), "event": Series("s", [0.25], [0])}


def test_numbers_are_kept_as_they_are() -> None:
    watch = a_stopwatch()

    watch.count("rounds", 7)

    assert watch.series == {"rounds": Series("count", [7], [0])}
