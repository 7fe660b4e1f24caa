"""`mesos-py bench allocator` as people type it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.allocator.selection import entries_of
from mesos_py.cli.commands.bench import _announced, command


def test_one_workload_at_a_small_size_is_measured_shown_and_saved(tmp_path: Path) -> None:
    size = ["--workload", "cold", "--agents", "20", "--frameworks", "4", "--repeat", "1"]
    files = ["--json", str(tmp_path / "figures.json"), "--plot", str(tmp_path / "picture.png")]

    result = CliRunner().invoke(command, ["allocator", *size, *files])

    assert result.exit_code == 0, result.output
    assert "cold_20x4_own" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80 or "grows with" in result.stdout
    assert result.stderr.splitlines() == [
        "2 cases, up to 1 times each: about 2 s on an idle machine",
        "measuring cold 20x4_own, 2 to go",
        "measuring cold 20x4_one, 1 to go",
    ]
    data = json.loads((tmp_path / "figures.json").read_text())
    assert {"cold_20x4_one", "empty_20x4_own", "memory_20x4_one"} <= {each["name"] for each in data["results"]}
    assert (tmp_path / "picture.png").stat().st_size > 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--workload", "warm"], "workload 'warm': expected one of all"),
        (["--agents", "0"], "--agents"),
        (["--json", "no/such/folder/figures.json"], "its folder does not exist"),
        (["--compare", "HEAD", "--json", "figures.json"], "expected it without --json and --plot"),
    ],
)
def test_bad_usage_is_told_before_anything_is_measured(arguments: list[str], complaint: str) -> None:
    result = CliRunner().invoke(command, ["allocator", *arguments])

    assert result.exit_code == 2
    assert complaint in result.output


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--compare", "no-such-revision"], "expected a commit, branch or tag"),
        (["--plot", "picture.doc"], "should end in one of"),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_measured(arguments: list[str], complaint: str) -> None:
    result = CliRunner().invoke(command, ["allocator", *arguments])

    assert result.exit_code == 1
    assert complaint in result.output


def test_how_long_everything_takes_is_told_with_the_quick_way() -> None:
    assert _announced(entries_of(()), None).endswith("on an idle machine; --quick takes half a minute")
    assert _announced(entries_of((), is_quick=True), 1) == "12 cases, up to 1 times each: about 28 s on an idle machine"
