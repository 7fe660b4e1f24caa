"""Starts the workers, one process after another, and makes a report of what they say."""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.allocator.targets import name_of
from bench.allocator.workloads import COLD, Entry
from bench.report import Machine, Report, Result

ROOT: Final = Path(__file__).resolve().parents[2]  # What a worker imports `bench` and everything else from.
REPEAT: Final = 3
SLOW_S: Final = 10  # What takes longer has many runs, or a long one: more processes would tell little more.
WORKER_TIMEOUT_S: Final = 1_800  # Beyond any case that is worth waiting for; a stuck worker ends some day.
ERROR_LINES: Final = 5

Progress = Callable[[Entry, int], None]


class WorkerFailed(Exception):
    """A workload did not come to its end; the message says why."""


@dataclass(slots=True)
class Measured:
    """All samples of one entry, over all processes that measured it."""

    entry: Entry
    series: dict[str, dict[str, Any]] = field(default_factory=dict)
    yardsticks_s: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)

    @property
    def yardstick_s(self) -> float:
        return statistics.median(self.yardsticks_s)

    def add(self, told: Mapping[str, Any]) -> None:
        """What one process told."""
        self.yardsticks_s.extend(told["yardsticks_s"])
        self.peaks.append(told["peak_bytes"])
        for name, samples in told["series"].items():
            series = self.series.setdefault(name, {"unit": samples["unit"], "values": [], "offers": []})
            series["values"].extend(samples["values"])
            series["offers"].extend(samples["offers"])


def measure_all(entries: Sequence[Entry], repeat: int | None, *, progress: Progress) -> list[Measured]:
    """Every entry once in each round, so that a slow minute of the machine touches all alike.

    `progress` is told what is measured next, and how many measurements are to come. Unless asked for more, slow entries
    are measured once.
    """
    measured = {entry: Measured(entry) for entry in entries}
    once: dict[Entry, None] = {}
    rounds = REPEAT if repeat is None else repeat
    for number in range(rounds):
        due = [entry for entry in measured if number == 0 or entry not in once]
        for at, entry in enumerate(due):
            progress(entry, len(due) - at + (rounds - number - 1) * (len(measured) - len(once)))
            start = time.monotonic()
            measured[entry].add(run_worker(entry))
            if repeat is None and time.monotonic() - start > SLOW_S:
                once[entry] = None
    return list(measured.values())


def run_worker(entry: Entry, *, root: Path = ROOT) -> dict[str, Any]:
    """Measure the entry once, in a fresh process, with the code below `root`."""
    size = entry.size
    command = [sys.executable, "-m", "bench.allocator.worker", entry.workload]
    command += [str(size.agents), str(size.frameworks), *([size.variant] if size.variant else [])]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=WORKER_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise WorkerFailed(f"{entry}: not done after {WORKER_TIMEOUT_S} s") from None
    if done.returncode != 0:
        raise WorkerFailed(f"{entry}: " + "\n".join(done.stderr.splitlines()[-ERROR_LINES:]))
    told: dict[str, Any] = json.loads(done.stdout)
    if Path(told["code"]) != root.resolve():
        raise WorkerFailed(f"{entry}: measured the code in {told['code']}, expected that in {root}")
    return told


def report_of(measured: Iterable[Measured], *, callbacks_per_s: float) -> Report:
    """All results. The yardstick of each is that of its own processes; the report has the median of all."""
    listed = list(measured)
    yardstick = statistics.median(seconds for each in listed for seconds in each.yardsticks_s)
    results = tuple(result for each in listed for result in results_of(each))
    return Report("allocator", Machine(yardstick, callbacks_per_s), results)


def results_of(measured: Measured) -> Iterator[Result]:
    """One result per series; for cold starts, whose memory was published, one for that."""
    for name, samples in measured.series.items():
        values, offers = samples["values"], samples["offers"]
        more = {"p99": percentile(values, 0.99), "yardstick_s": measured.yardstick_s}
        if each_offer := [value / count for value, count in zip(values, offers, strict=True) if count]:
            more["per_offer_s"] = statistics.median(each_offer)
            more["offers"] = statistics.median(count for count in offers if count)
        more["peak_bytes"] = statistics.median(measured.peaks)
        yield _result(name, values, unit=samples["unit"], measured=measured, more=more)
    if measured.entry.workload == COLD:
        yield _result("memory", measured.peaks, unit="bytes", measured=measured, more={})


def _result(series: str, values: Sequence[float], *, unit: str, measured: Measured, more: dict[str, float]) -> Result:
    entry = measured.entry
    name = name_of(series, str(entry.size))
    median = statistics.median(values)
    params: dict[str, int | str] = {
        "workload": entry.workload,
        "series": series,
        "agents": entry.size.agents,
        "frameworks": entry.size.frameworks,
    }
    if entry.size.variant:
        params["variant"] = entry.size.variant
    ratio = median / measured.yardstick_s
    return Result(name, unit, median, min(values), max(values), len(values), ratio, params, more)


def percentile(values: Sequence[float], fraction: float) -> float:
    """The smallest value that this fraction of all values does not exceed."""
    ordered = sorted(values)
    return ordered[math.ceil(fraction * len(ordered)) - 1]
