"""The whole answer: nearest miss, counts, and what time alone does."""

from __future__ import annotations

import pytest

from allocators.allocator import SECOND_NS
from allocators.explain.explanation import AGENTS_MAX, ReasonCount
from allocators.policies.registry import POLICIES
from tests.support.explained import F1, Explained


@pytest.fixture
def scene() -> Explained:
    return Explained()


def test_the_nearest_miss_is_the_agent_with_the_least_in_its_way(scene: Explained) -> None:
    scene.do("update_whitelist", hosts=["n2"])
    scene.agent("n1", cpus=4, gpus=1)
    scene.agent("n2", cpus=4, gpus=1)
    scene.framework("f1")

    assert scene.why().nearest == "n2"


def test_what_time_ends_is_nearer_than_what_an_operator_ends(scene: Explained) -> None:
    scene.framework("f1")
    scene.agent("n1")
    scene.agent("n2")
    scene.give_back("f1", filter_seconds=60)
    scene.do("update_quota", role="b", guarantees={"cpus": 9}, limits={})
    scene.do("deactivate_agent", id="n1")
    scene.do("advance_clock", seconds=1)

    assert scene.why().nearest == "n2"


def test_of_two_refusals_the_one_that_ends_first_is_nearer(scene: Explained) -> None:
    scene.framework("f1")
    scene.agent("n1")
    scene.give_back("f1", filter_seconds=60)
    scene.agent("n2")
    scene.give_back("f1", filter_seconds=30)

    explanation = scene.why()
    assert explanation.nearest == "n2"
    assert explanation.earliest == explanation.next_change == 30 * SECOND_NS


def test_time_alone_does_not_help_where_something_else_is_in_the_way_too(scene: Explained) -> None:
    scene.framework("f1")
    scene.agent()
    scene.give_back("f1", filter_seconds=60)
    scene.do("update_whitelist", hosts=[])

    explanation = scene.why()
    assert explanation.earliest is None
    assert explanation.next_change == 60 * SECOND_NS


def test_reasons_are_counted_over_the_agents(scene: Explained) -> None:
    for number in range(3):
        scene.agent(f"n{number}", cpus=4, gpus=1)
    scene.do("deactivate_agent", id="n1")
    scene.framework("f1")

    assert scene.why().counts == (
        ReasonCount(reason="framework_lacks_capability", agents=3),
        ReasonCount(reason="agent_inactive", agents=1),
    )


def test_offers_are_counted_without_anybody_watching(scene: Explained) -> None:
    scene.framework("f1")
    scene.agent()
    for _ in range(4):
        scene.give_back("f1")
        scene.do("advance_clock", seconds=1)

    assert scene.why().offers_made == 5


def test_no_more_agents_are_looked_at_than_the_bound_says(scene: Explained) -> None:
    scene.framework("f1", suppressed_roles=["a"])
    scene.do("atomic", steps=[{"op": "add_agent", "id": f"n{n}", "resources": {}} for n in range(AGENTS_MAX + 1)])

    explanation = scene.why()
    assert len(explanation.agents) == AGENTS_MAX
    assert explanation.agents_total == AGENTS_MAX + 1


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_on_the_engine_explains_itself_and_goes_on_as_before(policy: str) -> None:
    parameters = {"a": "1", "b": "1"} if policy in ("static", "priority") else {}
    asked, left_alone = (Explained(policy, parameters=parameters) for _ in range(2))
    for scene in (asked, left_alone):
        scene.framework("f1")
        scene.framework("f2", "b")
        for number in range(3):
            scene.agent(f"n{number}")
            if scene is asked:
                assert all(bool(each.offered) is not bool(each.blockers) for each in scene.why().agents)
            scene.do("advance_clock", seconds=1)

    assert asked.stage.take_seen().offers == left_alone.stage.take_seen().offers


def test_roles_of_who_is_not_known_are_none(scene: Explained) -> None:
    assert scene.allocator.roles_of(F1) == ()
