"""Every case of cases/*.json, played as `mesos-py allocator replay` does: allocator, sorter, algebra, theory."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.replay.cases import SEEDED, Case, parse, read_cases

SEEDS: Final = 5
FILES: Final = sorted((Path(__file__).parent / "cases").glob("*.json"))
CASES: Final = [case for path in FILES for case in read_cases(parse(path.read_bytes()))]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.kind}-{case.id}" for case in CASES])
def test_a_case_comes_out_as_expected_whatever_the_seed(case: Case) -> None:
    for seed in range(SEEDS if case.kind in SEEDED else 1):
        mismatch = case.play(seed, HierarchicalAllocator)
        assert mismatch is None, f"seed {seed}: {mismatch}"


def test_no_two_files_have_a_case_of_the_same_name() -> None:
    names = [(case.kind, case.id) for case in CASES]

    assert sorted(names) == sorted(set(names))
