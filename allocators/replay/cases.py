"""Files of cases: the envelope that all kinds have in common, and which room plays which kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, NoReturn

from allocators.replay import scenario, sorter_scenario
from allocators.replay.drf_rows import check_drf
from allocators.replay.reading import Fields, FormatError
from allocators.replay.resource_rows import check_resources
from allocators.replay.scenario import MakeAllocator
from allocators.replay.small_rows import check_constraints, check_role
from allocators.replay.verdict import Mismatch
from mesos_py.protocol.values import shown

FORMAT: Final = 1

# How a case of each kind is played, with a seed and a policy where it matters.
PLAYERS: Final[Mapping[str, Callable[[Fields, int, MakeAllocator], Mismatch | None]]] = {
    "allocator": lambda case, seed, make: scenario.play(case, seed, make=make),
    "sorter": lambda case, seed, make: sorter_scenario.play(case),
    "resources": lambda case, seed, make: check_resources(case),
    "roles": lambda case, seed, make: check_role(case),
    "constraints": lambda case, seed, make: check_constraints(case),
    "drf": lambda case, seed, make: check_drf(case),
}
SEEDED: Final = ("allocator",)  # The outcome of the others depends on no seed.
LISTED_UNDER: Final = {"allocator": "scenarios", "sorter": "scenarios"}  # The others list rows.
NOTHING_TO_CHECK: Final = ("workloads",)  # They define benchmarks.


class Case(NamedTuple):
    """One case of a file."""

    id: str
    kind: str
    fields: Fields

    @property
    def tags(self) -> tuple[str, ...]:
        """Words about the case, such as `divergent`: it follows the documented intention, not the original's code."""
        return self.fields.texts("tags", ())

    def play(self, seed: int, make: MakeAllocator) -> Mismatch | None:
        """The first thing that does not come out as expected. FormatError if the case cannot be understood."""
        try:
            return PLAYERS[self.kind](self.fields, seed, make)
        except RecursionError:
            raise FormatError("expected less nesting") from None


def parse(data: bytes) -> object:
    """Read JSON. FormatError if it is none."""
    try:
        value: object = json.loads(data, parse_constant=_no_constant)
    except RecursionError:
        raise FormatError("expected less nesting") from None
    except ValueError as error:  # Of the text or of its encoding.
        raise FormatError(f"not JSON: {error}") from None
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def read_cases(document: object) -> list[Case]:
    """The cases of a document. FormatError naming what is wrong with the envelope."""
    envelope = Fields(document, "")
    if envelope.need("format") != FORMAT:
        raise envelope.error("format", f"expected {FORMAT}, got {shown(envelope.need('format'))}")
    kind = envelope.text("kind")
    if kind in NOTHING_TO_CHECK:
        return []
    if kind not in PLAYERS:
        raise envelope.error("kind", f"expected one of {', '.join(PLAYERS)}, got {shown(kind)}")
    cases: dict[str, Case] = {}
    for given in envelope.listed(LISTED_UNDER.get(kind, "rows")):
        case_id = given.text("id")
        if case_id in cases:
            raise given.error("id", f"expected another than {case_id!r}, which is taken")
        cases[case_id] = Case(case_id, kind, Fields(given.values, ""))
    return list(cases.values())


def play_seeds(case: Case, seeds: int, *, make: MakeAllocator) -> tuple[int, Mismatch] | None:
    """The first seed for which the case does not come out as expected, and what."""
    for seed in range(seeds if case.kind in SEEDED else 1):
        mismatch = case.play(seed, make)
        if mismatch is not None:
            return seed, mismatch
    return None
