"""The `harness` fixture: every test of this folder runs once per driver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.conformance.runtime.harness import Harness, SimulatedHarness

HARNESSES: Final[dict[str, Callable[[], Harness]]] = {"simulated": SimulatedHarness}


@pytest.fixture(params=list(HARNESSES))
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    harness = HARNESSES[request.param]()
    yield harness
    harness.close()
