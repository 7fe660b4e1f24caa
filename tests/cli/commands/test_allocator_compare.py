"""`mesos-py allocator compare`, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mesos_py.cli.groups import COMMANDS, make_group

SMALL = ("--agents", "4", "--seconds", "20")


def mesos_py(*arguments: str) -> Result:
    return CliRunner().invoke(make_group(COMMANDS), ("allocator", "compare", *arguments))


def test_it_prints_figures_and_writes_files(tmp_path: Path) -> None:
    files = ("--json", str(tmp_path / "figures.json"), "--plot", str(tmp_path / "figures.svg"))

    result = mesos_py("--policies", "drf, packing", "--workload", "fragmentation", *SMALL, *files)

    assert result.exit_code == 0, result.output
    assert "packing" in result.output
    assert json.loads((tmp_path / "figures.json").read_text())["agents"] == 4
    assert "<svg" in (tmp_path / "figures.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--policies", "drf,fairest"), "'fairest': expected one of"),
        (("--policies", ","), "at least one policy"),
        (("--workload", "rush"), "'rush'"),
        (("--agents", "0"), "--agents"),
    ],
)
def test_a_mistake_is_told_in_a_line_with_the_status_of_wrong_usage(arguments: tuple[str, ...], problem: str) -> None:
    result = mesos_py(*SMALL, *arguments)

    assert result.exit_code == 2
    assert problem in result.output


def test_a_picture_of_a_kind_that_nobody_can_draw_is_an_error_of_a_line(tmp_path: Path) -> None:
    result = mesos_py("--policies", "fifo", *SMALL, "--plot", str(tmp_path / "figures.doc"))

    assert result.exit_code != 0
    assert "Traceback" not in result.output
    assert "--plot" in result.output
