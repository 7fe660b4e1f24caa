"""The agents worth looking at in a run: the others cannot be offered to anybody until something about them changes.

An agent falls asleep when a run passed over it. What concerns it (resources returned, a refusal ended, new facts) wakes
it; what concerns a client (it arrives, revives, changes) is a call to all, which is only counted: an agent is awake if
there was a call since it fell asleep. A batch run over a cluster where nothing happens is then a run over nobody, and
a call costs the same whatever the size of the cluster.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from allocators.hierarchical.agents import AgentBook
from mesos_py.protocol.ids import AgentId


class Candidates:
    """Who is awake, of the agents that have something free."""

    __slots__ = ("_answered", "_awake", "_calls", "_looked", "_with_free")

    def __init__(self, with_free: Mapping[AgentId, AgentBook]) -> None:
        self._with_free = with_free
        self._awake: dict[AgentId, None] = {}  # Awake whatever the calls.
        self._calls = 0
        self._looked = 0  # How many calls there had been when somebody last asked.
        self._answered = 0  # Every agent awake because of a call up to this one is in `_awake`, or asleep again.

    def wake(self, agent_id: AgentId) -> None:
        self._awake[agent_id] = None

    def wake_each(self, agent_ids: Mapping[AgentId, None]) -> None:
        self._awake.update(agent_ids)

    def wake_all(self) -> None:
        self._calls += 1

    def forget(self, agent_id: AgentId) -> None:
        """The agent is gone."""
        self._awake.pop(agent_id, None)

    def seen(
        self,
        agents: Collection[AgentBook],
        *,
        left: Collection[AgentBook],
        staying: Collection[AgentBook],
        is_all: bool,
    ) -> None:
        """A run has looked at these (`is_all`: at everybody who was awake). Who has something left and does not stay
        awake falls asleep; who has nothing left is woken when that changes."""
        for agent in left:
            agent.passed = self._calls
        if is_all:
            self._awake.clear()
            if self._looked == self._calls:
                self._answered = self._calls
        else:
            for agent in agents:
                self._awake.pop(agent.id, None)
        self._awake.update((agent.id, None) for agent in staying)

    def among(self, agent_ids: Collection[AgentId] | None) -> list[AgentBook]:
        """Those of these agents (None: of all) that are awake and have something free."""
        with_free = self._with_free
        self._looked = self._calls
        if agent_ids is None and self._answered < self._calls:
            return [agent for agent in with_free.values() if self.is_awake(agent)]
        asked = self._awake if agent_ids is None else dict.fromkeys(agent_ids)
        return [with_free[each] for each in asked if each in with_free and self.is_awake(with_free[each])]

    def is_awake(self, agent: AgentBook) -> bool:
        return agent.passed < self._calls or agent.id in self._awake
