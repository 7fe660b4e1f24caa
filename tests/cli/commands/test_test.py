"""`mesos-py test`: order of the gates, what stops them, what reaches pytest."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import click
import pytest

from mesos_py.cli.commands.test import checkout_of, run_gate, run_gates


def test_gates_run_in_order_and_the_first_failure_ends_them_with_its_status(capsys: pytest.CaptureFixture[str]) -> None:
    ran = []

    def run(argv: Sequence[str]) -> tuple[int, str]:
        ran.append(argv[0])
        return {"b": (3, "b is unhappy\n")}.get(argv[0], (0, "noise"))

    status = run_gates([("first", ["a"]), ("second", ["b"]), ("third", ["c"])], run, now=count().__next__)

    assert (status, ran) == (3, ["a", "b"])
    assert capsys.readouterr().out.splitlines() == [
        "first             1.0 s  ok",
        "b is unhappy",
        "second            1.0 s  failed",
    ]


def test_a_gate_runs_in_the_checkout_and_all_its_words_are_kept(tmp_path: Path) -> None:
    program = "import os, sys; print(os.getcwd(), flush=True); print('bad', file=sys.stderr); sys.exit(4)"

    assert run_gate([sys.executable, "-c", program], tmp_path) == (4, f"{tmp_path}\nbad\n")


def test_an_installed_copy_is_told_that_tests_need_a_checkout(tmp_path: Path) -> None:
    with pytest.raises(click.ClickException, match="clone the repository"):
        checkout_of(tmp_path / "mesos_py")


def test_the_folder_above_the_package_is_the_checkout(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "setup.cfg").touch()

    assert checkout_of(tmp_path / "mesos_py") == tmp_path
