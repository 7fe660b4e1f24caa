"""Finding enough and chopping to a target."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.resource_selection import find, shrink
from mesos_py.protocol.resources import Resources
from tests.support.resource_notation import resources_of
from tests.support.resource_strategies import limits, merging_resources, quantities, resources


@given(resources(), resources())
def test_what_is_found_is_there_and_is_enough(pool: Resources, targets: Resources) -> None:
    found = find(pool, targets)

    if found is not None:
        assert found <= pool
        assert found.to_unreserved() == targets.to_unreserved()


@given(resources())
def test_all_resources_can_be_found_among_themselves(pool: Resources) -> None:
    # Ports that are reserved twice are one target but two resources; only what is one of its kind finds itself.
    part = pool.filter(lambda kind: kind.name not in {"ports", "zones"})

    assert find(part, part) is not None


@given(merging_resources(), merging_resources())
def test_scalars_are_found_if_and_only_if_there_are_enough(pool: Resources, targets: Resources) -> None:
    scalars, wanted = pool.scalars(), targets.scalars()

    assert (find(scalars, wanted) is not None) == scalars.to_unreserved().contains(wanted.to_unreserved())


def test_a_role_takes_its_own_first_then_what_is_free_then_that_of_others() -> None:
    pool = resources_of([{"cpus": 1, "@role": "a"}, {"cpus": 1, "@role": "b"}, {"cpus": 1}])

    assert find(pool, Resources.parse("cpus(b):2")) == Resources.parse("cpus(b):1;cpus:1")
    assert find(pool, Resources.parse("cpus:2")) == Resources.parse("cpus(a):1;cpus:1")
    assert find(pool, Resources.parse("cpus:3.001")) is None


@given(resources(), st.one_of(quantities(), limits()), st.integers(0, 9))
def test_what_is_chopped_fits_and_is_a_part(a: Resources, target: Quantities | Limits, seed: int) -> None:
    chopped = shrink(a, target, shuffle=random.Random(seed).shuffle)

    assert chopped <= a
    if isinstance(target, Limits):
        assert target.contains_quantities(chopped.quantities)
        assert all(chopped.get(name) == a.get(name) for name in a.names if name not in target)
    else:
        assert chopped.quantities <= target


@given(merging_resources(), quantities())
def test_what_can_be_split_is_chopped_to_the_target_exactly(a: Resources, target: Quantities) -> None:
    divisible = a.scalars()

    chopped = shrink(divisible, target)

    assert all(chopped.quantities[name] == min(divisible.quantities[name], target[name]) for name in a.names)


@given(resources())
def test_no_limits_leave_everything(a: Resources) -> None:
    assert shrink(a, Limits()) == a
    assert shrink(a, a.quantities) == a
    assert not shrink(a, Quantities())


def test_a_volume_that_does_not_fit_whole_is_left_out() -> None:
    groups = [{"disk": 5}, {"disk": 10, "@role": "a", "@disk": {"persistence": "v"}}]

    assert shrink(resources_of(groups), Quantities.of(disk=9)) == Resources.of(disk=5)


def test_copies_of_a_shared_volume_need_room_for_one() -> None:
    copies = resources_of({"disk": 10, "@role": "a", "@disk": {"persistence": "v"}, "@shared": 3})

    assert shrink(copies, Quantities.of(disk=10)) == copies
    assert not shrink(copies, Quantities.of(disk=9))


def test_ports_give_their_first_members() -> None:
    assert shrink(Resources.parse("ports:[5-9,20-30]"), Quantities.of(ports=7)) == Resources.parse("ports:[5-9,20-21]")
