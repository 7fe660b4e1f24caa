"""What a node of the role tree holds: thousandths by name, and copies of shared volumes.

Machines are bought by the dozen and offered whole, so what a node holds is mostly so many copies of one thing. As long
as it is, the account is that thing and a number: a booking then counts, whatever there is in a machine, and nodes that
hold as many copies have the same share (`Pool.share_of`). The first booking of anything else writes the sums out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from allocators.sorters.sorter import Entry, SharedKey

# What most accounts never have is one object for all of them: there are accounts by the ten thousand. Never written to.
NO_SUMS: Final[dict[str, int]] = {}
NO_VOLUMES: Final[dict[SharedKey, int]] = {}


class Account:
    """Sums of what was booked and not given back. `unit` and `copies` are for those who work out shares."""

    __slots__ = ("_sums", "copies", "shared", "unit")

    def __init__(self) -> None:
        self.unit: Entry | None = None  # Copies of it are all that is held; None: the sums say what is.
        self.copies = 0
        self.shared = NO_VOLUMES
        self._sums = NO_SUMS  # Empty while there is a unit.

    @property
    def held(self) -> Mapping[str, int]:
        """Thousandths by name; a shared volume counts once."""
        if self.unit is None:
            return self._sums
        return {name: milli * self.copies for name, milli in self.unit.amounts.items()}

    def book(self, entry: Entry) -> None:
        """Add to the account."""
        if self.unit is entry:
            self.copies += 1
            return
        if self.unit is None and not self._sums and not entry.shared:
            self.unit, self.copies = entry, 1
            return
        sums = self._written()
        for name, milli in entry.amounts.items():
            sums[name] = sums.get(name, 0) + milli
        for volume, copies in entry.shared.items():
            if self.shared is NO_VOLUMES:
                self.shared = {}
            if volume not in self.shared:
                self._change(volume, 1)
            self.shared[volume] = self.shared.get(volume, 0) + copies

    def unbook(self, entry: Entry) -> None:
        """Take from the account what is in it."""
        if self.unit is entry:
            self.copies -= 1
            if not self.copies:
                self.unit = None
            return
        sums = self._written()
        for name, milli in entry.amounts.items():
            left = sums.get(name, 0) - milli
            assert left >= 0, f"{self} gives back more {name} than it holds"
            sums[name] = left
            if not left:
                del sums[name]
        for volume, copies in entry.shared.items():
            left = self.shared.pop(volume, 0) - copies
            assert left >= 0, f"{self} gives back more copies of a volume than it holds"
            if left:
                self.shared[volume] = left
            else:
                self._change(volume, -1)

    def _written(self) -> dict[str, int]:
        """The sums, written out if they were not."""
        if self.unit is not None:
            self._sums = dict(self.held)
            self.unit, self.copies = None, 0
        elif self._sums is NO_SUMS:
            self._sums = {}
        return self._sums

    def _change(self, volume: SharedKey, sign: int) -> None:
        kind = volume[1]
        left = self._sums.get(kind.name, 0) + sign * (kind.whole or 0)
        self._sums[kind.name] = left
        if not left:
            del self._sums[kind.name]

    def all(self) -> Entry:
        """The whole account, as one entry."""
        entry = Entry.__new__(Entry)
        entry.amounts = dict(self.held)
        entry.shared = dict(self.shared)
        for _, kind in self.shared:
            entry.amounts[kind.name] -= kind.whole or 0
        return entry

    def take_over(self, other: Account) -> None:
        """Hold the same as the other one."""
        self.unit, self.copies = other.unit, other.copies
        self.shared = dict(other.shared) if other.shared else NO_VOLUMES
        self._sums = dict(other._sums) if other._sums else NO_SUMS
