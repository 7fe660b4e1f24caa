"""The page about policies tells the truth: its example is a package whose policy is found, run and compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest

from allocators.policies.registry import ALIASES, ENTRY_POINT_GROUP, POLICIES

ROOT: Final = Path(__file__).parents[3]
PAGE: Final = (ROOT / "docs" / "policies.md").read_text()
TIMEOUT_S: Final = 60  # It takes a few seconds; a policy that never ends must not.


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The package of the page, as an installer would leave it."""
    project = tomllib.loads(blocks("toml")[0])["project"]
    (tmp_path / f"{project['name']}.py").write_text(blocks("python")[0])
    facts = tmp_path / f"{project['name']}-{project['version']}.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    points = project["entry-points"][ENTRY_POINT_GROUP]
    lines = [f"[{ENTRY_POINT_GROUP}]", *(f"{name} = {value}" for name, value in points.items())]
    (facts / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


def run(installed: Path, *arguments: str) -> str:
    path = os.pathsep.join((str(installed), str(ROOT)))
    ran = subprocess.run(
        [sys.executable, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_snippets_of_the_page_run_one_after_the_other(installed: Path) -> None:
    program = installed / "page.py"
    program.write_text("\n".join(blocks("python")))

    out = run(installed, "-W", "error", str(program))

    assert re.fullmatch(r"Jain's index [01]\.\d\d with DRF, [01]\.\d\d with turns\n", out)


def test_the_policy_of_the_page_is_compared_by_its_name(installed: Path) -> None:
    command = ("allocator", "compare", "--policies", "drf,turns", "--agents", "4", "--seconds", "20")

    out = run(installed, "-m", "mesos_py.cli", *command)

    assert "turns" in out


def test_the_master_takes_the_policy_of_the_page_by_its_name(installed: Path) -> None:
    program = (
        "from libprocess_py.flags import load\n"
        "from master.flags import MasterFlags\n"
        "from master.main import make_policy\n"
        "policy = make_policy(load(MasterFlags, {'allocator': 'turns'}, environ={}), seed=1)\n"
        "print(policy._rules.agent_order.__module__)\n"
    )

    assert run(installed, "-c", program) == "turns\n"


def test_the_page_lists_every_policy_of_ours_and_no_other() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE)

    assert sorted(rows) == sorted(POLICIES)
    assert all(f"`{alias}`" in PAGE for alias in ALIASES if alias == alias.lower())
