"""Timers against a list of all samples: exact where they say so, true to one percent elsewhere, bounded in memory."""

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py import Promise
from libprocess_py.duration import HOUR, MILLISECOND, MINUTE, SECOND
from libprocess_py.metrics.registry import Metrics
from libprocess_py.metrics.timer import FINE_BITS, LONGEST_NS, PERCENTILES, SLOTS, Timer

DURATIONS = st.integers(0, 2**20) | st.integers(0, LONGEST_NS)


class Watch:
    """A clock that stands until it is told otherwise."""

    def __init__(self) -> None:
        self.ns = 5 * HOUR

    def now(self) -> int:
        return self.ns


def _exact(samples: list[int], share: float) -> int:
    return sorted(samples)[max(ceil(share * len(samples)), 1) - 1]


@given(st.lists(DURATIONS, min_size=1))
def test_every_figure_is_that_of_the_samples_and_percentiles_are_true_to_one_percent(samples: list[int]) -> None:
    timer = Timer(Watch().now)

    for ns in samples:
        timer.record(ns)
    summary = timer.summary()

    assert summary.pop("count") == len(samples)
    assert summary.pop("") == samples[-1] / MILLISECOND
    assert summary.pop("min") == min(samples) / MILLISECOND
    assert summary.pop("max") == max(samples) / MILLISECOND
    assert summary.keys() == PERCENTILES.keys()
    for name, share in PERCENTILES.items():
        assert summary[name] == pytest.approx(_exact(samples, share) / MILLISECOND, rel=0.01, abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 20 * MINUTE), st.integers(0, SECOND)), min_size=1, max_size=40))
def test_samples_of_the_last_hour_count_and_older_ones_soon_do_not(samples: list[tuple[int, int]]) -> None:
    watch = Watch()
    timer = Timer(watch.now)
    taken: list[int] = []

    for pause, ns in samples:
        watch.ns += pause
        timer.record(ns)
        taken.append(watch.ns)
    count = timer.summary()["count"]

    within = [sum(watch.ns - time <= window for time in taken) for window in (HOUR, HOUR + HOUR // SLOTS)]
    assert within[0] <= count <= within[1]


def test_a_sample_counts_for_its_whole_hour_wherever_in_its_slot_it_was_taken() -> None:
    watch = Watch()
    timer = Timer(watch.now)
    watch.ns += HOUR // SLOTS - 1
    timer.record(SECOND)

    watch.ns += HOUR
    kept = timer.summary()["count"]
    watch.ns += 1 + HOUR // SLOTS

    assert kept == 1
    assert timer.summary()["count"] == 0


def test_an_hour_without_samples_leaves_their_count_alone() -> None:
    watch = Watch()
    timer = Timer(watch.now)
    timer.record(SECOND)

    watch.ns += 2 * HOUR

    assert timer.summary() == {"count": 0}


def test_memory_is_bounded_by_buckets_and_not_by_samples() -> None:
    watch = Watch()
    timer = Timer(watch.now)
    for exponent in range(70):
        for step in range(200):
            watch.ns += 7 * SECOND
            timer.record((1 << exponent) + (step << exponent) // 200)

    buckets = [len(slot.counts) for slot in timer._slots]

    assert len(buckets) <= SLOTS + 1
    assert max(buckets) <= (LONGEST_NS.bit_length() + 1) << FINE_BITS


def test_a_block_is_measured_even_if_it_raises() -> None:
    watch = Watch()
    timer = Timer(watch.now)

    def work() -> None:
        with timer.time():
            watch.ns += 3 * MILLISECOND
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        work()

    assert timer.summary()["max"] == 3.0


@pytest.mark.parametrize("how", ["set", "fail", "abandon"])
def test_a_future_is_measured_until_it_is_settled(how: str) -> None:
    watch = Watch()
    timer = Timer(watch.now)
    promise: Promise[int] = Promise()

    assert timer.watch(promise) is promise
    watch.ns += 4 * MILLISECOND
    _ = promise.set(1) if how == "set" else promise.fail("broken") if how == "fail" else promise.abandon()

    assert timer.summary()[""] == 4.0


def test_the_figures_of_timers_are_flat_and_in_milliseconds() -> None:
    watch = Watch()
    metrics = Metrics(watch.now)
    metrics.timer("run_ms").record(1_500_000)
    metrics.timer("idle_ms")

    figures = metrics.timings()

    assert figures == {
        "idle_ms/count": 0,
        "run_ms": 1.5,
        "run_ms/count": 1,
        **{f"run_ms/{name}": 1.5 for name in ("min", "max", *PERCENTILES)},
    }
    with pytest.raises(AssertionError, match="_ms"):
        metrics.timer("run")
