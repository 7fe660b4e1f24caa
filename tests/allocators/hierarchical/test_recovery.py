"""The pause after a failover."""

from __future__ import annotations

import pytest

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.recovery import Recovery

MINUTE = 60_000_000_000


@pytest.mark.parametrize(("expected", "back", "is_paused"), [(5, 3, True), (5, 4, False), (6, 4, False), (1, 0, False)])
def test_it_lasts_until_four_fifths_rounded_down_are_back(expected: int, back: int, is_paused: bool) -> None:
    recovery = Recovery(AllocatorSettings())
    recovery.begin(expected, now=0)

    recovery.agents_known(back)

    assert recovery.is_paused(now=0) is is_paused


def test_it_ends_after_ten_minutes() -> None:
    recovery = Recovery(AllocatorSettings())
    recovery.begin(100, now=MINUTE)

    assert recovery.is_paused(now=11 * MINUTE - 1)
    assert not recovery.is_paused(now=11 * MINUTE)


def test_it_does_not_begin_again_when_agents_leave() -> None:
    recovery = Recovery(AllocatorSettings())
    recovery.begin(5, now=0)
    recovery.agents_known(4)

    recovery.agents_known(1)

    assert not recovery.is_paused(now=0)


def test_an_operator_may_pause_and_resume_at_any_time() -> None:
    recovery = Recovery(AllocatorSettings())
    recovery.pause()
    paused = recovery.is_paused(now=0)
    recovery.begin(100, now=0)

    recovery.resume()

    assert paused
    assert not recovery.is_paused(now=0)
