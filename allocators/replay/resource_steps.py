"""Steps about resources that are offered, in use or free.

`"all"` is what is offered in a cell and not answered; a role may be left out where only one fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from allocators.allocator import Conversion
from allocators.replay.account import Cell
from allocators.replay.agent_steps import Step, changed, known_agent, refusal_of
from allocators.replay.entities import conversions_of
from allocators.replay.notation import resources_of
from allocators.replay.reading import Fields
from allocators.replay.stage import Stage
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.resources import NOTHING, Resources

ALL: Final = "all"


def _cell(stage: Stage, step: Fields, *, in_use: bool = False) -> Cell | None:
    """The cell that the step is about. None: nothing is held there by anybody."""
    framework_id, agent_id = FrameworkId(step.text("framework")), AgentId(step.text("agent"))
    if step.has("role"):
        cell = framework_id, step.text("role"), agent_id
        return cell if stage.account.held(cell) else None
    for from_use in (in_use, not in_use):
        roles = stage.account.roles_of(framework_id, agent_id, in_use=from_use)
        if len(roles) > 1:
            raise step.error("role", f"expected one of {', '.join(roles)}")
        if roles:
            return framework_id, roles[0], agent_id
    return None


def _offered_cell(stage: Stage, step: Fields) -> Cell:
    cell = _cell(stage, step)
    if cell is None:
        raise step.error("agent", "expected an open offer of that agent to that framework")
    return cell


def _part(stage: Stage, step: Fields, *, cell: Cell) -> Resources:
    """`resources`: what is written, or all that is offered in the cell."""
    if step.values.get("resources", ALL) == ALL:
        return stage.account.open.get(cell, NOTHING)
    return step.parsed("resources", resources_of)


def recover(stage: Stage, step: Fields) -> None:
    step.need("resources")
    in_use = step.flag("allocated", default=False)
    cell = _cell(stage, step, in_use=in_use)
    if cell is None:
        return  # Framework or agent are gone, and what was held with them.
    if in_use and step.need("resources") == ALL:
        resources = stage.account.in_use.get(cell, NOTHING)
    else:
        resources = _part(stage, step, cell=cell)
    refusal = refusal_of(stage, step)
    if not stage.account.give_back(cell, resources, in_use=in_use):
        raise step.error("resources", f"expected a part of what is held, {stage.account.held(cell)}, got {resources}")
    stage.allocator.recover_resources(
        cell[0], cell[2], resources=resources.allocate(cell[1]), refusal=refusal, allocated=in_use
    )


def recover_all(stage: Stage, step: Fields) -> None:
    only = step.text("framework") if step.has("framework") else None
    for framework_id, role, agent_id in list(stage.account.open):
        if only in (None, framework_id):
            cell = {"framework": framework_id, "role": role, "agent": agent_id, "resources": ALL}
            recover(stage, Fields({**step.values, **cell, "allocated": False}, step.where))


def accept(stage: Stage, step: Fields) -> None:
    step.need("resources")
    cell = _offered_cell(stage, step)
    resources = _part(stage, step, cell=cell)
    if not stage.account.accept(cell, resources):
        raise step.error("resources", f"expected a part of what is offered, got {resources}")
    stage.allocator.transition_offered_to_allocated(cell[0], cell[2], resources=resources.allocate(cell[1]))


def update_allocation(stage: Stage, step: Fields) -> None:
    cell = _offered_cell(stage, step)
    agent_id = known_agent(stage, step, key="agent")
    part, conversions = _part(stage, step, cell=cell), conversions_of(step)
    if not stage.account.open.get(cell, NOTHING).contains(part):
        raise step.error("resources", f"expected a part of what is offered, got {part}")
    converted, total = part, stage.agents[agent_id].resources
    for at, each in enumerate(conversions):
        converted = _converted(step, at, resources=converted, conversion=each)
        if each.consumed:  # Otherwise it is one more copy of a shared volume, which the agent has once.
            total = _converted(step, at, resources=total, conversion=each)
    stage.account.convert(cell, part, converted=converted)
    stage.agents[agent_id] = changed(stage.agents[agent_id], resources=total)
    role = cell[1]
    stage.allocator.update_allocation(
        cell[0],
        agent_id,
        conversions=[
            Conversion(consumed=each.consumed.allocate(role), produced=each.produced.allocate(role))
            for each in conversions
        ],
    )


def _converted(step: Fields, at: int, *, resources: Resources, conversion: Conversion) -> Resources:
    converted = resources.convert(conversion.consumed, conversion.produced)
    if converted is None:
        raise step.error(f"conversions[{at}].from", f"expected a part of {resources}, got {conversion.consumed}")
    return converted


def update_available(stage: Stage, step: Fields) -> None:
    agent_id = known_agent(stage, step, key="agent")
    conversions = conversions_of(step)
    is_done = stage.allocator.update_available(agent_id, conversions)
    if is_done:
        stage.agents[agent_id] = changed(
            stage.agents[agent_id], resources=_all_converted(stage.agents[agent_id].resources, conversions)
        )
    stage.note_failed(not is_done)


def _all_converted(resources: Resources, conversions: Sequence[Conversion]) -> Resources:
    for each in conversions:
        resources = resources - each.consumed + each.produced
    return resources


STEPS: Final[Mapping[str, Step]] = {
    step.__name__: step for step in (recover, recover_all, accept, update_allocation, update_available)
}
