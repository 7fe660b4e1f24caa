"""The page on explanations: its program runs, and it leaves no reason out."""

from __future__ import annotations

import re

from allocators.explain.blockers import Blocker
from allocators.hierarchical.tallies import Counters
from tests.tidy.source import ROOT

PAGE = (ROOT / "docs" / "explain.md").read_text()


def section(title: str) -> str:
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_every_reason_has_a_row_on_the_page() -> None:
    rows = [line.split("|")[1] for line in section("Reasons").splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]

    assert sorted(named) == sorted(str(kind.__struct_config__.tag) for kind in Blocker.__subclasses__())


def test_every_counter_has_a_row_on_the_page() -> None:
    rows = [line.split("|")[1] for line in section("Counting and watching").splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]

    assert named == list(Counters.__struct_fields__)


def test_the_program_on_the_page_runs_as_written() -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    names: dict[str, object] = {}

    exec(program, names)  # noqa: S102  # The program of our own page is what is tested.

    assert "explanation" in names
