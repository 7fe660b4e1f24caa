"""Refusals (offer filters): what a framework asked not to be offered again for a while (AL-14, AL-15).

A refusal is about one framework, role and agent, and covers every offer that is contained in what was refused. It
lasts for what was asked, at least one allocation interval. So that at least one batch run sees every refusal, one
that ends at the very instant of the first batch run since it was made still covers that run; with any later batch run
the end comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import Final, TypeAlias

from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.resources import Resources

REFUSALS_MIN: Final = 16  # Of one client. Lists that are no longer are not worth sweeping.
SETS_MAX: Final = 256  # Different sets of clients that are remembered as one object; large clusters have large ones.
TURNS_MAX: Final = 16_384  # Pairs of such sets that differ by one.
COMPACT_FROM: Final = 1_024  # What is no longer in force is swept out once it is the majority of at least so many.

Cell: TypeAlias = tuple[FrameworkId, str, AgentId]
Client: TypeAlias = tuple[FrameworkId, str]  # A framework under a role.


class Refuser:
    """A client that has refused something, with all its refusals and some that are no longer in force.

    It stays as long as the client does, for the sake of what it counts: agents on which it had refused something, added
    up over runs (of several refusals of an agent, each).
    """

    __slots__ = ("client", "count", "ended", "made", "refusals")

    def __init__(self, client: Client) -> None:
        self.client = client
        self.refusals: list[Refused] = []
        self.count = 0  # Of those in force,
        self.made = 0  # and the sum of the numbers of runs before each of them.
        self.ended = 0  # Runs that others stood for.

    def stood_for(self, run: int) -> int:
        """Runs, added up over refusals."""
        return self.ended + self.count * run - self.made


class Refused:
    """One refusal."""

    __slots__ = ("agent_id", "batch", "is_in_force", "refuser", "resources", "run", "until")

    def __init__(
        self, refuser: Refuser, agent_id: AgentId, *, resources: Resources, until: int, now: tuple[int, int]
    ) -> None:
        self.refuser = refuser
        self.agent_id = agent_id
        self.resources = resources
        self.until = until
        self.run, self.batch = now  # How many runs, and how many batch runs, there had been when it was made.
        self.is_in_force = True

    @property
    def cell(self) -> Cell:
        return *self.refuser.client, self.agent_id

    def is_over(self, now: int, batches: int) -> bool:
        """Is it past its end, and has a batch run seen it?"""
        return now >= self.until and batches > self.batch


class About(dict[Client, list[Refused]]):
    """The refusals about one agent, by who made them. `common` is what all of them are of; None: of different things.

    Machines are mostly refused whole, so what covers one refusal covers all, and nobody has to ask them one by one.
    """

    __slots__ = ("common",)

    common: Resources | None


NOBODY: Final = About()  # Has refused an agent. Never written to.
NOBODY.common = None


class Refusals:
    """All refusals in force. `runs` and `batches` are the numbers of all runs and of batch runs so far.

    What was refused in one go ends at one instant, so the queue is of instants, and each has its list. Those lists, and
    the lists of refusers, keep what is no longer in force until that is the majority: taking it out of the middle of a
    list would cost more.
    """

    def __init__(self) -> None:
        self.runs = 0
        self.batches = 0
        self.about: dict[AgentId, About] = {}  # All, by agent. Only read by others.
        self._covering: dict[AgentId, tuple[Resources, frozenset[Client]]] = {}  # As far as asked for, of what is free.
        self._sets: dict[frozenset[Client], frozenset[Client]] = {}  # One object for equal ones,
        self._turned: dict[tuple[frozenset[Client], Client], frozenset[Client]] = {}  # and those with one more or less.
        self._refusers: dict[FrameworkId, dict[str, Refuser]] = {}
        self._ends: list[int] = []
        self._ending: dict[int, list[Refused]] = {}  # By these ends, in the order in which they were made.
        self._queued = 0  # How many are in those lists.
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, cell: Cell, resources: Resources, *, until: int) -> None:
        """Refuse offers in that cell that `resources` contain."""
        framework_id, role, agent_id = cell
        refuser = self._refuser(framework_id, role)
        refused = Refused(refuser, agent_id, resources=resources, until=until, now=(self.runs, self.batches))
        refuser.refusals.append(refused)
        refuser.count += 1
        refuser.made += self.runs
        if len(refuser.refusals) > REFUSALS_MIN + 2 * refuser.count:
            refuser.refusals = _in_force(refuser.refusals)
        clients = self.about.get(agent_id)
        if clients is None:
            clients = self.about[agent_id] = About()
            clients.common = resources
        elif clients.common is not resources:
            clients.common = None
        refusals = clients.get(refuser.client)
        if refusals is None:
            clients[refuser.client] = [refused]
        else:
            refusals.append(refused)
        if self._covering:
            self._note_covering(agent_id, refuser.client)
        if until not in self._ending:
            self._ending[until] = []
            heappush(self._ends, until)
        self._ending[until].append(refused)
        self._queued += 1
        self._count += 1

    def _refuser(self, framework_id: FrameworkId, role: str) -> Refuser:
        roles = self._refusers.get(framework_id)
        if roles is None:
            roles = self._refusers[framework_id] = {}
        refuser = roles.get(role)
        if refuser is None:
            refuser = roles[role] = Refuser((framework_id, role))
        return refuser

    def covers(self, cell: Cell, resources: Resources) -> bool:
        """Is an offer of these resources refused? Refusals are not added up."""
        refusals = self.about.get(cell[2], NOBODY).get((cell[0], cell[1]))
        return refusals is not None and cover(refusals, resources)

    def known_covering(self, agent_id: AgentId, resources: Resources) -> frozenset[Client] | None:
        """The same as far as it was asked for before; None: it was not."""
        known = self._covering.get(agent_id)
        return known[1] if known is not None and known[0] is resources else None

    def covering(self, agent_id: AgentId, resources: Resources) -> frozenset[Client]:
        """All who have refused so much of the agent: the same object as long as these are the same, also for others."""
        known = self.known_covering(agent_id, resources)
        if known is not None:
            return known
        about = self.about.get(agent_id, NOBODY)
        if about.common is None:
            found = frozenset([client for client, each in about.items() if cover(each, resources)])
        else:
            found = frozenset(about if about.common.contains(resources) else ())
        found = self._interned(found)
        self._covering[agent_id] = (resources, found)
        return found

    def _interned(self, clients: frozenset[Client]) -> frozenset[Client]:
        if len(self._sets) >= SETS_MAX:
            self._sets.clear()
            self._turned.clear()
            self._covering.clear()
        return self._sets.setdefault(clients, clients)

    def _note_covering(self, agent_id: AgentId, client: Client) -> None:
        """The client's refusals about the agent have changed: keep up what somebody asked for."""
        known = self._covering.get(agent_id)
        if known is None:
            return
        resources, clients = known
        if cover(self.about.get(agent_id, NOBODY).get(client, ()), resources) is (client in clients):
            return
        turned = self._turned.get((clients, client))
        if turned is None:
            if len(self._turned) >= TURNS_MAX:
                self._turned.clear()
            turned = self._interned(clients ^ {client})
            self._turned[clients, client] = turned
        self._covering[agent_id] = (resources, turned)

    def of(self, cell: Cell) -> tuple[Refused, ...]:
        """All that are in the books for that cell, in the order in which they were made."""
        framework_id, role, agent_id = cell
        return tuple(self.about.get(agent_id, NOBODY).get((framework_id, role), ()))

    def count_of(self, framework_id: FrameworkId, role: str) -> int:
        """How many of a framework under one role are in the books."""
        refuser = self._refusers.get(framework_id, {}).get(role)
        return 0 if refuser is None else refuser.count

    def stood_for(self, framework_id: FrameworkId, role: str) -> int:
        """On how many agents a framework had refused something under one role, added up over runs."""
        refuser = self._refusers.get(framework_id, {}).get(role)
        return 0 if refuser is None else refuser.stood_for(self.runs)

    def all(self) -> Iterator[Refused]:
        """All that are in the books, by their end, and of equal ends in the order in which they were made."""
        for until in sorted(self._ends):
            yield from _in_force(self._ending[until])

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
            ending = _in_force(listed)
            over = [each for each in ending if batches > each.batch]
            agents.update(dict.fromkeys([refused.agent_id for refused in over]))
            self._forget(over)
            if len(over) < len(ending):
                waiting.append(_in_force(ending))
        for ending in waiting:
            self._ending[ending[0].until] = ending
            heappush(self._ends, ending[0].until)
            self._queued += len(ending)
        return agents

    def drop_framework(self, framework_id: FrameworkId) -> None:
        """Drop all of a framework."""
        for refuser in tuple(self._refusers.get(framework_id, {}).values()):
            self._drop(refuser.refusals)

    def drop_role(self, framework_id: FrameworkId, role: str) -> None:
        """Drop those of a framework under one role."""
        refuser = self._refusers.get(framework_id, {}).get(role)
        if refuser is not None:
            self._drop(refuser.refusals)

    def forget_framework(self, framework_id: FrameworkId) -> None:
        """The framework is gone."""
        self.drop_framework(framework_id)
        self._refusers.pop(framework_id, None)

    def forget_role(self, framework_id: FrameworkId, role: str) -> None:
        """The framework does not have the role any more."""
        self.drop_role(framework_id, role)
        self._refusers.get(framework_id, {}).pop(role, None)

    def drop_agent(self, agent_id: AgentId) -> None:
        """Drop all about an agent."""
        self._covering.pop(agent_id, None)
        self._drop([each for refusals in self.about.get(agent_id, NOBODY).values() for each in refusals])

    def _drop(self, refusals: Iterable[Refused]) -> None:
        """Before their end: what the queue keeps of them goes later."""
        self._forget(_in_force(refusals))
        if self._queued > max(COMPACT_FROM, 2 * self._count):
            kept = {until: _in_force(ending) for until, ending in self._ending.items()}
            self._ending = {until: ending for until, ending in kept.items() if ending}
            self._ends = sorted(self._ending)  # Which is a heap.
            self._queued = self._count

    def _forget(self, refusals: Sequence[Refused]) -> None:
        """These, all in force, no longer are. Thousands may end at an instant."""
        about, covering, runs = self.about, self._covering, self.runs
        for refused in refusals:
            refused.is_in_force = False
            refuser, agent_id = refused.refuser, refused.agent_id
            clients = about[agent_id]
            others = clients.pop(refuser.client)
            if len(others) > 1:
                others.remove(refused)
                clients[refuser.client] = others
            elif not clients:
                del about[agent_id]
            if covering:
                self._note_covering(agent_id, refuser.client)
            refuser.count -= 1
            refuser.made -= refused.run
            refuser.ended += runs - refused.run
        self._count -= len(refusals)

    def check(self) -> None:
        """Assert that the indexes agree."""
        about = [(key, each) for key, clients in self.about.items() for part in clients.values() for each in part]
        assert len(about) == self._count
        assert all(each.is_in_force and each.agent_id == key for key, each in about)
        assert all(each.refuser.client == key for part in self.about.values() for key in part for each in part[key])
        in_force = {id(each) for _, each in about}
        assert {id(each) for each in self.all()} == in_force
        assert sorted(self._ends) == sorted(self._ending)
        assert sum(map(len, self._ending.values())) == self._queued
        assert all(each.until == until for until, ending in self._ending.items() for each in ending)
        for part in self.about.values():
            if part.common is not None:
                assert all(each.resources is part.common for refusals in part.values() for each in refusals)
        for agent_id, (resources, clients) in self._covering.items():
            asked = self.about.get(agent_id, NOBODY).items()
            assert clients == {client for client, each in asked if cover(each, resources)}, agent_id
        refusers = [refuser for roles in self._refusers.values() for refuser in roles.values()]
        assert all(refuser.count == len(_in_force(refuser.refusals)) for refuser in refusers)
        assert all(refuser.made == sum(each.run for each in _in_force(refuser.refusals)) for refuser in refusers)
        assert {id(each) for refuser in refusers for each in _in_force(refuser.refusals)} == in_force


def _in_force(refusals: Iterable[Refused]) -> list[Refused]:
    return [each for each in refusals if each.is_in_force]


def cover(refusals: Sequence[Refused], resources: Resources) -> bool:
    """Does one of these contain them?"""
    for each in refusals:  # noqa: SIM110  # Asked of every framework that an agent was refused by: twice as fast.
        if each.resources is resources or each.resources.contains(resources):
            return True
    return False
