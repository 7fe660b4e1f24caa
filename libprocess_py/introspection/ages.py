"""How long events have waited, found out by looking now and then: queueing an event costs nothing for it.

A box is a list that only grows at its end until it is served. Whoever saw it with n events at some time knows of the
first n that they have waited since then at least. So an age is a lower bound, short by the time between two looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import length_hint
from typing import Final

from libprocess_py.core.mailbox import Mailbox
from libprocess_py.events import Event

MARKS_MAX: Final = 16  # Looks remembered for each box: enough for an age within a sixteenth of itself.


class _Seen:
    """One box: when it held how many events, oldest look first."""

    __slots__ = ("box", "marks")

    def __init__(self, box: list[Event]) -> None:
        self.box = box
        self.marks: list[tuple[int, int]] = []

    def look(self, now: int) -> None:
        length = len(self.box)
        if not self.marks or self.marks[-1][1] < length:
            self.marks.append((now, length))
        if len(self.marks) > MARKS_MAX:
            del self.marks[1::2]

    def since(self, index: int) -> int | None:
        """A time at which the event at that index was waiting; the earliest that is known."""
        return next((time for time, length in self.marks if index < length), None)


class Ages:
    """What was seen of the boxes of one node."""

    def __init__(self) -> None:
        self._seen: dict[str, list[_Seen]] = {}

    def look(self, waiting: Iterable[Mailbox], now: int) -> None:
        """Note what waits now. `waiting` has every actor with events; what is not among them is forgotten."""
        seen: dict[str, list[_Seen]] = {}
        for mailbox in waiting:
            id = mailbox._process_pid.id
            known = self._seen.get(id, [])
            seen[id] = [_known(box, known) for box, _ in _boxes(mailbox)]
            for each in seen[id]:
                each.look(now)
        self._seen = seen

    def oldest_ns(self, mailbox: Mailbox, now: int) -> int | None:
        """For how long, at least, its oldest event has waited. None: nothing waits, or nobody has looked before."""
        oldest = next(_boxes(mailbox), None)
        if oldest is None:
            return None
        box, index = oldest
        since = _known(box, self._seen.get(mailbox._process_pid.id, [])).since(index)
        return None if since is None else now - since


def depth(mailbox: Mailbox) -> int:
    """How many events wait."""
    return sum(len(box) - index for box, index in _boxes(mailbox))


def _boxes(mailbox: Mailbox) -> Iterator[tuple[list[Event], int]]:
    """The lists that hold what waits, oldest first, each with the index at which it begins."""
    if mailbox._process_rest is not None:
        box, events = mailbox._process_rest
        left = length_hint(events)
        if left:
            yield box, len(box) - left
    if mailbox._process_box:
        yield mailbox._process_box, 0


def _known(box: list[Event], known: list[_Seen]) -> _Seen:
    return next((seen for seen in known if seen.box is box), None) or _Seen(box)
