"""Counters of how a framework fares under a role, kept of everybody and always: they cost a run next to nothing.

What stands for long is counted when it begins and when it ends, in runs that took place meanwhile (suppression,
refusals, classes of agents with a trait that the framework avoids); what a run finds out anyway is counted there.
Nothing is counted of those whom a run need not ask because somebody before them took the agent: they are worked out as
what went to others. `Counters` says what each number means.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from libprocess_py.message import Record


class Standing(IntEnum):
    """Does a framework take part under a role? If not, why."""

    TAKES_PART = 0
    INACTIVE = 1
    SUPPRESSED = 2
    NOT_SUBSCRIBED = 3  # It still holds something there.


class Finding(IntEnum):
    """Why an agent that a run asked a framework about was not for it."""

    CONSTRAINT_FAILED = 0
    FORBIDDEN_BY_POLICY = 1
    BELOW_MINIMUM = 2  # What was left for it on the agent.
    LIMIT_REACHED = 3  # What the role's limit left was too little, or had been refused.
    HELD_AS_HEADROOM = 4  # The same of what need not be held back for guarantees.


NO_FINDINGS: Final = (0,) * len(Finding)


class Counters(Record):
    """Since the framework has the role (or the allocator was restored). A pause has no runs."""

    runs: int  # Those in which the framework took part, and
    runs_inactive: int  # those in which it did not, by why.
    runs_suppressed: int
    offers: int  # That runs made to it under the role,
    offers_to_others: int  # and to anybody else, whether or not it could have had them.
    refused: int  # Agents, added up over runs, on which it had refused something.
    lacks_capability: int  # Agents, added up over runs, that are not for frameworks of its capabilities.
    # How often a run found out by asking. It asks once about agents that are alike if nobody takes them, and not after
    # somebody took the agent.
    constraint_failed: int
    forbidden_by_policy: int
    below_minimum: int
    limit_reached: int
    held_as_headroom: int


class Tally:
    """What is counted of one framework under one role, as it is counted."""

    __slots__ = (
        "avoided", "began_bookings", "began_offers", "began_traits", "found", "lacking", "refused", "reported", "runs",
        "since", "standing",
    )  # fmt: skip

    def __init__(self, *, run: int, offers: int) -> None:
        self.standing = Standing.INACTIVE
        self.since = run  # When the standing began: how many runs there had been.
        self.runs = [0] * len(Standing)
        self.began_offers = offers  # Of all runs, to anybody, before.
        self.began_bookings = 0
        self.reported = 0  # Bookings of use that somebody reported.
        self.found = list(NO_FINDINGS)
        self.avoided = 0  # The traits of agents that keep the framework away,
        self.began_traits = 0  # how many such agents there had been, added up over runs, when that began,
        self.lacking = 0  # and what was counted of it before.
        self.refused = 0  # Of refusals that have ended.

    def stand(self, standing: Standing, run: int) -> None:
        """From the next run on it stands like that."""
        if standing is not self.standing:
            self.runs[self.standing] += run - self.since
            self.standing, self.since = standing, run

    def runs_as(self, standing: Standing, run: int) -> int:
        """In how many runs it stood like that."""
        return self.runs[standing] + (run - self.since if standing is self.standing else 0)


class Classes:
    """How many agents there are with the same traits, added up over runs."""

    __slots__ = ("_agents", "_sums")

    def __init__(self) -> None:
        self._agents: dict[int, int] = {}
        self._sums: dict[int, int] = {}  # Agents times (runs - run at which each came or went).

    def change(self, traits: int, sign: int, *, run: int) -> None:
        """One more agent of that class, or one less."""
        self._agents[traits] = self._agents.get(traits, 0) + sign
        self._sums[traits] = self._sums.get(traits, 0) - sign * run

    def agent_runs(self, avoided: int, *, run: int) -> int:
        """Of all agents that have one of these traits."""
        return sum(count * run + self._sums[each] for each, count in self._agents.items() if each & avoided)
