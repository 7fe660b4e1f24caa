"""Chance and new names, as the agent's core is given them: by the shell from the runtime, by tests from a list."""

from __future__ import annotations

from typing import Protocol


class Chance(Protocol):
    """Where random fractions and unique ids come from."""

    def fraction(self) -> float:
        """A draw from [0, 1)."""

    def unique_id(self) -> str:
        """A new uuid4 as text."""
