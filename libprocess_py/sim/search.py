"""Looking for a seed under which a program fails, and for the simplest story of that failure.

A `Scenario` is a function that runs a program in a simulation and raises when something does not hold, and one that
draws the schedule of what befalls the program. A run is a function of the seed *and* the schedule. So a failure is
those two as data, `replay` tells it again, and `shrink` removes and simplifies entries of the schedule while the seed,
and with it every other draw, stays as it was. (A general shrinker such as that of hypothesis knows draws instead of
schedules: to it, leaving out one fault would change all that follow.)
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Final, Generic, TypeVar

from libprocess_py.core.failures import ActorFailed
from libprocess_py.sim.chance import seed_of
from libprocess_py.sim.simulation import Simulation

CHUNK: Final = 25  # Seeds that one OS process runs: enough to be worth its start, few enough to stop soon.
ATTEMPTS_MAX: Final = 2_000  # Runs that one shrinking may take.
WORKER: Final = "libprocess_py.sim.search_worker"

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Scenario(Generic[E]):
    """What is tried: `run` raises if something does not hold; `draw` makes the schedule that it is given."""

    run: Callable[[Simulation, tuple[E, ...]], object]
    draw: Callable[[Random], Iterable[E]]
    simpler: Callable[[E], Iterable[E]] = lambda _: ()  # Of an entry: others that are simpler, the simplest first.


@dataclass(frozen=True, slots=True)
class Failure(Generic[E]):
    """A run that failed: all it takes to see it again."""

    seed: int
    schedule: tuple[E, ...]
    error: str  # The class of the exception and the first line of what it said.
    cause: tuple[str, str]  # Its class, and the function that raised it: what makes two failures the same.
    digest: str  # Of the decision log up to there.

    def __str__(self) -> str:
        entries = "".join(f"\n  {entry}" for entry in self.schedule) or " nothing"
        return f"seed {self.seed}: {self.error}\nafter:{entries}\nrun {self.digest}"


class Falsified(AssertionError, Generic[E]):
    """Something does not hold, and here is the story: as it was found, and as simple as it could be told."""

    def __init__(self, found: Failure[E], shrunk: Failure[E]) -> None:
        super().__init__(f"{found}\n\nThe same, shrunk: {shrunk}")
        self.found = found
        self.shrunk = shrunk


def check(scenario: Scenario[E], seeds: Iterable[int], *, workers: int = 1) -> None:
    """Search, replay and shrink in one: raises `Falsified` if the scenario fails under one of these seeds."""
    found = search(scenario, seeds, workers=workers)
    if found is not None:
        again = replay(scenario, found.seed, schedule=found.schedule)
        assert again == found, f"decided by more than its seed (a clock? a set's order?): {found}\nand then: {again}"
        raise Falsified(found, shrink(scenario, found))


def replay(scenario: Scenario[E], seed: int, *, schedule: Iterable[E] | None = None) -> Failure[E] | None:
    """Run it under that seed, with the schedule that the seed draws or with another one. None: everything held."""
    drawn = scenario.draw(Random(seed_of(seed, "schedule"))) if schedule is None else schedule
    entries = tuple(drawn)
    simulation = Simulation(seed)
    try:
        scenario.run(simulation, entries)
    except Exception as raised:
        error = raised.__cause__ if isinstance(raised, ActorFailed) and raised.__cause__ is not None else raised
        kind = type(error).__name__
        where = traceback.extract_tb(error.__traceback__)[-1].name
        said = str(error).partition("\n")[0]
        return Failure(seed, entries, f"{kind}: {said}", (kind, where), simulation.digest())
    return None


def search(scenario: Scenario[E], seeds: Iterable[int], *, workers: int = 1) -> Failure[E] | None:
    """The failure of the first of these seeds that has one, tried in that many OS processes. None: all of them held.

    The answer does not depend on `workers`. With more than one, the scenario travels there by cloudpickle.
    """
    if workers == 1:
        return next((failure for failure in (replay(scenario, seed) for seed in seeds) if failure is not None), None)
    with ThreadPoolExecutor(workers) as pool:
        try:
            for failure in pool.map(lambda chunk: _search_elsewhere(scenario, chunk), _chunks(seeds)):
                if failure is not None:
                    return failure
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return None


def shrink(scenario: Scenario[E], failure: Failure[E], *, attempts_max: int = ATTEMPTS_MAX) -> Failure[E]:
    """The same failure with a schedule from which nothing can be left out and in which nothing can be simplified.

    The same means: the same class of exception from the same function. After `attempts_max` runs it is the best so far.
    """
    return _Shrinking(scenario, failure, attempts_max=attempts_max).shrunk()


class _Shrinking(Generic[E]):
    """One shrinking: the best failure so far, and how many runs are left."""

    def __init__(self, scenario: Scenario[E], failure: Failure[E], *, attempts_max: int) -> None:
        self._scenario = scenario
        self._best = failure
        self._left = attempts_max

    def shrunk(self) -> Failure[E]:
        while self._remove() or self._simplify():
            pass
        return self._best

    def _remove(self) -> bool:
        """Leave out runs of entries: halves first, single ones last."""
        removed = False
        size = len(self._best.schedule) or 1
        while size:
            start = 0
            while start < len(self._best.schedule):
                schedule = self._best.schedule
                if self._is_enough(schedule[:start] + schedule[start + size :]):
                    removed = True
                else:
                    start += size
            size //= 2
        return removed

    def _simplify(self) -> bool:
        simplified = False
        for index in range(len(self._best.schedule)):
            while any(self._is_enough(schedule) for schedule in self._simpler(index)):
                simplified = True
        return simplified

    def _simpler(self, index: int) -> Iterator[tuple[E, ...]]:
        schedule = self._best.schedule
        for entry in self._scenario.simpler(schedule[index]):
            yield (*schedule[:index], entry, *schedule[index + 1 :])

    def _is_enough(self, schedule: tuple[E, ...]) -> bool:
        """Whether the run still fails in the same way; then it is the best so far."""
        if not self._left:
            return False
        self._left -= 1
        failure = replay(self._scenario, self._best.seed, schedule=schedule)
        if failure is None or failure.cause != self._best.cause:
            return False
        self._best = failure
        return True


def _chunks(seeds: Iterable[int]) -> Iterator[tuple[int, ...]]:
    rest = iter(seeds)
    while chunk := tuple(islice(rest, CHUNK)):
        yield chunk


def _search_elsewhere(scenario: Scenario[E], seeds: Sequence[int]) -> Failure[E] | None:
    """In an OS process of its own. Not by multiprocessing: that imports the caller's main program, or forks threads."""
    from libprocess_py.deploy.shipping import pack  # Knows actors and records of a main program, too.

    ran = subprocess.run(
        [sys.executable, "-m", WORKER],
        check=False,
        input=pack((scenario, tuple(seeds))),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
    )
    if ran.returncode:
        raise RuntimeError(f"the search of seeds {seeds[0]} to {seeds[-1]} ended with {ran.returncode}: {ran.stderr!r}")
    found: Failure[E] | None = pickle.loads(ran.stdout)  # noqa: S301  # From our own child.
    return found
