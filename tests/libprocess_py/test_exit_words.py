"""How ends are told."""

from __future__ import annotations

import pytest

from libprocess_py.exit_words import exit_words


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "exited with status 0"),
        (3, "exited with status 3"),
        (-9, "terminated with signal SIGKILL"),
        (-40, "terminated with signal 40"),
        (None, "ended, nobody knows how"),
    ],
)
def test_an_end_is_told_in_words(status: int | None, words: str) -> None:
    assert exit_words(status) == words
