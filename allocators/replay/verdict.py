"""What a case comes to: nothing to complain of, or the first thing that is not as expected."""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class Mismatch(NamedTuple):
    """Something is not as expected. `where` says what, in terms of the case."""

    where: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}, got {self.got}"


def compare(where: str, expected: Any, *, got: Any) -> Mismatch | None:
    """Are these equal? Numbers that are equal are equal whatever their type."""
    return None if expected == got else Mismatch(where, written(expected), written(got))


def written(value: Any) -> str:
    """A JSON value on one line."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
