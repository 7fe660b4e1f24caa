"""Renaming and rescaling of steps, for twins whose history is the same but for names or units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.resource import Resource
from mesos_py.protocol.resources import Resources
from tests.support.allocator_histories import AGENTS, FRAMEWORKS

# Orders are kept (and `*` stays before all); lengths and first letters are not.
NEW_ROLES: Final = {"a": "mm", "a/x": "mm/q", "a/y": "mm/r", "b": "n", "c": "zzz", "*": "*"}
NEW_FRAMEWORKS: Final = {name: f"g-{number}" for number, name in enumerate(FRAMEWORKS)}
NEW_AGENTS: Final = {name: f"host-{number}" for number, name in enumerate(reversed(AGENTS))}
NEW_NAMES: Final = {**NEW_ROLES, **NEW_FRAMEWORKS, **NEW_AGENTS}


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Every text in a step, as key or value, under its new name."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, Mapping):
        return {renamed(key, names): renamed(each, names) for key, each in value.items()}
    return [renamed(each, names) for each in value] if isinstance(value, list | tuple) else value


def scaled(value: Any, name: str, *, factor: int) -> Any:
    """Every number in a step under that name, multiplied."""
    if isinstance(value, Mapping):
        return {
            key: each * factor if key == name and isinstance(each, int | float) else scaled(each, name, factor=factor)
            for key, each in value.items()
        }
    return [scaled(each, name, factor=factor) for each in value] if isinstance(value, list | tuple) else value


def scaled_resources(resources: Resources, name: str, *, factor: int) -> Resources:
    """Resources with every number under that name multiplied."""
    return Resources(
        Resource(
            name=each.name,
            value=each.value * factor if each.name == name and isinstance(each.value, int) else each.value,
            reservations=each.reservations,
            disk=each.disk,
            revocable=each.revocable,
            shared=each.shared,
            provider_id=each.provider_id,
            allocation_role=each.allocation_role,
        )
        for each in resources
    )


def scaled_settings(made: AllocatorSettings, name: str, *, factor: int) -> AllocatorSettings:
    """The smallest offers, multiplied."""
    smallest = tuple(
        Quantities({each: milli * factor if each == name else milli for each, milli in least.items()})
        for least in made.min_allocatable
    )
    return AllocatorSettings(
        seed=made.seed, allocation_interval_ns=made.allocation_interval_ns, min_allocatable=smallest
    )


class RenamedAllocator(HierarchicalAllocator):
    """Draws for agents under new names what is drawn for the old ones: the draw is part of what is renamed."""

    draws: Mapping[str, int]

    def add_agent(self, agent_id: AgentId, *args: Any, **said: Any) -> None:
        super().add_agent(agent_id, *args, **said)
        self.books.agents[agent_id].draw = self.draws[agent_id]


def new_framework(name: FrameworkId) -> FrameworkId:
    return FrameworkId(NEW_FRAMEWORKS[name])


def new_agent(name: AgentId) -> AgentId:
    return AgentId(NEW_AGENTS[name])
