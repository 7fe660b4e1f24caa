"""A slow, obvious model of resources: a bag of thousandths, a set of ports, a bag of volumes. For comparison only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable

from mesos_py.protocol.disks import DiskSourceType
from mesos_py.protocol.resources import Resource, Resources

Key = tuple[Hashable, ...]


class Model:
    """`bag` counts thousandths of what merges and copies of what does not; `members` are single ports and items."""

    def __init__(self, items: Iterable[Resource] = ()) -> None:
        self.bag: Counter[Key] = Counter()
        self.members: set[Key] = set()
        for item in items:
            if isinstance(item.value, int):
                if is_whole(item):
                    self.bag[(*_marks(item), item.value)] += 1
                else:
                    self.bag[_marks(item)] += item.value
            else:
                self.members |= {(*_marks(item), member) for member in item.value}

    @classmethod
    def of(cls, resources: Resources) -> Model:
        return cls(resources)

    def __add__(self, other: Model) -> Model:
        return _model(self.bag + other.bag, self.members | other.members)

    def __sub__(self, other: Model) -> Model:
        return _model(self.bag - other.bag, self.members - other.members)  # Counters drop what is not positive.

    def contains(self, other: Model) -> bool:
        return self.bag >= other.bag and self.members >= other.members

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and +self.bag == +other.bag and self.members == other.members

    __hash__ = None  # type: ignore[assignment]  # It is mutable, and nobody looks it up.


def _model(bag: Counter[Key], members: set[Key]) -> Model:
    made = Model()
    made.bag, made.members = bag, members
    return made


def is_whole(item: Resource) -> bool:
    """May the resource neither merge nor be split?"""
    if item.disk is None:
        return False
    source = item.disk.source
    if item.disk.persistence_id is not None:
        return True
    if source is None:
        return False
    return source.type in (DiskSourceType.MOUNT, DiskSourceType.BLOCK) or (
        source.type is DiskSourceType.RAW and source.id is not None
    )


def _marks(item: Resource) -> Key:
    disk = item.disk
    return (
        item.name,
        type(item.value).__name__,
        item.reservations,
        None if disk is None else (disk.persistence_id, disk.source),
        item.revocable,
        item.shared,
        item.provider_id,
        item.allocation_role,
    )
