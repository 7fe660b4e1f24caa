"""Equal resources are one bundle and one grant, and the ledger adds up what was booked of them."""

from __future__ import annotations

import pytest

from allocators.hierarchical.grants import Interned
from allocators.hierarchical.ledger import Ledger
from mesos_py.protocol.resources import Resources
from tests.support.resource_notation import resources_of

VOLUME = {"disk": 5, "@role": "a", "@disk": {"persistence": "v"}, "@shared": True}
MOUNT = {"disk": 10, "@disk": {"source": {"type": "MOUNT"}}}


def test_equal_resources_are_one_bundle_and_its_grants_are_one_by_role() -> None:
    interned = Interned()

    first, second = interned.bundle(Resources.of(cpus=1)), interned.bundle(Resources.of(cpus=1))

    assert first is second
    assert first.grant("a") is second.grant("a")
    assert first.grant("a").resources == Resources.of(cpus=1).allocate("a")


def test_held_resources_are_one_grant_for_each_role() -> None:
    interned = Interned()
    held = Resources.of(cpus=1).allocate("b") + Resources.of(mem=2).allocate("a")

    parts = interned.grants(held)

    assert [(part.role, part.bundle.resources) for part in parts] == [
        ("a", Resources.of(mem=2)),
        ("b", Resources.of(cpus=1)),
    ]
    assert interned.grants(interned.bundle(Resources.of(mem=2)).grant("a").resources) == (parts[0],)


def test_resources_without_a_role_are_no_grant() -> None:
    with pytest.raises(AssertionError, match="allocated to a role"):
        Interned().grants(Resources.of(cpus=1))


@pytest.mark.parametrize(
    ("resources", "is_common"),
    [({"cpus": 1, "mem": 2}, True), ([{"disk": 1}, MOUNT], False), ([{"cpus": 1}, VOLUME], False)],
)
def test_agents_are_served_alike_unless_chance_or_shared_volumes_come_in(resources: object, is_common: bool) -> None:
    assert Interned().bundle(resources_of(resources)).is_common is is_common


def test_goods_and_riders_are_all_of_a_bundle() -> None:
    resources = resources_of([{"cpus": 1, "ports": [[1, 3]]}, {"cpus": 2, "@role": "a"}, VOLUME])
    bundle = Interned().bundle(resources)

    assert bundle.goods == Resources.of(cpus=1)
    assert bundle.goods + bundle.riders == resources


def test_a_full_table_is_emptied_and_answers_as_before() -> None:
    interned = Interned(kept_max=2)

    bundles = [interned.bundle(Resources.of(cpus=number)) for number in (1, 2, 3, 1)]

    assert [bundle.resources.cpus for bundle in bundles] == [1, 2, 3, 1]


def test_the_ledger_adds_up_grants_by_role_and_below_top_level_roles() -> None:
    one, two = Interned().bundle(Resources.of(cpus=1)), Interned().bundle(Resources.of(cpus=2))
    sums = Ledger(pending_max=1)

    for grant in (one.grant("a"), two.grant("a/x"), two.grant("a/x"), one.grant("b")):
        sums.charged(grant, 1)
    sums.charged(two.grant("a/x"), -1)
    sums.uncharged(two.grant("b"), 1)

    assert sums.by_role == {"a": {"cpus": 1_000}, "a/x": {"cpus": 2_000}, "b": {"cpus": 1_000}}
    assert sums.below == {"a": {"cpus": 2_000}}
    assert (sums.held, sums.reserved_held) == ({"cpus": 6_000}, {})
