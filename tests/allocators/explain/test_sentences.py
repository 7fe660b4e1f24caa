"""Every reason has a sentence of its own, and a tag."""

from __future__ import annotations

from typing import Final

import pytest

from allocators.explain import blockers as named
from allocators.explain.blockers import Blocker, RoleAmounts
from allocators.explain.sentences import sentence
from allocators.sorters.sorter import Standing
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.offer_constraints import AttributeConstraint, Predicate, Pseudo
from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.resources import Resources
from tests.support.explained import F2

ONE: Final = Resources.of(cpus=1)
ONE_EACH: Final[tuple[tuple[Blocker, str], ...]] = (
    (named.FrameworkUnknown(), "there is no such framework"),
    (named.FrameworkInactive(), "the framework is not active"),
    (named.NotSubscribed(roles=("b", "c")), "the framework does not have the role; it has b, c"),
    (named.Suppressed(), "the framework suppressed offers under the role"),
    (named.Paused(), "the allocator is paused"),
    (
        named.Recovering(until=9, agents_needed=8, agents_known=3),
        "after a failover 3 agents are back, and offers wait for 8 of them or end at 9",
    ),
    (named.NoAgents(), "there are no agents"),
    (named.AgentGone(), "there is no such agent"),
    (named.AgentInactive(), "the agent is not active"),
    (named.NotWhitelisted(hostname="h"), "host h is not in the whitelist"),
    (named.AgentLacksCapability(capability="MULTI_ROLE"), "the agent lacks the capability MULTI_ROLE"),
    (
        named.FrameworkLacksCapability(capability=Capability.SHARED_RESOURCES, resources=ONE),
        "the framework lacks the capability SHARED_RESOURCES; cpus:1 is hidden from it",
    ),
    (
        named.ConstraintFailed(
            group=1, constraint=AttributeConstraint(predicate=Predicate.TEXT_EQUALS, pseudo=Pseudo.ZONE, value="z")
        ),
        "a constraint of the framework (group 1) does not hold: @zone equals 'z'",
    ),
    (named.ForbiddenByPolicy(), "the policy keeps the agent from this role"),
    (named.ReservedForOther(role="b", resources=ONE), "cpus:1 is reserved for role b"),
    (
        named.InUse(framework_id=F2, role="b", resources=ONE),
        "cpus:1 is in use by framework f2 under role b",
    ),
    (
        named.OfferedTo(
            framework_id=F2,
            role="b",
            resources=ONE,
            since=3,
            ours=Standing(path="a", share=0.5, allocations=2),
            theirs=Standing(path="b", share=0.25, allocations=1),
        ),
        "cpus:1 is offered to framework f2 under role b (offered at 3) (share of b 0.25, of a 0.5)",
    ),
    (
        named.SharedOnce(resources=ONE),
        "cpus:1 was offered to somebody else in the last run, and is offered once in each",
    ),
    (named.Overcommitted(resources=ONE), "the agent has cpus:1 less than what is held there"),
    (
        named.BelowMinimum(resources=Resources(), minimum=(Quantities.of(cpus=1), Quantities.of(mem=32))),
        "what is left, nothing, is no offer: it would have to contain cpus:1 or mem:32",
    ),
    (named.Refused(until=7, resources=ONE), "the framework refused cpus:1; that ends at 7"),
    (
        named.LimitReached(role="a", limits=Limits.of(cpus=2), consumed=Quantities.of(cpus=2)),
        "role a may have cpus:2 at most, and has cpus:2",
    ),
    (
        named.HeldAsHeadroom(
            roles=(RoleAmounts(role="b", quantities=Quantities.of(cpus=2)),), available=Quantities.of(cpus=1)
        ),
        "of cpus:1 that is free in the cluster, it is kept for what guarantees lack: b (cpus:2)",
    ),
    (
        named.AwaitsRun(until=1),
        "nothing is in the way: the next run, at 1 at the latest, offers it to whoever comes first",
    ),
)


@pytest.mark.parametrize(("blocker", "says"), ONE_EACH, ids=[each[0].reason for each in ONE_EACH])
def test_the_sentence_says_what_is_in_the_way(blocker: Blocker, says: str) -> None:
    assert sentence(blocker, lambda time: f"at {time}") == says


def test_no_reason_is_left_out_here() -> None:
    assert {type(each[0]) for each in ONE_EACH} == set(Blocker.__subclasses__())


def test_no_two_reasons_have_one_name() -> None:
    assert len({each[0].reason for each in ONE_EACH}) == len(ONE_EACH)
