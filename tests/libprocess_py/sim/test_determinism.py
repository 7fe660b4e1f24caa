"""A run is a function of its seed and of nothing else."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.libprocess_py.sim.digest_of_a_run import digest


def _digest_in_another_process(seed: int, hash_seed: int) -> str:
    command = [sys.executable, "-m", "tests.libprocess_py.sim.digest_of_a_run", str(seed)]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout


def test_a_run_repeats_in_another_os_process_with_another_hash_seed() -> None:
    digests = [_digest_in_another_process(5, hash_seed) for hash_seed in (1, 2)]

    assert digests == [digest(5)] * 2


def test_another_seed_makes_another_run() -> None:
    assert digest(5) != digest(6)


def test_a_run_decides_enough_to_mean_something() -> None:
    assert int(digest(5).split()[1]) > 5_000
