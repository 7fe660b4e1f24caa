"""The book of one framework: what it said of itself, and where it holds something."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from allocators.hierarchical.constraints import CompiledConstraints
from allocators.hierarchical.tallies import Standing, Tally
from mesos_py.protocol.framework import Capability, FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.roles import DEFAULT_ROLE

# Traits of agents that keep frameworks away, as bits: an agent is out of the question if it has one that is avoided.
NO_MULTI_ROLE: Final = 1
HAS_GPUS: Final = 2
IS_REMOTE: Final = 4
NO_HIERARCHY: Final = 8  # Avoided under nested roles, whatever the framework.
NO_CONSTRAINTS: Final = CompiledConstraints()


class FrameworkBook:
    """One framework. Roles are dicts for the sake of their order; the values mean nothing. It is modest if it makes no
    demands of its own: it is content with whatever other frameworks of its capabilities are."""

    __slots__ = (
        "active", "avoids", "constraints", "gpu_resources", "holdings", "id", "info", "is_modest",
        "min_allocatable", "multi_role", "refined", "region_aware", "revocable", "roles", "shared", "suppressed",
        "tracked",
    )  # fmt: skip

    def __init__(self, framework_id: FrameworkId, info: FrameworkInfo) -> None:
        self.id = framework_id
        self.active = False
        self.roles: dict[str, None] = {}
        self.suppressed: dict[str, None] = {}
        self.constraints = NO_CONSTRAINTS
        self.holdings: dict[str, dict[AgentId, None]] = {}  # By role, the agents on which it holds something.
        self.tracked: dict[str, Tally] = {}  # The roles whose sorters know it, and how it fares there.
        self.describe(info)

    def describe(self, info: FrameworkInfo) -> None:
        """Take over what the framework says of itself."""
        self.info = info
        # Whoever can have several roles can have none; the others always have one.
        self.roles = dict.fromkeys(info.roles or (() if info.has(Capability.MULTI_ROLE) else (DEFAULT_ROLE,)))
        self.min_allocatable: dict[str, tuple[Quantities, ...]] = {
            each.role: each.min_allocatable for each in info.offer_filters
        }
        self.multi_role = info.has(Capability.MULTI_ROLE)
        self.gpu_resources = info.has(Capability.GPU_RESOURCES)
        self.region_aware = info.has(Capability.REGION_AWARE)
        self.shared = info.has(Capability.SHARED_RESOURCES)
        self.revocable = info.has(Capability.REVOCABLE_RESOURCES)
        self.refined = info.has(Capability.RESERVATION_REFINEMENT)
        self.avoids = (
            (NO_MULTI_ROLE if self.multi_role else 0)
            | (0 if self.gpu_resources else HAS_GPUS)
            | (0 if self.region_aware else IS_REMOTE)
        )
        self._note_modesty()

    def constrain(self, constraints: CompiledConstraints) -> None:
        """From now on the framework wants to hear of these agents only."""
        self.constraints = constraints
        self._note_modesty()

    def _note_modesty(self) -> None:
        self.is_modest = not self.min_allocatable and self.constraints is NO_CONSTRAINTS

    def suppress(self, roles: Collection[str]) -> None:
        """Those of the roles that it has are suppressed."""
        self.suppressed.update((role, None) for role in roles if role in self.roles)

    def standing(self, role: str) -> Standing:
        """May it be offered anything under that role? If not, why."""
        if role not in self.roles:
            return Standing.NOT_SUBSCRIBED
        if not self.active:
            return Standing.INACTIVE
        return Standing.SUPPRESSED if role in self.suppressed else Standing.TAKES_PART

    def takes_part(self, role: str) -> bool:
        """May it be offered anything under that role?"""
        return self.standing(role) is Standing.TAKES_PART

    def avoided(self, role: str) -> int:
        """The traits that keep agents away from it under that role."""
        return self.avoids | NO_HIERARCHY if "/" in role else self.avoids

    def agents(self) -> tuple[AgentId, ...]:
        """The agents on which it holds something, under any role."""
        return tuple({agent_id: None for agents in self.holdings.values() for agent_id in agents})
