"""Steps about frameworks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from allocators.hierarchical.constraints import problem_of
from allocators.replay.agent_steps import Step, used_of
from allocators.replay.entities import constraints_of, framework_of
from allocators.replay.reading import Fields
from allocators.replay.stage import Stage
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.offer_constraints import OfferConstraints


def known_framework(stage: Stage, step: Fields, *, key: str) -> FrameworkId:
    """The framework that the step names, which must be there."""
    framework_id = FrameworkId(step.text(key))
    if framework_id not in stage.frameworks:
        raise step.error(key, f"expected a framework that is there, got {framework_id!r}")
    return framework_id


def _constraints(step: Fields) -> OfferConstraints:
    constraints = step.parsed("constraints", constraints_of, default=OfferConstraints())
    if problem := problem_of(constraints):
        raise step.error("constraints", problem)
    return constraints


def add_framework(stage: Stage, step: Fields) -> None:
    framework_id = FrameworkId(step.text("id"))
    if framework_id in stage.frameworks:
        raise step.error("id", f"expected a new framework, but {framework_id!r} is there")
    info, constraints, used = framework_of(step), _constraints(step), used_of(step)
    is_active, suppressed = step.flag("active", default=True), step.texts("suppressed_roles", ())
    stage.allocator.add_framework(
        framework_id,
        info,
        used={AgentId(name): held for name, held in used.items()},
        active=is_active,
        suppressed_roles=suppressed,
    )
    stage.allocator.update_offer_constraints(framework_id, constraints)
    stage.frameworks[framework_id] = None
    for agent, held in used.items():
        for role, part in held.allocations_by_role().items():
            if AgentId(agent) in stage.agents:  # Otherwise the agent will report it.
                stage.account.report((framework_id, role, AgentId(agent)), part.unallocate())
    if is_active:
        stage.request(None)


def update_framework(stage: Stage, step: Fields) -> None:
    framework_id = known_framework(stage, step, key="id")
    info, constraints = framework_of(step), _constraints(step)
    stage.allocator.update_framework(framework_id, info, suppressed_roles=step.texts("suppressed_roles", ()))
    stage.allocator.update_offer_constraints(framework_id, constraints)


def remove_framework(stage: Stage, step: Fields) -> None:
    framework_id = known_framework(stage, step, key="id")
    stage.allocator.remove_framework(framework_id)
    del stage.frameworks[framework_id]
    stage.account.close(framework_id=framework_id)


def activate_framework(stage: Stage, step: Fields) -> None:
    stage.allocator.activate_framework(known_framework(stage, step, key="id"))
    stage.request(None)


def deactivate_framework(stage: Stage, step: Fields) -> None:
    stage.allocator.deactivate_framework(known_framework(stage, step, key="id"))


def suppress(stage: Stage, step: Fields) -> None:
    stage.allocator.suppress_offers(FrameworkId(step.text("framework")), step.texts("roles", ()))


def revive(stage: Stage, step: Fields) -> None:
    stage.allocator.revive_offers(FrameworkId(step.text("framework")), step.texts("roles", ()))
    stage.request(None)


STEPS: Final[Mapping[str, Step]] = {
    step.__name__: step
    for step in (
        add_framework,
        update_framework,
        remove_framework,
        activate_framework,
        deactivate_framework,
        suppress,
        revive,
    )
}
