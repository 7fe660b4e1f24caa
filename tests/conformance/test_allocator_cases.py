"""Every scenario of cases/allocator_*.json: what the hierarchical policy must do, for several seeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from allocators.hierarchical.allocator import HierarchicalAllocator
from tests.support.allocator_expectations import check_offers, check_state
from tests.support.allocator_replay import Replay, settings_of

SEEDS: Final = 5
CASES: Final = sorted((Path(__file__).parent / "cases").glob("allocator_*.json"))
SCENARIOS: Final[list[dict[str, Any]]] = [
    scenario for path in CASES for scenario in json.loads(path.read_text())["scenarios"]
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario["id"] for scenario in SCENARIOS])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_scenario_comes_out_as_expected_whatever_the_seed(scenario: dict[str, Any], seed: int) -> None:
    settings = settings_of(scenario.get("config", {}), seed)
    replay = Replay(HierarchicalAllocator(settings), settings)

    for number, step in enumerate(scenario["steps"]):
        try:
            if step["op"] == "expect":
                check_offers(replay, step)
            elif step["op"] == "expect_state":
                check_state(replay, step)
            else:
                replay.do(step)
        except AssertionError as error:
            raise AssertionError(f"step {number}, {step}: {error}") from error

    assert scenario.get("lenient_end") or not replay.offers, f"left over: {replay.offers}"
