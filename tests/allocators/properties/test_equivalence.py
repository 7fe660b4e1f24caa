"""Determinism and equivalence: histories that differ in what must not matter have equal offers (13, 15, 16, 17).

Property 14, equality with the naive allocator, is `tests/allocators/test_hierarchical_equals_naive.py`.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import rule

from allocators.allocator import Allocator, AllocatorSettings
from allocators.draw import stable_hash
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.hierarchical.snapshot import SavedState, restore, save
from allocators.replay.account import Cell
from libprocess_py.message import decode, encode
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import add_agent, add_framework, anything_goes
from tests.support.allocator_histories import AGENTS, TOP_LEVEL, Histories, Step, run_histories
from tests.support.allocator_twins import (
    NEW_AGENTS,
    NEW_NAMES,
    NEW_ROLES,
    RenamedAllocator,
    new_agent,
    new_framework,
    renamed,
    scaled,
    scaled_resources,
    scaled_settings,
)


class Twin(Histories):
    """The same allocator twice."""

    def make_twin(self, made: AllocatorSettings) -> Allocator:
        return HierarchicalAllocator(made)


def test_equal_seeds_and_steps_give_equal_offers() -> None:
    run_histories(Twin)


class TwinWithAnIdleAgent(Twin):
    def begun(self) -> None:
        assert self.twin is not None
        idle = add_agent(self.twin.stage.allocator, "idle", total=Resources.of(rare=5))
        self.twin.stage.allocator.deactivate_agent(idle)


def test_an_agent_that_cannot_be_offered_does_not_disturb_the_order_of_the_others() -> None:
    run_histories(TwinWithAnIdleAgent)


class RenamedTwin(Histories):
    def make_twin(self, made: AllocatorSettings) -> Allocator:
        twin = RenamedAllocator(made)
        twin.draws = {NEW_AGENTS[name]: stable_hash(made.seed, name) for name in AGENTS}
        return twin

    def for_twin(self, step: Step) -> Step:
        told: Step = renamed(step, NEW_NAMES)
        return told

    def of_twin(self, cell: Cell, resources: Resources) -> tuple[Cell, Resources]:
        new = (new_framework(cell[0]), NEW_ROLES[cell[1]], new_agent(cell[2]))
        return new, with_new_owners(resources)


def with_new_owners(resources: Resources) -> Resources:
    """With the roles of all reservations renamed."""
    return Resources.from_wire(renamed(resources.to_wire(), NEW_ROLES))


def test_new_names_in_the_same_order_rename_the_result() -> None:
    run_histories(RenamedTwin)


class ScaledTwin(Histories):
    """The twin counts memory in a unit a seventh as large."""

    def make_twin(self, made: AllocatorSettings) -> Allocator:
        return HierarchicalAllocator(scaled_settings(made, "mem", factor=7))

    def for_twin(self, step: Step) -> Step:
        told: Step = scaled(step, "mem", factor=7)
        return told

    def of_twin(self, cell: Cell, resources: Resources) -> tuple[Cell, Resources]:
        return cell, scaled_resources(resources, "mem", factor=7)


def test_the_unit_of_a_resource_decides_nothing() -> None:
    run_histories(ScaledTwin)


class HeavierTwin(Twin):
    """In the twin all siblings at the top weigh four times as much."""

    def begun(self) -> None:
        assert self.twin is not None
        self.twin.stage.allocator.update_weights(dict.fromkeys(TOP_LEVEL, 4.0))

    def for_twin(self, step: Step) -> Step:
        if step["op"] != "update_weights":
            return step
        return {**step, "weights": {role: weight * (1 if "/" in role else 4) for role, weight in weights_of(step)}}


def weights_of(step: Step) -> list[tuple[str, float]]:
    weights: dict[str, Any] = step["weights"]
    return list(weights.items())


def test_a_power_of_two_on_the_weights_of_all_siblings_decides_nothing() -> None:
    run_histories(HeavierTwin)


class RestoredTwin(Twin):
    """The twin is written out and read back again and again."""

    @rule()
    def save_and_restore(self) -> None:
        assert self.twin is not None
        stage = self.twin.stage
        assert isinstance(stage.allocator, HierarchicalAllocator)
        written = decode(SavedState, encode(save(stage.allocator)))
        stage.allocator = restore(self.made, written)
        assert save(stage.allocator) == written
        stage.allocator.check()


def test_state_written_out_and_read_back_goes_on_alike() -> None:
    run_histories(RestoredTwin)


def test_what_is_saved_of_an_idle_lottery_goes_on_with_the_same_draws() -> None:
    settings = AllocatorSettings(seed=1, role_sorter="random", framework_sorter="random")
    allocator = HierarchicalAllocator(settings)
    for number in range(8):
        add_framework(allocator, f"f{number}", f"r{number}")
    add_agent(allocator, "n0")
    allocator.allocate(None, now=0)
    copy = restore(settings, save(allocator))

    for each in (allocator, copy):
        for number in range(1, 9):
            add_agent(each, f"n{number}")

    assert copy.allocate(None, now=1) == allocator.allocate(None, now=1)


@given(
    seed=st.integers(0, 2**32),
    arrivals=st.lists(st.sampled_from((*AGENTS, "a", "a/x", "b", "b", "c")), unique=True, max_size=9),
)
def test_without_quota_runs_after_every_arrival_and_one_at_the_end_offer_the_same_agents(
    seed: int, arrivals: list[str]
) -> None:
    """18. Not necessarily to the same frameworks."""
    eager, lazy = (HierarchicalAllocator(anything_goes(seed)) for _ in range(2))
    offered: list[AgentId] = []
    for each in arrivals:
        for allocator in (eager, lazy):
            if each in AGENTS:
                add_agent(allocator, each)
            else:
                add_framework(allocator, f"f-{each}", each)
        offered += [each.agent_id for each in eager.allocate(None, now=0, event_driven=True)]

    at_the_end = [each.agent_id for each in lazy.allocate(None, now=0)]

    assert sorted(offered) == sorted(at_the_end)
