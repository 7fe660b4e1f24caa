"""Steps about agents and their maintenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from allocators.allocator import Refusal
from allocators.replay.entities import attributes_of, place_of
from allocators.replay.notation import allocated_of, resources_of
from allocators.replay.reading import Fields
from allocators.replay.stage import Stage
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.attributes import Attributes
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.maintenance import InverseOfferStatus, Unavailability
from mesos_py.protocol.resources import Resources

Step: TypeAlias = Callable[[Stage, Fields], None]

PORT: Final = 5051  # No allocator looks at it.
CAPABILITIES: Final = ("MULTI_ROLE", "HIERARCHICAL_ROLE", "RESERVATION_REFINEMENT")


def known_agent(stage: Stage, step: Fields, *, key: str) -> AgentId:
    """The agent that the step names, which must be there."""
    agent_id = AgentId(step.text(key))
    if agent_id not in stage.agents:
        raise step.error(key, f"expected an agent that is there, got {agent_id!r}")
    return agent_id


def used_of(step: Fields) -> dict[str, Resources]:
    """`used`: what is held (allocated), by framework or by agent."""
    used = step.fields("used", optional=True)
    return {name: used.parsed(name, allocated_of) for name in used.values}


def refusal_of(stage: Stage, step: Fields) -> Refusal | None:
    """`filter_seconds`: absent means none."""
    return Refusal(ns=step.nanos("filter_seconds"), now=stage.now) if step.has("filter_seconds") else None


def _report_use(stage: Stage, agent_id: AgentId, *, used: Mapping[str, Resources]) -> None:
    for framework, resources in used.items():
        for role, part in resources.allocations_by_role().items():
            stage.account.use((FrameworkId(framework), role, agent_id), part.unallocate())


def add_agent(stage: Stage, step: Fields) -> None:
    agent_id = AgentId(step.text("id"))
    if agent_id in stage.agents:
        raise step.error("id", f"expected a new agent, but {agent_id!r} is there")
    region, zone = place_of(step)
    info = AgentInfo(
        hostname=step.text("hostname", agent_id),
        port=PORT,
        resources=step.parsed("resources", resources_of),
        id=agent_id,
        attributes=step.parsed("attributes", attributes_of, default=Attributes()),
        capabilities=step.texts("capabilities", CAPABILITIES),
        region=region,
        zone=zone,
    )
    used = used_of(step)
    unavailability = _unavailability(step, "unavailability")
    stage.allocator.add_agent(
        agent_id, info, total=info.resources, used={FrameworkId(name): held for name, held in used.items()}
    )
    stage.agents[agent_id] = info
    _report_use(stage, agent_id, used=used)
    if unavailability is not None:
        stage.allocator.update_unavailability(agent_id, unavailability)
    stage.request([agent_id])


def remove_agent(stage: Stage, step: Fields) -> None:
    agent_id = known_agent(stage, step, key="id")
    stage.allocator.remove_agent(agent_id)
    del stage.agents[agent_id]
    stage.account.close(agent_id=agent_id)


def update_agent(stage: Stage, step: Fields) -> None:
    agent_id = known_agent(stage, step, key="id")
    changes: dict[str, Any] = {}
    if step.has("resources"):
        changes["resources"] = step.parsed("resources", resources_of)
    if step.has("capabilities"):
        changes["capabilities"] = step.texts("capabilities")
    if step.has("attributes"):
        changes["attributes"] = step.parsed("attributes", attributes_of)
    if step.has("hostname"):
        changes["hostname"] = step.text("hostname")
    if "domain" in step:
        changes["region"], changes["zone"] = place_of(step)
    info = changed(stage.agents[agent_id], **changes)
    if stage.allocator.update_agent(agent_id, info, total=info.resources):
        stage.request([agent_id])
    stage.agents[agent_id] = info


def changed(info: AgentInfo, **changes: Any) -> AgentInfo:
    """The same agent with other facts."""
    return AgentInfo(**{**{name: getattr(info, name) for name in AgentInfo.__struct_fields__}, **changes})


def activate_agent(stage: Stage, step: Fields) -> None:
    stage.allocator.activate_agent(known_agent(stage, step, key="id"))


def deactivate_agent(stage: Stage, step: Fields) -> None:
    stage.allocator.deactivate_agent(known_agent(stage, step, key="id"))


def add_resource_provider(stage: Stage, step: Fields) -> None:
    agent_id = known_agent(stage, step, key="agent")
    more, used = step.parsed("resources", resources_of), used_of(step)
    stage.allocator.add_resource_provider(agent_id, more, used={FrameworkId(name): held for name, held in used.items()})
    info = stage.agents[agent_id]
    stage.agents[agent_id] = changed(info, resources=info.resources + more)
    _report_use(stage, agent_id, used=used)


def update_whitelist(stage: Stage, step: Fields) -> None:
    step.need("hosts")  # Null is a value here: no whitelist.
    stage.allocator.update_whitelist(step.texts("hosts") if step.has("hosts") else None)


def update_unavailability(stage: Stage, step: Fields) -> None:
    agent_id = known_agent(stage, step, key="agent")
    step.need("start")
    stage.allocator.update_unavailability(agent_id, _unavailability(step, "start"))
    stage.request([agent_id])


def _unavailability(step: Fields, key: str) -> Unavailability | None:
    return Unavailability(start_ns=step.nanos(key)) if step.has(key) else None


def answer_inverse_offer(stage: Stage, step: Fields) -> None:
    framework_id, agent_id = FrameworkId(step.text("framework")), AgentId(step.text("agent"))
    stage.allocator.update_inverse_offer(
        framework_id,
        agent_id,
        status=step.parsed("status", InverseOfferStatus) if step.has("status") else None,
        refusal=refusal_of(stage, step),
    )


STEPS: Final[Mapping[str, Step]] = {
    step.__name__: step
    for step in (
        add_agent,
        remove_agent,
        update_agent,
        activate_agent,
        deactivate_agent,
        add_resource_provider,
        update_whitelist,
        update_unavailability,
        answer_inverse_offer,
    )
}
