"""The agents worth looking at in a run: the others cannot be offered to anybody until something about them changes.

An agent falls asleep when a run over it offered nothing. What concerns it (resources returned, a refusal ended, new
facts) wakes it; what concerns a client (it arrives, revives, changes) wakes all. A batch run over a cluster where
nothing happens is then a run over nobody. With a quota anywhere room may grow through events elsewhere, so then
nobody falls asleep who has something free.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mesos_py.protocol.ids import AgentId


class Candidates:
    """Ids of the agents that are awake."""

    __slots__ = ("_awake",)

    def __init__(self) -> None:
        self._awake: dict[AgentId, None] = {}

    def wake(self, agent_id: AgentId) -> None:
        self._awake[agent_id] = None

    def wake_all(self, agent_ids: Iterable[AgentId]) -> None:
        self._awake.update(dict.fromkeys(agent_ids))

    def sleep(self, agent_id: AgentId) -> None:
        self._awake.pop(agent_id, None)

    def among(self, agent_ids: Collection[AgentId] | None) -> list[AgentId]:
        """Those of these agents that are awake; None: of all."""
        if agent_ids is None:
            return list(self._awake)
        return [agent_id for agent_id in agent_ids if agent_id in self._awake]

    def __contains__(self, agent_id: AgentId) -> bool:
        return agent_id in self._awake
