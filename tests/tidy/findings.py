"""What a tidy rule says about a file, and how a rule looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.tidy.source import Module


@dataclass(frozen=True)
class Finding:
    """One breach. `where` is the path, or `path:function`; exceptions are granted to it and so outlive line numbers."""

    where: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.where} (line {self.line}): {self.what}"


Rule = Callable[[Module], Iterator[Finding]]
