"""Hypothesis strategies for resources: few names, roles and volumes, so that kinds meet often."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from mesos_py.protocol.disks import DiskInfo, DiskSource, DiskSourceType, Volume, VolumeMode
from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.reservations import Reservation, static
from mesos_py.protocol.resources import Resource, Resources
from mesos_py.protocol.values import Ranges, Set

ROLES: Final = ("a", "a/x", "a/x/y", "b")

STACKS: Final[tuple[tuple[Reservation, ...], ...]] = (
    (),
    (static("a"),),
    (static("b"),),
    (Reservation(role="a"),),
    (Reservation(role="a", principal="p"),),
    (Reservation(role="a", principal="p", labels=(("k", "v"),)),),
    (static("a"), Reservation(role="a/x")),
    (Reservation(role="a"), Reservation(role="a/x"), Reservation(role="a/x/y", principal="p")),
)

MERGING_DISKS: Final = (
    DiskInfo(),
    DiskInfo(source=DiskSource(type=DiskSourceType.PATH, root="/d")),
    DiskInfo(source=DiskSource(type=DiskSourceType.RAW, profile="fast")),
)

WHOLE_DISKS: Final = (
    DiskInfo(persistence_id="v1"),
    DiskInfo(persistence_id="v2", persistence_principal="p", volume=Volume(container_path="/v", mode=VolumeMode.RO)),
    DiskInfo(persistence_id="v1", source=DiskSource(type=DiskSourceType.PATH, root="/d")),
    DiskInfo(source=DiskSource(type=DiskSourceType.MOUNT, root="/m")),
    DiskInfo(source=DiskSource(type=DiskSourceType.BLOCK, id="b1", vendor="w", metadata=(("k", "v"),))),
    DiskInfo(source=DiskSource(type=DiskSourceType.RAW, id="r1")),
)

stacks: Final = st.sampled_from(STACKS)
millis: Final = st.integers(min_value=1, max_value=5_000)
roles: Final = st.sampled_from(ROLES)


@st.composite
def ranges(draw: st.DrawFn, *, high_max: int = 24) -> Ranges:
    """Unions of up to four intervals of small numbers."""
    ends = st.tuples(st.integers(0, high_max), st.integers(0, high_max))
    return Ranges((min(pair), max(pair)) for pair in draw(st.lists(ends, max_size=4)))


def sets() -> st.SearchStrategy[Set]:
    return st.builds(Set, st.lists(st.sampled_from("abcdef"), unique=True, max_size=6))


def plain_items() -> st.SearchStrategy[Resource]:
    """What the text form can say: names, static roles and values."""
    named = st.one_of(
        st.tuples(st.sampled_from(("cpus", "mem", "disk", "bandwidth")), millis),
        st.tuples(st.just("gpus"), st.integers(1, 4).map(lambda count: count * 1_000)),
        st.tuples(st.just("ports"), ranges()),
        st.tuples(st.just("zones"), sets()),
    )
    owners = st.sampled_from(((), (static("a"),), (static("a/x"),)))
    return st.builds(
        lambda name_value, owner: Resource(name=name_value[0], value=name_value[1], reservations=owner), named, owners
    )


@st.composite
def marked_items(draw: st.DrawFn) -> Resource:
    """Resources that never need splitting, with every mark that tells kinds apart."""
    name, value = draw(
        st.one_of(
            st.tuples(st.sampled_from(("cpus", "mem", "disk")), millis),
            st.tuples(st.just("ports"), ranges()),
            st.tuples(st.just("zones"), sets()),
        )
    )
    return Resource(
        name=name,
        value=value,
        reservations=draw(stacks),
        disk=draw(st.sampled_from((None, *MERGING_DISKS))) if name == "disk" else None,
        revocable=draw(st.booleans()),
        provider_id=draw(st.sampled_from((None, "rp"))),
        allocation_role=draw(st.sampled_from((None, "a", "b"))),
    )


@st.composite
def whole_items(draw: st.DrawFn) -> Resource:
    """Volumes and devices; some volumes are shared."""
    disk = draw(st.sampled_from(WHOLE_DISKS))
    return Resource(
        name="disk",
        value=draw(st.sampled_from((1_000, 2_000, 2_500))),
        reservations=draw(stacks),
        disk=disk,
        shared=disk.persistence_id is not None and draw(st.booleans()),
        allocation_role=draw(st.sampled_from((None, "a"))),
    )


def items() -> st.SearchStrategy[Resource]:
    """Any single resource."""
    return st.one_of(plain_items(), marked_items(), whole_items())


def plain_resources() -> st.SearchStrategy[Resources]:
    return st.builds(Resources, st.lists(plain_items(), max_size=5))


def merging_resources() -> st.SearchStrategy[Resources]:
    """Resources without volumes and whole devices."""
    return st.builds(Resources, st.lists(st.one_of(plain_items(), marked_items()), max_size=5))


def resources() -> st.SearchStrategy[Resources]:
    """Anything."""
    return st.builds(Resources, st.lists(items(), max_size=6))


def quantities() -> st.SearchStrategy[Quantities]:
    names = st.sampled_from(("cpus", "mem", "disk", "ports", "zones"))
    return st.builds(Quantities, st.dictionaries(names, st.integers(0, 6_000), max_size=4))


def limits() -> st.SearchStrategy[Limits]:
    names = st.sampled_from(("cpus", "mem", "disk", "ports", "zones"))
    return st.builds(Limits, st.dictionaries(names, st.integers(0, 6_000), max_size=4))
