"""The `harness` fixture: every test of this folder runs once per set-up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.conformance.runtime.harness import BareHarness, Harness, SimulatedHarness
from tests.conformance.runtime.loop_harness import LoopHarness
from tests.conformance.runtime.process_harness import ProcessHarness

HARNESSES: Final[dict[str, Callable[[], Harness]]] = {
    "simulated": SimulatedHarness,
    "bare": BareHarness,
    "real": LoopHarness,
    "processes": ProcessHarness,
}


@pytest.fixture(params=list(HARNESSES))
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    harness = HARNESSES[request.param]()
    yield harness
    harness.close()
