"""Causes that lie in the resources of the agent: each is planted and found, with everything that belongs to it."""

from __future__ import annotations

import pytest

from allocators.allocator import SECOND_NS
from allocators.explain.blockers import (
    AwaitsRun,
    BelowMinimum,
    FrameworkLacksCapability,
    HeldAsHeadroom,
    InUse,
    LimitReached,
    OfferedTo,
    Overcommitted,
    Refused,
    ReservedForOther,
    RoleAmounts,
    SharedOnce,
)
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.resources import Resources
from tests.support.explained import F2, Explained

VOLUME = {"disk": 5, "@role": "a", "@disk": {"persistence": "v"}, "@shared": True}
SMALL = {"cpus": 1}


@pytest.fixture
def scene() -> Explained:
    return Explained()


def test_with_an_open_offer_there_is_no_reason(scene: Explained) -> None:
    scene.framework("f1")
    scene.agent()

    assert scene.reasons() == []
    assert scene.about().offered == Resources.of(cpus=4, mem=1024)
    assert scene.about().since == 0


def test_a_refusal_is_named_with_its_end(scene: Explained) -> None:
    scene.framework("f1")
    scene.agent()
    scene.give_back("f1", filter_seconds=30)
    scene.do("advance_clock", seconds=3)

    assert scene.reasons() == ["refused"]
    assert scene.the(Refused) == Refused(until=30 * SECOND_NS, resources=Resources.of(cpus=4, mem=1024))
    assert scene.why().earliest == scene.why().next_change == 30 * SECOND_NS


def test_every_refusal_that_covers_it_is_named(scene: Explained) -> None:
    scene.framework("f1")
    scene.agent()
    scene.do("accept", framework="f1", agent="n1", resources={"cpus": 2})
    scene.give_back("f1", filter_seconds=60)
    scene.do("recover", framework="f1", agent="n1", role="a", resources=SMALL, allocated=True, filter_seconds=60)
    scene.do("advance_clock", seconds=2)
    scene.give_back("f1", filter_seconds=20)
    scene.do("advance_clock", seconds=3)

    ends = [each.until for each in scene.blockers() if isinstance(each, Refused)]
    assert ends == [22 * SECOND_NS]


def test_a_refusal_that_the_last_run_was_the_last_to_see_is_still_named(scene: Explained) -> None:
    scene.framework("f1")
    scene.agent()
    scene.give_back("f1", filter_seconds=0.1)
    scene.do("advance_clock", seconds=1)

    assert scene.reasons() == ["refused"]
    assert scene.the(Refused).until == SECOND_NS


def test_what_is_offered_to_another_role_is_named_with_both_shares(scene: Explained) -> None:
    scene.framework("f2", "b")
    scene.do("advance_clock", seconds=0.5)
    scene.agent("n1")
    scene.agent("n2", cpus=4)
    scene.framework("f1")

    lost = scene.the(OfferedTo)
    assert scene.reasons() == ["offered_to"]
    assert (lost.framework_id, lost.role, lost.since) == ("f2", "b", SECOND_NS // 2)
    assert lost.ours is not None
    assert lost.theirs is not None
    assert (lost.ours.path, lost.ours.share) == ("a", 0.0)
    assert (lost.theirs.path, lost.theirs.share, lost.theirs.allocations) == ("b", 1.0, 2)


def test_what_is_offered_to_another_framework_of_the_role_is_named_with_both_shares(scene: Explained) -> None:
    scene.framework("f2")
    scene.agent()
    scene.framework("f1")

    lost = scene.the(OfferedTo)
    assert lost.ours is not None
    assert lost.theirs is not None
    assert (lost.ours.path, lost.theirs.path) == ("f1", "f2")


def test_shares_are_compared_where_the_ways_of_nested_roles_part(scene: Explained) -> None:
    scene.framework("f2", "b/x")
    scene.agent()
    scene.framework("f1", "a/y")

    lost = scene.the(OfferedTo, role="a/y")
    assert lost.ours is not None
    assert lost.theirs is not None
    assert (lost.ours.path, lost.theirs.path) == ("a", "b")


def test_what_the_framework_is_offered_under_its_other_role_is_named(scene: Explained) -> None:
    scene.framework("f1", "a", "b")
    scene.agent()

    lost = scene.the(OfferedTo, role="b")
    assert scene.reasons(role="a") == []
    assert (lost.framework_id, lost.role) == ("f1", "a")


def test_a_full_agent_names_who_uses_it(scene: Explained) -> None:
    scene.framework("f2", "b")
    scene.agent()
    scene.do("accept", framework="f2", agent="n1", resources="all")
    scene.framework("f1")

    assert scene.reasons() == ["in_use"]
    assert scene.the(InUse) == InUse(framework_id=F2, role="b", resources=Resources.of(cpus=4, mem=1024))


def test_use_by_the_framework_itself_is_named(scene: Explained) -> None:
    scene.framework("f1")
    scene.agent()
    scene.do("accept", framework="f1", agent="n1", resources="all")

    assert scene.the(InUse).framework_id == "f1"


def test_a_rest_below_the_smallest_offer_is_named_with_who_has_the_others(scene: Explained) -> None:
    scene.framework("f2", "b")
    scene.agent("n1", cpus=4, mem=40)
    scene.do("accept", framework="f2", agent="n1", resources={"cpus": 4, "mem": 30})
    scene.give_back("f2", filter_seconds=60)
    scene.framework("f1")

    assert scene.reasons() == ["in_use", "below_minimum"]
    assert scene.the(BelowMinimum) == BelowMinimum(
        resources=Resources.of(mem=10), minimum=(Quantities.of(cpus=0.01), Quantities.of(mem=32))
    )


def test_an_agent_below_a_minimum_of_the_framework_is_named_by_that_alone(scene: Explained) -> None:
    scene.agent()
    scene.framework("f1", min_allocatable={"a": [{"cpus": 100}]})

    assert scene.reasons() == ["below_minimum"]
    assert scene.the(BelowMinimum).minimum == (Quantities.of(cpus=100),)


def test_reservations_for_others_are_named_with_their_role(scene: Explained) -> None:
    scene.do("add_agent", id="n1", resources=[{"cpus": 4, "@role": "b"}])
    scene.framework("f1")

    assert scene.reasons() == ["reserved_for_other"]
    assert scene.the(ReservedForOther).role == "b"


def test_reservations_are_no_reason_where_enough_is_left(scene: Explained) -> None:
    scene.do("add_agent", id="n1", resources=[{"cpus": 4, "@role": "b"}, {"cpus": 4}])
    scene.framework("f1")
    scene.give_back("f1", filter_seconds=60)

    assert scene.reasons() == ["refused"]


@pytest.mark.parametrize(
    ("resources", "capability"),
    [
        ({"cpus": 2, "@revocable": True}, Capability.REVOCABLE_RESOURCES),
        ({**VOLUME, "disk": 50}, Capability.SHARED_RESOURCES),
        (
            {"cpus": 2, "@reservations": [{"role": "a", "type": "static"}, {"role": "a/x"}]},
            Capability.RESERVATION_REFINEMENT,
        ),
    ],
)
def test_what_the_framework_does_not_understand_is_named(
    scene: Explained, resources: dict[str, object], capability: Capability
) -> None:
    scene.do("add_agent", id="n1", resources=[resources])
    scene.framework("f1", "a/x")

    hidden = scene.the(FrameworkLacksCapability, role="a/x")
    assert scene.reasons(role="a/x")[0] == "framework_lacks_capability"
    assert hidden.capability is capability
    assert hidden.resources


def test_a_limit_that_is_reached_is_named_with_what_the_role_has(scene: Explained) -> None:
    scene.do("update_quota", role="a", guarantees={}, limits={"cpus": 4, "mem": 0})
    scene.framework("f1")
    scene.agent("n1")
    scene.agent("n2")

    (agent_id,) = (each.agent_id for each in scene.why().agents if not each.offered)
    assert scene.reasons(agent_id=agent_id) == ["limit_reached"]
    assert scene.the(LimitReached, agent_id=agent_id) == LimitReached(
        role="a", limits=Limits.of(cpus=4, mem=0), consumed=Quantities.of(cpus=4)
    )


def test_headroom_is_named_with_the_roles_that_it_is_kept_for(scene: Explained) -> None:
    scene.do("update_quota", role="b", guarantees={"cpus": 4, "mem": 1024}, limits={})
    scene.framework("f1")
    scene.agent()

    assert scene.reasons() == ["held_as_headroom"]
    assert scene.the(HeldAsHeadroom) == HeldAsHeadroom(
        roles=(RoleAmounts(role="b", quantities=Quantities.of(cpus=4, mem=1024)),),
        available=Quantities.of(cpus=4, mem=1024),
    )


def test_limit_and_headroom_are_both_named(scene: Explained) -> None:
    scene.do("update_quota", role="b", guarantees={"cpus": 4, "mem": 1024}, limits={})
    scene.do("update_quota", role="a", guarantees={}, limits={"cpus": 0, "mem": 0})
    scene.framework("f1")
    scene.agent()

    assert scene.reasons() == ["limit_reached", "held_as_headroom"]


def test_a_refusal_of_what_a_limit_leaves_is_named_with_the_limit(scene: Explained) -> None:
    scene.do("update_quota", role="a", guarantees={}, limits={"cpus": 1, "mem": 0})
    scene.framework("f1")
    scene.agent()
    scene.give_back("f1", filter_seconds=60)

    assert scene.reasons() == ["refused", "limit_reached"]


def test_a_guarantee_of_the_role_itself_is_no_headroom_in_its_way(scene: Explained) -> None:
    scene.do("update_quota", role="a", guarantees={"cpus": 4, "mem": 1024}, limits={})
    scene.framework("f1")
    scene.agent()
    scene.give_back("f1")

    assert scene.reasons() == ["awaits_run"]


def test_what_the_agent_lacks_after_it_shrank_is_named(scene: Explained) -> None:
    scene.framework("f1")
    scene.agent()
    scene.do("accept", framework="f1", agent="n1", resources="all")
    scene.do("update_agent", id="n1", resources={"cpus": 1, "mem": 1024})

    assert scene.reasons() == ["in_use", "overcommitted"]
    assert scene.the(Overcommitted).resources == Resources.of(cpus=3)


def test_a_shared_volume_of_which_the_run_gave_a_copy_away_is_named() -> None:
    scene = Explained(min_allocatable=[])
    capabilities = ["MULTI_ROLE", "SHARED_RESOURCES"]
    scene.framework("f1", capabilities=capabilities)
    scene.framework("f2", capabilities=capabilities)
    scene.do("add_agent", id="n1", resources=[VOLUME])

    assert scene.about("f1").offered
    assert scene.reasons("f2") == ["shared_once"]
    assert scene.the(SharedOnce, "f2").until == SECOND_NS


def test_an_agent_without_resources_is_below_every_minimum() -> None:
    scene = Explained(min_allocatable=[])
    scene.do("add_agent", id="n1", resources=[])
    scene.framework("f1")

    assert scene.reasons() == ["below_minimum"]


def test_what_nothing_is_in_the_way_of_awaits_the_next_run(scene: Explained) -> None:
    scene.framework("f1")
    scene.agent()
    scene.give_back("f1")

    assert scene.blockers() == (AwaitsRun(until=SECOND_NS),)


def test_every_reason_is_named_and_not_only_the_first() -> None:
    scene = Explained()
    scene.do("update_quota", role="a", guarantees={}, limits={"cpus": 0, "mem": 0})
    scene.do("update_whitelist", hosts=[])
    scene.agent("n1", cpus=4, gpus=1)
    scene.do("deactivate_agent", id="n1")
    scene.framework("f1", suppressed_roles=["a"], constraints={"a": [[{"pseudo": "hostname", "equals": "n2"}]]})
    scene.do("deactivate_framework", id="f1")
    scene.do("pause")

    assert scene.reasons() == [
        "framework_inactive",
        "suppressed",
        "paused",
        "agent_inactive",
        "not_whitelisted",
        "constraint_failed",
        "framework_lacks_capability",
        "limit_reached",
    ]


def test_what_is_refused_of_a_rest_names_also_who_has_the_others(scene: Explained) -> None:
    scene.framework("f1")
    scene.agent()
    scene.do("accept", framework="f1", agent="n1", resources={"cpus": 3, "mem": 1000})
    scene.give_back("f1", filter_seconds=60)
    scene.do("suppress", framework="f1")
    scene.framework("f2", "b", min_allocatable={"b": [{"cpus": 2}]})
    rest = {"cpus": 3, "mem": 1000}
    scene.do("recover", framework="f1", agent="n1", role="a", resources=rest, allocated=True)
    scene.do("advance_clock", seconds=1)
    scene.do("accept", framework="f2", agent="n1", resources={"cpus": 1})
    scene.do("recover", framework="f2", agent="n1", role="b", resources={"cpus": 1}, allocated=True, filter_seconds=60)

    assert scene.reasons() == ["suppressed", "offered_to", "refused"]
