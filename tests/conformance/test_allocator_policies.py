"""What every policy promises, whatever it finds fair: it hands out what is free, once, to those who may have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocators.allocator import Allocator, AllocatorSettings
from allocators.policies.registry import POLICIES
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.messages.master_allocator import Allocation
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.resources import NOTHING, Resources
from tests.support.allocator_builders import (
    A_MACHINE,
    SECOND,
    a_framework,
    add_agent,
    add_framework,
    an_agent,
    give_back,
    received,
)

Make = Callable[[AllocatorSettings], Allocator]
SORTERS: Final = ("drf", "random")
MADE: Final = [(name, sorter) for name in POLICIES for sorter in SORTERS]


@pytest.fixture(params=MADE, ids=["-".join(each) for each in MADE])
def allocator(request: pytest.FixtureRequest) -> Allocator:
    return make(request.param)


def make(variant: tuple[str, str], seed: int = 1) -> Allocator:
    name, sorter = variant
    return POLICIES[name](AllocatorSettings(seed=seed, role_sorter=sorter, framework_sorter=sorter))


def test_everything_free_is_offered_once(allocator: Allocator) -> None:
    framework = add_framework(allocator, "f1", "a")
    agent = add_agent(allocator, "n1")

    first = allocator.allocate(None, now=0)
    second = allocator.allocate(None, now=SECOND)

    assert first == (Allocation(framework_id=framework, agent_id=agent, role="a", resources=A_MACHINE.allocate("a")),)
    assert second == ()


def test_a_run_over_some_agents_offers_no_others(allocator: Allocator) -> None:
    add_framework(allocator, "f1")
    add_agent(allocator, "n1")
    add_agent(allocator, "n2")

    allocations = allocator.allocate([AgentId("n2"), AgentId("gone")], now=0)

    assert [each.agent_id for each in allocations] == ["n2"]


def test_agents_that_join_later_are_offered_also_with_resources_that_are_new_to_the_cluster(
    allocator: Allocator,
) -> None:
    frameworks = [add_framework(allocator, name, role) for name, role in (("f1", "a"), ("f2", "a/b"), ("f3", "c"))]
    empty = allocator.allocate(None, now=0)
    machines = [A_MACHINE, Resources.of(cpus=1, mem=512, disk=100), Resources.of(cpus=2, mem=64, licences=5)]

    for number, machine in enumerate(machines):
        agent = add_agent(allocator, f"n{number}", total=machine)
        (offer,) = allocator.allocate([agent], now=(number + 1) * SECOND)
        assert offer.framework_id in frameworks
        assert offer.resources.unallocate() == machine
        allocator.remove_agent(agent)
        allocator.check()

    assert empty == ()


def test_what_is_in_use_is_not_offered(allocator: Allocator) -> None:
    framework = add_framework(allocator, "f1")
    used = Resources.of(cpus=1, mem=24)
    add_agent(allocator, "n1", used={framework: used.allocate("*")})

    allocations = allocator.allocate(None, now=0)

    assert received(allocations) == {"f1": A_MACHINE - used}


def test_use_reported_before_the_framework_is_known_is_not_offered_and_comes_back(allocator: Allocator) -> None:
    used = Resources.of(cpus=1, mem=24).allocate("*")
    agent = add_agent(allocator, "n1", used={FrameworkId("f1"): used})
    add_framework(allocator, "f2")
    rest = received(allocator.allocate(None, now=0))

    allocator.recover_resources(FrameworkId("f1"), agent, resources=used, refusal=None, allocated=True)
    returned = received(allocator.allocate(None, now=SECOND))

    assert rest == {"f2": A_MACHINE - used.unallocate()}
    assert returned == {"f2": used.unallocate()}


def test_returned_resources_are_offered_again(allocator: Allocator) -> None:
    add_framework(allocator, "f1")
    add_agent(allocator, "n1")
    give_back(allocator, allocator.allocate(None, now=0))

    assert received(allocator.allocate(None, now=SECOND)) == {"f1": A_MACHINE}


def test_a_refusal_lasts_as_long_as_asked(allocator: Allocator) -> None:
    add_framework(allocator, "f1")
    add_agent(allocator, "n1")
    give_back(allocator, allocator.allocate(None, now=0), refuse_s=3.5)

    runs = [bool(allocator.allocate(None, now=second * SECOND)) for second in range(1, 5)]

    assert runs == [False, False, False, True]


def test_a_refusal_lets_more_than_was_refused_through(allocator: Allocator) -> None:
    add_framework(allocator, "f1")
    agent = add_agent(allocator, "n1")
    give_back(allocator, allocator.allocate(None, now=0), refuse_s=100)
    more = A_MACHINE + Resources.of(cpus=1)
    allocator.update_agent(agent, an_agent("n1", more), total=more)

    assert received(allocator.allocate(None, now=SECOND)) == {"f1": more}


def test_reviving_drops_refusals_and_suppression(allocator: Allocator) -> None:
    framework = add_framework(allocator, "f1", "a")
    add_agent(allocator, "n1")
    give_back(allocator, allocator.allocate(None, now=0), refuse_s=100)
    allocator.suppress_offers(framework, ())
    suppressed = allocator.allocate(None, now=SECOND)

    allocator.revive_offers(framework, ())

    assert suppressed == ()
    assert received(allocator.allocate(None, now=2 * SECOND)) == {"f1": A_MACHINE}


@pytest.mark.parametrize("active", [True, False])
def test_only_active_frameworks_get_offers(allocator: Allocator, active: bool) -> None:
    add_framework(allocator, "f1", active=active)
    add_agent(allocator, "n1")

    assert bool(allocator.allocate(None, now=0)) == active


def test_a_framework_that_is_deactivated_gets_no_offers_until_it_is_active_again(allocator: Allocator) -> None:
    framework = add_framework(allocator, "f1")
    add_agent(allocator, "n1")
    allocator.deactivate_framework(framework)
    without = allocator.allocate(None, now=0)

    allocator.activate_framework(framework)

    assert without == ()
    assert received(allocator.allocate(None, now=SECOND)) == {"f1": A_MACHINE}


def test_an_agent_that_is_deactivated_or_not_listed_is_not_offered(allocator: Allocator) -> None:
    add_framework(allocator, "f1")
    sleeping, unlisted = add_agent(allocator, "n1"), add_agent(allocator, "n2")
    allocator.deactivate_agent(sleeping)
    allocator.update_whitelist(["n1"])
    without = allocator.allocate(None, now=0)

    allocator.activate_agent(sleeping)
    first = allocator.allocate(None, now=SECOND)
    allocator.update_whitelist(None)
    second = allocator.allocate(None, now=2 * SECOND)

    assert without == ()
    assert [each.agent_id for each in first] == [sleeping]
    assert [each.agent_id for each in second] == [unlisted]


def test_what_a_removed_framework_held_is_free(allocator: Allocator) -> None:
    framework = add_framework(allocator, "f1")
    add_agent(allocator, "n1")
    allocator.allocate(None, now=0)
    add_framework(allocator, "f2")
    nothing = allocator.allocate(None, now=SECOND)

    allocator.remove_framework(framework)

    assert nothing == ()
    assert received(allocator.allocate(None, now=2 * SECOND)) == {"f2": A_MACHINE}


def test_calls_about_what_is_gone_change_nothing(allocator: Allocator) -> None:
    framework = add_framework(allocator, "f1")
    agent = add_agent(allocator, "n1")
    (allocation,) = allocator.allocate(None, now=0)
    allocator.remove_agent(agent)
    gone = FrameworkId("gone")

    allocator.recover_resources(framework, agent, resources=allocation.resources, refusal=None, allocated=False)
    allocator.transition_offered_to_allocated(framework, agent, resources=allocation.resources)
    allocator.suppress_offers(gone, ())
    allocator.revive_offers(gone, ())
    allocator.update_inverse_offer(gone, agent, status=None, refusal=None)

    assert allocator.total() == Quantities()
    assert allocator.offered_or_allocated() == Quantities()
    allocator.check()


def test_nothing_is_offered_while_paused(allocator: Allocator) -> None:
    add_framework(allocator, "f1")
    add_agent(allocator, "n1")
    allocator.pause()
    paused = allocator.allocate(None, now=0)

    allocator.resume()

    assert paused == ()
    assert received(allocator.allocate(None, now=SECOND)) == {"f1": A_MACHINE}


def test_an_update_of_an_agent_says_whether_anything_changed(allocator: Allocator) -> None:
    agent = add_agent(allocator, "n1")
    more = A_MACHINE + Resources.of(cpus=1)

    assert not allocator.update_agent(agent, an_agent("n1"), total=A_MACHINE)
    assert allocator.update_agent(agent, an_agent("n1", more), total=more)
    assert allocator.update_agent(agent, an_agent("other", more), total=more)


def test_total_and_held_are_those_of_the_cluster(allocator: Allocator) -> None:
    add_framework(allocator, "f1")
    add_agent(allocator, "n1")
    allocator.allocate(None, now=0)
    add_agent(allocator, "n2")

    assert allocator.total() == (A_MACHINE + A_MACHINE).quantities
    assert allocator.offered_or_allocated() == A_MACHINE.quantities


@given(
    variant=st.sampled_from(MADE),
    seed=st.integers(0, 2**64 - 1),
    agents=st.lists(st.integers(1, 8), max_size=8),
    roles=st.lists(st.sampled_from(("a", "a/x", "b")), min_size=1, max_size=5),
)
def test_equal_seeds_and_calls_give_equal_allocations(
    variant: tuple[str, str], *, seed: int, agents: list[int], roles: list[str]
) -> None:
    histories = [play(make(variant, seed), agents, roles=roles) for _ in range(2)]

    assert histories[0] == histories[1]


def play(allocator: Allocator, agents: list[int], *, roles: list[str]) -> list[tuple[Allocation, ...]]:
    """A few rounds in which every other allocation is given back."""
    for number, role in enumerate(roles):
        add_framework(allocator, f"f{number}", role)
    for number, cpus in enumerate(agents):
        add_agent(allocator, f"n{number}", total=Resources.of(cpus=cpus, mem=100 * cpus))
    history: list[tuple[Allocation, ...]] = []
    for second in range(4):
        history.append(allocator.allocate(None, now=second * SECOND))
        give_back(allocator, history[-1][::2], refuse_s=1, now=second * SECOND)
        allocator.check()
    return history


def test_a_framework_may_subscribe_to_several_roles(allocator: Allocator) -> None:
    allocator.add_framework(FrameworkId("f1"), a_framework("a", "b"), used={}, active=True, suppressed_roles=("a",))
    add_agent(allocator, "n1")

    (allocation,) = allocator.allocate(None, now=0)

    assert allocation.role == "b"
    assert allocation.resources.unallocate() - A_MACHINE == NOTHING
