"""Tests marked `long` are left out unless `--long` asks for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tidy.source import ROOT

SUITE = """
import pytest

def test_short(): pass

@pytest.mark.long
def test_long(): pass
"""


@pytest.mark.parametrize(
    ("arguments", "closing"), [((), "1 passed, 1 deselected"), (("--long",), "2 passed"), (("-k", "short"), "1 passed")]
)
def test_only_the_switch_runs_what_takes_minutes(tmp_path: Path, arguments: tuple[str, ...], closing: str) -> None:
    (tmp_path / "test_suite.py").write_text(SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    long: minutes\n")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", tmp_path, *arguments, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert closing in done.stdout.splitlines()[-1]
