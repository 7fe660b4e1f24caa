"""The bench of floods floods, measures, and judges by both of its bars."""

from __future__ import annotations

from dataclasses import replace

from bench.actors.flood import LATE_MAX_S, MEBIBYTE, Outcome, Target, a_message, measured, pour

OUTCOME = Outcome("a flood", 1.0, grown=MEBIBYTE, p99_s=0.001, max_s=0.002, rounds=100, grown_max=MEBIBYTE)


def test_a_small_flood_arrives_and_its_neighbours_are_watched() -> None:
    def few(target: Target) -> None:
        with target.connect() as one, target.connect() as other:
            pour([one, other], a_message("sink", target) * 1_000)
            assert target.wait_for("/sink/told", 2000) == "2000"

    outcome = measured("few", few, grown_max=MEBIBYTE)

    assert outcome.rounds > 0
    assert outcome.max_s >= outcome.p99_s > 0


def test_a_flood_that_is_felt_or_grows_does_not_hold() -> None:
    assert OUTCOME.holds
    assert not replace(OUTCOME, grown=MEBIBYTE + 1).holds
    assert not replace(OUTCOME, p99_s=LATE_MAX_S * 1.01).holds
    assert "DOES NOT HOLD" in str(replace(OUTCOME, p99_s=LATE_MAX_S * 2))
