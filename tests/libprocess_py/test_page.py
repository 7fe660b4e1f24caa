"""The page about actors tells the truth: its snippets, put together, are a program that runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parents[2] / "docs" / "libprocess.md"
TIMEOUT_S: Final = 60  # It takes one second; a snippet that waits for ever must not.


def _snippets() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)


def test_the_snippets_of_the_page_run_from_top_to_bottom(tmp_path: Path) -> None:
    program = tmp_path / "page.py"
    program.write_text("\n".join(_snippets()))

    ran = subprocess.run(
        [sys.executable, "-W", "error", program], check=False, capture_output=True, text=True, timeout=TIMEOUT_S
    )

    assert ran.stderr == ""
    assert ran.stdout == "Hello, world!\n"
    assert ran.returncode == 0


def test_every_section_about_how_to_do_something_shows_it() -> None:
    sections = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)[1:]

    without = [section.partition("\n")[0] for section in sections if "```python" not in section]

    assert without == ["Coming from C++ libprocess"]
