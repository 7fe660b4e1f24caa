"""Refusals (offer filters): what a framework asked not to be offered again for a while (AL-14, AL-15).

A refusal is about one framework, role and agent, and covers every offer that is contained in what was refused. It
lasts for what was asked, at least one allocation interval. So that at least one batch run sees every refusal, one
that ends at the very instant of the first batch run since it was made still covers that run; with any later batch run
the end comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Final, TypeAlias

from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.resources import Resources

COMPACT_FROM: Final = 1_024  # Ends of dropped refusals are swept out once they are the majority of at least so many.

Cell: TypeAlias = tuple[FrameworkId, str, AgentId]
Client: TypeAlias = tuple[FrameworkId, str]  # A framework under a role.


class Refused:
    """One refusal in force."""

    __slots__ = ("batch", "cell", "is_dropped", "resources", "until")

    def __init__(self, cell: Cell, resources: Resources, *, until: int, batch: int) -> None:
        self.cell = cell
        self.resources = resources
        self.until = until
        self.batch = batch  # How many batch runs there had been when it was made.
        self.is_dropped = False

    def is_over(self, now: int, batches: int) -> bool:
        """Is it past its end, and has a batch run seen it?"""
        return now >= self.until and batches > self.batch


NOBODY: Final[dict[Client, list[Refused]]] = {}  # Has refused an agent. Never written to.


class Refusals:
    """All refusals in force. `batches` is the number of batch runs so far."""

    def __init__(self) -> None:
        self.batches = 0
        self._by_framework: dict[FrameworkId, dict[str, dict[AgentId, list[Refused]]]] = {}
        self._about: dict[AgentId, dict[Client, list[Refused]]] = {}  # The same lists, by agent.
        self._ends: list[tuple[int, int, Refused]] = []
        self._sequence = 0
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, cell: Cell, resources: Resources, *, until: int) -> None:
        """Refuse offers in that cell that `resources` contain."""
        framework_id, role, agent_id = cell
        refused = Refused(cell, resources, until=until, batch=self.batches)
        refusals = self._about.setdefault(agent_id, {}).setdefault((framework_id, role), [])
        if not refusals:
            self._by_framework.setdefault(framework_id, {}).setdefault(role, {})[agent_id] = refusals
        refusals.append(refused)
        self._sequence += 1
        heappush(self._ends, (until, self._sequence, refused))
        self._count += 1

    def covers(self, cell: Cell, resources: Resources) -> bool:
        """Is an offer of these resources refused? Refusals are not added up."""
        refusals = self._about.get(cell[2], NOBODY).get((cell[0], cell[1]))
        return refusals is not None and cover(refusals, resources)

    def about(self, agent_id: AgentId) -> Mapping[Client, Sequence[Refused]]:
        """All about this agent, by who refused."""
        return self._about.get(agent_id, NOBODY)

    def of(self, cell: Cell) -> tuple[Refused, ...]:
        """All that are in the books for that cell, in the order in which they were made."""
        framework_id, role, agent_id = cell
        return tuple(self._by_framework.get(framework_id, {}).get(role, {}).get(agent_id, ()))

    def all(self) -> Iterator[Refused]:
        """All that are in the books, by their end, and of equal ends in the order in which they were made."""
        for _, _, refused in sorted(self._ends, key=lambda end: end[:2]):
            if not refused.is_dropped:
                yield refused

    def expire(self, now: int) -> list[AgentId]:
        """Drop what is over; the agents that it was about."""
        waiting: list[tuple[int, int, Refused]] = []
        agents: dict[AgentId, None] = {}
        while self._ends and self._ends[0][0] <= now:
            end = heappop(self._ends)
            refused = end[2]
            if refused.is_dropped:
                continue
            if not refused.is_over(now, self.batches):
                waiting.append(end)
                continue
            agents[refused.cell[2]] = None
            self._forget(refused)
        for end in waiting:
            heappush(self._ends, end)
        return list(agents)

    def drop_framework(self, framework_id: FrameworkId) -> list[AgentId]:
        """Drop all of a framework; the agents that they were about."""
        roles = list(self._by_framework.get(framework_id, ()))
        return [agent_id for role in roles for agent_id in self.drop_role(framework_id, role)]

    def drop_role(self, framework_id: FrameworkId, role: str) -> list[AgentId]:
        """Drop those of a framework under one role; the agents that they were about."""
        agents = self._by_framework.get(framework_id, {}).get(role, {})
        dropped = list(agents)
        for refused in [each for refusals in agents.values() for each in refusals]:
            self._drop(refused)
        return dropped

    def drop_agent(self, agent_id: AgentId) -> None:
        """Drop all about an agent."""
        for refused in [each for refusals in self._about.get(agent_id, NOBODY).values() for each in refusals]:
            self._drop(refused)

    def active(self, now: int) -> Iterator[Cell]:
        """The cells of all refusals in force."""
        for _, _, refused in self._ends:
            if not refused.is_dropped and not refused.is_over(now, self.batches):
                yield refused.cell

    def _drop(self, refused: Refused) -> None:
        """Before its end: what the heap keeps of it goes later."""
        refused.is_dropped = True
        self._forget(refused)
        if len(self._ends) >= COMPACT_FROM and len(self._ends) > 2 * self._count:
            self._ends = [end for end in self._ends if not end[2].is_dropped]
            heapify(self._ends)

    def _forget(self, refused: Refused) -> None:
        framework_id, role, agent_id = refused.cell
        roles = self._by_framework[framework_id]
        refusals = roles[role][agent_id]
        refusals.remove(refused)
        self._count -= 1
        if not refusals:
            del roles[role][agent_id]
            clients = self._about[agent_id]
            del clients[framework_id, role]
            if not clients:
                del self._about[agent_id]
            if not roles[role]:
                del roles[role]
                if not roles:
                    del self._by_framework[framework_id]

    def check(self) -> None:
        """Assert that the indexes agree."""
        refusals = [
            each
            for roles in self._by_framework.values()
            for agents in roles.values()
            for listed in agents.values()
            for each in listed
        ]
        assert len(refusals) == self._count
        assert {id(each) for each in refusals} == {id(end[2]) for end in self._ends if not end[2].is_dropped}
        about = {
            (framework_id, role, agent_id): listed
            for agent_id, clients in self._about.items()
            for (framework_id, role), listed in clients.items()
        }
        assert {each.cell for each in refusals} == about.keys()
        for (framework_id, role, agent_id), listed in about.items():
            assert listed is self._by_framework[framework_id][role][agent_id]


def cover(refusals: Sequence[Refused], resources: Resources) -> bool:
    """Does one of these contain them?"""
    for each in refusals:  # noqa: SIM110  # Asked of every framework that an agent was refused by: twice as fast.
        if each.resources is resources or each.resources.contains(resources):
            return True
    return False
