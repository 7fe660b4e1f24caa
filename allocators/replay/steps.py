"""All steps of allocator scenarios by name, and what it means to carry one out."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Final

from allocators.replay import agent_steps, framework_steps, resource_steps
from allocators.replay.agent_steps import Step
from allocators.replay.entities import quota_of
from allocators.replay.reading import Fields
from allocators.replay.stage import BATCHES_MAX, Stage
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.roles import validate_role
from mesos_py.protocol.values import shown


def carry_out(stage: Stage, step: Fields) -> None:
    """Do one step, then what is pending."""
    _perform(stage, step)
    stage.settle()


def _perform(stage: Stage, step: Fields) -> None:
    name = step.text("op")
    if name not in STEPS:
        raise step.error("op", f"expected one of {', '.join(sorted(STEPS))}, got {shown(name)}")
    STEPS[name](stage, step)


def atomic(stage: Stage, step: Fields) -> None:
    """Nothing is settled before the end of the outermost: one run serves whatever they ask for, batch runs included."""
    is_outermost, stage.is_atomic = not stage.is_atomic, True
    try:
        for each in step.listed("steps"):
            _perform(stage, each)
    finally:
        stage.is_atomic = not is_outermost


def advance_clock(stage: Stage, step: Fields) -> None:
    elapsed = step.nanos("seconds")
    if elapsed < 0:
        raise step.error("seconds", "expected no negative number")
    end = stage.now + elapsed
    if stage.batches_until(end) > BATCHES_MAX:
        raise step.error("seconds", f"expected at most {BATCHES_MAX} batch runs in one step")
    stage.advance(end)


def update_quota(stage: Stage, step: Fields) -> None:
    stage.allocator.update_quota(_top_level(step, "role", role=step.text("role")), quota_of(step))


def _top_level(step: Fields, key: str, *, role: str) -> str:
    if problem := validate_role(role):
        raise step.error(key, problem)
    if "/" in role:
        raise step.error(key, f"expected a top-level role, got {role!r}")
    return role


def update_weights(stage: Stage, step: Fields) -> None:
    weights = step.fields("weights")
    stage.allocator.update_weights({role: weights.parsed(role, weight_of) for role in weights.values})


def weight_of(value: object) -> float:
    """Read a weight."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not (isfinite(value) and value > 0):
        raise ValueError(f"expected a positive number, got {shown(value)}")
    return value


def pause(stage: Stage, step: Fields) -> None:
    stage.allocator.pause()


def resume(stage: Stage, step: Fields) -> None:
    stage.allocator.resume()


def recover_state(stage: Stage, step: Fields) -> None:
    if stage.agents:
        raise step.error("op", "expected before any agent is added")
    quotas: dict[str, Quota] = {}
    for role, quota in step.each_fields("quotas", optional=True):
        quotas[_top_level(step, f"quotas.{role}", role=role)] = quota_of(quota)
    stage.allocator.recover(step.count("expected_agents"), quotas, now=stage.now)


STEPS: Final[Mapping[str, Step]] = {
    **agent_steps.STEPS,
    **framework_steps.STEPS,
    **resource_steps.STEPS,
    **{
        step.__name__: step
        for step in (atomic, advance_clock, update_quota, update_weights, pause, resume, recover_state)
    },
}
