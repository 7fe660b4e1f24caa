"""Counters, which are kept of everybody: each cause is planted and found in its number."""

from __future__ import annotations

from typing import Any, Final

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.hierarchical.snapshot import restore, save
from allocators.hierarchical.tallies import Classes, Counters
from mesos_py.protocol.ids import FrameworkId
from tests.support.explained import Explained

MULTI_ROLE: Final = ["MULTI_ROLE", "HIERARCHICAL_ROLE"]


def counters(scene: Explained, framework_id: str = "f1", *, role: str = "a") -> Counters:
    counted = scene.why(framework_id, role).counters
    assert counted is not None
    return counted


def a_second(scene: Explained, count: int = 1) -> None:
    for _ in range(count):
        scene.do("advance_clock", seconds=1)


def test_offers_are_told_apart_from_those_to_others_and_from_reported_use() -> None:
    scene = Explained()
    scene.framework("f1")
    scene.framework("f2", "b")
    for number in range(3):
        scene.agent(f"n{number}")
    used = {"f1": {"a": {"cpus": 1}}}
    scene.do("add_agent", id="used", resources={"cpus": 1}, used=used)

    one, other = counters(scene), counters(scene, "f2", role="b")

    assert one.offers + other.offers == 3
    assert (one.offers_to_others, other.offers_to_others) == (other.offers, one.offers)
    assert scene.why("f1").offers_made == one.offers + 1, "what is used counts as a booking"


def test_runs_are_told_by_whether_the_framework_took_part() -> None:
    scene = Explained()
    scene.framework("f1")
    before = counters(scene)
    a_second(scene, 2)
    scene.do("suppress", framework="f1")
    a_second(scene, 3)
    scene.do("deactivate_framework", id="f1")
    a_second(scene, 4)

    after = counters(scene)

    assert after.runs - before.runs == 2
    assert (after.runs_suppressed, after.runs_inactive) == (3, 4)


def test_nothing_counts_of_the_time_before_the_framework_came() -> None:
    scene = Explained()
    scene.framework("f1")
    scene.agent("n1")
    a_second(scene, 3)
    scene.do("add_framework", id="f2", roles=["b"], active=False)
    scene.do("activate_framework", id="f2")

    late = counters(scene, "f2", role="b")

    assert (late.runs, late.runs_inactive, late.offers_to_others) == (1, 0, 0)


def test_a_refusal_counts_in_every_run_while_it_stands_and_no_longer() -> None:
    scene = Explained()
    scene.framework("f1")
    for number in range(2):
        scene.agent(f"n{number}")
    scene.give_back("f1", filter_seconds=3)
    seen = []
    for _ in range(5):
        a_second(scene)
        seen.append(counters(scene).refused)

    assert seen == [2, 4, 4, 4, 4]
    assert counters(scene).offers == 4, "and then both are offered again"


def test_agents_that_are_not_for_its_capabilities_count_in_every_run_while_they_are_there() -> None:
    scene = Explained()
    scene.framework("f1")
    scene.agent("gpu", cpus=1, gpus=1)
    a_second(scene, 2)
    runs_with_one = counters(scene).lacks_capability
    scene.agent("gpus", cpus=1, gpus=1)
    a_second(scene)
    runs_with_two = counters(scene).lacks_capability - runs_with_one
    scene.do("remove_agent", id="gpu")
    scene.do("update_agent", id="gpus", resources={"cpus": 1})
    last = counters(scene).lacks_capability
    a_second(scene, 2)

    assert runs_with_one == 3
    assert runs_with_two == 4, "two runs over two agents: one for the agent, one for the batch"
    assert counters(scene).lacks_capability == last


def test_capabilities_that_change_count_from_then_on() -> None:
    scene = Explained()
    scene.framework("f1")
    scene.agent("gpu", cpus=1, gpus=1)
    before = counters(scene).lacks_capability
    scene.do("update_framework", id="f1", roles=["a"], capabilities=["MULTI_ROLE", "GPU_RESOURCES"])
    a_second(scene, 3)

    assert counters(scene).lacks_capability == before == 1


def test_a_capability_that_is_lost_counts_from_then_on() -> None:
    scene = Explained()
    scene.framework("f1", capabilities=["MULTI_ROLE", "GPU_RESOURCES"])
    scene.agent("gpu", cpus=1, gpus=1)
    a_second(scene, 4)
    scene.do("update_framework", id="f1", roles=["a"])
    before = counters(scene).lacks_capability
    a_second(scene, 3)

    assert (before, counters(scene).lacks_capability) == (0, 3)


def test_use_that_was_reported_before_the_framework_came_is_no_offer() -> None:
    scene = Explained()
    scene.do("add_agent", id="n1", resources={"cpus": 1, "mem": 64}, used={"f1": {"a": {"cpus": 1, "mem": 64}}})
    scene.framework("f1")

    assert scene.why("f1").offers_made == 1, "what is used counts as a booking"
    assert counters(scene).offers == 0


def test_what_a_run_finds_out_is_counted() -> None:
    def found(name: str, planted: Explained) -> None:
        a_second(planted)
        told = counters(planted)
        causes = ("constraint_failed", "forbidden_by_policy", "below_minimum", "limit_reached", "held_as_headroom")
        assert [cause for cause in causes if getattr(told, cause)] == [name]

    scene = Explained()
    scene.framework("f1", constraints={"a": [[{"attribute": "rack", "exists": True}]]})
    scene.agent()
    found("constraint_failed", scene)

    scene = Explained(policy="static", parameters={"a": "1", "b": "100"})
    scene.framework("f1")
    scene.agent("n1")
    scene.agent("n2")
    found("forbidden_by_policy", scene)

    scene = Explained()
    scene.framework("f1")
    scene.agent(cpus=0.001)
    found("below_minimum", scene)

    scene = Explained()
    scene.do("update_quota", role="a", guarantees={}, limits={"cpus": 0, "mem": 0})
    scene.framework("f1")
    scene.agent()
    found("limit_reached", scene)

    scene = Explained()
    scene.do("update_quota", role="q", guarantees={"cpus": 100, "mem": 10_000}, limits={})
    scene.framework("f1")
    scene.agent()
    found("held_as_headroom", scene)


def test_a_restored_allocator_counts_from_the_start() -> None:
    scene = Explained()
    scene.framework("f1")
    scene.agent()
    scene.give_back("f1", filter_seconds=100)
    a_second(scene, 2)

    restored: Any = restore(AllocatorSettings(), save(scene.allocator))

    assert isinstance(restored, HierarchicalAllocator)
    counted = restored.explain(FrameworkId("f1"), "a", now=scene.stage.now).counters
    assert counted is not None
    assert (counted.runs, counted.offers, counted.refused) == (0, 0, 0)


def test_a_framework_without_the_role_has_no_counters() -> None:
    scene = Explained()
    scene.framework("f1")

    assert scene.why("f1", "other").counters is None
    assert scene.why("f9").counters is None


def test_classes_add_up_agents_over_runs() -> None:
    classes = Classes()
    classes.change(2, 1, run=0)
    classes.change(6, 1, run=3)
    classes.change(2, -1, run=5)

    assert classes.agent_runs(2, run=10) == 5 + 7
    assert classes.agent_runs(4, run=10) == 7
    assert classes.agent_runs(1, run=10) == 0
