"""Refusals (offer filters): what a framework asked not to be offered again for a while (AL-14, AL-15).

A refusal is about one framework, role and agent, and covers every offer that is contained in what was refused. It
lasts for what was asked, at least one allocation interval. So that at least one batch run sees every refusal, one
that ends at the very instant of the first batch run since it was made still covers that run; with any later batch run
the end comes first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from typing import Final, TypeAlias

from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.resources import Resources

COMPACT_FROM: Final = 1_024  # Ends of dropped refusals are swept out once they are the majority of at least so many.

Cell: TypeAlias = tuple[FrameworkId, str, AgentId]
Client: TypeAlias = tuple[FrameworkId, str]  # A framework under a role.


class Refused:
    """One refusal in force."""

    __slots__ = ("agent_id", "batch", "client", "is_dropped", "resources", "until")

    def __init__(self, cell: Cell, resources: Resources, *, until: int, batch: int) -> None:
        framework_id, role, self.agent_id = cell
        self.client: Client = (framework_id, role)
        self.resources = resources
        self.until = until
        self.batch = batch  # How many batch runs there had been when it was made.
        self.is_dropped = False

    @property
    def cell(self) -> Cell:
        return *self.client, self.agent_id

    def is_over(self, now: int, batches: int) -> bool:
        """Is it past its end, and has a batch run seen it?"""
        return now >= self.until and batches > self.batch


NOBODY: Final[dict[Client, list[Refused]]] = {}  # Has refused an agent. Never written to.


class Refusals:
    """All refusals in force. `batches` is the number of batch runs so far.

    What was refused in one go ends at one instant, so the queue is of instants, and each has its list.
    """

    def __init__(self) -> None:
        self.batches = 0
        self._about: dict[AgentId, dict[Client, list[Refused]]] = {}
        self._by_client: dict[Client, dict[AgentId, None]] = {}  # Which agents each has refused.
        self._roles: dict[FrameworkId, dict[str, None]] = {}  # Under which roles each has refused any.
        self._ends: list[int] = []
        self._ending: dict[int, list[Refused]] = {}  # By these ends, in the order in which they were made.
        self._listed = 0  # How many are in those lists, those that were dropped before their end included.
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, cell: Cell, resources: Resources, *, until: int) -> None:
        """Refuse offers in that cell that `resources` contain."""
        refused = Refused(cell, resources, until=until, batch=self.batches)
        client, agent_id = refused.client, refused.agent_id
        clients = self._about.get(agent_id)
        if clients is None:
            clients = self._about[agent_id] = {}
        if client in clients:
            clients[client].append(refused)
        else:
            clients[client] = [refused]
            if client not in self._by_client:
                self._by_client[client] = {}
                self._roles.setdefault(client[0], {})[client[1]] = None
            self._by_client[client][agent_id] = None
        if until not in self._ending:
            self._ending[until] = []
            heappush(self._ends, until)
        self._ending[until].append(refused)
        self._listed += 1
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
            yield from (each for each in self._ending[until] if not each.is_dropped)

    def expire(self, now: int) -> Collection[AgentId]:
        """Drop what is over; the agents that it was about."""
        waiting: list[list[Refused]] = []
        agents: dict[AgentId, None] = {}
        batches, forget = self.batches, self._forget
        while self._ends and self._ends[0] <= now:
            ending = self._ending.pop(heappop(self._ends))
            self._listed -= len(ending)
            left = []
            for refused in ending:
                if refused.is_dropped:
                    continue
                if batches > refused.batch:
                    agents[refused.agent_id] = None
                    forget(refused)
                else:
                    left.append(refused)
            if left:
                waiting.append(left)
        for left in waiting:
            self._list(left)
        return agents

    def _list(self, ending: list[Refused]) -> None:
        """Put those of one end into the queue, which has none of that end."""
        self._ending[ending[0].until] = ending
        heappush(self._ends, ending[0].until)
        self._listed += len(ending)

    def drop_framework(self, framework_id: FrameworkId) -> Collection[AgentId]:
        """Drop all of a framework; the agents that they were about."""
        roles = tuple(self._roles.get(framework_id, ()))
        return {agent_id: None for role in roles for agent_id in self.drop_role(framework_id, role)}

    def drop_role(self, framework_id: FrameworkId, role: str) -> Collection[AgentId]:
        """Drop those of a framework under one role; the agents that they were about."""
        client = (framework_id, role)
        agents = tuple(self._by_client.get(client, ()))
        for agent_id in agents:
            self._drop(self._about[agent_id][client])
        return agents

    def drop_agent(self, agent_id: AgentId) -> None:
        """Drop all about an agent."""
        for refusals in tuple(self._about.get(agent_id, NOBODY).values()):
            self._drop(refusals)

    def active(self, now: int) -> Iterator[Cell]:
        """The cells of all refusals in force."""
        for ending in self._ending.values():
            for refused in ending:
                if not refused.is_dropped and not refused.is_over(now, self.batches):
                    yield refused.cell

    def _drop(self, refusals: Sequence[Refused]) -> None:
        """All of one cell before their end: what the queue keeps of them goes later."""
        for refused in tuple(refusals):
            refused.is_dropped = True
            self._forget(refused)
        if self._listed >= COMPACT_FROM and self._listed > 2 * self._count:
            lists = [[each for each in ending if not each.is_dropped] for ending in self._ending.values()]
            self._ends, self._ending, self._listed = [], {}, 0
            for left in lists:
                if left:
                    self._list(left)

    def _forget(self, refused: Refused) -> None:
        agent_id, client = refused.agent_id, refused.client
        self._count -= 1
        clients = self._about[agent_id]
        if len(clients[client]) > 1:
            clients[client].remove(refused)
            return
        del clients[client]
        if not clients:
            del self._about[agent_id]
        agents = self._by_client[client]
        del agents[agent_id]
        if not agents:
            del self._by_client[client]
            roles = self._roles[client[0]]
            del roles[client[1]]
            if not roles:
                del self._roles[client[0]]

    def check(self) -> None:
        """Assert that the indexes agree."""
        about = {
            (agent_id, client): refusals
            for agent_id, clients in self._about.items()
            for client, refusals in clients.items()
        }
        in_force = [each for refusals in about.values() for each in refusals]
        assert len(in_force) == self._count
        assert all((each.agent_id, each.client) == key for key, refusals in about.items() for each in refusals)
        listed = [each for ending in self._ending.values() for each in ending]
        assert len(listed) == self._listed
        assert {id(each) for each in in_force} == {id(each) for each in listed if not each.is_dropped}
        assert sorted(self._ends) == sorted(self._ending)
        assert all(each.until == until for until, ending in self._ending.items() for each in ending)
        by_client = {(agent_id, client) for client, agents in self._by_client.items() for agent_id in agents}
        assert by_client == about.keys()
        roles = {(framework_id, role) for framework_id, roles in self._roles.items() for role in roles}
        assert roles == self._by_client.keys()


def cover(refusals: Sequence[Refused], resources: Resources) -> bool:
    """Does one of these contain them?"""
    for each in refusals:  # noqa: SIM110  # Asked of every framework that an agent was refused by: twice as fast.
        if each.resources is resources or each.resources.contains(resources):
            return True
    return False
