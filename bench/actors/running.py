"""Starts the workers, round by round, and makes a report of what they say.

Each round runs every case once, so that a slow minute of the machine touches all alike. Of several samples those count
that were taken while the machine was at its usual speed: see `SLOW`.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from bench.actors.cases import Case, Scale
from bench.actors.sides import CPUS, ROOT, cpus
from bench.report import Machine, Report, Result

ROUNDS: Final = 5
WORKER_TIMEOUT_S: Final = 120  # Cases take seconds; a stuck one must not hold up the others for ever.
SLOW: Final = 0.8  # A sample whose callbacks ran slower than this part of the best ones' tells of other work.
SAMPLES_MIN: Final = 3  # So many are kept, however slow.


class Progress(Protocol):
    """Is told what is measured next, how many measurements were made, and of how many."""

    def __call__(self, name: str, *, done: int, total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Sample:
    """What one worker told."""

    value: float
    callbacks_per_s: float
    more: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """All samples of one case, or why there are none."""

    name: str
    case: Case
    samples: tuple[Sample, ...]
    problem: str = ""

    @property
    def used(self) -> tuple[Sample, ...]:
        """The samples that count."""
        best = max(sample.callbacks_per_s for sample in self.samples)
        quiet = tuple(sample for sample in self.samples if sample.callbacks_per_s >= SLOW * best)
        return quiet if len(quiet) >= SAMPLES_MIN else self.samples

    @property
    def median(self) -> float:
        return statistics.median(sample.value for sample in self.used)

    @property
    def ratio(self) -> float:
        return statistics.median(self.case.ratio(sample.value, sample.callbacks_per_s) for sample in self.used)

    def reaches(self, bar: float | None) -> bool | None:
        """None: there is no such bar."""
        return None if bar is None else self.case.reaches(bar, self.ratio)


class WorkerFailed(Exception):
    """A case did not come to its end; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A case and the Python that runs it."""

    case: Case
    python: str = sys.executable


def measure_all(entries: Mapping[str, Entry], rounds: int, *, progress: Progress) -> list[Measured]:
    """Every case, `rounds` times. One that fails is not tried again."""
    samples: dict[str, list[Sample]] = {name: [] for name in entries}
    problems: dict[str, str] = {}
    for number in range(rounds):
        for at, (name, entry) in enumerate(entries.items()):
            progress(name, done=number * len(entries) + at, total=rounds * len(entries))
            if name not in problems:
                try:
                    samples[name].append(run_worker(name, entry))
                except WorkerFailed as error:
                    problems[name] = str(error)
    return [Measured(name, entry.case, tuple(samples[name]), problems.get(name, "")) for name, entry in entries.items()]


def run_worker(what: str, entry: Entry) -> Sample:
    """Measure a case once, in a fresh process. Raises WorkerFailed."""
    echoes = ["echoes"] if entry.case.scale is Scale.ECHO else []
    command = [entry.python, "-m", "bench.actors.worker", entry.case.where, *echoes]
    environ = {**os.environ, CPUS: ",".join(map(str, cpus()))}
    try:
        ran = subprocess.run(
            command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=WORKER_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise WorkerFailed(f"{what}: not over after {WORKER_TIMEOUT_S} s") from error
    if ran.returncode:
        last = ran.stderr.strip().rpartition("\n")[2]
        raise WorkerFailed(f"{what}: exit status {ran.returncode}: {last}")
    told = json.loads(ran.stdout)
    return Sample(told.pop("value"), told.pop("callbacks_per_s"), told)


def report_of(measured: Iterable[Measured], machine: Machine) -> Report:
    """As data for programs. Rates carry `r`; the bars stand beside them in the case's own unit."""
    return Report("actors", machine, tuple(_result(each, machine) for each in measured if each.samples))


def times_pykka(measured: Iterable[Measured]) -> dict[str, float]:
    """How many times pykka's ratio ours is, for the cases that both have."""
    ratios = {each.name: each.ratio for each in measured if each.samples}
    return {name: ratios[name] / ratios[f"pykka_{name}"] for name in ratios if ratios.get(f"pykka_{name}")}


def _result(measured: Measured, machine: Machine) -> Result:
    case, values = measured.case, [sample.value for sample in measured.used]
    more = {name: value for name, value in (("must", case.must), ("aim", case.aim)) if value is not None}
    for name in measured.samples[0].more:
        more[name] = statistics.median(sample.more[name] for sample in measured.used)
    if case.scale in {Scale.FLOW, Scale.TIME}:
        more["r"] = measured.ratio
    ratio = measured.median / machine.yardstick_s if case.scale is Scale.TIME else measured.ratio
    unit = case.scale.value
    return Result(
        measured.name, unit, measured.median, min(values), max(values), runs=len(values), ratio=ratio, more=more
    )
