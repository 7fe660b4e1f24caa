"""The policy's own rules beyond what every policy promises: which events drop refusals, and what counts where."""

from __future__ import annotations

from allocators.allocator import AllocatorSettings, Conversion, Refusal
from allocators.hierarchical.allocator import HierarchicalAllocator
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.attributes import Attributes
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.maintenance import InverseOfferStatus, Unavailability
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
    received,
)
from tests.support.resource_notation import resources_of

F1, N1 = FrameworkId("f1"), AgentId("n1")
LONG = 1_000


def an_allocator() -> HierarchicalAllocator:
    return HierarchicalAllocator(AllocatorSettings(seed=1))


def refused() -> HierarchicalAllocator:
    """A framework refused the only agent for long."""
    allocator = an_allocator()
    add_framework(allocator, "f1", "r")
    add_agent(allocator, "n1")
    give_back(allocator, allocator.allocate(None, now=0), refuse_s=LONG)
    assert not allocator.allocate(None, now=SECOND)
    return allocator


def test_a_refusal_lasts_one_interval_at_least_for_runs_between_batches_too() -> None:
    allocator = an_allocator()
    add_framework(allocator, "f1")
    add_agent(allocator, "n1")
    give_back(allocator, allocator.allocate(None, now=0), refuse_s=0.1, now=SECOND // 2)

    batch = allocator.allocate(None, now=SECOND)
    before = allocator.allocate(None, now=SECOND + SECOND // 4, event_driven=True)
    after = allocator.allocate(None, now=SECOND + SECOND // 2, event_driven=True)

    assert (batch, before, agents_of(after)) == ((), (), {"f1": 1})


def test_a_role_that_is_no_longer_suppressed_after_an_update_has_no_refusals() -> None:
    allocator = refused()
    allocator.suppress_offers(F1, ())

    allocator.update_framework(F1, a_framework("r"), suppressed_roles=())

    assert received(allocator.allocate(None, now=2 * SECOND)) == {"f1": A_MACHINE}


def test_an_update_that_changes_no_roles_keeps_refusals() -> None:
    allocator = refused()

    allocator.update_framework(F1, a_framework("r"), suppressed_roles=())

    assert allocator.allocate(None, now=2 * SECOND) == ()


def test_what_comes_back_for_a_role_that_was_left_is_not_refused_when_the_role_is_joined_again() -> None:
    allocator = an_allocator()
    add_framework(allocator, "f1", "r")
    add_agent(allocator, "n1")
    allocations = allocator.allocate(None, now=0)
    allocator.update_framework(F1, a_framework("q"), suppressed_roles=("q",))

    give_back(allocator, allocations, refuse_s=LONG)
    allocator.update_framework(F1, a_framework("r"), suppressed_roles=())

    assert received(allocator.allocate(None, now=SECOND)) == {"f1": A_MACHINE}


def test_new_attributes_drop_the_refusals_of_an_agent_and_other_news_keep_them() -> None:
    allocator = refused()
    renamed = AgentInfo(hostname="new", port=5051, resources=A_MACHINE)
    allocator.update_agent(N1, renamed, total=A_MACHINE)
    kept = allocator.allocate(None, now=2 * SECOND)

    labelled = AgentInfo(hostname="new", port=5051, resources=A_MACHINE, attributes=Attributes.parse("rack:a"))
    allocator.update_agent(N1, labelled, total=A_MACHINE)

    assert kept == ()
    assert received(allocator.allocate(None, now=3 * SECOND)) == {"f1": A_MACHINE}


def test_deactivation_drops_refusals_and_keeps_suppression() -> None:
    allocator = refused()
    add_framework(allocator, "f2", "r2", suppressed=("r2",))
    for framework in (F1, FrameworkId("f2")):
        allocator.deactivate_framework(framework)
        allocator.activate_framework(framework)

    assert agents_of(allocator.allocate(None, now=2 * SECOND)) == {"f1": 1}


def test_only_the_roles_that_are_revived_lose_their_refusals() -> None:
    allocator = an_allocator()
    add_framework(allocator, "f1", "a", "b")
    add_agent(allocator, "n1")
    for now in (0, SECOND):  # First under one role, then under the other.
        give_back(allocator, allocator.allocate(None, now=now), refuse_s=LONG, now=now)

    allocator.revive_offers(F1, ["b"])

    assert [each.role for each in allocator.allocate(None, now=2 * SECOND)] == ["b"]


def test_a_shared_volume_goes_to_another_framework_in_the_next_run() -> None:
    volume = resources_of([{"disk": 5, "@role": "r", "@disk": {"persistence": "v"}, "@shared": True}])
    allocator = HierarchicalAllocator(anything_goes())
    info = a_framework("r", capabilities=(Capability.MULTI_ROLE, Capability.SHARED_RESOURCES))
    for name in ("f1", "f2"):
        allocator.add_framework(FrameworkId(name), info, used={}, active=True, suppressed_roles=())
    add_agent(allocator, "n1", total=A_MACHINE + volume)

    runs = [received(allocator.allocate(None, now=now)) for now in (0, SECOND)]

    assert runs == [{"f1": A_MACHINE + volume}, {"f2": volume}]


def test_an_operation_on_an_offer_is_no_allocation_and_changes_the_agent() -> None:
    allocator = an_allocator()
    add_framework(allocator, "f1", "r")
    add_agent(allocator, "n1")
    allocator.allocate(None, now=0)
    leaf = allocator.books.role_sorter.share("r")
    consumed = Resources.of(cpus=1)
    produced = resources_of([{"cpus": 1, "@reservations": [{"role": "r"}]}])

    conversion = Conversion(consumed=consumed.allocate("r"), produced=produced.allocate("r"))
    allocator.update_allocation(F1, N1, conversions=[conversion])

    assert allocator.books.agents[N1].total == A_MACHINE - consumed + produced
    assert allocator.books.role_sorter.share("r") == leaf
    assert allocator.books.roles.reservations == {"r": {"cpus": 1_000}}
    allocator.check()


def test_an_operation_decides_no_tie_among_frameworks() -> None:
    allocator = an_allocator()
    for name in ("f1", "f2"):
        add_framework(allocator, name, "r")
    for name in ("n1", "n2"):
        add_agent(allocator, name)
    allocations = allocator.allocate(None, now=0)
    (own,) = (each for each in allocations if each.framework_id == F1)
    plain = Resources.of(cpus=1).allocate("r")
    reserved = resources_of([{"cpus": 1, "@reservations": [{"role": "r"}]}]).allocate("r")

    for conversion in (Conversion(consumed=plain, produced=reserved), Conversion(consumed=reserved, produced=plain)):
        allocator.update_allocation(F1, own.agent_id, conversions=[conversion])

    assert allocator.books.framework_sorters["r"].sort() == ["f1", "f2"]
    assert allocator.books.framework_sorters["r"].counts() == {"f1": 1, "f2": 1}


def test_another_copy_of_a_shared_volume_does_not_change_the_agent() -> None:
    volume = resources_of([{"disk": 5, "@role": "r", "@disk": {"persistence": "v"}, "@shared": True}])
    allocator = an_allocator()
    info = a_framework("r", capabilities=(Capability.MULTI_ROLE, Capability.SHARED_RESOURCES))
    allocator.add_framework(F1, info, used={}, active=True, suppressed_roles=())
    add_agent(allocator, "n1", total=A_MACHINE + volume)
    allocator.allocate(None, now=0)

    copy = Conversion(consumed=Resources(), produced=volume.allocate("r"))
    allocator.update_allocation(F1, N1, conversions=[copy])

    agent = allocator.books.agents[N1]
    assert agent.total == A_MACHINE + volume
    assert agent.held[F1].unallocate() == A_MACHINE + volume + volume
    assert agent.free == volume
    allocator.check()


def test_a_shared_volume_that_somebody_holds_cannot_be_changed_by_the_operator() -> None:
    volume = resources_of([{"disk": 5, "@role": "r", "@disk": {"persistence": "v"}, "@shared": True}])
    destroyed = resources_of([{"disk": 5, "@role": "r"}])
    allocator = an_allocator()
    agent = add_agent(allocator, "n1", total=A_MACHINE + volume, used={F1: volume.allocate("r")})
    conversions = [Conversion(consumed=volume, produced=destroyed)]
    held = allocator.update_available(agent, conversions)

    allocator.recover_resources(F1, agent, resources=volume.allocate("r"), refusal=None, allocated=True)

    assert not held
    assert allocator.update_available(agent, conversions)
    assert allocator.books.agents[agent].total == A_MACHINE + destroyed


def test_use_told_by_the_agent_and_again_by_the_framework_is_held_once() -> None:
    used = Resources.of(cpus=1).allocate("r")
    allocator = an_allocator()
    agent = add_agent(allocator, "n1", used={F1: used})

    allocator.add_framework(F1, a_framework("r"), used={agent: used}, active=True, suppressed_roles=())

    assert allocator.books.agents[agent].held == {F1: used}
    assert allocator.books.role_sorter.share("r") == 0.25
    allocator.check()


def test_use_that_comes_back_as_if_it_were_an_offer_is_in_use_no_more() -> None:
    used = Resources.of(cpus=1, mem=64).allocate("r")
    allocator = an_allocator()
    add_framework(allocator, "f1", "r")
    agent = add_agent(allocator, "n1", used={F1: used})

    part = Resources.of(cpus=1).allocate("r")
    allocator.recover_resources(F1, agent, resources=part, refusal=None, allocated=False)

    assert allocator.books.roles.in_use == {"r": {"mem": 64_000}}
    allocator.check()


def test_the_weight_of_a_role_counts_in_the_next_run() -> None:
    allocator = an_allocator()
    for name in ("f1", "f2"):
        add_framework(allocator, name, f"r-{name}")
    allocator.update_weights({"r-f2": 2})
    for number in range(6):
        add_agent(allocator, f"n{number}")

    assert agents_of(allocator.allocate(None, now=0)) == {"f1": 2, "f2": 4}


def test_a_resource_provider_brings_more_of_which_some_may_be_in_use() -> None:
    allocator = an_allocator()
    add_framework(allocator, "f1", "r")
    agent = add_agent(allocator, "n1")
    allocator.allocate(None, now=0)
    more = Resources.of(cpus=2, mem=64)

    allocator.add_resource_provider(agent, more, used={F1: Resources.of(cpus=1).allocate("r")})

    assert received(allocator.allocate(None, now=SECOND)) == {"f1": Resources.of(cpus=1, mem=64)}


def test_an_answer_reopens_the_question_and_a_refusal_closes_it_for_a_while() -> None:
    allocator = an_allocator()
    add_framework(allocator, "f1", "r")
    add_agent(allocator, "n1")
    allocator.allocate(None, now=0)
    allocator.update_unavailability(N1, Unavailability(start_ns=0))
    asked = [allocator.inverse_offers(None, now=0) != () for _ in range(2)]

    allocator.update_inverse_offer(F1, N1, status=InverseOfferStatus.ACCEPT, refusal=None)
    asked_again = allocator.inverse_offers([N1], now=0) != ()
    declined = Refusal(ns=2 * SECOND, now=0)
    allocator.update_inverse_offer(F1, N1, status=InverseOfferStatus.DECLINE, refusal=declined)

    assert asked == [True, False]
    assert asked_again
    assert [allocator.inverse_offers(None, now=second * SECOND) != () for second in (0, 1, 2)] == [False, False, True]
    assert allocator.maintenance.statuses() == {N1: {F1: InverseOfferStatus.DECLINE}}


def test_an_agent_that_comes_back_has_no_maintenance() -> None:
    allocator = an_allocator()
    add_framework(allocator, "f1", "r")
    agent = add_agent(allocator, "n1")
    allocator.update_unavailability(agent, Unavailability(start_ns=0))
    allocator.remove_agent(agent)
    allocator.add_agent(agent, an_agent(), total=A_MACHINE, used={F1: A_MACHINE.allocate("r")})

    assert allocator.inverse_offers(None, now=0) == ()


def test_an_idle_cluster_leaves_no_agent_to_look_at() -> None:
    allocator = refused()
    for number in range(5):
        add_agent(allocator, f"m{number}")
    give_back(allocator, allocator.allocate(None, now=2 * SECOND), refuse_s=LONG, now=2 * SECOND)

    allocator.allocate(None, now=3 * SECOND)

    assert allocator.candidates.among(None) == []
