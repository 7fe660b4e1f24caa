"""Fitted exponents, on times that are made up."""

from __future__ import annotations

import pytest

from bench.allocator.growth import (
    FIXED_AGENTS,
    OVER_FRAMEWORKS,
    OVER_OFFERS,
    SWEEP_AGENTS,
    SWEEP_FRAMEWORKS,
    exponent,
    growths_of,
)
from bench.report import Machine, Report, Result


@pytest.mark.parametrize("power", [0.0, 0.2, 1.0, 1.5])
def test_the_exponent_of_a_power_is_found(power: float) -> None:
    points = [(size, 3e-6 * size**power) for size in (10, 100, 1_000)]

    assert exponent(points) == pytest.approx(power)


def test_the_exponent_of_noisy_times_is_that_of_the_best_line() -> None:
    points = [(1, 1.0 * 1.1), (10, 10.0 / 1.1), (100, 100.0 / 1.1), (1_000, 1_000.0 * 1.1)]

    assert exponent(points) == pytest.approx(1.0)


def a_sweep(over_offers: float, over_frameworks: float) -> Report:
    results = []
    for entry in dict.fromkeys((*OVER_OFFERS, *OVER_FRAMEWORKS)):
        frameworks = entry.size.frameworks / SWEEP_FRAMEWORKS[0]
        seconds = 1e-6 * entry.size.agents**over_offers * frameworks**over_frameworks
        results.append(Result(f"cold_{entry.size}", "s", 2 * seconds, seconds, 3 * seconds, 3, 0.0))
    return Report("allocator", Machine(0.25, 1e6), tuple(results))


def test_both_exponents_are_fitted_for_both_kinds_of_roles_each_with_the_other_size_fixed() -> None:
    growths = growths_of(a_sweep(1.05, 0.3))

    assert [(each.against, each.variant) for each in growths] == [
        ("offers", "one"),
        ("offers", "own"),
        ("frameworks", "one"),
        ("frameworks", "own"),
    ]
    assert [each.exponent for each in growths] == [pytest.approx(each) for each in (1.05, 1.05, 0.3, 0.3)]
    assert [size for size, _ in growths[0].points] == list(SWEEP_AGENTS)
    assert [size for size, _ in growths[3].points] == list(SWEEP_FRAMEWORKS)


def test_a_growth_says_in_words_whether_its_bound_is_met() -> None:
    offers, *_, frameworks = (str(each) for each in growths_of(a_sweep(1.05, 0.3)))

    assert "offers^1.05 from 1000 to 16000 offers (one role); must be at most 1.1: met" in offers
    assert "frameworks^0.30 from 16 to 4096 frameworks (a role each); must be at most 0.2: MISSED" in frameworks


def test_a_report_without_the_whole_sweep_has_no_growth() -> None:
    report = a_sweep(1.0, 0.0)
    without = tuple(each for each in report.results if f"_{FIXED_AGENTS}x" not in each.name)

    assert not growths_of(Report("allocator", report.machine, without))
