"""The algebra of Resources: laws that must hold for any, and the same sums done by a naive model."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesos_py.protocol.disks import DiskInfo, DiskSource, DiskSourceType, Volume
from mesos_py.protocol.reservations import Reservation, static
from mesos_py.protocol.resources import NOTHING, InvalidResource, Resource, Resources
from mesos_py.protocol.roles import DEFAULT_ROLE, ancestors
from mesos_py.protocol.values import Ranges, Set
from tests.support.resource_model import Model, is_whole
from tests.support.resource_strategies import ROLES, items, merging_resources, resources, roles, whole_items

VOLUME = Resource(name="disk", value=64_000, reservations=(static("a"),), disk=DiskInfo(persistence_id="v"))
SHARED = Resource(
    name="disk", value=64_000, reservations=(static("a"),), disk=DiskInfo(persistence_id="v"), shared=True
)


@given(resources(), resources())
def test_addition_subtraction_and_containment_agree_with_the_model(a: Resources, b: Resources) -> None:
    left, right = Model.of(a), Model.of(b)

    assert Model.of(a + b) == left + right
    assert Model.of(a - b) == left - right
    assert a.contains(b) == left.contains(right)
    assert (a == b) == (left == right)


@given(resources(), resources())
def test_addition_does_not_depend_on_order(a: Resources, b: Resources) -> None:
    assert a + b == b + a
    assert hash(a + b) == hash(b + a)


@given(resources(), resources(), resources())
def test_addition_does_not_depend_on_grouping(a: Resources, b: Resources, c: Resources) -> None:
    assert (a + b) + c == a + (b + c) == Resources.sum([a, b, c]) == sum([a, b, c], NOTHING)


@given(resources(), resources())
def test_what_was_added_can_be_taken_away_if_nothing_overlapped(a: Resources, b: Resources) -> None:
    disjoint = b - b.filter(lambda kind: kind in a.amounts and kind.name in {"ports", "zones"})

    assert (a + disjoint) - disjoint == a


@given(resources(), resources())
def test_a_sum_contains_its_parts(a: Resources, b: Resources) -> None:
    assert a <= a + b
    assert b <= a + b


@given(resources(), resources(), resources())
def test_containment_is_a_partial_order(a: Resources, b: Resources, c: Resources) -> None:
    more, most = a + b, a + b + c
    for one, two in ((a, b), (a, more), (more, a), (b, most)):
        assert not one <= two <= one or one == two
    for one, two, three in ((a, b, c), (a, more, most), (b, more, most), (a - b, a, more)):
        assert not one <= two <= three or one <= three
    assert a.contains(a)
    assert a - b <= a <= more <= most
    assert (a >= b) == (b <= a)


@given(resources(), resources())
def test_a_difference_has_nothing_of_nothing_and_lies_within(a: Resources, b: Resources) -> None:
    difference = a - b

    assert difference <= a
    assert all(difference.amounts.values())
    assert all(amount > 0 for amount in difference.amounts.values() if isinstance(amount, int))


@given(resources(), resources())
def test_taking_away_what_is_contained_leaves_the_rest(a: Resources, b: Resources) -> None:
    contained = a - b

    assert (a - contained) + contained == a


@given(resources())
def test_nothing_added_or_taken_away_changes_nothing(a: Resources) -> None:
    assert a + NOTHING == a == NOTHING + a == a - NOTHING
    assert a - a == NOTHING == NOTHING - a
    assert bool(a) == (a != NOTHING)


@given(st.lists(items(), max_size=6), st.randoms(use_true_random=False))
def test_the_canonical_form_does_not_depend_on_how_resources_came_together(
    parts: list[Resource], rng: st.DataObject
) -> None:
    one = Resources(parts)
    shuffled = list(parts)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]  # It is a random.Random, which hypothesis does not say.
    other = Resources.sum(Resources([part]) for part in shuffled)

    assert one == other
    assert hash(one) == hash(other)
    assert list(one) == list(other)
    assert str(one) == str(other)
    assert one.kinds == other.kinds


@given(resources())
def test_a_bag_consists_of_what_it_iterates(a: Resources) -> None:
    assert Resources(a) == a
    assert bool(list(a)) == bool(a)


@given(resources())
def test_resources_are_the_same_after_pickling(a: Resources) -> None:
    assert pickle.loads(pickle.dumps(a)) == a  # noqa: S301  # Our own bytes.


@given(st.lists(whole_items(), min_size=1, max_size=5))
def test_volumes_and_devices_never_merge_or_split(parts: list[Resource]) -> None:
    bag = Resources(parts)

    assert sorted(item.value for item in bag if isinstance(item.value, int)) == sorted(
        item.value for item in parts if isinstance(item.value, int)
    )
    assert all(is_whole(item) for item in bag)


def test_a_smaller_device_takes_nothing_from_a_larger_one() -> None:
    mount = DiskInfo(source=DiskSource(type=DiskSourceType.MOUNT, root="/m"))
    large = Resources([Resource(name="disk", value=20_000, disk=mount)])
    small = Resources([Resource(name="disk", value=10_000, disk=mount)])

    assert large - small == large
    assert not large.contains(small)


def test_copies_of_a_shared_volume_are_counted() -> None:
    two = Resources([SHARED, SHARED])

    assert two.copies(SHARED) == 2
    assert two.size == 1
    assert two.quantities["disk"] == 64_000
    assert (two - Resources([SHARED])).copies(SHARED) == 1
    assert two - two == NOTHING
    assert Resources([SHARED]) <= two
    assert not two <= Resources([SHARED])
    assert two.copies(VOLUME) == 0


def test_twins_that_never_merge_are_separate() -> None:
    twins = Resources([VOLUME, VOLUME])

    assert twins.size == 2
    assert twins.quantities["disk"] == 128_000


def test_how_a_volume_is_mounted_is_no_part_of_what_it_is() -> None:
    mounted = Resource(
        name="disk",
        value=64_000,
        reservations=(static("a"),),
        disk=DiskInfo(persistence_id="v", persistence_principal="p", volume=Volume(container_path="/data")),
    )
    offered, wanted = Resources([VOLUME]), Resources([mounted])

    assert offered.contains(wanted)
    assert offered - wanted == NOTHING
    assert next(iter(wanted.allocate("a").push_reservation(Reservation(role="a/x")))).disk == mounted.disk
    assert [item.disk.volume for item in wanted.allocate("a") if item.disk] == [Volume(container_path="/data")]


@given(resources(), roles)
def test_allocation_is_a_tag_that_comes_off_again(a: Resources, role: str) -> None:
    bare = a.unallocate()

    assert bare.allocate(role).unallocate() == bare
    assert a.allocate(role) == bare.allocate(role)
    assert bare.allocate(role).allocations_by_role() == ({role: bare.allocate(role)} if a else {})


@given(resources())
def test_filters_divide_resources_in_two(a: Resources) -> None:
    assert a.reserved() + a.unreserved() == a
    assert a.revocable() + a.non_revocable() == a
    assert a.shared() + a.non_shared() == a
    assert Resources.sum(a.reservations_by_role().values()) == a.reserved()
    assert Resources.sum(map(a.get, a.names)) == a
    assert all(a.reserved(role) == owned for role, owned in a.reservations_by_role().items())
    assert a.persistent() <= a
    assert a.filter(lambda kind: False) == NOTHING


@given(resources(), st.sampled_from((*ROLES, DEFAULT_ROLE)))
def test_a_role_may_have_what_is_its_own_or_of_a_role_above(a: Resources, role: str) -> None:
    allowed = {DEFAULT_ROLE, role, *ancestors(role)}

    assert a.allocatable_to(role) == Resources(item for item in a if item.role in allowed)


@given(merging_resources(), roles)
def test_a_pushed_reservation_pops(a: Resources, role: str) -> None:
    bare = a.to_unreserved()
    reserved = bare.push_reservation(Reservation(role=role, principal="p"))

    assert not bare.reserved()
    assert reserved.reserved(role) == reserved
    assert reserved.pop_reservation() == bare


def test_a_refinement_must_lie_below() -> None:
    owned = Resources.parse("cpus(a):1")

    assert str(owned.push_reservation(Reservation(role="a/x"))) == "cpus(reservations: [(STATIC,a),(DYNAMIC,a/x)]):1"
    with pytest.raises(InvalidResource, match="expected a role below 'a', got 'b'"):
        owned.push_reservation(Reservation(role="b"))
    with pytest.raises(InvalidResource, match="only the first may be STATIC"):
        owned.push_reservation(static("a/x"))


@given(resources(), resources(), resources())
def test_a_conversion_replaces_only_what_is_there(a: Resources, b: Resources, c: Resources) -> None:
    assert (a + b).convert(b, c) == (a + b) - b + c
    assert a.contains(b) == (a.convert(b, c) is not None)


@given(resources(), resources())
def test_quantities_count_what_the_items_say(a: Resources, b: Resources) -> None:
    counted: dict[str, int] = {}
    for item in {(item, item.shared) for item in a if item.shared} | set(enumerate(a.non_shared())):
        resource = next(part for part in item if isinstance(part, Resource))
        milli = resource.value if isinstance(resource.value, int) else resource.value.count * 1_000
        counted[resource.name] = counted.get(resource.name, 0) + milli

    assert dict(a.quantities.items()) == counted
    assert a.scalar_quantities == a.scalars().quantities
    if a <= b:
        assert a.quantities <= b.quantities


def test_the_well_known_scalars_are_at_hand() -> None:
    a = Resources.of(cpus=1.5, mem=128, disk=10, gpus=1)

    assert (a.cpus, a.mem, a.disk, a.gpus) == (1.5, 128.0, 10.0, 1.0)
    assert NOTHING.cpus == 0.0


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        (Resource(name="", value=1), "expected a name"),
        (Resource(name="a;b", value=1), "expected a name"),
        (Resource(name="cpus", value=-1), "expected no negative number"),
        (Resource(name="gpus", value=1_500), "gpus: expected a whole number, got 1.5"),
        (Resource(name="cpus", value=1, reservations=(static("*"),)), "nothing can be reserved for '\\*'"),
        (Resource(name="cpus", value=1, reservations=(static("a b"),)), "expected no whitespace"),
        (Resource(name="cpus", value=1, reservations=(static("a"), Reservation(role="b"))), "expected a role below"),
        (Resource(name="cpus", value=1, disk=DiskInfo()), "only a scalar 'disk'"),
        (Resource(name="disk", value=Set(["a"]), disk=DiskInfo()), "only a scalar 'disk'"),
        (Resource(name="disk", value=1, disk=DiskInfo(persistence_id="")), "persistence.id"),
        (Resource(name="disk", value=1, shared=True), "only persistent volumes can be shared"),
        (Resource(name="cpus", value=1, allocation_role="/"), "allocation_info.role"),
    ],
)
def test_a_resource_that_cannot_be_is_refused(item: Resource, problem: str) -> None:
    with pytest.raises(InvalidResource, match=problem):
        Resources([item])


@pytest.mark.parametrize("value", [0, Ranges(), Set()])
def test_an_empty_value_is_not_there(value: int | Ranges | Set) -> None:
    assert Resources([Resource(name="x", value=value)]) == NOTHING


@pytest.mark.parametrize(("number", "problem"), [(-1, "negative"), (0.0004, "rounds to nothing"), (1e300, "cpus: exp")])
def test_a_scalar_that_cannot_be_is_refused(number: float, problem: str) -> None:
    with pytest.raises(InvalidResource, match=problem):
        Resources.of(cpus=number)


def test_a_missing_and_an_empty_principal_are_in_one_order() -> None:
    missing = Resource(name="cpus", value=1_000, reservations=(Reservation(role="a"),))
    empty = Resource(name="cpus", value=1_000, reservations=(Reservation(role="a", principal=""),))

    assert list(Resources([missing, empty])) == list(Resources([empty, missing])) == [missing, empty]


def test_the_builtin_sum_adds_resources_but_no_numbers() -> None:
    assert sum([Resources.of(cpus=1), Resources.of(cpus=2)]) == Resources.of(cpus=3)
    with pytest.raises(AssertionError):
        1 + Resources.of(cpus=1)


def test_only_what_is_reserved_can_be_popped() -> None:
    with pytest.raises(AssertionError):
        Resources.of(cpus=1).pop_reservation()
