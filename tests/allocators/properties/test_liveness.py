"""Liveness (properties 36 to 39), and for how long a refusal stands in the way (6, 37)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.attributes import Attributes
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import (
    A_MACHINE,
    SECOND,
    a_framework,
    add_agent,
    add_framework,
    agents_of,
    an_agent,
    anything_goes,
    give_back,
)

F1, N1 = FrameworkId("f1"), AgentId("n1")
QUARTER = SECOND // 4
LONG = 1_000

seeds = st.integers(0, 2**32)


@given(seed=seeds, roles=st.integers(1, 9), agents=st.integers(1, 4))
def test_where_everything_is_given_back_everybody_gets_an_offer_within_one_round(
    seed: int, *, roles: int, agents: int
) -> None:
    allocator = HierarchicalAllocator(anything_goes(seed))
    for number in range(roles):
        add_framework(allocator, f"f{number}", f"r{number}")
    for number in range(agents):
        add_agent(allocator, f"n{number}")

    served: dict[str, int] = {}
    for run in range(ceil(roles / agents)):
        allocations = allocator.allocate(None, now=run * SECOND)
        served.update(agents_of(allocations))
        give_back(allocator, allocations)

    assert len(served) == roles


@given(
    asked=st.sampled_from((-1, 0, 1, 3, 4, 5, 8, 9)),
    runs=st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=8),
)
def test_a_refusal_is_in_force_until_its_end_and_the_first_batch_and_no_longer(
    asked: int, runs: list[tuple[int, bool]]
) -> None:
    allocator = HierarchicalAllocator(AllocatorSettings())
    add_framework(allocator, "f1", "r")
    add_agent(allocator, "n1")
    give_back(allocator, allocator.allocate(None, now=0), refuse_s=asked / 4)
    until = 0 if asked == 0 else max(5 * SECOND if asked < 0 else asked * QUARTER, SECOND)

    now, batches, offered = 0, 0, False
    for wait, is_batch in runs:
        now += wait * QUARTER
        is_over = asked == 0 or (now >= until and batches > 0)
        allocations = allocator.allocate(None, now=now, event_driven=not is_batch)
        assert bool(allocations) == (is_over and not offered)
        offered = offered or is_over
        batches += is_batch


def described(**said: str) -> AgentInfo:
    return AgentInfo(hostname=said.get("host", "n1"), port=5051, resources=A_MACHINE, attributes=attributes_of(**said))


def attributes_of(**said: str) -> Attributes:
    return Attributes.parse(f"rack:{said['rack']}") if "rack" in said else Attributes()


def suppress_and_unsuppress_by_update(allocator: HierarchicalAllocator) -> None:
    allocator.suppress_offers(F1, ["r"])
    allocator.update_framework(F1, a_framework("r"), suppressed_roles=())


def leave_and_return(allocator: HierarchicalAllocator) -> None:
    allocator.update_framework(F1, a_framework("q"), suppressed_roles=("q",))
    allocator.update_framework(F1, a_framework("r"), suppressed_roles=())


def deactivate_and_activate(allocator: HierarchicalAllocator) -> None:
    allocator.deactivate_framework(F1)
    allocator.activate_framework(F1)


def deactivate_and_activate_agent(allocator: HierarchicalAllocator) -> None:
    allocator.deactivate_agent(N1)
    allocator.activate_agent(N1)


def replace_agent(allocator: HierarchicalAllocator) -> None:
    allocator.remove_agent(N1)
    add_agent(allocator, "n1")


def replace_framework(allocator: HierarchicalAllocator) -> None:
    allocator.remove_framework(F1)
    add_framework(allocator, "f1", "r")


def shrink_and_grow(allocator: HierarchicalAllocator) -> None:
    for total in (Resources.of(cpus=1, mem=64), A_MACHINE):
        allocator.update_agent(N1, an_agent("n1", total), total=total)


def pause_and_resume(allocator: HierarchicalAllocator) -> None:
    allocator.pause()
    allocator.resume()


@pytest.mark.parametrize(
    ("event", "ends_it"),
    [
        (lambda allocator: allocator.revive_offers(F1, ["r"]), True),
        (lambda allocator: allocator.revive_offers(F1, ()), True),
        (suppress_and_unsuppress_by_update, True),
        (leave_and_return, True),
        (deactivate_and_activate, True),
        (replace_agent, True),
        (replace_framework, True),
        (lambda allocator: allocator.update_agent(N1, described(rack="2"), total=A_MACHINE), True),
        (lambda allocator: allocator.update_agent(N1, described(host="other"), total=A_MACHINE), False),
        (lambda allocator: allocator.revive_offers(F1, ["q"]), False),
        (lambda allocator: allocator.suppress_offers(F1, ["q"]), False),
        (lambda allocator: allocator.update_framework(F1, a_framework("r"), suppressed_roles=()), False),
        (lambda allocator: allocator.update_framework(F1, a_framework("r", "q"), suppressed_roles=("q",)), False),
        (deactivate_and_activate_agent, False),
        (shrink_and_grow, False),
        (pause_and_resume, False),
        (lambda allocator: allocator.update_weights({"r": 2.0}), False),
        (lambda allocator: allocator.update_whitelist(["n1"]), False),
        (lambda allocator: add_agent(allocator, "n2", total=Resources()), False),
    ],
)
def test_only_the_events_of_the_rule_end_a_refusal_early(
    event: Callable[[HierarchicalAllocator], None], ends_it: bool
) -> None:
    allocator = HierarchicalAllocator(AllocatorSettings())
    add_framework(allocator, "f1", "r")
    add_agent(allocator, "n1")
    give_back(allocator, allocator.allocate(None, now=0), refuse_s=LONG)

    event(allocator)

    assert bool(allocator.allocate(None, now=SECOND)) is ends_it
    allocator.check()


@given(seed=seeds, guaranteed=st.integers(1, 6), agents=st.integers(1, 6), data=st.data())
def test_a_guarantee_is_met_as_soon_as_enough_is_free_whatever_others_refuse(
    seed: int, *, guaranteed: int, agents: int, data: st.DataObject
) -> None:
    allocator = HierarchicalAllocator(anything_goes(seed))
    add_framework(allocator, "other", "r")
    for number in range(agents):
        add_agent(allocator, f"n{number}", total=Resources.of(cpus=1))
    held = allocator.allocate(None, now=0)
    add_framework(allocator, "owed", "q")
    allocator.update_quota("q", Quota(guarantees=Quantities.of(cpus=guaranteed)))
    returned = held[: data.draw(st.integers(0, len(held)))]

    give_back(allocator, returned, refuse_s=LONG)
    got = agents_of(allocator.allocate(None, now=SECOND))

    assert got.get("owed", 0) >= min(guaranteed, len(returned))


@given(expected=st.integers(0, 12), percent=st.sampled_from((0.0, 50.0, 80.0, 100.0)), back=st.integers(0, 12))
def test_after_a_failover_with_quotas_offers_wait_until_enough_agents_are_back(
    expected: int, *, percent: float, back: int
) -> None:
    allocator = HierarchicalAllocator(AllocatorSettings(recovery_factor_percent=percent))
    allocator.recover(expected, {"q": Quota(guarantees=Quantities.of(cpus=1))}, now=0)
    add_framework(allocator, "f1", "q")

    for number in range(back):
        add_agent(allocator, f"n{number}")
    soon = allocator.allocate(None, now=600 * SECOND - 1)
    late = allocator.allocate(None, now=600 * SECOND)

    needed = int(expected * Fraction(percent) / 100)
    assert bool(soon) == (back > 0 and back >= needed)
    assert len(soon) + len(late) == back


def test_after_a_failover_without_quotas_nobody_waits() -> None:
    allocator = HierarchicalAllocator(AllocatorSettings())
    allocator.recover(100, {}, now=0)
    add_framework(allocator, "f1")
    add_agent(allocator, "n1")

    assert allocator.allocate(None, now=0)
