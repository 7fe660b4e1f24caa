"""All mutations."""

from __future__ import annotations

from itertools import chain
from typing import Final

from tests.mutation import (
    defects_of_books,
    defects_of_calls,
    defects_of_counts,
    defects_of_order,
    defects_of_rules,
    defects_of_runs,
)
from tests.mutation.mutation import Mutation

MODULES: Final = (
    defects_of_runs,
    defects_of_calls,
    defects_of_books,
    defects_of_order,
    defects_of_rules,
    defects_of_counts,
)
MUTATIONS: Final[tuple[Mutation, ...]] = tuple(
    chain.from_iterable(area.mutations for module in MODULES for area in module.AREAS)
)
