"""Explanations over random histories: somebody without an offer is told why, somebody with one is told nothing, and
whoever ends all that he is told gets an offer."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from typing import Final

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from allocators.allocator import AllocatorSettings
from allocators.explain.blockers import AwaitsRun
from allocators.hierarchical.allocator import HierarchicalAllocator
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.messages.master_allocator import Allocation
from tests.support.allocator_histories import Histories, run_histories
from tests.support.lifting import LIFTS, Lifting

ROUNDS_MAX: Final = 3  # Of ending what is named: an unreserved part may be owed to somebody, freed use be refused.


class ExplainedAllocator(HierarchicalAllocator):
    """Asks for an explanation of everything after each batch run."""

    def allocate(
        self, agents: Collection[AgentId] | None, *, now: int, event_driven: bool = False
    ) -> tuple[Allocation, ...]:
        free = [agent.id for agent in self.books.agents.values() if agent.free]
        allocations = super().allocate(agents, now=now, event_driven=event_driven)
        if agents is None and not event_driven:
            self._explain_all(free, allocations, now=now)
        return allocations

    def _explain_all(self, free: list[AgentId], allocations: tuple[Allocation, ...], *, now: int) -> None:
        cells = {(each.framework_id, each.role, each.agent_id) for each in allocations}
        for framework in self.books.frameworks.values():
            for role in framework.tracked:
                explanation = self.explain(framework.id, role, now=now)
                for about in explanation.agents:
                    blockers = (*explanation.blockers, *about.blockers)
                    if (framework.id, role, about.agent_id) in cells:
                        assert about.offered
                        assert not about.blockers, f"{framework.id} was offered {about.agent_id} in spite of {blockers}"
                    elif about.agent_id in free and not about.offered:
                        real = [each for each in blockers if not isinstance(each, AwaitsRun)]
                        assert real, f"no reason why {framework.id} was not offered {about.agent_id} under {role}"


class ExplainedHistories(Histories):
    """Histories of an allocator that is asked."""

    def make(self, made: AllocatorSettings) -> HierarchicalAllocator:
        return ExplainedAllocator(made)


class LiftedHistories(Histories):
    """Histories in which, now and then, a framework ends everything that keeps an agent from it."""

    @precondition(lambda self: self.agents and self.frameworks)
    @rule(data=st.data())
    def lift(self, data: st.DataObject) -> None:
        framework = FrameworkId(data.draw(st.sampled_from(sorted(self.frameworks))))
        agent_id = AgentId(data.draw(st.sampled_from(sorted(self.agents))))
        role = data.draw(st.sampled_from(sorted(self.first.books.frameworks[framework].roles)))
        if not self.first.explain(framework, role, agent_id=agent_id, now=self.replay.stage.now).agents[0].offered:
            get_an_offer(
                Lifting(deepcopy(self.first), framework, role=role, agent_id=agent_id), now=self.replay.stage.now
            )


def get_an_offer(lifting: Lifting, *, now: int) -> None:
    """End all that is named and run, until there is an offer. Whatever is named when it is not enough is new."""
    lifting.silence_the_others()
    order = list(LIFTS)
    told = []
    for _ in range(ROUNDS_MAX):
        blockers = sorted(lifting.blockers(now), key=lambda blocker: order.index(type(blocker)))
        told.append(blockers)
        for blocker in blockers:
            lifting.lift(blocker)
        offered = lifting.allocator.allocate(None, now=now)
        if any((each.framework_id, each.agent_id) == (lifting.framework_id, lifting.agent_id) for each in offered):
            return
    raise AssertionError(f"{lifting.framework_id} ended all of {told}, and got nothing of {lifting.agent_id}")


def test_who_was_offered_nothing_is_told_why_and_who_was_offered_something_is_told_nothing() -> None:
    run_histories(ExplainedHistories)


def test_who_ends_all_that_he_is_told_gets_an_offer() -> None:
    run_histories(LiftedHistories)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_explanations_hold_over_as_many_histories_as_take_some_minutes() -> None:
    run_histories(ExplainedHistories, examples=1_000, steps=50)
    run_histories(LiftedHistories, examples=1_000, steps=50)
