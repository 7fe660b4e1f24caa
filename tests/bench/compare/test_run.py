"""Comparisons: what is known of the policies shows, and people and programs can read it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from rich.console import Console

from bench.compare.figures import Figures
from bench.compare.plot import save_plot
from bench.compare.run import Comparison, compare
from bench.compare.workloads import Size

POLICIES = ("drf", "ceei", "fifo", "static")


@cache
def a_comparison(workload: str = "paper", frameworks: int = 0) -> Comparison:
    return compare(POLICIES, workload, size=Size(agents=12, frameworks=frameworks, seconds=100))


@cache
def figures() -> dict[str, Figures]:
    return {each.policy: each for each in a_comparison().figures}


def test_drf_gives_the_tenants_of_the_paper_two_thirds_each() -> None:
    # Within a task or so on each of a dozen agents.
    assert list(figures()["drf"].dominant_shares.values()) == pytest.approx([2 / 3, 2 / 3], abs=0.07)


def test_drf_is_the_fairest_of_those_that_share_everything() -> None:
    by_policy = {policy: figures()[policy].jain or 0 for policy in ("drf", "ceei", "fifo")}

    assert max(by_policy, key=lambda policy: by_policy[policy]) == "drf"


def test_proportional_fairness_gives_more_to_the_one_who_takes_less_from_others() -> None:
    patient, greedy = figures()["ceei"].dominant_shares.values()

    assert patient > 0.72
    assert greedy < 0.6


def test_with_static_parts_the_cluster_is_never_as_full() -> None:
    for policy in ("drf", "ceei", "fifo"):
        assert figures()["static"].utilization["cpus"] < figures()[policy].utilization["cpus"]


def test_the_tables_have_a_row_for_each_policy_and_a_column_for_each_tenant() -> None:
    text = shown(a_comparison())

    assert all(text.count(policy) >= 2 for policy in POLICIES)
    assert "tenant0" in text
    assert "tenant1" in text


def test_of_many_tenants_the_table_has_the_extremes() -> None:
    text = shown(a_comparison("bursts", 9))

    assert "tenant0" not in text
    assert "poorest" in text


def shown(comparison: Comparison) -> str:
    console = Console(width=150)
    with console.capture() as capture:
        console.print(comparison.table())
        console.print(comparison.tenants_table())
    return capture.get()


def test_the_figures_are_strict_json(tmp_path: Path) -> None:
    a_comparison("bursts", 1).save(tmp_path / "figures.json")  # One tenant: there is no index of fairness.

    text = (tmp_path / "figures.json").read_text()
    data = json.loads(text, parse_constant=pytest.fail)
    assert [each["policy"] for each in data["policies"]] == list(POLICIES)
    assert data["policies"][0]["jain"] is None


@pytest.mark.parametrize("frameworks", [1, 2, 9])
def test_a_picture_is_drawn_for_few_tenants_and_for_many(frameworks: int, tmp_path: Path) -> None:
    save_plot(a_comparison("bursts", frameworks), tmp_path / "picture.png")

    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_an_unknown_policy_is_told_before_any_has_run() -> None:
    said: list[str] = []

    with pytest.raises(ValueError, match="'fairest': expected one of"):
        compare(("drf", "fairest"), "paper", size=Size(), progress=said.append)

    assert said == []
