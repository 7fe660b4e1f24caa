"""The book of one agent: what it has, who holds what of it, and what is free."""

from __future__ import annotations

from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.resources import NOTHING, Resources

MULTI_ROLE = "MULTI_ROLE"
HIERARCHICAL_ROLE = "HIERARCHICAL_ROLE"


class AgentBook:
    """One agent. `held` and `in_use` carry the roles they are allocated to; `total` and `free` carry none."""

    __slots__ = ("_free", "_held_sum", "active", "draw", "held", "id", "in_use", "info", "is_plain", "total")

    def __init__(self, agent_id: AgentId, info: AgentInfo, *, draw: int) -> None:
        self.id = agent_id
        self.info = info
        self.active = True
        self.draw = draw  # Its own 64 random bits, from which its place in each run is drawn.
        self.total: Resources = NOTHING
        self.held: dict[FrameworkId, Resources] = {}
        self.in_use: dict[FrameworkId, Resources] = {}  # That part of `held` which is no open offer.
        self.is_plain = True  # Nothing reserved, revocable or shared: anybody may see all of it.
        self._held_sum: Resources = NOTHING
        self._free: Resources | None = NOTHING

    @property
    def free(self) -> Resources:
        """The total minus everything held, kind by kind, never below nothing. Shared volumes are always free."""
        if self._free is None:
            self._free = self.total - self._held_sum
        return self._free

    def set_total(self, total: Resources) -> None:
        """The agent now has this, whatever is held of it."""
        self.total = total
        self.is_plain = not any(kind.reservations or kind.revocable or kind.shared for kind in total.amounts)
        self._free = None

    def hold(self, framework_id: FrameworkId, resources: Resources) -> None:
        """The framework holds more."""
        self.held[framework_id] = self.held.get(framework_id, NOTHING) + resources
        self._held_sum += resources.unallocate().non_shared()
        self._free = None

    def unhold(self, framework_id: FrameworkId, resources: Resources) -> None:
        """The framework holds less."""
        held = self.held.get(framework_id, NOTHING)
        assert held.contains(resources), f"{framework_id} holds {held} on {self.id}, and returns {resources}"
        left = held - resources
        if left:
            self.held[framework_id] = left
        else:
            del self.held[framework_id]
        self._held_sum -= resources.unallocate().non_shared()
        self._free = None

    def holds_shared(self, resources: Resources) -> bool:
        """Does anybody hold a copy of a shared volume among these? It is free all the same, but not to be changed."""
        volumes = resources.shared().amounts
        return any(volume in held.unallocate().amounts for volume in volumes for held in self.held.values())

    def has_capability(self, capability: str) -> bool:
        return capability in self.info.capabilities

    def check(self) -> None:
        """Assert that the sums are those of the parts."""
        held = Resources.sum(part.unallocate().non_shared() for part in self.held.values())
        assert held == self._held_sum, f"{self.id}: what is held does not add up"
        assert self.free == self.total - held
        if self.total.contains(held):
            assert self.free.non_shared() + held == self.total.non_shared(), f"{self.id}: resources were lost"
        for framework_id, part in self.in_use.items():
            assert part, f"{self.id}: an empty part in use"
            assert self.held[framework_id].contains(part), f"{self.id}: in use but not held"
