"""Refusals: what they cover, when they end, and what drops them."""

from __future__ import annotations

import pytest

from allocators.hierarchical import refusals as module
from allocators.hierarchical.refusals import Cell, Refusals
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.resources import Resources

CPUS = Resources.of(cpus=2)


def cell(framework: str = "f1", role: str = "r", *, agent: str = "n1") -> Cell:
    return FrameworkId(framework), role, AgentId(agent)


def test_a_refusal_covers_what_it_contains_and_nothing_more() -> None:
    refusals = Refusals()
    refusals.add(cell(), CPUS, until=10)
    refusals.add(cell(), Resources.of(mem=5), until=10)

    assert refusals.covers(cell(), Resources.of(cpus=1))
    assert not refusals.covers(cell(), Resources.of(cpus=3))
    assert not refusals.covers(cell(), Resources.of(cpus=1, mem=5)), "refusals are not added up"


@pytest.mark.parametrize("other", [cell(framework="f2"), cell(role="q"), cell(agent="n2")])
def test_a_refusal_is_about_one_framework_role_and_agent(other: Cell) -> None:
    refusals = Refusals()
    refusals.add(cell(), CPUS, until=10)

    assert not refusals.covers(other, CPUS)


@pytest.mark.parametrize(
    ("now", "batches", "is_over"), [(9, 5, False), (10, 0, False), (10, 1, True), (11, 0, False), (11, 2, True)]
)
def test_a_refusal_ends_with_its_time_once_a_batch_run_has_seen_it(now: int, batches: int, is_over: bool) -> None:
    refusals = Refusals()
    refusals.batches = 3
    refusals.add(cell(), CPUS, until=10)
    refusals.batches += batches

    woken = refusals.expire(now)

    assert refusals.covers(cell(), CPUS) is not is_over
    assert list(woken) == (["n1"] if is_over else [])
    refusals.check()


def test_each_kind_of_drop_leaves_the_others_in_force() -> None:
    refusals = Refusals()
    cells = [cell(), cell(role="q"), cell(framework="f2"), cell(agent="n2")]
    for each in cells:
        refusals.add(each, CPUS, until=10)

    refusals.drop_agent(AgentId("n2"))
    assert list(refusals.active(0)) == cells[:3]
    refusals.drop_role(FrameworkId("f1"), "q")
    assert list(refusals.active(0)) == [cells[0], cells[2]]
    refusals.drop_framework(FrameworkId("f1"))

    assert list(refusals.active(0)) == [cells[2]]
    assert len(refusals) == 1
    refusals.check()


def test_dropping_what_is_not_there_changes_nothing() -> None:
    refusals = Refusals()
    kept = (FrameworkId("f2"), "q", AgentId("n2"))
    refusals.add(kept, Resources.of(cpus=1), until=10)

    refusals.drop_framework(FrameworkId("f1"))
    refusals.drop_role(FrameworkId("f1"), "r")
    refusals.drop_role(FrameworkId("f2"), "r")
    refusals.drop_agent(AgentId("n1"))

    assert list(refusals.active(0)) == [kept]
    refusals.check()


def test_dropped_refusals_with_a_far_end_do_not_pile_up() -> None:
    refusals = Refusals()
    for _ in range(3 * module.COMPACT_FROM):
        refusals.add(cell(), CPUS, until=10**18)
        refusals.drop_framework(FrameworkId("f1"))

    assert refusals._queued <= module.COMPACT_FROM
    refusals.check()


def test_refusals_that_end_on_time_do_not_pile_up() -> None:
    refusals = Refusals()
    refusals.add(cell(), CPUS, until=10**18)
    for now in range(5 * module.REFUSALS_MIN):
        refusals.batches += 1
        refusals.expire(now)
        refusals.add(cell(), CPUS, until=now + 1)

    assert len(refusals) == 2
    (refused, _) = refusals.of(cell())
    assert len(refused.refuser.refusals) <= module.REFUSALS_MIN + 4
    refusals.check()


def test_of_refusals_that_end_together_those_that_a_batch_has_seen_go_and_the_others_wait() -> None:
    refusals = Refusals()
    refusals.add(cell(), CPUS, until=10)
    refusals.batches += 1
    refusals.add(cell(agent="n2"), CPUS, until=10)

    assert list(refusals.expire(10)) == ["n1"]
    refusals.check()
    refusals.batches += 1
    assert list(refusals.expire(10)) == ["n2"]
    refusals.check()


def test_an_agent_that_is_dropped_and_comes_back_has_only_what_was_refused_since() -> None:
    refusals = Refusals()
    refusals.add(cell(), CPUS, until=10)
    refusals.drop_agent(AgentId("n1"))
    refusals.add(cell(), Resources.of(mem=5), until=20)
    refusals.drop_role(FrameworkId("f1"), "r")
    refusals.add(cell(), Resources.of(mem=1), until=30)

    assert [each.until for each in refusals.of(cell())] == [30]
    refusals.check()


def test_what_is_over_is_not_told_of_as_in_force_before_it_is_dropped() -> None:
    refusals = Refusals()
    refusals.add(cell(), CPUS, until=10)
    refusals.batches += 1

    assert list(refusals.active(9)) == [cell()]
    assert list(refusals.active(10)) == []


def test_who_covers_an_agent_is_kept_up_with_every_refusal_that_comes_or_goes() -> None:
    refusals = Refusals()
    n1, f1, f2 = AgentId("n1"), (FrameworkId("f1"), "r"), (FrameworkId("f2"), "r")
    refusals.add(cell("f1"), CPUS, until=10)
    refusals.add(cell("f2"), Resources.of(cpus=1), until=10)
    assert refusals.covering(n1, CPUS) == {f1}, "the other refused less"

    refusals.add(cell("f2"), CPUS, until=20)
    assert refusals.covering(n1, CPUS) == {f1, f2}
    refusals.drop_role(FrameworkId("f1"), "r")
    assert refusals.covering(n1, CPUS) == {f2}
    refusals.check()
    refusals.batches += 1
    refusals.expire(10)
    assert refusals.covering(n1, CPUS) == {f2}, "of two only the smaller has ended"
    refusals.expire(20)

    assert refusals.covering(n1, CPUS) == frozenset()
    refusals.check()


def test_clients_that_refused_the_same_cover_what_it_contains_and_nothing_more() -> None:
    refusals = Refusals()
    for framework in ("f1", "f2"):
        refusals.add(cell(framework), CPUS, until=10)

    assert refusals.covering(AgentId("n1"), Resources.of(cpus=3)) == frozenset()
    assert len(refusals.covering(AgentId("n1"), Resources.of(cpus=1))) == 2
    refusals.check()


def test_equal_sets_of_clients_are_one_object_and_are_forgotten_with_the_agent() -> None:
    refusals = Refusals()
    for agent in ("n1", "n2"):
        refusals.add(cell("f1", agent=agent), CPUS, until=10)
        refusals.add(cell("f2", agent=agent), CPUS, until=10)

    assert refusals.covering(AgentId("n1"), CPUS) is refusals.covering(AgentId("n2"), CPUS)
    refusals.drop_agent(AgentId("n1"))

    assert refusals.known_covering(AgentId("n1"), CPUS) is None
    assert refusals.known_covering(AgentId("n2"), CPUS) is not None
    refusals.check()


def test_more_sets_than_are_remembered_are_all_told_right() -> None:
    refusals = Refusals()
    for number in range(module.SETS_MAX + 2):
        refusals.add(cell(f"f{number}", agent=f"n{number}"), CPUS, until=10)

    told = [refusals.covering(AgentId(f"n{number}"), CPUS) for number in range(module.SETS_MAX + 2)]

    assert told == [{(FrameworkId(f"f{number}"), "r")} for number in range(module.SETS_MAX + 2)]
    refusals.check()


def test_what_was_not_dropped_still_ends_after_a_sweep() -> None:
    refusals = Refusals()
    refusals.add(cell(agent="stays"), CPUS, until=10)
    for number in range(2 * module.COMPACT_FROM):
        refusals.add(cell("f2", agent=f"n{number % 7}"), CPUS, until=20 + number)
        refusals.drop_framework(FrameworkId("f2"))
    refusals.batches += 1

    assert list(refusals.expire(10)) == ["stays"]
    refusals.check()
