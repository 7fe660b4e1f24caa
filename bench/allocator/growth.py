"""How the time of a run grows: exponents fitted to a sweep over offers, and to one over frameworks.

A time of c * n**k is a line of slope k in logarithms. In the first sweep the number of frameworks stays, in the second
that of the offers. Fitted are the minima: whatever disturbs a run only makes it longer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.allocator.definitions import Size
from bench.allocator.workloads import Entry
from bench.report import Report

SWEEP_AGENTS: Final = (1_000, 2_000, 4_000, 8_000, 16_000)
SWEEP_FRAMEWORKS: Final = (16, 64, 256, 1_024, 4_096)
FIXED_FRAMEWORKS: Final = 256
FIXED_AGENTS: Final = 4_000
VARIANTS: Final = ("one", "own")

OFFERS_MUST: Final = 1.1
FRAMEWORKS_MUST: Final = 0.2

OVER_OFFERS: Final = tuple(
    Entry("cold", Size(agents, FIXED_FRAMEWORKS, variant)) for variant in VARIANTS for agents in SWEEP_AGENTS
)
OVER_FRAMEWORKS: Final = tuple(
    Entry("cold", Size(FIXED_AGENTS, frameworks, variant)) for variant in VARIANTS for frameworks in SWEEP_FRAMEWORKS
)
SWEEP: Final = tuple(dict.fromkeys((*OVER_OFFERS, *OVER_FRAMEWORKS)))


def is_swept(entry: Entry) -> bool:
    """Whether the entry is a point of a sweep and nothing else; its other results are of little interest."""
    return entry in SWEEP


@dataclass(frozen=True, slots=True)
class Growth:
    """One fit: time against `against`, where frameworks are in `variant` roles."""

    against: str
    variant: str
    exponent: float
    must: float
    points: tuple[tuple[int, float], ...]

    def __str__(self) -> str:
        verdict = "met" if self.exponent <= self.must else "MISSED"
        return (
            f"time of a cold run grows with {self.against}^{self.exponent:.2f} from {self.points[0][0]} to"
            f" {self.points[-1][0]} {self.against} ({ROLES[self.variant]}); must be at most {self.must}: {verdict}"
        )


ROLES: Final = {"one": "one role", "own": "a role each"}


def growths_of(report: Report) -> list[Growth]:
    """Both fits for both kinds of roles; of a report without the sweep, none."""
    times = {result.name: result.min for result in report.results}
    fits = []
    for against, entries, must in (
        ("offers", OVER_OFFERS, OFFERS_MUST),
        ("frameworks", OVER_FRAMEWORKS, FRAMEWORKS_MUST),
    ):
        for variant in VARIANTS:
            sizes = [entry.size for entry in entries if entry.size.variant == variant]
            if all(f"cold_{size}" in times for size in sizes):
                points = tuple(
                    (size.agents if against == "offers" else size.frameworks, times[f"cold_{size}"]) for size in sizes
                )
                fits.append(Growth(against, variant, exponent(points), must, points))
    return fits


def exponent(points: Iterable[tuple[float, float]]) -> float:
    """The slope of the line of least squares through the logarithms."""
    logarithms = [(math.log(size), math.log(value)) for size, value in points]
    mean_x, mean_y = _mean([x for x, _ in logarithms]), _mean([y for _, y in logarithms])
    spread = sum((x - mean_x) ** 2 for x, _ in logarithms)
    return sum((x - mean_x) * (y - mean_y) for x, y in logarithms) / spread


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
