"""Names, bounds and the original's figures, as they were published."""

from __future__ import annotations

import pytest

from bench.allocator.targets import TARGETS, Figure, Target, name_of, original


@pytest.mark.parametrize(
    ("series", "size", "name"),
    [
        ("cold", "1000x50_one", "cold_1000x50_one"),
        ("quota_first", "3000x3000", "quota_first"),
        ("refuse", "10000x1000_one", "return_offer"),
        ("refuse", "1000x50_one", "refuse_1000x50_one"),
        ("churn", "5000x300", "churn_5000x90x300"),
    ],
)
def test_a_result_is_called_by_series_and_size_unless_it_has_a_name(series: str, size: str, name: str) -> None:
    assert name_of(series, size) == name


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("cold_1000x50_one", Target(0.05, 0.02)),
        ("quota_first", Target(1.0, 0.3)),
        ("return_offer", Target(20e-6, 8e-6, unit="s")),
        ("memory_50000x6000", Target(1024.0**3, unit="bytes")),
        ("churn_5000x90x300", Target(0.02, unit="s", statistic="p99")),
    ],
)
def test_targets_are_those_promised(name: str, target: Target) -> None:
    actual = TARGETS[name]

    assert actual.must == pytest.approx(target.must)
    assert actual.aim == (None if target.aim is None else pytest.approx(target.aim))
    assert (actual.unit, actual.statistic) == (target.unit, target.statistic)


def test_every_aim_is_below_its_must() -> None:
    assert all(target.aim < target.must for target in TARGETS.values() if target.aim is not None)


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("cold_10000x1000_own", Figure(5.6, "Y")),
        ("quota_second_300x300", Figure(0.058 / 0.251, "Y")),
        ("return_offer", Figure(34e-6, "s")),
        ("memory_10000x1000_own", Figure(5803e6, "bytes")),
        ("cold_7x7_one", None),
    ],
)
def test_the_originals_figures_have_the_unit_in_which_they_compare(name: str, figure: Figure | None) -> None:
    actual = original(name)

    assert (actual is None) == (figure is None)
    if actual is not None and figure is not None:
        assert actual.value == pytest.approx(figure.value)
        assert actual.unit == figure.unit
