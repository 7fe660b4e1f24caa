"""Requests for runs that have not begun: one run serves them all (AL-02)."""

from __future__ import annotations

from collections.abc import Collection

from mesos_py.protocol.ids import AgentId


class RunRequests:
    """The union of what was asked for, and since when."""

    __slots__ = ("_agents", "_is_batch", "_since")

    def __init__(self) -> None:
        self._agents: dict[AgentId, None] | None = {}  # None: all of them.
        self._is_batch = False
        self._since: int | None = None

    @property
    def since(self) -> int | None:
        """When the pending run was first asked for; None: none is pending."""
        return self._since

    def add(self, agents: Collection[AgentId] | None, *, now: int, is_batch: bool = False) -> bool:
        """Ask for a run over these agents, or all (None). True: it is the first request since `take`."""
        if agents is None:
            self._agents = None
        elif self._agents is not None:
            self._agents.update(dict.fromkeys(agents))
        self._is_batch = self._is_batch or is_batch
        is_first = self._since is None
        if is_first:
            self._since = now
        return is_first

    def take(self) -> tuple[Collection[AgentId] | None, bool]:
        """Over which agents to run (None: all), and whether the batch timer was among those who asked."""
        agents, is_batch = self._agents, self._is_batch
        self._agents, self._is_batch, self._since = {}, False, None
        return agents, is_batch
