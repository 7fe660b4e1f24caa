"""The same grid on two revisions of this repository in turn.

The other revision is checked out into a temporary folder, and measured by its own bench in fresh processes, one of
each revision after the other, so that a slow minute touches both. Where the two define the workloads differently,
nothing is compared.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from bench.allocator.running import ROOT, Measured, Progress, run_worker
from bench.allocator.targets import name_of
from bench.allocator.workloads import COLD, Entry
from bench.report import human

WORKER: Final = "bench/allocator/worker.py"


class CannotCompare(Exception):
    """The revision is not there, or not comparable; the message says why."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A case here and there; memory in bytes, times in seconds."""

    name: str
    here: float
    there: float

    @property
    def ratio(self) -> float:
        """Below one: this working tree needs less."""
        return self.here / self.there


@contextlib.contextmanager
def checkout(revision: str, *, root: Path = ROOT) -> Iterator[Path]:
    """A temporary folder with the files of that revision, removed in the end."""
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        raise CannotCompare(f"revision {revision!r}: expected a commit, branch or tag of the repository at {root}")
    if _git(root, "cat-file", "-e", f"{commit}:{WORKER}") is None:
        raise CannotCompare(f"revision {revision!r} cannot be measured: it has no {WORKER}")
    with tempfile.TemporaryDirectory(prefix="mesos-py-bench-") as folder:
        tree = Path(folder, "tree")
        if _git(root, "worktree", "add", "--detach", str(tree), commit) is None:
            raise CannotCompare(f"revision {revision!r}: git could not check it out into {tree}")
        try:
            yield tree
        finally:
            _git(root, "worktree", "remove", "--force", str(tree))


def _git(root: Path, *arguments: str) -> str | None:
    """What git says; None if it fails or is not there."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def compare(
    entries: Sequence[Entry], repeat: int, *, there: Path, here: Path = ROOT, progress: Progress
) -> list[Ratio]:
    """Every entry on both, `repeat` times in turn."""
    pairs = {entry: (Measured(entry), Measured(entry)) for entry in entries}
    for number in range(repeat):
        for at, (entry, (mine, other)) in enumerate(pairs.items()):
            progress(entry, len(pairs) * (repeat - number) - at)
            ours, theirs = run_worker(entry, root=here), run_worker(entry, root=there)
            _check_comparable(entry, ours=ours, theirs=theirs)
            mine.add(ours)
            other.add(theirs)
    return [ratio for mine, other in pairs.values() for ratio in _ratios(mine, other)]


def _check_comparable(entry: Entry, *, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    mine, other = ours["definitions"], theirs["definitions"]
    if mine != other:
        raise CannotCompare(f"{entry}: the workloads differ, here they have version {mine}, there {other}")


def _ratios(here: Measured, there: Measured) -> Iterator[Ratio]:
    size = str(here.entry.size)
    for name, samples in here.series.items():
        if name in there.series and samples["unit"] == "s":
            values = statistics.median(samples["values"]), statistics.median(there.series[name]["values"])
            yield Ratio(name_of(name, size), *values)
    memory = name_of("memory", size) if here.entry.workload == COLD else f"memory of {here.entry}"
    yield Ratio(memory, statistics.median(here.peaks), statistics.median(there.peaks))


def table_of(ratios: Sequence[Ratio], revision: str) -> Table:
    table = Table(title=f"this working tree beside {revision}", caption="medians of CPU seconds, and bytes of memory")
    for heading in ("case", "here", revision, "here / there"):
        table.add_column(heading, justify="left" if heading == "case" else "right")
    for each in ratios:
        table.add_row(each.name, human(each.here), human(each.there), f"{each.ratio:.2f}")
    return table
