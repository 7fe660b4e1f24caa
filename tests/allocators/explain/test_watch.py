"""The ledger of a watched framework, against what was planted."""

from __future__ import annotations

from allocators.allocator import SECOND_NS
from allocators.explain.explanation import ReasonCount
from allocators.explain.watch import Decision, RoleTally
from allocators.sorters.sorter import Standing
from mesos_py.protocol.ids import FrameworkId
from tests.support.explained import F1, F2, Explained


def watched(framework_id: FrameworkId = F1) -> Explained:
    scene = Explained()
    scene.allocator.watch(framework_id)
    return scene


def test_there_is_no_ledger_of_who_is_not_watched() -> None:
    scene = watched(F2)

    assert scene.allocator.ledger(F1) is None


def test_an_offer_to_somebody_else_is_written_down_with_the_shares_that_decided_it() -> None:
    scene = watched()
    scene.do("pause")
    scene.framework("f1")
    scene.framework("f2", "b")
    scene.agent("n1")
    scene.agent("n2")
    scene.do("resume")
    scene.do("advance_clock", seconds=1)

    ledger = scene.allocator.ledger(F1)
    assert ledger is not None
    own, lost = ledger.decisions
    assert (own.framework_id, own.offered_role, own.ours, own.theirs) == ("f1", "a", None, None)
    assert lost == Decision(
        at=SECOND_NS,
        agent_id=lost.agent_id,
        role="a",
        framework_id=F2,
        offered_role="b",
        ours=Standing(path="a", share=0.5, allocations=1),
        theirs=Standing(path="b", share=0.0, allocations=0),
    )
    assert ledger.tallies == (
        RoleTally(role="a", offered=1, lost=1, passed_over=(ReasonCount(reason="offered_to", agents=1),)),
    )


def test_reasons_are_counted_over_all_runs() -> None:
    scene = watched()
    scene.framework("f1")
    scene.agent("n1")
    scene.agent("n2")
    scene.give_back("f1", filter_seconds=60)
    scene.do("advance_clock", seconds=3)

    ledger = scene.allocator.ledger(F1)
    assert ledger is not None
    assert ledger.tallies[0].passed_over[0] == ReasonCount(reason="refused", agents=6)


def test_what_is_everywhere_in_the_way_counts_for_every_agent() -> None:
    scene = Explained()
    scene.framework("f1", suppressed_roles=["a"])
    scene.agent("n1")
    scene.agent("n2")
    scene.allocator.watch(F1)
    scene.do("advance_clock", seconds=1)

    ledger = scene.allocator.ledger(F1)
    assert ledger is not None
    assert ledger.tallies[0].passed_over == (ReasonCount(reason="suppressed", agents=2),)


def test_nothing_is_written_down_once_the_framework_is_no_longer_watched() -> None:
    scene = watched()
    scene.allocator.unwatch(F1)
    scene.framework("f1")
    scene.agent()

    assert scene.allocator.ledger(F1) is None
    assert scene.allocator.journal.observer is None
    assert scene.allocator.journal.after_run is None


def test_who_else_is_watched_stays_watched() -> None:
    scene = watched()
    scene.allocator.watch(F2)
    scene.allocator.unwatch(F2)
    scene.framework("f1")
    scene.agent()

    ledger = scene.allocator.ledger(F1)
    assert ledger is not None
    assert len(ledger.decisions) == 1


def test_watching_changes_no_offer() -> None:
    scene, unwatched = watched(), Explained()
    for each in (scene, unwatched):
        each.do("pause")
        for number in range(6):
            each.framework(f"f{number}", f"r{number % 2}")
            each.agent(f"n{number}")
        each.do("resume")
        each.do("advance_clock", seconds=1)

    assert scene.stage.take_seen().offers == unwatched.stage.take_seen().offers
