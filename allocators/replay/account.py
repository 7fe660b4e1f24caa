"""Who was offered what and has not answered, and who uses what: kept by the replaying side, apart from the allocator.

So that `"all"` and roles that are left out can be written out, and that steps which nobody could take (returning what
is not held) are told from defects of the allocator.
"""

from __future__ import annotations

from typing import TypeAlias

from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.resources import NOTHING, Resources

Cell: TypeAlias = tuple[FrameworkId, str, AgentId]


class Account:
    """Resources by framework, role and agent, without allocation tags."""

    def __init__(self) -> None:
        self.open: dict[Cell, Resources] = {}
        self.in_use: dict[Cell, Resources] = {}

    def held(self, cell: Cell) -> Resources:
        """What is held there, offered or in use."""
        return self.open.get(cell, NOTHING) + self.in_use.get(cell, NOTHING)

    def roles_of(self, framework_id: FrameworkId, agent_id: AgentId, *, in_use: bool) -> list[str]:
        """Under which roles the framework has open offers of the agent, or uses something there."""
        cells = self.in_use if in_use else self.open
        return [role for framework, role, agent in cells if (framework, agent) == (framework_id, agent_id)]

    def offer(self, cell: Cell, resources: Resources) -> None:
        """More is offered."""
        self._set(self.open, cell, resources=self.open.get(cell, NOTHING) + resources)

    def report(self, cell: Cell, resources: Resources) -> None:
        """So much is said to be in use, of which some may be known already."""
        self.use(cell, resources - self.held(cell))

    def use(self, cell: Cell, resources: Resources) -> None:
        """More is in use."""
        self._set(self.in_use, cell, resources=self.in_use.get(cell, NOTHING) + resources)

    def accept(self, cell: Cell, resources: Resources) -> bool:
        """Part of an offer is now in use. False: it is no part."""
        offered = self.open.get(cell, NOTHING)
        if not offered.contains(resources):
            return False
        self._set(self.open, cell, resources=offered - resources)
        self.use(cell, resources)
        return True

    def convert(self, cell: Cell, part: Resources, *, converted: Resources) -> None:
        """Part of an offer turned into something else."""
        self._set(self.open, cell, resources=self.open.get(cell, NOTHING) - part + converted)

    def give_back(self, cell: Cell, resources: Resources, *, in_use: bool) -> bool:
        """What is returned: first from what is in use, or first from the offer. False: it is not held."""
        if not self.held(cell).contains(resources):
            return False
        first, second = (self.in_use, self.open) if in_use else (self.open, self.in_use)
        have = first.get(cell, NOTHING)
        if have.contains(resources):
            self._set(first, cell, resources=have - resources)
            return True
        more = resources - have
        self._set(first, cell, resources=have - resources)
        self._set(second, cell, resources=second.get(cell, NOTHING) - more)
        return True

    def close(self, *, framework_id: FrameworkId | None = None, agent_id: AgentId | None = None) -> None:
        """A framework or an agent is gone."""
        for cells in (self.open, self.in_use):
            for cell in [cell for cell in cells if framework_id == cell[0] or agent_id == cell[2]]:
                del cells[cell]

    @staticmethod
    def _set(cells: dict[Cell, Resources], cell: Cell, *, resources: Resources) -> None:
        if resources:
            cells[cell] = resources
        else:
            cells.pop(cell, None)
