"""What makes one disk resource different from another: a persistent volume on it, and the device it comes from.

How a framework mounts a volume (`volume`) and who created it (`persistence_principal`) travel along but are no part of
what the resource is: the same volume may be used under another path by the next task. So both are ignored by `==`.
"""

from __future__ import annotations

from enum import Enum

from libprocess_py.message import Record


class DiskSourceType(Enum):
    """PATH can be divided; MOUNT and BLOCK are whole devices; RAW is not formatted yet."""

    PATH = "PATH"
    MOUNT = "MOUNT"
    BLOCK = "BLOCK"
    RAW = "RAW"


class VolumeMode(Enum):
    """May the container write to the volume?"""

    RW = "RW"
    RO = "RO"


class Volume(Record):
    """Where a persistent volume appears in a container."""

    container_path: str
    mode: VolumeMode = VolumeMode.RW
    host_path: str | None = None


class DiskSource(Record):
    """The device. `root` is the path below which a PATH or MOUNT disk lives; `metadata` are labels in sorted order."""

    type: DiskSourceType
    root: str | None = None
    vendor: str | None = None
    id: str | None = None
    profile: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()

    @property
    def is_whole(self) -> bool:
        """Can it be handed out only as a whole?"""
        if self.type is DiskSourceType.RAW:
            return self.id is not None
        return self.type in (DiskSourceType.MOUNT, DiskSourceType.BLOCK)


class DiskInfo(Record, eq=False):
    """Says that a `disk` resource is more than space on the root disk. Without a source it is the root disk."""

    persistence_id: str | None = None
    persistence_principal: str | None = None
    volume: Volume | None = None
    source: DiskSource | None = None

    @property
    def is_whole(self) -> bool:
        """Persistent volumes and whole devices never merge and are never split."""
        return self.persistence_id is not None or (self.source is not None and self.source.is_whole)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, DiskInfo) and self.persistence_id == other.persistence_id and self.source == other.source
        )

    def __hash__(self) -> int:
        return hash((self.persistence_id, self.source))
