"""Bars are judged on ratios to this machine, and the verdict is the same on a slower one."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from bench.actors.cases import CASES, Case, Scale
from bench.actors.environments import PEERS
from bench.actors.flood import Outcome
from bench.actors.running import Measured, Sample, report_of, times_pykka
from bench.actors.table import flood_table, missed, table_of
from bench.report import Machine

REFERENCE = 1.07e6


def measured(case: Case, value: float, *, callbacks_per_s: float = REFERENCE, name: str = "some") -> Measured:
    return Measured(name, case, (Sample(value, callbacks_per_s),))


@pytest.mark.parametrize(
    ("scale", "better", "worse"),
    [
        (Scale.RATE, 101.0, 99.0),
        (Scale.FLOW, 101.0, 99.0),
        (Scale.TIME, 99.0, 101.0),
        (Scale.ECHO, 99.0, 101.0),
        (Scale.SIZE, 99.0, 101.0),
    ],
)
def test_a_bar_is_reached_from_the_better_side(scale: Scale, better: float, worse: float) -> None:
    case = Case("", scale, must=100.0)

    assert measured(case, better).reaches(case.must) is True
    assert measured(case, worse).reaches(case.must) is False
    assert measured(case, better).reaches(case.aim) is None


@pytest.mark.parametrize(("scale", "on_half"), [(Scale.RATE, 50.5), (Scale.TIME, 198.0), (Scale.SIZE, 99.0)])
def test_on_a_machine_of_half_the_speed_half_the_rate_is_as_good(scale: Scale, on_half: float) -> None:
    case = Case("", scale, must=100.0)

    assert measured(case, on_half, callbacks_per_s=REFERENCE / 2).reaches(case.must) is True


def test_samples_of_a_busy_machine_do_not_count_while_three_others_do() -> None:
    quiet = tuple(Sample(value, REFERENCE) for value in (1.0, 2.0, 3.0))
    busy = Sample(100.0, REFERENCE / 2)

    assert Measured("some", CASES["spawn"], (*quiet, busy)).median == 2.0
    assert Measured("some", CASES["spawn"], (*quiet[:2], busy)).median == 2.0


def test_a_case_that_is_not_fast_enough_against_pykka_has_missed_its_bar() -> None:
    ours = measured(CASES["local_send"], 2e6, name="local_send")
    theirs = measured(Case("", Scale.RATE), 0.5e6, name="pykka_local_send")

    against = times_pykka([ours, theirs])

    assert against == {"local_send": 4.0}
    assert missed([ours, theirs], against) == ["local_send"]
    assert missed([ours], {}) == []


def test_a_case_that_failed_has_missed_its_bar_and_says_so_in_the_table() -> None:
    failed = Measured("spawn", CASES["spawn"], (), "spawn: exit status 1: ImportError")
    console = Console(width=80)

    with console.capture() as capture:
        console.print(table_of([failed], {}))

    assert missed([failed], {}) == ["spawn"]
    assert "failed" in capture.get()


def test_the_table_of_all_cases_fits_eighty_columns() -> None:
    peers = {name: case for peer in PEERS.values() for name, case in peer.entries.items()}
    all_cases = [measured(case, 123456.0, name=name) for name, case in {**CASES, **peers}.items()]
    console = Console(width=80)

    with console.capture() as capture:
        console.print(table_of(all_cases, dict.fromkeys(CASES, 123.4)))

    assert all(name in capture.get() for name in CASES)
    assert "…" not in capture.get()
    assert max(map(len, capture.get().splitlines())) <= 80


def test_the_file_holds_the_bars_the_ratio_and_what_else_the_worker_told(tmp_path: Path) -> None:
    sample = Sample(1.5, REFERENCE, {"seconds": 6e-5})
    report = report_of([Measured("remote_ask_serial", CASES["remote_ask_serial"], (sample,))], Machine(0.25, REFERENCE))

    report.save(tmp_path / "report.json")

    (result,) = json.loads((tmp_path / "report.json").read_text())["results"]
    assert (result["unit"], result["median"], result["seconds"]) == ("echoes", 1.5, 6e-5)
    assert (result["must"], result["aim"]) == (2.5, 1.4)


HERE = {
    name: case
    for peer in PEERS.values()
    if peer.name not in {"xoscar", "thespian"}
    for name, case in peer.entries.items()
}


@pytest.mark.parametrize("case", [*CASES.values(), *HERE.values()], ids=[*CASES, *HERE])
def test_the_function_of_each_case_exists(case: Case) -> None:
    module, _, function = case.where.partition(":")

    assert callable(getattr(importlib.import_module(module), function))


def test_a_flood_that_was_felt_is_told_within_eighty_columns() -> None:
    mebibyte = 2**20
    calm = Outcome("calm", 1.0, mebibyte, p99_s=0.010, max_s=0.060, rounds=100, grown_max=2 * mebibyte)
    felt = replace(calm, name="clients that never read", p99_s=0.051)
    console = Console(width=80)

    with console.capture() as capture:
        console.print(flood_table([calm, felt]))

    _, first, second = capture.get().splitlines()
    assert first.split()[-1] == "yes"
    assert second.split()[-1] == "NO"
