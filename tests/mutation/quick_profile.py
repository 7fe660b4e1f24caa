"""A pytest plugin for runs under mutation: hypothesis looks for one failure, always in the same places, and stops."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings


def pytest_configure(config: pytest.Config) -> None:
    settings.register_profile(
        "mutation",
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        max_examples=30,  # Of 100: what so few miss the examples of others catch.
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutation")
