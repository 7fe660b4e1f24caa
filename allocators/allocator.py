"""The interface of every allocation policy (AL-01): events in, allocations out.

A policy is a library: no actor, clock, chance or callbacks. The calls below tell it what happened; `allocate` asks
who shall be offered what. Time is `now`, nanoseconds that never go back; chance is the settings' seed. The books say
what each framework *holds* on each agent: offered or in use. What is held carries the role it was allocated to (RS-05).

Who calls it decides when a run takes place. `AllocatorProcess` does so for the master, by these rules:

| starts a run | for |
| --- | --- |
| framework added as active, framework activated, offers revived | all agents |
| agent added, agent updated with a real change, unavailability set or cleared | that agent |
| the batch timer | all agents |

Calls about a framework or agent that the allocator no longer knows, where such a race is possible, change nothing:
`recover_resources`, `transition_offered_to_allocated`, `suppress_offers`, `revive_offers`, `update_inverse_offer`. The
other calls assert that their subject is there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol

from libprocess_py.message import Record
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.maintenance import InverseOfferStatus, Unavailability
from mesos_py.protocol.messages.master_allocator import Allocation, InverseAllocation
from mesos_py.protocol.offer_constraints import OfferConstraints
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resources import Resources

SECOND_NS: Final = 1_000_000_000
DEFAULT_ALLOCATION_INTERVAL_NS: Final = SECOND_NS  # AL-02, as in Mesos.
DEFAULT_MIN_ALLOCATABLE: Final = (Quantities.of(cpus=0.01), Quantities.of(mem=32))  # AL-16, as in Mesos.
DEFAULT_RE2_MAX_MEM: Final = 4_096  # AL-17, as in Mesos: bytes that RE2 may use for one expression,
DEFAULT_RE2_MAX_PROGRAM_SIZE: Final = 100  # and instructions that it may become. Repetition is expanded.
DEFAULT_RECOVERY_TIMEOUT_NS: Final = 600 * SECOND_NS  # AL-21: agents that are away for longer are not waited for.
DEFAULT_RECOVERY_FACTOR_PERCENT: Final = 80  # AL-21: of the agents that are expected back.


class AllocatorSettings(Record):
    """What the operator decides, the same for every policy. Names and defaults are those of the master's flags."""

    seed: int = 0
    allocation_interval_ns: int = DEFAULT_ALLOCATION_INTERVAL_NS
    role_sorter: str = "drf"
    framework_sorter: str = "drf"
    min_allocatable: tuple[Quantities, ...] = (
        DEFAULT_MIN_ALLOCATABLE  # An offer contains one of these; empty: anything.
    )
    fair_sharing_excluded_resource_names: frozenset[str] = frozenset()
    filter_gpu_resources: bool = True
    parameters: Mapping[str, str] = {}  # What only the chosen policy understands, e.g. priorities by role.
    region: str | None = None  # The master's; agents elsewhere are only for REGION_AWARE frameworks.
    offer_constraints_re2_max_mem: int = DEFAULT_RE2_MAX_MEM
    offer_constraints_re2_max_program_size: int = DEFAULT_RE2_MAX_PROGRAM_SIZE
    recovery_timeout_ns: int = DEFAULT_RECOVERY_TIMEOUT_NS
    recovery_factor_percent: float = DEFAULT_RECOVERY_FACTOR_PERCENT


class Refusal(Record):
    """Asked at `now` not to be offered the same again for `ns`: zero is no refusal, negative means the default."""

    ns: int
    now: int


class Conversion(Record):
    """An operation's effect on resources: `consumed` become `produced`."""

    consumed: Resources
    produced: Resources


class Allocator(Protocol):
    """A policy. Deterministic: the same settings and calls give the same allocations."""

    # Frameworks.

    def add_framework(
        self,
        framework_id: FrameworkId,
        framework: FrameworkInfo,
        *,
        used: Mapping[AgentId, Resources],
        active: bool,
        suppressed_roles: Collection[str],
    ) -> None:
        """A framework subscribes. `used` is what it holds on agents that are known already, by role (allocated)."""

    def remove_framework(self, framework_id: FrameworkId) -> None:
        """The framework is gone, and all that it holds is free."""

    def activate_framework(self, framework_id: FrameworkId) -> None:
        """Offer again. Roles that were suppressed stay so."""

    def deactivate_framework(self, framework_id: FrameworkId) -> None:
        """No offers until activated; refusals are dropped, holdings stay in the books."""

    def update_framework(
        self, framework_id: FrameworkId, framework: FrameworkInfo, *, suppressed_roles: Collection[str]
    ) -> None:
        """A framework changed what it says of itself. The suppressed roles are replaced, not added to."""

    def update_offer_constraints(self, framework_id: FrameworkId, constraints: OfferConstraints) -> None:
        """Replace the framework's constraints; they bind from the next run on. `ValueError` if malformed."""

    def suppress_offers(self, framework_id: FrameworkId, roles: Collection[str]) -> None:
        """No offers under `roles` (empty: all of the framework's) until revived."""

    def revive_offers(self, framework_id: FrameworkId, roles: Collection[str]) -> None:
        """Undo suppression and drop the refusals of `roles` (empty: all of the framework's)."""

    def request_resources(self, framework_id: FrameworkId, requests: Sequence[Resources]) -> None:
        """A framework says what it would like. A hint that a policy may ignore."""

    # Agents.

    def add_agent(
        self, agent_id: AgentId, agent: AgentInfo, *, total: Resources, used: Mapping[FrameworkId, Resources]
    ) -> None:
        """An agent joins, with what is in use there (allocated), also by frameworks that are not known yet."""

    def remove_agent(self, agent_id: AgentId) -> None:
        """The agent is gone, with all that is held there."""

    def update_agent(self, agent_id: AgentId, agent: AgentInfo, *, total: Resources) -> bool:
        """New facts about an agent. True: something changed that matters to allocation."""

    def activate_agent(self, agent_id: AgentId) -> None:
        """The agent may be offered again."""

    def deactivate_agent(self, agent_id: AgentId) -> None:
        """The agent is not offered; it still counts in the pool."""

    def add_resource_provider(
        self, agent_id: AgentId, total: Resources, *, used: Mapping[FrameworkId, Resources]
    ) -> None:
        """The agent has more: `total` is added, `used` of it is held."""

    def update_whitelist(self, hostnames: Collection[str] | None) -> None:
        """Only agents with these hostnames are offered; None: all."""

    def update_unavailability(self, agent_id: AgentId, unavailability: Unavailability | None) -> None:
        """A maintenance schedule is set or cleared: old answers and inverse refusals are void."""

    def update_inverse_offer(
        self,
        framework_id: FrameworkId,
        agent_id: AgentId,
        *,
        status: InverseOfferStatus | None,
        refusal: Refusal | None,
    ) -> None:
        """A framework answered (`status`), or its inverse offer was withdrawn (None)."""

    # Resources.

    def recover_resources(
        self,
        framework_id: FrameworkId,
        agent_id: AgentId,
        *,
        resources: Resources,
        refusal: Refusal | None,
        allocated: bool,
    ) -> None:
        """Held resources come back: an offer's (with a refusal, perhaps) or, with `allocated`, those of ended tasks."""

    def transition_offered_to_allocated(
        self, framework_id: FrameworkId, agent_id: AgentId, *, resources: Resources
    ) -> None:
        """That part of an offer is now in use. It is held before and after."""

    def update_allocation(
        self, framework_id: FrameworkId, agent_id: AgentId, *, conversions: Sequence[Conversion]
    ) -> None:
        """Operations on resources the framework holds (allocated); the agent's total changes likewise."""

    def update_available(self, agent_id: AgentId, conversions: Sequence[Conversion]) -> bool:
        """Operations on free resources. False (and no change): they do not contain what is consumed."""

    # Roles.

    def update_quota(self, role: str, quota: Quota) -> None:
        """Set the quota of a top-level role; the default quota removes it."""

    def update_weights(self, weights: Mapping[str, float]) -> None:
        """Set the weights of these roles. They may be set before the role exists, and survive its absence."""

    # Runs.

    def recover(self, expected_agents: int, quotas: Mapping[str, Quota], *, now: int) -> None:
        """After a master's failover: if quotas are known, make no offers until enough agents are back."""

    def pause(self) -> None:
        """No allocations until `resume`."""

    def resume(self) -> None:
        """Allocate again."""

    def is_paused(self, *, now: int) -> bool:
        """True: a run would allocate nothing, so requests for one are dropped."""

    def allocate(
        self, agents: Collection[AgentId] | None, *, now: int, event_driven: bool = False
    ) -> tuple[Allocation, ...]:
        """One run over `agents`, or all (None). What is returned is held from then on.

        A run over all that is not `event_driven` is a batch run, the kind that every refusal must see at least once.
        Allocations are grouped by framework in the order in which they were first served. Agents that are gone are
        ignored.
        """

    def inverse_offers(self, agents: Collection[AgentId] | None, *, now: int) -> tuple[InverseAllocation, ...]:
        """After a run over `agents`: whom to ask to leave agents under maintenance. They count as asked from now on."""

    # Looking in.

    def total(self) -> Quantities:
        """Scalars of all agents."""

    def offered_or_allocated(self) -> Quantities:
        """Scalars held by anybody; a shared volume once."""

    def check(self) -> None:
        """Assert that the books agree with each other. Slow: for tests and simulation."""
