"""The pages about actors tell the truth: the snippets of a page, put together, are a program that runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

PAGES: Final = Path(__file__).parents[2] / "docs" / "libprocess"
TIMEOUT_S: Final = 60  # They take a second or two; a snippet that waits for ever must not.


def _snippets(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(), flags=re.DOTALL | re.MULTILINE)


WITH_SNIPPETS: Final = sorted(page.name for page in PAGES.glob("*.md") if _snippets(page))


@pytest.mark.parametrize("name", WITH_SNIPPETS)
def test_the_snippets_of_a_page_run_from_top_to_bottom_without_a_word_of_complaint(name: str, tmp_path: Path) -> None:
    program = tmp_path / "page.py"
    program.write_text("\n".join(_snippets(PAGES / name)))

    ran = subprocess.run(
        [sys.executable, "-W", "error", program],
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        cwd=tmp_path,
    )

    assert ran.stderr == ""
    assert ran.returncode == 0


def test_every_section_of_the_tutorial_shows_what_it_tells() -> None:
    sections = re.split(r"^## ", (PAGES / "tutorial.md").read_text(), flags=re.MULTILINE)[1:]

    assert [section.partition("\n")[0] for section in sections if "```python" not in section] == []


def test_the_index_names_every_page() -> None:
    index = (PAGES / "README.md").read_text()

    assert [
        page.name for page in sorted(PAGES.glob("*.md")) if page.name != "README.md" and page.name not in index
    ] == []
