"""The ledger of watched frameworks: what every run meant for them, written down when it happened.

An explanation is worked out from what is left behind; the ledger has what is gone since: whom each agent went to, with
the shares that decided it, and how often each reason stood after a run. It costs a look at every offer and an
explanation after every run, so it is kept only for frameworks that somebody watches.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from allocators.explain.explanation import ReasonCount, explain, in_order
from allocators.explain.scene import Scene
from allocators.explain.shortage import compare
from allocators.hierarchical.agents import AgentBook
from allocators.sorters.sorter import Standing
from libprocess_py.message import Record
from mesos_py.protocol.durations import Nanoseconds
from mesos_py.protocol.ids import AgentId, FrameworkId

DECISIONS_MAX: Final = 10_000  # The last ones of each framework; some megabytes.


class Decision(Record):
    """An agent was offered to somebody while the framework took part under `role`."""

    at: Nanoseconds
    agent_id: AgentId
    role: str
    framework_id: FrameworkId  # Whom it was offered to, perhaps the watched framework itself,
    offered_role: str  # and under which role.
    ours: Standing | None = None  # Just before the offer; None: it was the same client.
    theirs: Standing | None = None


class RoleTally(Record):
    """How a framework fared under one role since it is watched: agents, added up over all runs."""

    role: str
    offered: int
    lost: int  # To others, or to the framework's other roles.
    passed_over: tuple[ReasonCount, ...]  # By reason, most frequent first.


class Ledger(Record):
    """What is written down of one framework."""

    framework_id: FrameworkId
    runs: int
    tallies: tuple[RoleTally, ...]
    decisions: tuple[Decision, ...]  # The last ones, oldest first.


class _Pages:
    """The ledger while it is written."""

    def __init__(self) -> None:
        self.runs = 0
        self.decisions: deque[Decision] = deque(maxlen=DECISIONS_MAX)
        self.offered: dict[str, int] = {}
        self.lost: dict[str, int] = {}
        self.passed_over: dict[str, dict[str, int]] = {}


class Watch:
    """Everybody who is watched. The run tells it of offers before they are booked, the journal when a run is over."""

    def __init__(self, scene: Callable[[], Scene]) -> None:
        self._scene = scene
        self._pages: dict[FrameworkId, _Pages] = {}
        self._pending: list[tuple[FrameworkId, Decision]] = []  # Of the run under way, without its time.

    def __bool__(self) -> bool:
        return bool(self._pages)

    def add(self, framework_id: FrameworkId) -> None:
        """Write down what happens to it from now on, whether or not it is there yet."""
        self._pages.setdefault(framework_id, _Pages())

    def remove(self, framework_id: FrameworkId) -> None:
        """Forget it."""
        self._pages.pop(framework_id, None)

    def __call__(self, framework_id: FrameworkId, role: str, agent: AgentBook) -> None:
        """The agent is about to be offered to that framework under that role."""
        books = self._scene().books
        for watched in self._pages:
            framework = books.frameworks.get(watched)
            for asked in () if framework is None else framework.roles:
                if framework is not None and framework.takes_part(asked):
                    ours, theirs = compare(books, (watched, asked), theirs=(framework_id, role))
                    decision = Decision(
                        at=0,
                        agent_id=agent.id,
                        role=asked,
                        framework_id=framework_id,
                        offered_role=role,
                        ours=ours,
                        theirs=theirs,
                    )
                    self._pending.append((watched, decision))

    def run_over(self, now: int) -> None:
        """The run in which those offers were made is over."""
        for watched, decision in self._pending:
            pages = self._pages[watched]
            is_own = (decision.framework_id, decision.offered_role) == (watched, decision.role)
            tally = pages.offered if is_own else pages.lost
            tally[decision.role] = tally.get(decision.role, 0) + 1
            pages.decisions.append(replace(decision, at=now))
        self._pending.clear()
        for framework_id, pages in self._pages.items():
            self._count_reasons(framework_id, pages, now=now)

    def _count_reasons(self, framework_id: FrameworkId, pages: _Pages, *, now: int) -> None:
        scene = self._scene()
        framework = scene.books.frameworks.get(framework_id)
        pages.runs += 1
        for role in () if framework is None else framework.roles:
            counts = pages.passed_over.setdefault(role, {})
            explanation = explain(scene, framework_id, role=role, now=now)
            for blocker in explanation.blockers:
                counts[blocker.reason] = counts.get(blocker.reason, 0) + len(explanation.agents)
            for count in explanation.counts:
                counts[count.reason] = counts.get(count.reason, 0) + count.agents

    def ledger(self, framework_id: FrameworkId) -> Ledger | None:
        """What is written down of it; None: it is not watched."""
        pages = self._pages.get(framework_id)
        if pages is None:
            return None
        tallies = tuple(
            RoleTally(
                role=role,
                offered=pages.offered.get(role, 0),
                lost=pages.lost.get(role, 0),
                passed_over=in_order(counts),
            )
            for role, counts in pages.passed_over.items()
        )
        return Ledger(framework_id=framework_id, runs=pages.runs, tallies=tallies, decisions=tuple(pages.decisions))
