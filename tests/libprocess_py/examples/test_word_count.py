"""The count is right although a host is killed, over real processes."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final

TIMEOUT_S: Final = 60  # It takes two seconds.
TEXT: Final = "to be or not to be that is the question " * 4_000


def test_words_are_counted_right_although_one_of_three_nodes_is_killed_midway(tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_text(TEXT)

    ran = subprocess.run(
        [sys.executable, "-m", "libprocess_py.examples.word_count", str(file)],
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )

    assert ran.stderr == ""
    lost, counted = ran.stdout.splitlines()
    assert re.fullmatch(r"lost wordcounter\(1\)@127.0.0.1:\d+, whose piece another one counts", lost)
    words = ", ".join(f"{word} {count}" for word, count in Counter(TEXT.split()).most_common(4))
    assert counted == f"40000 words: {words}, ..."
    assert ran.returncode == 0


def test_a_text_that_is_not_there_is_told_in_one_line() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "libprocess_py.examples.word_count", "no/such/text"],
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )

    assert (ran.returncode, ran.stderr) == (1, "[Errno 2] No such file or directory: 'no/such/text'\n")
