"""A planted defect: a piece of one source file, replaced by another."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


class StaleMutation(Exception):
    """The text that a mutation replaces is not there (or not once): the list must follow the code."""


@dataclass(frozen=True)
class Mutation:
    """`old` occurs exactly once in the file. `equivalent` says why nobody could notice, of those that nobody could."""

    name: str
    path: str
    old: str
    new: str
    equivalent: str | None = None

    def source(self) -> str:
        """The file with the defect. StaleMutation if it cannot be planted."""
        original = (ROOT / self.path).read_text()
        if original.count(self.old) != 1:
            raise StaleMutation(f"{self.name}: found {original.count(self.old)} times in {self.path}: {self.old!r}")
        mutated = original.replace(self.old, self.new)
        try:
            ast.parse(mutated)
        except SyntaxError as error:
            raise StaleMutation(f"{self.name}: the mutated {self.path} is no Python: {error}") from None
        return mutated


@dataclass(frozen=True)
class Area:
    """Mutations of one file."""

    path: str
    mutations: tuple[Mutation, ...]


def area(path: str, *defects: tuple[str, str, str] | tuple[str, str, str, str]) -> Area:
    """Defects as (name, old, new), and why it is equivalent if it is."""
    return Area(path, tuple(Mutation(defect[0], path, *defect[1:]) for defect in defects))
