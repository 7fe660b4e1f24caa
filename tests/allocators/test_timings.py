"""Ranks of recent durations."""

from __future__ import annotations

from allocators.timings import NS_PER_MS, WINDOW, Timings


def read(timings: Timings) -> dict[str, float]:
    return {name: gauge() for name, gauge in timings.gauges("run_ms")}


def test_without_durations_everything_is_zero() -> None:
    assert set(read(Timings()).values()) == {0.0}


def test_ranks_are_those_of_the_durations() -> None:
    timings = Timings()
    for ms in range(101):
        timings.add((100 - ms) * NS_PER_MS)

    values = read(timings)

    assert values["run_ms"] == 0.0
    assert values["run_ms/count"] == 101.0
    assert (values["run_ms/min"], values["run_ms/p50"], values["run_ms/max"]) == (0.0, 50.0, 100.0)
    assert values["run_ms/p90"] == 90.0


def test_old_durations_are_forgotten_but_counted() -> None:
    timings = Timings()
    timings.add(10**12)
    for _ in range(WINDOW):
        timings.add(NS_PER_MS)

    assert read(timings)["run_ms/max"] == 1.0
    assert read(timings)["run_ms/count"] == WINDOW + 1
