"""The book of one agent: what it has, who holds what of it, and what is free.

What is free moves with every booking: as long as all that is held fits into the total, adding and taking away is
exact. An agent that has less than is held of it (`is_exact` is false) is added up anew each time instead.
"""

from __future__ import annotations

from allocators.hierarchical.grants import EMPTY, Bundle, Grant, Interned
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.resources import NOTHING, Resources

MULTI_ROLE = "MULTI_ROLE"
HIERARCHICAL_ROLE = "HIERARCHICAL_ROLE"


class AgentBook:
    """One agent. `held` and `in_use` carry the roles they are allocated to; `total` and `free` carry none."""

    __slots__ = (
        "_bundle", "active", "counted", "draw", "free", "held", "id", "in_use", "info", "is_exact", "is_plain",
        "passed", "total", "traits",
    )  # fmt: skip

    def __init__(self, agent_id: AgentId, info: AgentInfo, *, draw: int) -> None:
        self.id = agent_id
        self.info = info
        self.active = True
        self.draw = draw  # Its own 64 random bits, from which its place in each run is drawn.
        self.passed = -1  # The call to all agents (see `Candidates`) after which it was last passed over.
        self.traits: int | None = None  # What keeps frameworks away from it; None: `Eligibility` has not looked.
        self.counted: int | None = None  # The traits as which it is counted among the others.
        self.total: Resources = NOTHING
        # The total minus everything held, kind by kind, never below nothing. Shared volumes are always free.
        self.free: Resources = NOTHING
        self.held: dict[FrameworkId, Resources] = {}
        self.in_use: dict[FrameworkId, Resources] = {}  # That part of `held` which is no open offer.
        self.is_plain = True  # Nothing reserved, revocable or shared: anybody may see all of it.
        self.is_exact = True
        self._bundle: Bundle | None = EMPTY  # Of what is free; None: to be looked up.

    def bundle(self, interned: Interned) -> Bundle:
        """What is free, as a bundle."""
        bundle = self._bundle
        if bundle is None:
            bundle = self._bundle = interned.bundle(self.free)
            self.free = bundle.resources
        return bundle

    def describe(self, info: AgentInfo) -> None:
        """The agent now says this of itself; what it has is told apart."""
        self.info = info
        self.traits = None

    def set_total(self, total: Resources) -> None:
        """The agent now has this, whatever is held of it."""
        self.total = total
        self.traits = None
        self.is_plain = not any(kind.reservations or kind.revocable or kind.shared for kind in total.amounts)
        self._add_up()

    def hold(self, framework_id: FrameworkId, grant: Grant) -> None:
        """The framework holds more."""
        held = self.held.get(framework_id)
        self.held[framework_id] = grant.resources if held is None else held + grant.resources
        taken = grant.bundle.taken
        if not self.is_exact:
            self._add_up()
        elif self.free is taken:
            self.free, self._bundle = NOTHING, EMPTY
        elif self.free.contains(taken):
            self.free -= taken
            self._bundle = None
        else:
            self._add_up()

    def unhold(self, framework_id: FrameworkId, grant: Grant) -> None:
        """The framework holds less."""
        held = self.held.get(framework_id, NOTHING)
        if held is grant.resources:
            del self.held[framework_id]
        else:
            assert held.contains(grant.resources), (
                f"{framework_id} holds {held} on {self.id}, and returns {grant.resources}"
            )
            self.held[framework_id] = held - grant.resources
            if not self.held[framework_id]:
                del self.held[framework_id]
        if not self.is_exact:
            self._add_up()
        elif self.free is NOTHING:
            bundle = grant.bundle
            self.free = bundle.taken
            self._bundle = bundle if bundle.taken is bundle.resources else None
        else:
            self.free += grant.bundle.taken
            self._bundle = None

    def _add_up(self) -> None:
        self.free, self.is_exact, self._bundle = self.total, True, None
        for part in self.held.values():
            taken = part.unallocate().non_shared()
            self.is_exact = self.is_exact and self.free.contains(taken)
            self.free -= taken

    def holds_shared(self, resources: Resources) -> bool:
        """Does anybody hold a copy of a shared volume among these? It is free all the same, but not to be changed."""
        volumes = resources.shared().amounts
        return any(volume in held.unallocate().amounts for volume in volumes for held in self.held.values())

    def has_capability(self, capability: str) -> bool:
        return capability in self.info.capabilities

    def check(self) -> None:
        """Assert that the sums are those of the parts."""
        held = Resources.sum(part.unallocate().non_shared() for part in self.held.values())
        assert self.free == self.total - held, f"{self.id}: what is free is not what nobody holds"
        assert self._bundle is None or self._bundle.resources == self.free
        assert not self.is_exact or self.total.contains(held), f"{self.id}: holds more than it has"
        if self.total.contains(held):
            assert self.free.non_shared() + held == self.total.non_shared(), f"{self.id}: resources were lost"
        for framework_id, part in self.in_use.items():
            assert part, f"{self.id}: an empty part in use"
            assert self.held[framework_id].contains(part), f"{self.id}: in use but not held"
