"""Allocator scenarios: steps in order, each settled before the next, and what is expected in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from allocators.allocator import Allocator, AllocatorSettings
from allocators.replay.entities import settings_of
from allocators.replay.expectations import check_offers, check_state, shown_offers
from allocators.replay.reading import Fields
from allocators.replay.stage import Seen, Stage
from allocators.replay.state import state_of
from allocators.replay.steps import carry_out
from allocators.replay.verdict import Mismatch

MakeAllocator = Callable[[AllocatorSettings], Allocator]

# What a defect of ours looks like: a failed claim, or a look-up of what should be there.
DEFECTS: Final = (AssertionError, LookupError, ValueError, TypeError, ArithmeticError)


def stage_for(config: Fields, seed: int, *, make: MakeAllocator) -> Stage:
    """A stage with a new allocator."""
    settings = settings_of(config, seed)
    return Stage(make(settings), settings)


def play(case: Fields, seed: int, *, make: MakeAllocator) -> Mismatch | None:
    """The first thing that does not come out as expected."""
    stage = stage_for(case.fields("config", optional=True), seed, make=make)
    seen = Seen()
    for step in case.listed("steps"):
        try:
            if step.text("op") == "expect":
                mismatch, seen = check_offers(seen, step), Seen()
            else:
                mismatch = _play_step(stage, step, seen=seen)
        except DEFECTS as defect:
            mismatch = Mismatch("", "to be carried out", f"{type(defect).__name__}: {defect}")
        if mismatch is not None:
            where = f"{step.where} {step.text('op')}"
            return mismatch._replace(where=f"{where} {mismatch.where}".rstrip())
    if seen.offers and not case.flag("lenient_end", default=False):
        return Mismatch("end", "no offers left over", shown_offers(seen.offers))
    return None


def _play_step(stage: Stage, step: Fields, *, seen: Seen) -> Mismatch | None:
    if step.text("op") == "expect_state":
        return check_state(state_of(stage, step), step)
    carry_out(stage, step)
    stage.allocator.check()
    step_seen = stage.take_seen()
    seen.add(step_seen)
    if step_seen.failed is not None and step_seen.failed is not step.flag("fails", default=False):
        return Mismatch("fails", str(not step_seen.failed).lower(), str(step_seen.failed).lower())
    return None
