"""Sorters by the names of the flags `--role_sorter` and `--framework_sorter`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from allocators.draw import stable_hash
from allocators.sorters.drf import DrfSorter
from allocators.sorters.sorter import Pool, Sorter
from allocators.sorters.weighted_random import RandomSorter

# Makes a sorter on a pool; `seed` and `name` are for sorters that draw, each from a stream of its own.
SorterFactory = Callable[[Pool, int, str], Sorter]


def drawless(make: Callable[[Pool], Sorter]) -> SorterFactory:
    """What makes a sorter that draws nothing, out of the pool alone."""
    return lambda pool, seed, name: make(pool)


SORTERS: Final[Mapping[str, SorterFactory]] = {
    "drf": drawless(DrfSorter),
    "random": lambda pool, seed, name: RandomSorter(pool, stable_hash(seed, name)),
}


def sorter_factory(name: str) -> SorterFactory:
    """The sorter of that name. ValueError if there is none."""
    if name not in SORTERS:
        raise ValueError(f"sorter {name!r}: expected one of {', '.join(SORTERS)}")
    return SORTERS[name]
