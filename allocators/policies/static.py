"""Static partitioning: every agent belongs to one part of the cluster, and every role to one part.

What one does without a cluster manager, and what Mesos (NSDI 2011, evaluation) compares itself with: nobody disturbs
anybody, and what one part leaves idle helps no other. Parameters are the parts with their sizes, `ads=2,web=1,*=1`: a
part is for the top-level role of its name and all below it, `*` is for whoever has none. Without `*` they get
nothing; without parameters the only part is everybody's. Frameworks and roles within a part share by dominant resource
fairness.

An agent joins the part that by its size has least of what the agent has most of, and stays there. So parts get machines
of each sort in turn, and with equal agents none has more than one above what is due to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.agents import AgentBook
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.hierarchical.amounts import Amounts, change
from allocators.hierarchical.rules import Rules
from allocators.policies.parameters import positive_numbers
from allocators.sorters.registry import sorter_factory
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.resources import Resources

EVERYBODY_ELSE: Final = "*"


class StaticPartitioning(HierarchicalAllocator):
    """The policy `static`."""

    def __init__(self, settings: AllocatorSettings) -> None:
        parts = positive_numbers(settings) or {EVERYBODY_ELSE: 1.0}
        for name in parts:
            if "/" in name:
                raise ValueError(f"allocator parameter {name!r}: expected a top-level role, or {EVERYBODY_ELSE}")
        make_sorter = sorter_factory("drf")
        super().__init__(settings, Rules(make_sorter, make_sorter, admits=self._admits))
        self._parts: Mapping[str, float] = parts
        self._part_of: dict[AgentId, str] = {}
        self._joined: dict[AgentId, Amounts] = {}  # What agents had when they joined: they do not move if it changes.
        self._sizes: dict[str, Amounts] = {part: {} for part in parts}

    def part_of_role(self, role: str) -> str:
        """The part in which the role may have agents. There may be none of that name."""
        top = role.partition("/")[0]
        return top if top in self._parts else EVERYBODY_ELSE

    def part_of_agent(self, agent_id: AgentId) -> str:
        """The part to which the agent belongs."""
        return self._part_of[agent_id]

    def add_agent(
        self, agent_id: AgentId, agent: AgentInfo, *, total: Resources, used: Mapping[FrameworkId, Resources]
    ) -> None:
        super().add_agent(agent_id, agent, total=total, used=used)
        self._joined[agent_id] = dict(total.scalar_quantities.items())
        part = self._part_of[agent_id] = self._poorest_part(self._joined[agent_id])
        change(self._sizes[part], self._joined[agent_id], sign=1)

    def remove_agent(self, agent_id: AgentId) -> None:
        super().remove_agent(agent_id)
        change(self._sizes[self._part_of.pop(agent_id)], self._joined.pop(agent_id), sign=-1)

    def _poorest_part(self, amounts: Amounts) -> str:
        """The part with least of what this is most of; the first of several."""
        totals = self.books.pool.totals
        name = max(amounts, key=lambda name: amounts[name] / totals[name], default="")
        return min(self._parts, key=lambda part: self._sizes[part].get(name, 0) / self._parts[part])

    def _admits(self, role: str, agent: AgentBook) -> bool:
        return self._part_of[agent.id] == self.part_of_role(role)

    def check(self) -> None:
        super().check()
        assert self._part_of.keys() == self.books.agents.keys(), "an agent belongs to no part, or is gone"
        sums: dict[str, Amounts] = {part: {} for part in self._parts}
        for agent_id, part in self._part_of.items():
            change(sums[part], self._joined[agent_id], sign=1)
        assert sums == self._sizes, "the sizes of the parts are not those of their agents"
