"""A private copy of the allocator and its tests, in which one defect after the other is planted and looked for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from shutil import copy, copytree, ignore_patterns
from typing import Final

from tests.mutation.mutation import ROOT, Mutation

COPIED: Final = ("allocators", "tests/allocators", "tests/conformance", "tests/support", "tests/mutation")
COPIED_FILES: Final = ("setup.cfg", "tests/__init__.py", "tests/conftest.py")
# What takes least comes first: the search ends with the first test that fails.
TESTS: Final = (
    "tests/allocators/hierarchical",
    "tests/allocators/sorters",
    "tests/conformance/test_allocator_cases.py",
    "tests/allocators/test_allocator_process.py",
    "tests/allocators/properties/test_liveness.py",
    "tests/allocators/properties/test_fairness.py",
    "tests/allocators/test_hierarchical_equals_naive.py",
    "tests/allocators/properties/test_neutral_events.py",
    "tests/allocators/properties/test_safety.py",
    "tests/allocators/properties/test_equivalence.py",
    "tests/conformance/test_allocator_policies.py",
)
# Who looks at what no offer depends on.
COUNTERS: Final = "tests/allocators/explain/test_counters.py"
METRICS: Final = "tests/allocators/test_metrics.py"
TESTS_OF: Final = {
    "allocators/replay/drf_theory.py": ("tests/allocators/properties/test_drf_theory.py",),
    "allocators/hierarchical/tallies.py": (COUNTERS,),
    "allocators/metrics.py": (METRICS,),
    "allocators/hierarchical/books.py": (COUNTERS, METRICS, *TESTS),
}
RUN_TIMEOUT_S: Final = 300  # Many times what all tests take; a defect that makes them hang is noticed by that.
FAILURE: Final = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
FAILED: Final = (1, 2)  # What pytest returns when tests failed, or when they could not even be collected.


class Sandbox:
    """One copy. Not to be used by two at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writes = 0
        for name in COPIED:
            copytree(ROOT / name, folder / name, ignore=ignore_patterns("__pycache__"))
        for name in COPIED_FILES:
            copy(ROOT / name, folder / name)

    def caught_by(self, mutation: Mutation, *, first_only: bool = True) -> tuple[str, ...]:
        """The tests that fail with the defect; empty: it survived."""
        path = self._folder / mutation.path
        original = path.read_text()
        self._write(path, mutation.source())
        try:
            return self.run(TESTS_OF.get(mutation.path, TESTS), first_only=first_only)
        finally:
            self._write(path, original)

    def run(self, tests: Sequence[str] = TESTS, *, first_only: bool = True) -> tuple[str, ...]:
        """The tests that fail; with `first_only` they stop at the first."""
        command = [sys.executable, "-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider"]
        command += ["-p", "tests.mutation.quick_profile", *(["-x"] if first_only else []), *tests]
        environment = {**os.environ, "PYTHONPATH": str(self._folder), "PYTHONHASHSEED": "0"}
        try:
            done = subprocess.run(
                command,
                cwd=self._folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=RUN_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return ("(the tests did not end)",)
        if done.returncode == 0:
            return ()
        assert done.returncode in FAILED, f"pytest did not run:\n{done.stdout}\n{done.stderr}"
        return tuple(FAILURE.findall(done.stdout)) or (done.stdout[-500:],)

    def _write(self, path: Path, text: str) -> None:
        # Caches of bytecode go by size and time of change, and two writes may fall into one second.
        path.write_text(text)
        self._writes += 1
        stamp = path.stat().st_mtime + self._writes
        os.utime(path, (stamp, stamp))
