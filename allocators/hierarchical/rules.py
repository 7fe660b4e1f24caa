"""Where a policy may differ from hierarchical dominant resource fairness and still be the same engine.

The books, quota, reservations, refusals and maintenance are everybody's. A policy says in which order roles stand, in
which order frameworks stand within a role, in which order agents take their turns, and which roles may have an agent
at all. Whoever is first in order and may have what an agent has free is offered it, under every policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.agents import AgentBook
from allocators.sorters.registry import SorterFactory, sorter_factory

# Puts the agents of a run, given in random order, into that of their turns. Consumed lazily: each agent is asked for
# when the one before it has had its turn, so that the order may look at what has been handed out meanwhile.
AgentOrder: TypeAlias = Callable[[Sequence[AgentBook]], Iterable[AgentBook]]

# May this role be offered that agent? The answer for an agent and a role never changes while the agent is there, for
# agents that were passed over are not looked at again until something about them or about a client changes.
Admits: TypeAlias = Callable[[str, AgentBook], bool]


@dataclass(frozen=True)
class Rules:
    """What makes a policy. None: agents take turns in random order, and every role may have every agent."""

    role_sorter: SorterFactory
    framework_sorter: SorterFactory
    agent_order: AgentOrder | None = None
    admits: Admits | None = None


def rules_of(settings: AllocatorSettings) -> Rules:
    """Those of the default policy: the sorters that the operator names."""
    return Rules(sorter_factory(settings.role_sorter), sorter_factory(settings.framework_sorter))
