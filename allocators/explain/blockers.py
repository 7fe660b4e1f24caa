"""The reasons for which a framework is not offered an agent under a role: one record for each.

In JSON every one has its name under `reason`. `until` is the time at which it ends by itself, if there is one; what
has none ends when somebody does something, and the docstring says what.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from allocators.sorters.sorter import Standing
from libprocess_py.message import Record
from mesos_py.protocol.durations import Nanoseconds
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import FrameworkId
from mesos_py.protocol.offer_constraints import AttributeConstraint
from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.resources import Resources


class Remedy(IntEnum):
    """Who can end it, the nearest first: what the nearest miss is chosen by."""

    TIME = 0
    OTHER_FRAMEWORKS = 1
    THIS_FRAMEWORK = 2
    OPERATOR = 3
    MACHINE = 4


class RoleAmounts(Record):
    """So much of a role."""

    role: str
    quantities: Quantities


class Blocker(Record, tag_field="reason"):
    """One reason. Without it, and without the others that are named beside it, there would be an offer."""

    remedy: ClassVar[Remedy] = Remedy.OPERATOR

    until: Nanoseconds | None = None

    @property
    def reason(self) -> str:
        return str(type(self).__struct_config__.tag)


# About the framework, whatever the agent.


class FrameworkUnknown(Blocker, tag="framework_unknown"):
    """Nobody has subscribed under that id."""


class FrameworkInactive(Blocker, tag="framework_inactive"):
    """It is disconnected, or was deactivated. Ends when it subscribes again."""

    remedy = Remedy.THIS_FRAMEWORK


class NotSubscribed(Blocker, tag="not_subscribed"):
    """It does not have the role."""

    remedy = Remedy.THIS_FRAMEWORK

    roles: tuple[str, ...]  # Those that it has.


class Suppressed(Blocker, tag="suppressed"):
    """It asked for no more offers under the role. Ends when it revives them."""

    remedy = Remedy.THIS_FRAMEWORK


class Paused(Blocker, tag="paused"):
    """Nobody is offered anything until the allocator is told to resume."""


class Recovering(Blocker, tag="recovering"):
    """After a failover with quotas nobody is offered anything until enough agents are back, or the time is over."""

    remedy = Remedy.TIME

    agents_needed: int
    agents_known: int


class NoAgents(Blocker, tag="no_agents"):
    """The cluster has no agents."""


# About the agent, and about the pair.


class AgentGone(Blocker, tag="agent_gone"):
    """There is no such agent, or no more."""


class AgentInactive(Blocker, tag="agent_inactive"):
    """The agent is disconnected, draining or deactivated."""


class NotWhitelisted(Blocker, tag="not_whitelisted"):
    """There is a whitelist, and the agent's hostname is not in it."""

    hostname: str


class AgentLacksCapability(Blocker, tag="agent_lacks_capability"):
    """The agent is too old for what the framework or the role needs."""

    remedy = Remedy.MACHINE

    capability: str


class FrameworkLacksCapability(Blocker, tag="framework_lacks_capability"):
    """The framework would not understand the agent, or these of its resources."""

    remedy = Remedy.THIS_FRAMEWORK

    capability: Capability
    resources: Resources = Resources()  # What is hidden; empty: the whole agent.


class ConstraintFailed(Blocker, tag="constraint_failed"):
    """A constraint of the framework does not hold; with several groups, one in each."""

    remedy = Remedy.THIS_FRAMEWORK

    group: int
    constraint: AttributeConstraint


class ForbiddenByPolicy(Blocker, tag="forbidden_by_policy"):
    """The policy keeps the agent from the role, whoever asks: it belongs to another partition, for instance."""


# About the resources.


class ReservedForOther(Blocker, tag="reserved_for_other"):
    """These are reserved for a role that is neither this one nor above it."""

    role: str
    resources: Resources


class InUse(Blocker, tag="in_use"):
    """Tasks of this framework (perhaps the one that asks) run on these."""

    remedy = Remedy.OTHER_FRAMEWORKS

    framework_id: FrameworkId
    role: str
    resources: Resources


class OfferedTo(Blocker, tag="offered_to"):
    """These are offered, and not answered yet. The standings are those of now, with that offer counted."""

    remedy = Remedy.OTHER_FRAMEWORKS

    framework_id: FrameworkId
    role: str
    resources: Resources
    since: Nanoseconds | None  # None: longer than is remembered.
    ours: Standing | None = None
    theirs: Standing | None = None


class SharedOnce(Blocker, tag="shared_once"):
    """These shared volumes went to somebody else in the last run; in each run they are offered once."""

    remedy = Remedy.TIME

    resources: Resources


class Overcommitted(Blocker, tag="overcommitted"):
    """The agent has less than what is held there. What is missing has to come back first."""

    remedy = Remedy.OTHER_FRAMEWORKS

    resources: Resources


class BelowMinimum(Blocker, tag="below_minimum"):
    """What is left for the framework contains none of its smallest offers."""

    remedy = Remedy.OTHER_FRAMEWORKS

    resources: Resources
    minimum: tuple[Quantities, ...]


class Refused(Blocker, tag="refused"):
    """The framework refused all of it. Ends at `until`, or when it revives the role."""

    remedy = Remedy.TIME

    resources: Resources


class LimitReached(Blocker, tag="limit_reached"):
    """The role may have no more of these. `last_run`: so it was in the last run, and is no more."""

    role: str
    limits: Limits
    consumed: Quantities
    last_run: bool = False


class HeldAsHeadroom(Blocker, tag="held_as_headroom"):
    """It is kept for roles whose guarantees are not met. `last_run`: so it was in the last run, and is no more."""

    roles: tuple[RoleAmounts, ...]  # What their guarantees still lack.
    available: Quantities
    last_run: bool = False


class AwaitsRun(Blocker, tag="awaits_run"):
    """Nothing is in the way: the next run offers it, to this framework or to one that comes before it."""

    remedy = Remedy.TIME
