"""Neutral events change no later offer (property 12), and nothing is lost on the way (11)."""

from __future__ import annotations

from typing import cast

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from allocators.allocator import Allocator, AllocatorSettings, Conversion
from allocators.hierarchical.allocator import HierarchicalAllocator
from mesos_py.protocol.ids import FrameworkId
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import a_framework
from tests.support.allocator_histories import ROLES, Histories, run_histories
from tests.support.naive_allocator import NaiveAllocator
from tests.support.naive_run import NaiveRun
from tests.support.resource_notation import resources_of


class Twin(Histories):
    def make_twin(self, made: AllocatorSettings) -> Allocator:
        return HierarchicalAllocator(made)


class TwinWithIdleFrameworks(Twin):
    """In the twin one framework is inactive and another suppressed in all roles, from the beginning on.

    Both have a silent framework of all roles: a role that everybody leaves forgets how often it was served, which
    decides ties when it comes back.
    """

    def begun(self) -> None:
        assert self.twin is not None
        idle = (("keeper", True, ROLES), ("asleep", False, ()), ("silent", True, ROLES))
        for replay, frameworks in ((self.replay, idle[:1]), (self.twin, idle)):
            for name, active, suppressed in frameworks:
                replay.stage.allocator.add_framework(
                    FrameworkId(name), a_framework(*ROLES), used={}, active=active, suppressed_roles=suppressed
                )


def test_frameworks_that_take_no_part_and_hold_nothing_change_no_offer() -> None:
    run_histories(TwinWithIdleFrameworks)


class TwinThatHesitates(Twin):
    """Whatever the first revives, the twin suppresses and revives in one go."""

    @rule(data=st.data())
    def revive(self, data: st.DataObject) -> None:
        if self.frameworks:
            name = data.draw(st.sampled_from(sorted(self.frameworks)))
            assert self.twin is not None
            suppress, revive = ({"op": each, "framework": name} for each in ("suppress", "revive"))
            self.replay.do(revive)
            self.twin.do({"op": "atomic", "steps": [suppress, revive]})
            self.compare(revive)


def test_to_suppress_and_revive_in_one_go_is_to_revive() -> None:
    run_histories(TwinThatHesitates)


class TwinThatReserves(Twin):
    """The twin reserves part of what is held, and unreserves it again."""

    @precondition(lambda self: self.replay.open)
    @rule(data=st.data())
    def reserve_and_unreserve(self, data: st.DataObject) -> None:
        cell = self.draw_cell(data)
        if self.may_reserve(cell):
            framework_id, role, agent_id = cell
            plain = Resources.of(cpus=1).allocate(role)
            reserved = resources_of({"cpus": 1, "@reservations": [{"role": role}]}).allocate(role)
            there = Conversion(consumed=plain, produced=reserved)
            back = Conversion(consumed=reserved, produced=plain)
            assert self.twin is not None
            self.twin.stage.allocator.update_allocation(framework_id, agent_id, conversions=[there, back])


def test_to_reserve_and_unreserve_what_is_held_changes_no_offer() -> None:
    run_histories(TwinThatReserves)


class WithAnEnd(Histories):
    """In the end everything comes back, nothing is refused or suppressed any more, and there is one batch."""

    def make_twin(self, made: AllocatorSettings) -> Allocator:
        self.naive = NaiveAllocator(made)  # Knows who may have what.
        return cast(Allocator, self.naive)

    def teardown(self) -> None:
        if not hasattr(self, "first"):
            return
        for role in ("a", "b", "c", "*"):
            self.do(op="update_quota", role=role, guarantees={}, limits={})
        self.do(op="resume")
        self.give_everything_back()
        for name in sorted(self.frameworks):
            self.do(op="revive", framework=name)
        self.do(op="advance_clock", seconds=1)
        self.nothing_is_left()

    def give_everything_back(self) -> None:
        """What is offered, and what is in use."""
        for agent_id, agent in self.first.books.agents.items():
            for framework_id, held in list(agent.held.items()):
                for allocator in (self.first, self.naive):
                    allocator.recover_resources(framework_id, agent_id, resources=held, refusal=None, allocated=False)
        for replay in (self.replay, self.twin):
            assert replay is not None
            for cells in (replay.stage.account.open, replay.stage.account.in_use):
                cells.clear()

    def nothing_is_left(self) -> None:
        run = NaiveRun(self.naive)
        for agent_id, agent in self.first.books.agents.items():
            for role, frameworks in self.naive.tracked.items():
                for name in frameworks:
                    free = agent.free.non_shared().allocatable_to(role)
                    may_have = run.stripped(free, name, agent_id=agent_id, role=role)
                    if run.is_candidate(self.naive.agents[agent_id]) and self.naive.takes_part(name, role):
                        assert not run.is_enough(may_have, name, role=role), f"{may_have} was lost to {name}"


def test_after_everything_came_back_one_batch_leaves_nothing_that_somebody_may_have() -> None:
    run_histories(WithAnEnd)
