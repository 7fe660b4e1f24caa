"""Safety is no matter of policy: what is true of every run of the default one is true of all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Final

import pytest
from msgspec.structs import replace

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.policies.registry import POLICIES, make_allocator
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.messages.master_allocator import Allocation
from tests.support import allocator_claims as claims
from tests.support.allocator_histories import Histories, run_histories
from tests.support.watched_allocator import Claim, SeenRun

EXAMPLES: Final = 8  # Of each policy; the default one has more, claim by claim.
OF_EVERY_RUN: Final[tuple[Claim, ...]] = (
    claims.free_and_held_add_up,
    claims.a_run_changes_no_total,
    claims.nothing_is_offered_twice,
    claims.books_agree,
    claims.reservations_stay_in_the_family,
    claims.offers_are_for_those_who_may_have_them,
    claims.refusals_in_force_are_heeded,
    claims.limits_bind_a_run,
    claims.headroom_is_kept,
    claims.a_second_run_offers_nothing,
)
# With parts a guarantee is met out of the role's own part, or not at all.
PARAMETERS: Final[Mapping[str, Mapping[str, str]]] = {
    "priority": {"a": "2", "a/x": "-1", "c": "1"},
    "slot": {"cpus": "0.5", "mem": "100"},
    "static": {"a": "2", "b": "1", "*": "1"},
}


class Watch(HierarchicalAllocator):
    """Mixed into a policy: asserts the claims around each of its runs."""

    claims: tuple[Claim, ...]

    def allocate(
        self, agents: Collection[AgentId] | None, *, now: int, event_driven: bool = False
    ) -> tuple[Allocation, ...]:
        before = deepcopy(self)
        allocations = super().allocate(agents, now=now, event_driven=event_driven)
        if not self.is_paused(now=now):
            for claim in self.claims:
                claim(SeenRun(before, self, allocations, agents, now))
        return allocations


def watched(policy: HierarchicalAllocator, each: tuple[Claim, ...]) -> HierarchicalAllocator:
    """The policy itself, and from now on under watch."""
    policy.__class__ = type("Watched", (Watch, type(policy)), {"claims": each})
    return policy


@pytest.mark.parametrize("name", POLICIES)
def test_every_run_of_every_history_is_safe_under_every_policy(name: str) -> None:
    hold_safe(name, {}, each=(*OF_EVERY_RUN, claims.guarantees_come_first))


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_run_of_every_history_is_safe_with_parameters(name: str) -> None:
    hold_safe(name, PARAMETERS[name], each=OF_EVERY_RUN)


def hold_safe(name: str, parameters: Mapping[str, str], *, each: tuple[Claim, ...]) -> None:
    class Watched(Histories):
        def make(self, made: AllocatorSettings) -> HierarchicalAllocator:
            policy = make_allocator(name, replace(made, parameters=dict(parameters)))
            assert isinstance(policy, HierarchicalAllocator)
            return watched(policy, each)

    run_histories(Watched, examples=EXAMPLES)
