"""Causes that do not depend on what is free: each is planted and found, alone."""

from __future__ import annotations

import pytest

from allocators.allocator import SECOND_NS
from allocators.explain.blockers import (
    AgentLacksCapability,
    ConstraintFailed,
    FrameworkLacksCapability,
    NotSubscribed,
    NotWhitelisted,
    Recovering,
)
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.offer_constraints import Predicate
from tests.support.explained import Explained


@pytest.fixture
def scene() -> Explained:
    return Explained()


def test_an_unknown_framework_is_named(scene: Explained) -> None:
    scene.agent()

    assert scene.reasons("nobody") == ["framework_unknown"]


def test_a_deactivated_framework_is_named(scene: Explained) -> None:
    scene.framework("f1", active=False)
    scene.agent()

    assert scene.reasons() == ["framework_inactive"]


def test_a_role_that_the_framework_does_not_have_is_named_with_those_it_has(scene: Explained) -> None:
    scene.framework("f1", "b", "c", suppressed_roles=["b", "c"])
    scene.agent()

    assert scene.reasons() == ["not_subscribed"]
    assert scene.the(NotSubscribed).roles == ("b", "c")


def test_suppression_is_named_for_its_role_only(scene: Explained) -> None:
    scene.framework("f1", "a", "b", suppressed_roles=["a", "b"])
    scene.agent()
    scene.do("pause")
    scene.do("revive", framework="f1", roles=["b"])
    scene.do("resume")

    assert scene.reasons() == ["suppressed"]
    assert scene.reasons(role="b") == ["awaits_run"]


def test_a_pause_is_named(scene: Explained) -> None:
    scene.do("pause")
    scene.framework("f1")
    scene.agent()

    assert scene.reasons() == ["paused"]


def test_recovery_is_named_with_its_deadline_and_the_agents_that_are_missing(scene: Explained) -> None:
    scene.do("recover_state", expected_agents=10, quotas={"b": {"limits": {"cpus": 1}}})
    scene.framework("f1")
    scene.agent()

    assert scene.reasons() == ["recovering"]
    assert scene.the(Recovering) == Recovering(until=600 * SECOND_NS, agents_needed=8, agents_known=1)
    assert scene.why().earliest == 600 * SECOND_NS


def test_an_empty_cluster_is_named(scene: Explained) -> None:
    scene.framework("f1")

    assert [each.reason for each in scene.why().blockers] == ["no_agents"]


def test_an_agent_that_is_gone_is_named(scene: Explained) -> None:
    scene.framework("f1", suppressed_roles=["a"])
    scene.agent("n1")
    scene.agent("n2")
    scene.do("remove_agent", id="n1")

    assert scene.reasons() == ["suppressed", "agent_gone"]


def test_an_inactive_agent_is_named(scene: Explained) -> None:
    scene.agent()
    scene.do("deactivate_agent", id="n1")
    scene.framework("f1")

    assert scene.reasons() == ["agent_inactive"]


def test_a_host_outside_of_the_whitelist_is_named(scene: Explained) -> None:
    scene.do("update_whitelist", hosts=["n2"])
    scene.agent()
    scene.framework("f1")

    assert scene.reasons() == ["not_whitelisted"]
    assert scene.the(NotWhitelisted).hostname == "n1"


def test_an_agent_without_multi_role_is_named_to_a_framework_with_it(scene: Explained) -> None:
    scene.do("add_agent", id="n1", resources={"cpus": 1}, capabilities=["HIERARCHICAL_ROLE"])
    scene.framework("f1")

    assert scene.reasons() == ["agent_lacks_capability"]
    assert scene.the(AgentLacksCapability).capability == "MULTI_ROLE"


def test_an_agent_without_hierarchical_roles_is_named_under_a_nested_role(scene: Explained) -> None:
    scene.do("add_agent", id="n1", resources={"cpus": 1}, capabilities=["MULTI_ROLE"])
    scene.framework("f1", "a/x")

    assert scene.reasons(role="a/x") == ["agent_lacks_capability"]
    assert scene.the(AgentLacksCapability, role="a/x").capability == "HIERARCHICAL_ROLE"


def test_gpus_are_named_to_a_framework_that_does_not_know_them(scene: Explained) -> None:
    scene.agent(cpus=4, gpus=1)
    scene.framework("f1")

    assert scene.reasons() == ["framework_lacks_capability"]
    assert scene.the(FrameworkLacksCapability).capability is Capability.GPU_RESOURCES


def test_gpus_are_no_reason_where_they_are_not_filtered() -> None:
    scene = Explained(filter_gpu=False)
    scene.agent(cpus=4, gpus=1)
    scene.framework("f1")

    assert scene.reasons() == []


def test_another_region_is_named_to_a_framework_that_does_not_know_regions() -> None:
    scene = Explained(domain={"region": "here", "zone": "z"})
    scene.do("add_agent", id="n1", resources={"cpus": 1}, domain={"region": "there", "zone": "z"})
    scene.framework("f1")

    assert scene.reasons() == ["framework_lacks_capability"]
    assert scene.the(FrameworkLacksCapability).capability is Capability.REGION_AWARE


def test_the_constraint_that_fails_is_named_in_every_group(scene: Explained) -> None:
    groups = [
        [{"attribute": "rack", "equals": "r1"}, {"attribute": "os", "exists": True}],
        [{"pseudo": "hostname", "equals": "n9"}],
    ]
    scene.do("add_agent", id="n1", resources={"cpus": 1}, attributes={"rack": "r2", "os": "linux"})
    scene.framework("f1", constraints={"a": groups})

    failed = [each for each in scene.blockers() if isinstance(each, ConstraintFailed)]
    assert len(failed) == len(scene.blockers()) == 2
    assert [(each.group, each.constraint.value) for each in failed] == [(0, "r1"), (1, "n9")]
    assert failed[0].constraint.predicate is Predicate.TEXT_EQUALS


def test_an_agent_of_another_partition_is_named_under_static_partitioning() -> None:
    scene = Explained(policy="static", parameters={"b": "1"})
    scene.agent()
    scene.framework("f1")

    assert scene.reasons() == ["forbidden_by_policy"]
