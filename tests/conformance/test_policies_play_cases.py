"""Under every policy the rules that are not about order hold: the cases of the default policy come out the same."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from allocators.policies.registry import POLICIES, find_policy
from allocators.replay.cases import parse, play_seeds, read_cases
from allocators.replay.verdict import Mismatch

FOLDER: Final = Path(__file__).parent / "cases"
SEEDS: Final = 3
FILES: Final = ("agents", "capabilities", "filters", "frameworks", "maintenance", "quota", "reservations")
# Where two clients could have what is expected to go to one of them.
ABOUT_ORDER: Final = frozenset(
    {
        "cap-attribute-constraints",
        "cap-shared-volume-once-per-run",
        "fw-leaving-a-role-drops-its-refusals",
        "quota-guarantees-beyond-the-cluster",
        "quota-revocable-is-outside-quota",
        "quota-zero-limit-blocks-then-limit-chops",
        "resv-idle-reservations-do-not-raise-a-share",
    }
)
CASES: Final = [case for name in FILES for case in read_cases(parse((FOLDER / f"allocator_{name}.json").read_bytes()))]


def failed(policy: str) -> dict[str, Mismatch]:
    make = find_policy(policy)
    played = ((case.id, play_seeds(case, SEEDS, make=make)) for case in CASES)
    return {case_id: found[1] for case_id, found in played if found is not None}


@pytest.mark.parametrize("policy", POLICIES)
def test_every_case_that_is_not_about_order_comes_out_the_same(policy: str) -> None:
    unexpected = {case_id: mismatch for case_id, mismatch in failed(policy).items() if case_id not in ABOUT_ORDER}

    assert unexpected == {}


def test_the_cases_about_order_are_those_that_another_order_fails() -> None:
    assert failed("fifo").keys() | failed("random").keys() == ABOUT_ORDER
