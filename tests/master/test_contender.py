"""Leadership of a master that is alone (HA-01)."""

from __future__ import annotations

from master.contender import StandaloneContender
from tests.master.builders import some_settings


def test_a_standalone_master_leads_at_once_and_for_ever() -> None:
    leading = StandaloneContender().contend(some_settings().master)

    assert leading.is_ready
    assert leading.get().is_pending
