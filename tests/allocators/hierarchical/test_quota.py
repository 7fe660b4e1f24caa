"""Quota beyond the cases: what one run hands out on account of guarantees and limits."""

from __future__ import annotations

from allocators.hierarchical.allocator import HierarchicalAllocator
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import FrameworkId
from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import (
    SECOND,
    a_framework,
    add_agent,
    add_framework,
    an_agent,
    anything_goes,
    give_back,
    received,
)
from tests.support.resource_notation import resources_of


def guarantee(**amounts: float) -> Quota:
    return Quota(guarantees=Quantities.of(**amounts))


def limit(**amounts: float) -> Quota:
    return Quota(limits=Limits.of(**amounts))


def an_allocator() -> HierarchicalAllocator:
    return HierarchicalAllocator(anything_goes())


def test_what_goes_beyond_a_guarantee_does_not_eat_into_the_headroom_of_another() -> None:
    allocator = an_allocator()
    allocator.update_quota("q1", guarantee(cpus=1))
    allocator.update_quota("q2", guarantee(cpus=2))
    add_framework(allocator, "f1", "q1")
    add_agent(allocator, "n1", total=Resources.of(cpus=4))

    assert received(allocator.allocate(None, now=0)) == {"f1": Resources.of(cpus=2)}


def test_a_role_bursts_above_its_guarantee_up_to_its_limit() -> None:
    allocator = an_allocator()
    allocator.update_quota("q", Quota(guarantees=Quantities.of(cpus=1), limits=Limits.of(cpus=3)))
    add_framework(allocator, "f1", "q")
    add_agent(allocator, "n1", total=Resources.of(cpus=4))

    assert received(allocator.allocate(None, now=0)) == {"f1": Resources.of(cpus=3)}


def test_reservations_and_ports_go_along_with_what_is_owed() -> None:
    allocator = an_allocator()
    allocator.update_quota("q", Quota(guarantees=Quantities.of(cpus=3), limits=Limits.of(cpus=3)))
    add_framework(allocator, "f1", "q")
    total = resources_of([{"cpus": 4, "ports": [[1, 9]]}, {"cpus": 1, "@role": "q"}])
    add_agent(allocator, "n1", total=total)

    allocations = allocator.allocate(None, now=0)

    assert received(allocations) == {"f1": resources_of([{"cpus": 2, "ports": [[1, 9]]}, {"cpus": 1, "@role": "q"}])}
    assert len(allocations) == 1


def test_what_rides_along_with_what_is_owed_does_not_wait_for_the_poorest() -> None:
    allocator = an_allocator()
    allocator.update_quota("q", guarantee(cpus=4))
    add_framework(allocator, "f1", "q")
    add_framework(allocator, "f2", "a")
    total = resources_of([{"cpus": 4, "ports": [[1, 9]]}])
    add_agent(allocator, "n1", total=total)

    assert received(allocator.allocate(None, now=0)) == {"f1": total}


def test_room_that_a_deficit_hid_is_offered_in_the_run_that_meets_the_last_guarantee() -> None:
    allocator = an_allocator()
    everything = (Capability.MULTI_ROLE, Capability.GPU_RESOURCES)
    with_gpus = Resources.of(cpus=2, gpus=1)
    for name, role in (("holder", "x"), ("f2", "r")):
        info = a_framework(role, capabilities=everything)
        allocator.add_framework(FrameworkId(name), info, used={}, active=name == "holder", suppressed_roles=())
    shrunk = add_agent(allocator, "n3", total=with_gpus)
    allocator.allocate(None, now=0)
    allocator.suppress_offers(FrameworkId("holder"), ())
    allocator.update_agent(shrunk, an_agent("n3", Resources.of(gpus=1)), total=Resources.of(gpus=1))
    add_framework(allocator, "f1", "q")
    add_agent(allocator, "n2", total=Resources.of(cpus=2))
    give_back(allocator, allocator.allocate(None, now=0), refuse_s=3)
    allocator.update_quota("q", guarantee(cpus=2))
    add_agent(allocator, "n1", total=with_gpus)
    allocator.activate_framework(FrameworkId("f2"))

    runs = [received(allocator.allocate(None, now=second * SECOND)) for second in range(1, 5)]

    assert runs == [
        {"f2": Resources.of(gpus=1)},
        {},
        {"f1": Resources.of(cpus=2), "f2": Resources.of(cpus=2)},
        {},
    ]


def test_what_a_limit_leaves_is_no_offer_if_it_is_too_small() -> None:
    settings = anything_goes()
    allocator = HierarchicalAllocator(type(settings)(min_allocatable=(Quantities.of(cpus=2),)))
    allocator.update_quota("q", limit(cpus=1))
    add_framework(allocator, "f1", "q")
    add_agent(allocator, "n1", total=Resources.of(cpus=4))

    assert allocator.allocate(None, now=0) == ()


def test_a_limit_binds_within_one_run_over_several_agents() -> None:
    allocator = an_allocator()
    allocator.update_quota("q", limit(cpus=5))
    add_framework(allocator, "f1", "q")
    for number in range(4):
        add_agent(allocator, f"n{number}", total=Resources.of(cpus=2))

    assert received(allocator.allocate(None, now=0)) == {"f1": Resources.of(cpus=5)}


def test_headroom_is_kept_within_one_run_over_several_agents() -> None:
    allocator = an_allocator()
    allocator.update_quota("q", guarantee(cpus=3))
    add_framework(allocator, "f1", "free")
    for number in range(4):
        add_agent(allocator, f"n{number}", total=Resources.of(cpus=2))

    assert received(allocator.allocate(None, now=0)) == {"f1": Resources.of(cpus=5)}


def test_idle_reservations_are_no_headroom_and_held_ones_do_not_count_twice() -> None:
    allocator = an_allocator()
    allocator.update_quota("q", guarantee(cpus=2))
    add_framework(allocator, "f1", "free")
    add_framework(allocator, "f2", "r")
    add_agent(allocator, "n1", total=resources_of([{"cpus": 3}, {"cpus": 5, "@role": "r"}]))
    expected = {"f1": Resources.of(cpus=1), "f2": resources_of([{"cpus": 5, "@role": "r"}])}
    first = received(allocator.allocate(None, now=0))

    add_agent(allocator, "n2", total=Resources.of(cpus=1))
    second = received(allocator.allocate(None, now=SECOND))

    assert {name: part.reserved() for name, part in first.items() if part.reserved()} == {"f2": expected["f2"]}
    assert sum(part.unreserved().cpus for part in first.values()) == 1
    assert sum(part.cpus for part in second.values()) == 1


def test_revocable_resources_are_no_headroom_whether_idle_or_held() -> None:
    allocator = an_allocator()
    allocator.update_quota("q", guarantee(cpus=2))
    capabilities = (Capability.MULTI_ROLE, Capability.REVOCABLE_RESOURCES)
    info = a_framework("free", capabilities=capabilities)
    allocator.add_framework(FrameworkId("f1"), info, used={}, active=True, suppressed_roles=())
    add_agent(allocator, "n1", total=resources_of([{"cpus": 3}, {"cpus": 5, "@revocable": True}]))

    first = received(allocator.allocate(None, now=0))
    add_agent(allocator, "n2", total=Resources.of(cpus=1))
    second = received(allocator.allocate(None, now=SECOND))

    assert first == {"f1": resources_of([{"cpus": 1}, {"cpus": 5, "@revocable": True}])}
    assert second == {"f1": Resources.of(cpus=1)}, "what is held must not be taken off twice"


def test_an_agent_passed_over_for_want_of_room_is_offered_once_there_is_room() -> None:
    allocator = an_allocator()
    allocator.update_quota("q", limit(cpus=2))
    framework = add_framework(allocator, "f1", "q")
    first = add_agent(allocator, "n1", total=Resources.of(cpus=2))
    allocator.allocate(None, now=0)
    add_agent(allocator, "n2", total=Resources.of(cpus=1))
    passed_over = allocator.allocate(None, now=SECOND)

    held = Resources.of(cpus=2).allocate("q")
    allocator.recover_resources(framework, first, resources=held, refusal=None, allocated=False)
    allocator.deactivate_agent(first)

    assert passed_over == ()
    assert received(allocator.allocate(None, now=2 * SECOND)) == {"f1": Resources.of(cpus=1)}


def full() -> HierarchicalAllocator:
    """`f1` has all that its limit allows, and two agents are left over."""
    allocator = an_allocator()
    allocator.update_quota("q", limit(cpus=1))
    add_framework(allocator, "f1", "q")
    for name in ("n1", "n2", "n3"):
        add_agent(allocator, name, total=Resources.of(cpus=1))
    assert received(allocator.allocate(None, now=0)) == {"f1": Resources.of(cpus=1)}
    return allocator


def test_agents_that_limits_keep_from_everybody_are_not_looked_at_again() -> None:
    allocator = full()

    assert allocator.candidates.among(None) == []
    assert allocator.allocate(None, now=SECOND) == ()


def test_agents_that_a_limit_kept_back_are_offered_when_it_leaves_room_again() -> None:
    allocator = full()
    (held,) = [agent for agent in allocator.books.agents.values() if agent.held]

    allocator.deactivate_agent(held.id)
    allocator.recover_resources(
        FrameworkId("f1"), held.id, resources=Resources.of(cpus=1).allocate("q"), refusal=None, allocated=False
    )

    assert received(allocator.allocate(None, now=SECOND)) == {"f1": Resources.of(cpus=1)}


def test_agents_that_headroom_kept_back_are_offered_when_the_guarantee_is_met_elsewhere() -> None:
    allocator = an_allocator()
    allocator.update_quota("q", guarantee(cpus=1))
    add_framework(allocator, "f1", "r")
    add_framework(allocator, "f2", "q", active=False)
    machine = Resources.of(cpus=1)
    add_agent(allocator, "n1", total=machine)
    assert allocator.allocate(None, now=0) == ()
    assert allocator.candidates.among(None) == []

    add_agent(allocator, "n2", total=machine, used={FrameworkId("f2"): machine.allocate("q")})

    assert received(allocator.allocate(None, now=SECOND)) == {"f1": machine}
