"""Counters and gauges by name."""

from __future__ import annotations

import pytest

from libprocess_py.metrics.registry import Metrics


def test_a_counter_of_the_same_name_is_the_same_counter() -> None:
    metrics = Metrics()

    metrics.counter("a/b").add()
    metrics.counter("a/b").add(4)

    assert metrics.counters() == {"a/b": 5}


def test_a_counter_does_not_go_down() -> None:
    with pytest.raises(AssertionError):
        Metrics().counter("a").add(-1)


def test_a_name_is_a_counter_or_a_gauge() -> None:
    metrics = Metrics()
    metrics.counter("counter")
    metrics.gauge("gauge", lambda: 1.0)

    with pytest.raises(AssertionError, match="counter"):
        metrics.gauge("counter", lambda: 1.0)
    with pytest.raises(AssertionError, match="gauge"):
        metrics.counter("gauge")


def test_a_gauge_is_read_when_it_is_asked_for_and_may_be_replaced_or_removed() -> None:
    metrics = Metrics()
    metrics.gauge("load", lambda: 1.0)
    metrics.gauge("load", lambda: 2.0)

    assert metrics.gauges()["load"]() == 2.0
    metrics.remove("load")
    assert metrics.gauges() == {}
