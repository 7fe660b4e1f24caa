"""A bounded log of what became of each task, agent and framework: answers "why is it gone?" without a log file."""

from __future__ import annotations

from collections import deque

from libprocess_py.message import Record
from master.core.limits import STORY_LINES_MAX, STORY_SUBJECTS_MAX


class Transition(Record, kw_only=False):
    """At this time this happened."""

    at_ns: int
    what: str


class Story:
    """The last transitions of the subjects that were heard of last."""

    def __init__(self, *, subjects_max: int = STORY_SUBJECTS_MAX, lines_max: int = STORY_LINES_MAX) -> None:
        self._subjects_max = subjects_max
        self._lines_max = lines_max
        self._lines: dict[str, deque[Transition]] = {}  # The subject heard of last comes last.
        self.news: list[tuple[str, str]] = []  # Subjects and what became of them in the present event, for the log.

    def note(self, subject: str, what: str, *, now: int) -> None:
        lines = self._lines.pop(subject, None)
        if lines is None:
            lines = deque(maxlen=self._lines_max)
            if len(self._lines) >= self._subjects_max:
                del self._lines[next(iter(self._lines))]
        lines.append(Transition(now, what))
        self.news.append((subject, what))
        self._lines[subject] = lines

    def of(self, subject: str) -> tuple[Transition, ...]:
        """What is remembered of the subject, oldest first."""
        return tuple(self._lines.get(subject, ()))

    def __len__(self) -> int:
        return len(self._lines)
