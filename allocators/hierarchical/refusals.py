"""Refusals (offer filters): what a framework asked not to be offered again for a while (AL-14, AL-15).

A refusal is about one framework, role and agent, and covers every offer that is contained in what was refused. It
lasts for what was asked, at least one allocation interval. So that at least one batch run sees every refusal, one
that ends at the very instant of the first batch run since it was made still covers that run; with any later batch run
the end comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from typing import Final, TypeAlias

from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.resources import Resources

COMPACT_FROM: Final = 1_024  # What is no longer in force is swept out once it is the majority of at least so many.

Cell: TypeAlias = tuple[FrameworkId, str, AgentId]
Client: TypeAlias = tuple[FrameworkId, str]  # A framework under a role.


class Refused:
    """One refusal in force."""

    __slots__ = ("agent_id", "batch", "client", "is_in_force", "resources", "until")

    def __init__(self, cell: Cell, resources: Resources, *, until: int, batch: int) -> None:
        framework_id, role, self.agent_id = cell
        self.client: Client = (framework_id, role)
        self.resources = resources
        self.until = until
        self.batch = batch  # How many batch runs there had been when it was made.
        self.is_in_force = True

    @property
    def cell(self) -> Cell:
        return *self.client, self.agent_id

    def is_over(self, now: int, batches: int) -> bool:
        """Is it past its end, and has a batch run seen it?"""
        return now >= self.until and batches > self.batch


NOBODY: Final[dict[Client, list[Refused]]] = {}  # Has refused an agent. Never written to.


class Refusals:
    """All refusals in force. `batches` is the number of batch runs so far.

    What was refused in one go ends at one instant, so the queue is of instants, and each has its list. These lists, and
    those by client, keep what is no longer in force until it is the majority: most refusals end on time.
    """

    def __init__(self) -> None:
        self.batches = 0
        self._about: dict[AgentId, dict[Client, list[Refused]]] = {}
        self._by_client: dict[FrameworkId, dict[str, list[Refused]]] = {}
        self._ends: list[int] = []
        self._ending: dict[int, list[Refused]] = {}  # By these ends, in the order in which they were made.
        self._listed = 0  # How many are in the lists by client,
        self._queued = 0  # and how many in those by end.
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, cell: Cell, resources: Resources, *, until: int) -> None:
        """Refuse offers in that cell that `resources` contain."""
        refused = Refused(cell, resources, until=until, batch=self.batches)
        framework_id, role, agent_id = cell
        self._about.setdefault(agent_id, {}).setdefault(refused.client, []).append(refused)
        self._by_client.setdefault(framework_id, {}).setdefault(role, []).append(refused)
        if until not in self._ending:
            self._ending[until] = []
            heappush(self._ends, until)
        self._ending[until].append(refused)
        self._listed += 1
        self._queued += 1
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
        return tuple(self.about(agent_id).get((framework_id, role), ()))

    def all(self) -> Iterator[Refused]:
        """All that are in the books, by their end, and of equal ends in the order in which they were made."""
        for until in sorted(self._ends):
            yield from (each for each in self._ending[until] if each.is_in_force)

    def active(self, now: int) -> Iterator[Cell]:
        """The cells of all refusals that are not over."""
        for refused in self.all():
            if not refused.is_over(now, self.batches):
                yield refused.cell

    def expire(self, now: int) -> dict[AgentId, None]:
        """Drop what is over; the agents that it was about."""
        waiting: list[list[Refused]] = []
        agents: dict[AgentId, None] = {}
        batches = self.batches
        while self._ends and self._ends[0] <= now:
            listed = self._ending.pop(heappop(self._ends))
            self._queued -= len(listed)
            ending = [each for each in listed if each.is_in_force]
            over = [each for each in ending if batches > each.batch]
            agents.update([(each.agent_id, None) for each in over])
            for refused in over:
                self._forget(refused)
            if len(over) < len(ending):
                waiting.append([each for each in ending if each.is_in_force])
        for ending in waiting:
            self._ending[ending[0].until] = ending
            heappush(self._ends, ending[0].until)
            self._queued += len(ending)
        self._compact()
        return agents

    def drop_framework(self, framework_id: FrameworkId) -> None:
        """Drop all of a framework."""
        for role in tuple(self._by_client.get(framework_id, ())):
            self.drop_role(framework_id, role)

    def drop_role(self, framework_id: FrameworkId, role: str) -> None:
        """Drop those of a framework under one role."""
        roles = self._by_client.get(framework_id, {})
        refusals = roles.pop(role, ())
        if not roles:
            self._by_client.pop(framework_id, None)
        self._listed -= len(refusals)
        self._drop(refusals)

    def drop_agent(self, agent_id: AgentId) -> None:
        """Drop all about an agent."""
        self._drop([each for refusals in self._about.get(agent_id, NOBODY).values() for each in refusals])

    def _drop(self, refusals: Iterable[Refused]) -> None:
        for refused in refusals:
            if refused.is_in_force:
                self._forget(refused)
        self._compact()

    def _forget(self, refused: Refused) -> None:
        refused.is_in_force = False
        self._count -= 1
        clients = self._about[refused.agent_id]
        refusals = clients[refused.client]
        if len(refusals) > 1:
            refusals.remove(refused)
        elif len(clients) > 1:
            del clients[refused.client]
        else:
            del self._about[refused.agent_id]

    def _compact(self) -> None:
        if max(self._listed, self._queued) < max(COMPACT_FROM, 2 * self._count + 1):
            return
        listed = list(self.all())
        self._ends, self._ending, self._by_client = [], {}, {}
        self._listed = self._queued = self._count
        for refused in listed:
            framework_id, role = refused.client
            self._by_client.setdefault(framework_id, {}).setdefault(role, []).append(refused)
            self._ending.setdefault(refused.until, []).append(refused)
        self._ends.extend(self._ending)  # In order already, so it is a heap.

    def check(self) -> None:
        """Assert that the indexes agree."""
        about = [(key, each) for key, clients in self._about.items() for part in clients.values() for each in part]
        assert len(about) == self._count
        assert all(each.is_in_force and each.agent_id == key for key, each in about)
        assert all(each.client == key for part in self._about.values() for key in part for each in part[key])
        in_force = {id(each) for _, each in about}
        assert {id(each) for each in self.all()} == in_force
        assert sorted(self._ends) == sorted(self._ending)
        assert all(each.until == until for until, ending in self._ending.items() for each in ending)
        listed = [each for roles in self._by_client.values() for part in roles.values() for each in part]
        assert len(listed) == self._listed
        assert sum(map(len, self._ending.values())) == self._queued
        assert {id(each) for each in listed if each.is_in_force} == in_force


def cover(refusals: Sequence[Refused], resources: Resources) -> bool:
    """Does one of these contain them?"""
    for each in refusals:  # noqa: SIM110  # Asked of every framework that an agent was refused by: twice as fast.
        if each.resources is resources or each.resources.contains(resources):
            return True
    return False
