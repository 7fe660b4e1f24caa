"""What of a decision log is to be seen: a stretch of time, some actors, and no more than a picture can hold.

A log tells of every event when it was served. So a message is an arrow to the actor that was told, at the time at which
it was; when it was sent is not recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Final

from libprocess_py.events import KIND_NAMES
from libprocess_py.introspection.journal import Entry

ENTRIES_MAX: Final = 400  # Rows of a picture that people still read.
LANES_MAX: Final = 16  # Actors beside each other on a screen.
EVENTS: Final = frozenset(KIND_NAMES)
NOISE: Final = frozenset({"draw", "random"})  # Every random number is in the log, and none belongs in a picture.


@dataclass(frozen=True, slots=True)
class Selection:
    """What to show. Times are nanoseconds since the first record; actors are shell patterns of ids or PIDs."""

    actors: tuple[str, ...] = ()
    start_ns: int = 0
    end_ns: int | None = None
    entries_max: int = ENTRIES_MAX
    lanes_max: int = LANES_MAX


@dataclass(frozen=True, slots=True)
class Timeline:
    """The entries that are shown, and what was left out."""

    begin_ns: int  # Of the log.
    lanes: tuple[str, ...]  # PIDs of actors, in the order in which they appear.
    entries: tuple[Entry, ...]
    entries_left_out: int  # Selected, but beyond the bound.
    lanes_left_out: int

    @property
    def addresses(self) -> tuple[str, ...]:
        """The nodes of those actors, in the same order."""
        return tuple(dict.fromkeys(split_pid(pid)[1] for pid in self.lanes))


def timeline_of(entries: Iterable[Entry], selection: Selection) -> Timeline:
    """Read a log once, keeping what is selected. Entries beyond the bound are counted, not kept."""
    begin_ns: int | None = None
    kept: list[Entry] = []
    left_out = 0
    for entry in entries:
        begin_ns = entry.now if begin_ns is None else begin_ns
        since = entry.now - begin_ns
        if selection.end_ns is not None and since > selection.end_ns:
            break
        if since < selection.start_ns or not _is_selected(entry, selection.actors):
            continue
        if len(kept) < selection.entries_max:
            kept.append(entry)
        else:
            left_out += 1
    timeline = Timeline(begin_ns or 0, (), tuple(kept), left_out, 0)
    return _with_lanes(timeline, selection)


def parties(entry: Entry) -> tuple[str, ...]:
    """The actors that an event is about: who is told, and who sent it or ended."""
    if entry.kind not in EVENTS:
        return ()
    other = entry.name if entry.kind == "exited" else entry.sender
    return (entry.who, other) if other else (entry.who,)


def split_pid(pid: str) -> tuple[str, str]:
    """Id and address."""
    id, _, address = pid.rpartition("@")
    return id, address


def _is_selected(entry: Entry, patterns: Sequence[str]) -> bool:
    if entry.kind in NOISE:
        return False
    if not patterns or entry.kind not in EVENTS:
        return True
    names = [name for pid in parties(entry) for name in (pid, split_pid(pid)[0])]
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _with_lanes(timeline: Timeline, selection: Selection) -> Timeline:
    """Give a lane to each actor, to the busiest if they are too many, and drop what is told to others."""
    told = Counter(entry.who for entry in timeline.entries if entry.kind in EVENTS)
    appearing = dict.fromkeys(pid for entry in timeline.entries for pid in parties(entry) if pid in told)
    busiest = sorted(appearing, key=lambda pid: (-told[pid], pid))[: selection.lanes_max]
    lanes = tuple(pid for pid in appearing if pid in busiest)
    shown = tuple(entry for entry in timeline.entries if entry.kind not in EVENTS or entry.who in lanes)
    return replace(timeline, lanes=lanes, entries=shown, lanes_left_out=len(appearing) - len(lanes))
