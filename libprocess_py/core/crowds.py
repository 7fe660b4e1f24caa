"""Mailboxes that grow long: how many events wait, of which kinds, and when that is worth a word.

A mailbox has no bound unless its class gives one, so whoever floods an actor should be found by name before memory is
gone. A word per doubling: a flood is told of while it grows, and not at every turn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from operator import length_hint
from typing import TYPE_CHECKING, Final

from libprocess_py.core.mailbox import Mailbox
from libprocess_py.events import KIND_NAMES, Event, name_of

if TYPE_CHECKING:
    from libprocess_py.core.kernel import Kernel

CROWD_MIN: Final = 1_024  # A burst of some hundred is no news; this many small handlers take a millisecond.
NAMES_SHOWN: Final = 3  # A flood has one source, or few.


class Crowds:
    """How long the mailboxes of a node have been, at the start of a turn."""

    __slots__ = ("longest", "marks", "remarkable")

    def __init__(self) -> None:
        self.longest = 0
        self.remarkable = 0  # A turn with more events than this is to be noted.
        self.marks: dict[str, int] = {}  # By actor: how long its mailbox was when it was last told of.

    def note(self, id: str, waiting: int) -> bool:
        """That many wait for an actor. True if it is time to say so."""
        self.longest = max(self.longest, waiting)
        if waiting < CROWD_MIN:
            self.remarkable = waiting
            return False
        self.remarkable = CROWD_MIN - 1
        if waiting < 2 * self.marks.get(id, CROWD_MIN // 2):
            return False
        self.marks[id] = waiting
        return True

    def forget(self, id: str) -> None:
        """The actor is gone."""
        self.marks.pop(id, None)


def most_frequent(events: Iterable[Event]) -> str:
    """What most of them are about: `Number x 900, Counter.double x 100`."""
    counted = Counter(name_of(event) or KIND_NAMES[event[0]] for event in events)
    return ", ".join(f"{name} x {number}" for name, number in counted.most_common(NAMES_SHOWN))


def waiting(kernel: Kernel, mailbox: Mailbox) -> list[Event]:
    """What an actor has still to serve, oldest first, also within its own turn."""
    left = length_hint(kernel.turn_events) if kernel.current is mailbox else 0
    return (kernel.turn_box[-left:] if left else []) + mailbox.queued_events()
